// Backup of a running database, and restore into a new one.
//
// SQLite: a consistent copy made through SQLite's online backup, page by page, while the server goes on writing; the
// result is an ordinary database file. PostgreSQL: pg_dump and pg_restore (custom format), found on PATH or in
// Debian's folders; without them the error says what to run.
#pragma once

#include "base/result.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace gatehouse::storage {

struct BackupReport {
    std::uint64_t bytes = 0; // size of the backup file
};

// Called now and then with the pages done and the pages in all (SQLite only).
using BackupProgress = std::function<void(std::int64_t done, std::int64_t total)>;

// Writes `target` (mode 0600), which must not exist. It appears under its name only when it is complete and on disk.
// Errors: "backup_exists" (conflict), "database_missing", "backup_tool_missing" (the message says which program and
// what to run by hand), "backup_failed" (detail holds what the tool said), "storage_full", "storage_busy".
Result<BackupReport> backup(std::string_view address, std::string const& target, BackupProgress const& progress = {});

// Fills the database at `address` from a backup made by `backup`. Refuses to overwrite: the SQLite file must not exist
// and the PostgreSQL database must hold no tables. Errors: "restore_target_not_empty" (conflict), "backup_missing"
// (not_found), "backup_damaged" (invalid: not a backup of this engine, or its integrity check failed),
// "backup_tool_missing", "backup_failed".
Result<void> restore(std::string_view address, std::string const& source);

} // namespace gatehouse::storage
