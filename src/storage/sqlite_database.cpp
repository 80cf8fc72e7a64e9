#include "storage/sqlite_database.hpp"
#include "base/thread.hpp"

#include "storage/faults.hpp"
#include "storage/lock_file.hpp"
#include "storage/run_guarded.hpp"
#include "storage/sqlite_checkpointer.hpp"
#include "storage/sqlite_tx.hpp"

#include <condition_variable>
#include <deque>
#include <fcntl.h>
#include <filesystem>
#include <thread>
#include <unistd.h>

namespace gatehouse::storage {

namespace {

using Control = SqliteConnection::Control;

// A batch ends when the queue is empty, or here.
constexpr std::size_t kLargestBatch = 512;
constexpr std::chrono::milliseconds kLongestBatch{2};
constexpr std::size_t kMostIdleReaders = 64;

class SqliteDatabase final : public Database {
public:
    SqliteDatabase(std::string path, std::chrono::milliseconds patience, LockFile lock,
                   std::unique_ptr<SqliteConnection> writer, std::unique_ptr<SqliteConnection> checkpoints)
        : path_(std::move(path)), patience_(patience), lock_(std::move(lock)), writer_(std::move(writer)),
          checkpointer_(*writer_, std::move(checkpoints)), thread_([this] {
              name_this_thread("sqlite writer");
              set_slice_of_this_thread(kQuickSlice);
              work();
          })
    {
    }

    ~SqliteDatabase() override
    {
        {
            std::scoped_lock const guard(queue_mutex_);
            stopping_ = true;
        }
        queue_filled_.notify_one();
        thread_.join();
    }

    Engine engine() const override { return Engine::sqlite; }
    Statistics statistics() const override { return counters_.snapshot(); }

    void submit_write(Job job) override
    {
        // A rule that waited for another write would wait for itself.
        if (std::this_thread::get_id() == thread_.get_id() && rule_runs_) {
            job.done(fault("a rule asked for a write transaction of its own"));
            return;
        }
        {
            std::scoped_lock const guard(queue_mutex_);
            durable_queued_ += job.durability == Durability::Full;
            queue_.push_back(std::move(job));
        }
        queue_filled_.notify_one();
    }

    void submit_read(Job job) override
    {
        auto reader = take_reader();
        if (!reader) {
            job.done(std::unexpected(std::move(reader).error()));
            return;
        }
        auto outcome = read(**reader, job);
        if (!(*reader)->in_transaction())
            give_back(*std::move(reader));
        job.done(std::move(outcome));
    }

private:
    // -- reading

    Result<std::unique_ptr<SqliteConnection>> take_reader()
    {
        {
            std::scoped_lock const guard(readers_mutex_);
            if (!readers_.empty()) {
                auto reader = std::move(readers_.back());
                readers_.pop_back();
                return reader;
            }
        }
        return SqliteConnection::open(path_, SqliteUse::reader, patience_);
    }

    void give_back(std::unique_ptr<SqliteConnection> reader)
    {
        std::scoped_lock const guard(readers_mutex_);
        if (readers_.size() < kMostIdleReaders)
            readers_.push_back(std::move(reader));
    }

    Result<void> read(SqliteConnection& connection, Job& job)
    {
        TRY_DO(connection.run(Control::begin));
        std::optional<Error> failure;
        auto verdict = Verdict::roll_back;
        {
            SqliteTx tx(connection);
            verdict = run_guarded(job, tx, failure);
            counters_.statements.fetch_add(tx.statements(), std::memory_order_relaxed);
            if (!failure && verdict == Verdict::commit)
                failure = tx.failure();
        }
        counters_.reads.fetch_add(1, std::memory_order_relaxed);
        if (connection.in_transaction())
            TRY_DO(connection.run(Control::commit)); // nothing was written; this ends the snapshot
        if (failure)
            return std::unexpected(*std::move(failure));
        return {};
    }

    // -- writing

    struct Ran {
        std::function<void(Result<void>)> done;
        std::optional<Error> failure;
        bool kept = false;  // whether its writes are to be committed
        bool wrote = false; // whether it ran any statement
    };

    void work()
    {
        for (;;) {
            {
                std::unique_lock guard(queue_mutex_);
                queue_filled_.wait(guard, [&] { return stopping_ || !queue_.empty(); });
                if (queue_.empty())
                    return;
            }
            run_batch();
        }
    }

    std::optional<Job> take_job(Durability durability)
    {
        std::scoped_lock const guard(queue_mutex_);
        if (queue_.empty())
            return std::nullopt;
        // A batch without an fsync ends before the first job that needs one.
        if (durability == Durability::Relaxed && queue_.front().durability == Durability::Full)
            return std::nullopt;
        auto job = std::move(queue_.front());
        queue_.pop_front();
        durable_queued_ -= job.durability == Durability::Full;
        return job;
    }

    void run_batch()
    {
        auto durability = Durability::Relaxed;
        {
            std::scoped_lock const guard(queue_mutex_);
            if (durable_queued_ > 0)
                durability = Durability::Full;
        }
        if (auto ready = begin(durability); !ready) {
            refuse_queued(ready.error());
            return;
        }
        auto const started = std::chrono::steady_clock::now();
        bool alive = true;
        while (alive && ran_.size() < kLargestBatch) {
            auto job = take_job(durability);
            if (!job)
                break;
            ran_.push_back(run_job(*job));
            alive = writer_->in_transaction();
            if (std::chrono::steady_clock::now() - started >= kLongestBatch)
                break;
        }
        finish(durability, alive);
    }

    Result<void> begin(Durability durability)
    {
        if (durability != synchronous_) {
            TRY_DO(writer_->run(durability == Durability::Full ? "PRAGMA synchronous = FULL"
                                                               : "PRAGMA synchronous = NORMAL"));
            synchronous_ = durability;
        }
        return writer_->run(Control::begin_immediate);
    }

    Ran run_job(Job& job)
    {
        Ran ran{.done = std::move(job.done), .failure = std::nullopt};
        if (auto marked = writer_->run(Control::savepoint); !marked) {
            ran.failure = std::move(marked).error();
            return ran;
        }
        auto verdict = Verdict::roll_back;
        {
            SqliteTx tx(*writer_);
            rule_runs_ = true;
            verdict = run_guarded(job, tx, ran.failure);
            rule_runs_ = false;
            if (tx.settled())
                verdict = Verdict::commit;
            ran.wrote = tx.statements() > 0;
            counters_.statements.fetch_add(tx.statements(), std::memory_order_relaxed);
            if (!ran.failure && verdict == Verdict::commit)
                ran.failure = tx.failure();
            if (!writer_->in_transaction())
                abandoned_ = tx.failure(); // SQLite gave up the whole batch; `finish` tells everyone
        }
        if (!writer_->in_transaction())
            return ran;
        ran.kept = verdict == Verdict::commit && !ran.failure;
        auto ended = ran.kept ? Result<void>{} : writer_->run(Control::undo);
        if (ended)
            ended = writer_->run(Control::release);
        if (!ended) {
            // The job can no longer be told apart from its batch, so the batch goes.
            ran.kept = false;
            ran.failure = std::move(ended).error();
            abandoned_ = ran.failure;
            static_cast<void>(writer_->run(Control::rollback));
        }
        return ran;
    }

    // Commits, then answers everyone in the batch.
    void finish(Durability durability, bool alive)
    {
        std::optional<Error> lost;
        if (alive) {
            if (auto committed = writer_->run(Control::commit); !committed) {
                lost = std::move(committed).error();
                if (writer_->in_transaction())
                    static_cast<void>(writer_->run(Control::rollback));
            }
        } else {
            lost = abandoned_ ? std::exchange(abandoned_, std::nullopt)
                              : storage_busy("SQLite gave up a batch of transactions").error();
        }
        std::uint64_t kept = 0;
        for (auto const& ran : ran_)
            kept += ran.kept && ran.wrote;
        if (!lost && kept > 0) {
            counters_.writes.fetch_add(kept, std::memory_order_relaxed);
            counters_.commits.fetch_add(durability == Durability::Full, std::memory_order_relaxed);
        }
        for (auto& ran : ran_) {
            if (ran.failure)
                ran.done(std::unexpected(*std::move(ran.failure)));
            else if (lost && ran.kept)
                ran.done(std::unexpected(*lost));
            else
                ran.done({});
        }
        ran_.clear();
    }

    // No transaction could begin: everyone who waits hears why, rather than each waiting in turn.
    void refuse_queued(Error const& error)
    {
        std::deque<Job> refused;
        {
            std::scoped_lock const guard(queue_mutex_);
            refused.swap(queue_);
            durable_queued_ = 0;
        }
        for (auto& job : refused)
            job.done(std::unexpected(error));
    }

    std::string const path_;
    std::chrono::milliseconds const patience_;
    Counters counters_;
    LockFile lock_;

    std::mutex readers_mutex_;
    std::vector<std::unique_ptr<SqliteConnection>> readers_;

    std::mutex queue_mutex_;
    std::condition_variable queue_filled_;
    std::deque<Job> queue_;
    std::size_t durable_queued_ = 0; // jobs of Durability::Full among the queued
    bool stopping_ = false;

    // The writer thread's own.
    std::unique_ptr<SqliteConnection> writer_;
    SqliteCheckpointer checkpointer_;
    Durability synchronous_ = Durability::Full;
    bool rule_runs_ = false;
    std::vector<Ran> ran_;
    std::optional<Error> abandoned_; // why SQLite ended a batch before its commit

    std::thread thread_; // last: it uses all of the above
};

} // namespace

Result<std::unique_ptr<Database>> open_sqlite(std::string const& path, OpenOptions const& options)
{
    std::error_code missing;
    if (!std::filesystem::exists(path, missing)) {
        if (options.if_missing == IfMissing::refuse)
            return refuse(ErrorKind::not_found, "database_missing", fmt::format("There is no database at {}.", path));
        // SQLite would make it readable to others; its WAL takes the mode of the file.
        auto const made = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
        if (made < 0)
            return refuse(
                ErrorKind::internal, "database_unwritable",
                fmt::format("The database {} cannot be created: {}.", path, std::generic_category().message(errno)));
        ::close(made);
    }
    LockFile lock;
    if (options.tenancy == Tenancy::Server) {
        TRY(lock, LockFile::take(path + ".lock", path));
    }
    TRY(auto writer, SqliteConnection::open(path, SqliteUse::writer, options.patience));
    TRY(auto checkpoints, SqliteConnection::open(path, SqliteUse::reader, options.patience));
    return std::make_unique<SqliteDatabase>(path, options.patience, std::move(lock), std::move(writer),
                                            std::move(checkpoints));
}

} // namespace gatehouse::storage
