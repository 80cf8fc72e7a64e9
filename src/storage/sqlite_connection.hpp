// One connection to a SQLite file, used by one thread at a time, with its cache of prepared statements.
#pragma once

#include "storage/database.hpp"
#include "storage/sql_text.hpp"

#include <unordered_map>

struct sqlite3;
struct sqlite3_stmt;

namespace gatehouse::storage {

// The writer may change the file; a reader refuses to.
enum class SqliteUse : std::uint8_t { writer, reader };

class SqliteConnection {
public:
    struct Prepared {
        sqlite3_stmt* handle = nullptr;
        std::string_view sql; // tells a statement from another that came to live at the same address
        std::vector<std::string_view> names;
        bool running = false;

        Prepared() = default;
        Prepared(Prepared const&) = delete;
        Prepared& operator=(Prepared const&) = delete;
        ~Prepared();
    };

    static Result<std::unique_ptr<SqliteConnection>> open(std::string const& path, SqliteUse use,
                                                          std::chrono::milliseconds patience);
    ~SqliteConnection();
    SqliteConnection(SqliteConnection const&) = delete;
    SqliteConnection& operator=(SqliteConnection const&) = delete;

    // The cached statement, compiled at the first use. While it runs (a query within the visit of its own rows),
    // `spare` receives a second one that the caller owns.
    Result<Prepared*> prepare(Statement const& statement, std::unique_ptr<Prepared>& spare);
    // Runs statements without parameters and results.
    Result<void> run(char const* sql);

    // The transaction's own statements, compiled once.
    enum class Control : std::uint8_t { begin, begin_immediate, commit, rollback, savepoint, release, undo };
    Result<void> run(Control control);

    // Whether a transaction is open. SQLite ends one by itself when the disk is full.
    bool in_transaction() const;
    // The error that `code` (a result of SQLite on this connection) stands for; `sql` goes to the log.
    Refusal refusal(int code, std::string_view sql) const;
    sqlite3* handle() const { return handle_; }

private:
    SqliteConnection() = default;
    Result<void> compile(std::string_view sql, Prepared& prepared);

    sqlite3* handle_ = nullptr;
    std::unordered_map<Statement const*, std::unique_ptr<Prepared>> cache_;
    std::array<Prepared, 7> controls_;
};

} // namespace gatehouse::storage
