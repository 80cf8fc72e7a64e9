#include "storage/backup.hpp"

#include "storage/faults.hpp"
#include "storage/open.hpp"
#include "storage/postgresql_tools.hpp"
#include "storage/sqlite_connection.hpp"

#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gatehouse::storage {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSqlite = "sqlite:";
constexpr std::string_view kSqliteMagic = "SQLite format 3";
constexpr std::string_view kPostgresqlMagic = "PGDMP";
constexpr std::chrono::milliseconds kPatience{5000};
constexpr int kPagesAStep = 256; // 1 MB

Refusal file_fault(std::string_view what, std::string const& path, int error)
{
    auto detail = fmt::format("{} {}: {}", what, path, std::generic_category().message(error));
    if (error == ENOSPC || error == EDQUOT || error == EFBIG)
        return storage_full(std::move(detail));
    return refuse(ErrorKind::internal, "backup_failed", fmt::format("The file {} cannot be written.", path))
        .because(std::move(detail));
}

bool exists(std::string const& path)
{
    std::error_code ignored;
    return fs::exists(fs::symlink_status(path, ignored));
}

// A file on its way: appears under its name only when it is complete and on disk, and is removed otherwise.
class Partial {
public:
    static Result<Partial> create(std::string target)
    {
        Partial partial(std::move(target));
        auto const made = ::open(partial.path_.c_str(), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (made < 0)
            return file_fault("create", partial.path_, errno);
        ::close(made);
        return partial;
    }
    Partial(Partial&& other) noexcept
        : target_(std::move(other.target_)), path_(std::exchange(other.path_, std::string()))
    {
    }
    Partial& operator=(Partial&&) = delete;
    ~Partial()
    {
        if (!path_.empty())
            ::unlink(path_.c_str());
    }

    std::string const& path() const { return path_; }

    // Returns the size.
    Result<std::uint64_t> finish(std::string_view exists_code)
    {
        auto const folder = fs::absolute(target_).parent_path().string();
        TRY(auto const size, synchronize(path_));
        if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target_.c_str(), RENAME_NOREPLACE) != 0) {
            if (errno == EEXIST)
                return refuse(ErrorKind::conflict, std::string(exists_code),
                              fmt::format("{} exists already.", target_));
            return file_fault("rename to", target_, errno);
        }
        path_.clear();
        TRY_DO(synchronize(folder));
        return size;
    }

private:
    explicit Partial(std::string target)
        : target_(std::move(target)), path_(fmt::format("{}.partial-{}", target_, ::getpid()))
    {
    }

    static Result<std::uint64_t> synchronize(std::string const& path)
    {
        auto const descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        struct stat seen{};
        auto const failed = descriptor < 0 || ::fsync(descriptor) != 0 || ::fstat(descriptor, &seen) != 0;
        auto const error = errno;
        if (descriptor >= 0)
            ::close(descriptor);
        if (failed)
            return file_fault("synchronize", path, error);
        return static_cast<std::uint64_t>(seen.st_size);
    }

    std::string target_;
    std::string path_;
};

struct CloseSqlite {
    void operator()(sqlite3* handle) const { sqlite3_close(handle); }
};
using SqliteHandle = std::unique_ptr<sqlite3, CloseSqlite>;

Refusal sqlite_fault(sqlite3* handle)
{
    auto const code = sqlite3_errcode(handle) & 0xff;
    auto detail = fmt::format("SQLite {}: {}", sqlite3_extended_errcode(handle), sqlite3_errmsg(handle));
    if (code == SQLITE_FULL || (code == SQLITE_IOERR && sqlite3_system_errno(handle) == EFBIG))
        return storage_full(std::move(detail));
    return refuse(ErrorKind::internal, "backup_failed", "The backup failed; the log says why.")
        .because(std::move(detail));
}

// -- SQLite

Result<void> copy_pages(SqliteConnection& source, std::string const& target, BackupProgress const& progress)
{
    sqlite3* opened = nullptr;
    auto const code = sqlite3_open_v2(target.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    SqliteHandle const destination(opened);
    // Nobody reads the copy before it is complete, so it needs no journal; `finish` brings it to the disk.
    if (code != SQLITE_OK || sqlite3_exec(opened, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", nullptr,
                                          nullptr, nullptr) != SQLITE_OK)
        return sqlite_fault(opened);
    // An open snapshot keeps the copy from beginning anew whenever the server writes.
    TRY_DO(source.run("BEGIN; SELECT count(*) FROM sqlite_master"));
    auto* const backup = sqlite3_backup_init(opened, "main", source.handle(), "main");
    if (!backup)
        return sqlite_fault(opened);
    int stepped = SQLITE_OK;
    while (stepped == SQLITE_OK) {
        stepped = sqlite3_backup_step(backup, kPagesAStep);
        if (progress)
            progress(sqlite3_backup_pagecount(backup) - sqlite3_backup_remaining(backup),
                     sqlite3_backup_pagecount(backup));
    }
    if (sqlite3_backup_finish(backup) != SQLITE_OK || stepped != SQLITE_DONE)
        return sqlite_fault(opened);
    return source.run("COMMIT");
}

Result<BackupReport> backup_sqlite(std::string const& path, std::string const& target, BackupProgress const& progress)
{
    if (!exists(path))
        return refuse(ErrorKind::not_found, "database_missing", fmt::format("There is no database at {}.", path));
    TRY(auto const source, SqliteConnection::open(path, SqliteUse::reader, kPatience));
    TRY(auto partial, Partial::create(target));
    TRY_DO(copy_pages(*source, partial.path(), progress));
    TRY(auto const bytes, partial.finish("backup_exists"));
    return BackupReport{bytes};
}

Refusal damaged(std::string detail)
{
    return refuse(ErrorKind::invalid, "backup_damaged",
                  "The file is not a backup of this kind of database, or it is damaged. Try another one.")
        .because(std::move(detail));
}

// The first column of the first row, as text.
std::string ask(sqlite3* handle, char const* sql)
{
    std::string answer;
    auto const keep = [](void* to, int, char** values, char**) {
        auto& text = *static_cast<std::string*>(to);
        if (text.empty() && values[0])
            text = values[0];
        return 0;
    };
    if (sqlite3_exec(handle, sql, keep, &answer, nullptr) != SQLITE_OK)
        return sqlite3_errmsg(handle);
    return answer;
}

Result<void> check_sqlite(std::string const& file)
{
    sqlite3* opened = nullptr;
    auto const code = sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    SqliteHandle const handle(opened);
    if (code != SQLITE_OK)
        return damaged(sqlite3_errmsg(opened));
    if (auto const found = ask(opened, "PRAGMA integrity_check(1)"); found != "ok")
        return damaged("integrity check: " + found);
    if (ask(opened, "SELECT count(*) FROM sqlite_master WHERE name = 'schema_migrations'") != "1")
        return damaged("it is not a database of Gatehouse");
    return {};
}

Result<void> restore_sqlite(std::string const& path, std::string const& source)
{
    if (exists(path) || exists(path + "-wal"))
        return refuse(ErrorKind::conflict, "restore_target_not_empty",
                      fmt::format("{} exists already. Restore into an empty data folder, or move this file away "
                                  "together with {}-wal and {}-shm.",
                                  path, path, path));
    TRY(auto partial, Partial::create(path));
    std::error_code copied;
    fs::copy_file(source, partial.path(), fs::copy_options::overwrite_existing, copied);
    if (copied)
        return file_fault("copy to", partial.path(), copied.value());
    ::chmod(partial.path().c_str(), 0600);
    // The copy is checked, not the backup: looking into a database may write beside it.
    auto const checked = check_sqlite(partial.path());
    for (auto const* const suffix : {"-wal", "-shm"})
        ::unlink((partial.path() + suffix).c_str());
    TRY_DO(checked);
    TRY_DO(partial.finish("restore_target_not_empty"));
    return {};
}

// -- PostgreSQL

Result<BackupReport> backup_postgresql(std::string const& address, std::string const& target)
{
    TRY(auto const program, find_postgresql_program("pg_dump"));
    TRY(auto const connection, connection_string_without_password(address));
    TRY(auto partial, Partial::create(target));
    TRY_DO(run_postgresql_program({program, "--format=custom", "--no-owner", "--no-acl", "--no-password",
                                   "--file=" + partial.path(), "--dbname=" + connection},
                                  address));
    TRY(auto const bytes, partial.finish("backup_exists"));
    return BackupReport{bytes};
}

constexpr Statement kCountTables{"SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                                 "WHERE c.relkind IN ('r', 'p') AND n.nspname = 'public'"};

Result<void> restore_postgresql(std::string const& address, std::string const& source)
{
    TRY(auto const program, find_postgresql_program("pg_restore"));
    TRY(auto const connection, connection_string_without_password(address));
    TRY(auto const database, open({.address = address, .connections = 1}));
    TRY(auto const tables, database->read_now([](Tx& tx) -> Result<std::int64_t> {
        TRY(auto const* const row, tx.one(kCountTables, {}));
        return row->integer(0);
    }));
    if (tables > 0)
        return refuse(ErrorKind::conflict, "restore_target_not_empty",
                      fmt::format("The database {} holds {} tables. Create an empty one and restore into that.",
                                  printable_address(address), tables));
    return run_postgresql_program({program, "--no-owner", "--no-acl", "--no-password", "--single-transaction",
                                   "--exit-on-error", "--dbname=" + connection, source},
                                  address);
}

} // namespace

Result<BackupReport> backup(std::string_view address, std::string const& target, BackupProgress const& progress)
{
    if (exists(target))
        return refuse(ErrorKind::conflict, "backup_exists",
                      fmt::format("{} exists already. A backup overwrites nothing; choose another name.", target));
    if (address.starts_with(kSqlite))
        return backup_sqlite(std::string(address.substr(kSqlite.size())), target, progress);
    return backup_postgresql(std::string(address), target);
}

Result<void> restore(std::string_view address, std::string const& source)
{
    std::ifstream file(source, std::ios::binary);
    if (!file)
        return refuse(ErrorKind::not_found, "backup_missing", fmt::format("There is no backup at {}.", source));
    std::array<char, 16> head{};
    file.read(head.data(), head.size());
    auto const begins_with = [&](std::string_view magic) {
        return std::string_view(head.data(), magic.size()) == magic;
    };
    bool const sqlite = address.starts_with(kSqlite);
    if (!begins_with(sqlite ? kSqliteMagic : kPostgresqlMagic))
        return damaged(sqlite ? "it is not a SQLite database" : "it is not an archive of pg_dump");
    if (sqlite)
        return restore_sqlite(std::string(address.substr(kSqlite.size())), source);
    return restore_postgresql(std::string(address), source);
}

} // namespace gatehouse::storage
