// Moves what was committed from the write-ahead log into the database file, beside the writer.
//
// A checkpoint writes thousands of pages all over the file and waits for them. Done by the writer (SQLite's
// autocheckpoint), everybody's commits stand still meanwhile. Here a thread of its own does most of it while the writer
// goes on; only when the log has grown to kLongestLog all the same does the writer do the rest itself, so that the log
// starts again from its beginning.
#pragma once

#include "storage/sqlite_connection.hpp"

#include <condition_variable>
#include <thread>

namespace gatehouse::storage {

class SqliteCheckpointer {
public:
    // Takes over the checkpoints of `writer`, which must outlive it. `connection`: to the same file, for its own use.
    SqliteCheckpointer(SqliteConnection& writer, std::unique_ptr<SqliteConnection> connection);
    ~SqliteCheckpointer();
    SqliteCheckpointer(SqliteCheckpointer const&) = delete;
    SqliteCheckpointer& operator=(SqliteCheckpointer const&) = delete;

private:
    static int committed(void* self, sqlite3* writer, char const* schema, int pages);
    void work();

    SqliteConnection& writer_;
    std::unique_ptr<SqliteConnection> connection_;
    std::mutex mutex_;
    std::condition_variable called_;
    bool wanted_ = false;
    bool stopping_ = false;
    std::thread thread_; // last: it uses all of the above
};

} // namespace gatehouse::storage
