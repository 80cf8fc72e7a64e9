#include "storage/sqlite_checkpointer.hpp"

#include "base/thread.hpp"

#include <sqlite3.h>

namespace gatehouse::storage {

namespace {

// Pages of 4 KB in the write-ahead log.
constexpr int kWorthwhile = 1000;
constexpr int kLongestLog = 4000;

// Copies what it may without waiting for anybody. A failure (a full disk, another checkpoint under way) costs nothing:
// the log keeps the pages, and a later one tries again.
void checkpoint(sqlite3* connection)
{
    sqlite3_wal_checkpoint_v2(connection, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

} // namespace

SqliteCheckpointer::SqliteCheckpointer(SqliteConnection& writer, std::unique_ptr<SqliteConnection> connection)
    : writer_(writer), connection_(std::move(connection)), thread_([this] {
          name_this_thread("checkpoint");
          work();
      })
{
    sqlite3_wal_hook(writer_.handle(), &SqliteCheckpointer::committed, this); // in the place of the autocheckpoint
}

SqliteCheckpointer::~SqliteCheckpointer()
{
    sqlite3_wal_hook(writer_.handle(), nullptr, nullptr);
    {
        std::scoped_lock const guard(mutex_);
        stopping_ = true;
    }
    called_.notify_one();
    thread_.join();
}

// On the writer's thread, after each commit.
int SqliteCheckpointer::committed(void* self, sqlite3* writer, char const*, int pages)
{
    if (pages >= kLongestLog) {
        checkpoint(writer);
    } else if (pages >= kWorthwhile) {
        auto& checkpointer = *static_cast<SqliteCheckpointer*>(self);
        {
            std::scoped_lock const guard(checkpointer.mutex_);
            checkpointer.wanted_ = true;
        }
        checkpointer.called_.notify_one();
    }
    return SQLITE_OK;
}

void SqliteCheckpointer::work()
{
    std::unique_lock guard(mutex_);
    for (;;) {
        called_.wait(guard, [&] { return wanted_ || stopping_; });
        if (stopping_)
            return;
        wanted_ = false;
        guard.unlock();
        checkpoint(connection_->handle());
        guard.lock();
    }
}

} // namespace gatehouse::storage
