#include "storage/migrator.hpp"

#include "base/log.hpp"

#include <charconv>
#include <openssl/evp.h>

namespace gatehouse::storage {

namespace {

// The one table whose key does not begin with a tenant: it describes the database itself.
constexpr std::string_view kCreateTable = "CREATE TABLE IF NOT EXISTS schema_migrations ("
                                          "number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, "
                                          "checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)";
// Taken before the transaction's first look at the data, so that who waited sees what the other did. On SQLite the
// one writer is lock enough.
constexpr std::string_view kLockTable = "SET LOCAL lock_timeout = '10min'; "
                                        "LOCK TABLE schema_migrations IN EXCLUSIVE MODE";

constexpr Statement kTableExistsSqlite{
    "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'"};
constexpr Statement kTableExistsPostgresql{
    "SELECT count(*) FROM pg_class WHERE oid = to_regclass('schema_migrations')"};
constexpr Statement kListApplied{"SELECT number, name, checksum FROM schema_migrations ORDER BY number"};
constexpr Statement kRecord{"INSERT INTO schema_migrations (number, name, checksum, applied_at) "
                            "VALUES (:number, :name, :checksum, :applied_at)"};

Result<std::string> sha256(std::string_view content)
{
    std::array<std::uint8_t, 32> digest{};
    std::size_t length = digest.size();
    if (EVP_Q_digest(nullptr, "SHA256", nullptr, content.data(), content.size(), digest.data(), &length) != 1)
        return fault("SHA-256 is not available");
    return hex_encode(digest);
}

// "0001_tenants.sql", the first of which is number 1.
Result<std::vector<Migration>> parse_files(std::span<EmbeddedFile const> files)
{
    std::vector<Migration> migrations;
    for (auto const& file : files) {
        auto name = file.path.substr(file.path.rfind('/') + 1);
        Migration migration;
        auto const parsed = std::from_chars(name.data(), name.data() + name.size(), migration.number);
        if (!name.ends_with(".sql") || parsed.ptr != name.data() + 4 || name.size() < 10 || name[4] != '_')
            return refuse(ErrorKind::internal, "migration_invalid",
                          fmt::format("A migration is named {}; it must read NNNN_name.sql.", name));
        name.remove_suffix(4);
        migration.name = name;
        migration.sql = file.content;
        TRY(migration.checksum, sha256(file.content));
        migrations.push_back(std::move(migration));
    }
    std::ranges::sort(migrations, {}, &Migration::number);
    for (std::size_t i = 0; i < migrations.size(); ++i) {
        if (migrations[i].number != static_cast<int>(i) + 1)
            return refuse(ErrorKind::internal, "migration_invalid",
                          fmt::format("Migrations are numbered without gaps or repetitions; {} should be number {}.",
                                      migrations[i].name, i + 1));
    }
    return migrations;
}

Result<std::vector<Migration>> list_applied(Tx& tx)
{
    return tx.all(kListApplied, {}, [](Row const& row) {
        return Migration{static_cast<int>(row.integer(0)), row.string(1), {}, row.string(2)};
    });
}

Result<MigrationState> compare(std::vector<Migration> applied, std::vector<Migration> const& known)
{
    if (applied.size() > known.size())
        return refuse(
            ErrorKind::conflict, "schema_newer",
            fmt::format("This database was written by a newer Gatehouse (schema {}, this one knows {}): start "
                        "the newer version, or restore a backup.",
                        applied.back().number, known.size()));
    for (std::size_t i = 0; i < applied.size(); ++i) {
        if (applied[i].number != known[i].number || applied[i].checksum != known[i].checksum)
            return refuse(ErrorKind::conflict, "migration_changed",
                          fmt::format("Migration {} of this Gatehouse differs from {}, which this database has: it was "
                                      "written by another build. Start that build, or restore a backup.",
                                      known[i].name, applied[i].name));
    }
    MigrationState state;
    state.pending.assign(known.begin() + static_cast<std::ptrdiff_t>(applied.size()), known.end());
    state.applied = std::move(applied);
    return state;
}

Result<void> create_table(Database& database)
{
    auto const create = [&] { return database.write_now([](Tx& tx) { return tx.script(kCreateTable); }); };
    auto created = create();
    // PostgreSQL: of two that create it at once, one may fail although it said IF NOT EXISTS.
    if (!created && created.error().kind == ErrorKind::conflict)
        created = create();
    return created;
}

// Applies the first migration that is pending, if any.
Result<std::optional<Migration>> apply_next(Database& database, std::vector<Migration> const& known, TimePoint now)
{
    return database.write_now([&](Tx& tx) -> Result<std::optional<Migration>> {
        if (database.engine() == Engine::postgresql)
            TRY_DO(tx.script(kLockTable));
        TRY(auto applied, list_applied(tx));
        TRY(auto const state, compare(std::move(applied), known));
        if (state.pending.empty())
            return std::nullopt;
        auto const& next = state.pending.front();
        if (auto done = tx.script(next.sql); !done) {
            auto error = std::move(done).error();
            error.detail = fmt::format("migration {}: {}", next.name, error.detail);
            return std::unexpected(std::move(error));
        }
        TRY_DO(tx.execute(
            kRecord, {{"number", next.number}, {"name", next.name}, {"checksum", next.checksum}, {"applied_at", now}}));
        return next;
    });
}

} // namespace

Result<MigrationState> plan_migrations(Database& database, std::span<EmbeddedFile const> files)
{
    TRY(auto const known, parse_files(files));
    TRY(auto applied, database.read_now([&](Tx& tx) -> Result<std::vector<Migration>> {
        auto const& exists = database.engine() == Engine::sqlite ? kTableExistsSqlite : kTableExistsPostgresql;
        TRY(auto const* const row, tx.one(exists, {}));
        if (row->integer(0) == 0)
            return std::vector<Migration>();
        return list_applied(tx);
    }));
    return compare(std::move(applied), known);
}

Result<std::vector<Migration>> migrate(Database& database, std::span<EmbeddedFile const> files, TimePoint now)
{
    // Nothing is written when nothing is pending: several nodes start at once.
    TRY(auto const state, plan_migrations(database, files));
    std::vector<Migration> applied;
    if (state.pending.empty())
        return applied;
    TRY(auto const known, parse_files(files));
    TRY_DO(create_table(database));
    for (;;) {
        TRY(auto next, apply_next(database, known, now));
        if (!next)
            return applied;
        log::info("migration applied", {{"migration", next->name}});
        applied.push_back(*std::move(next));
    }
}

} // namespace gatehouse::storage
