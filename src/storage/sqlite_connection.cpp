#include "storage/sqlite_connection.hpp"

#include "storage/faults.hpp"

#include <cerrno>
#include <sqlite3.h>

namespace gatehouse::storage {

namespace {

// Set before SQLite starts: no global memory statistics (their mutex is shared by all readers), and a journal of
// savepoints that stays in memory up to 1 MB.
void configure_library()
{
    static bool const configured = [] {
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
        sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, 1 << 20);
        return sqlite3_initialize() == SQLITE_OK;
    }();
    static_cast<void>(configured);
}

// 4 KB pages suit the small rows of an identity server. Deleted content is overwritten where that costs no extra
// write. journal_size_limit gives back the space of a WAL that grew during a long read.
constexpr char const* kWriterSettings = "PRAGMA page_size = 4096;"
                                        "PRAGMA journal_mode = WAL;"
                                        "PRAGMA synchronous = FULL;"
                                        "PRAGMA journal_size_limit = 67108864;"
                                        "PRAGMA foreign_keys = OFF;"
                                        "PRAGMA secure_delete = FAST;"
                                        "PRAGMA temp_store = MEMORY;"
                                        "PRAGMA trusted_schema = OFF;"
                                        "PRAGMA cache_size = -16000;";
constexpr char const* kReaderSettings = "PRAGMA query_only = ON;"
                                        "PRAGMA temp_store = MEMORY;"
                                        "PRAGMA trusted_schema = OFF;"
                                        "PRAGMA cache_size = -4000;";

constexpr std::array<std::string_view, 7> kControls{"BEGIN",         "BEGIN IMMEDIATE", "COMMIT",         "ROLLBACK",
                                                    "SAVEPOINT job", "RELEASE job",     "ROLLBACK TO job"};

} // namespace

SqliteConnection::Prepared::~Prepared()
{
    sqlite3_finalize(handle);
}

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(std::string const& path, SqliteUse use,
                                                                 std::chrono::milliseconds patience)
{
    configure_library();
    std::unique_ptr<SqliteConnection> connection(new SqliteConnection);
    auto const flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    if (auto const code = sqlite3_open_v2(path.c_str(), &connection->handle_, flags, nullptr); code != SQLITE_OK)
        return connection->refusal(code, "open " + path);
    sqlite3_busy_timeout(connection->handle_, static_cast<int>(patience.count()));
    sqlite3_db_config(connection->handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    TRY_DO(connection->run(use == SqliteUse::writer ? kWriterSettings : kReaderSettings));
    return connection;
}

SqliteConnection::~SqliteConnection()
{
    cache_.clear();
    for (auto& control : controls_)
        sqlite3_finalize(std::exchange(control.handle, nullptr));
    sqlite3_close(handle_);
}

Result<void> SqliteConnection::compile(std::string_view sql, Prepared& prepared)
{
    sqlite3_finalize(std::exchange(prepared.handle, nullptr));
    auto const code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                         &prepared.handle, nullptr);
    if (code != SQLITE_OK)
        return refusal(code, sql);
    prepared.sql = sql;
    prepared.names = parse_statement(sql).names;
    if (static_cast<std::size_t>(sqlite3_bind_parameter_count(prepared.handle)) != prepared.names.size())
        return fault(fmt::format("the parameters of a statement are not all of the form :name: {}", sql));
    return {};
}

Result<SqliteConnection::Prepared*> SqliteConnection::prepare(Statement const& statement,
                                                              std::unique_ptr<Prepared>& spare)
{
    auto& cached = cache_[&statement];
    if (cached && !cached->running && cached->sql.data() == statement.sql.data() &&
        cached->sql.size() == statement.sql.size()) [[likely]]
        return cached.get();
    auto fresh = std::make_unique<Prepared>();
    TRY_DO(compile(statement.sql, *fresh));
    auto& home = cached && cached->running ? spare : cached;
    home = std::move(fresh);
    return home.get();
}

Result<void> SqliteConnection::run(char const* sql)
{
    if (auto const code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr); code != SQLITE_OK)
        return refusal(code, sql);
    return {};
}

Result<void> SqliteConnection::run(Control control)
{
    auto const number = static_cast<std::size_t>(control);
    auto& prepared = controls_[number];
    if (!prepared.handle)
        TRY_DO(compile(kControls[number], prepared));
    auto const code = sqlite3_step(prepared.handle);
    if (code == SQLITE_DONE) [[likely]] {
        sqlite3_reset(prepared.handle);
        return {};
    }
    auto error = refusal(code, kControls[number]);
    sqlite3_reset(prepared.handle);
    return error;
}

bool SqliteConnection::in_transaction() const
{
    return sqlite3_get_autocommit(handle_) == 0;
}

Refusal SqliteConnection::refusal(int code, std::string_view sql) const
{
    // Without a handle there is no text but the general one.
    std::string const said = handle_ ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
    auto const errno_seen = handle_ ? sqlite3_system_errno(handle_) : 0;
    auto const detail = fmt::format("SQLite {}: {} in: {}", code, said, sql);
    if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY)
        return storage_conflict(said);
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return storage_busy(detail);
    case SQLITE_FULL:
        return storage_full(detail);
    case SQLITE_IOERR:
        // A quota or a limit on the size of files ends a write in this way, as does a failing disk; by now errno does
        // not tell them apart.
        if (code == SQLITE_IOERR_WRITE || errno_seen == ENOSPC || errno_seen == EDQUOT || errno_seen == EFBIG)
            return storage_full(detail);
        // Whether a commit whose fsync failed survives a crash is not known.
        if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC)
            return storage_lost(detail);
        break;
    case SQLITE_CANTOPEN:
        if (errno_seen == ENOSPC || errno_seen == EDQUOT)
            return storage_full(detail);
        break;
    default:
        break;
    }
    return fault(detail);
}

} // namespace gatehouse::storage
