// Brings a database's schema to what this binary knows, one numbered file at a time.
//
// In:  files "NNNN_name.sql" in the dialect both engines share (migrations/, embedded in the binary by app/).
// Out: the schema, and a row in schema_migrations for each file: its number, name, SHA-256 and time.
//
// Each file is applied in a transaction of its own, under a lock that makes a second migrator wait and then find the
// work done. A file that was applied is never edited: its checksum is compared.
#pragma once

#include "base/embedded.hpp"
#include "storage/database.hpp"

namespace gatehouse::storage {

struct Migration {
    int number = 0;
    std::string name; // "0001_tenants"
    std::string_view sql;
    std::string checksum; // SHA-256 of the file, in hexadecimal
};

struct MigrationState {
    std::vector<Migration> applied; // that the database has
    std::vector<Migration> pending; // that it lacks, in the order in which they will be applied
};

// What would be done; writes nothing. Errors:
// "schema_newer" (conflict): the database was written by a newer Gatehouse;
// "migration_changed" (conflict): a file differs from the one that was applied;
// "migration_invalid" (internal): the embedded files are not numbered 1, 2, 3 ... or misnamed.
Result<MigrationState> plan_migrations(Database& database, std::span<EmbeddedFile const> files);

// Applies what is pending and returns it. Errors as above, and those of the storage.
Result<std::vector<Migration>> migrate(Database& database, std::span<EmbeddedFile const> files, TimePoint now);

} // namespace gatehouse::storage
