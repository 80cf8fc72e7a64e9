#include "storage/test_support/test_database.hpp"

#include "base/log.hpp"
#include "storage/migrator.hpp"
#include "storage/test_support/postgresql_cluster.hpp"

#include <filesystem>
#include <fstream>
#include <libpq-fe.h>
#include <ostream>
#include <stdexcept>
#include <unistd.h>

namespace gatehouse::storage {

namespace {

namespace fs = std::filesystem;

template <class T>
T must(Result<T> result)
{
    if (!result)
        throw std::runtime_error(
            fmt::format("{}: {} ({})", result.error().code, result.error().message, result.error().detail));
    if constexpr (!std::is_void_v<T>)
        return *std::move(result);
}

void migrate_at(std::string const& address)
{
    log::Capture const silent;
    auto const database = must(open({.address = address, .connections = 1}));
    must(migrate(*database, source_migrations(), SystemClock().now()));
}

// -- SQLite

std::string const& sqlite_template()
{
    static std::string const path = [] {
        auto made = test_folder() + "/template.sqlite";
        migrate_at("sqlite:" + made);
        return made;
    }();
    return path;
}

// -- PostgreSQL

// A database of this process, used by one test after the other.
struct Pooled {
    std::string name;
    std::unique_ptr<PGconn, decltype(&PQfinish)> connection{nullptr, &PQfinish};
    std::string clean_up;
};

std::string run(PGconn* connection, std::string const& sql)
{
    std::unique_ptr<PGresult, decltype(&PQclear)> const result(PQexec(connection, sql.c_str()), &PQclear);
    auto const status = PQresultStatus(result.get());
    if (status == PGRES_TUPLES_OK)
        return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
    if (status != PGRES_COMMAND_OK)
        throw std::runtime_error(PQerrorMessage(connection));
    return {};
}

// The migrated template, shared by the test programs that run on one cluster; made by the first that comes.
std::string const& postgresql_template()
{
    static std::string const name = [] {
        std::uint64_t hash = 14695981039346656037U; // FNV-1a: tells one state of the source tree from another
        for (auto const& file : source_migrations()) {
            for (char const c : file.content)
                hash = (hash ^ static_cast<std::uint8_t>(c)) * 1099511628211U;
        }
        auto made = fmt::format("gatehouse_template_{:016x}", hash);
        std::unique_ptr<PGconn, decltype(&PQfinish)> const admin(
            PQconnectdb((shared_postgresql() + "/postgres").c_str()), &PQfinish);
        run(admin.get(), "SET client_min_messages = warning; SELECT pg_advisory_lock(7215)");
        auto const ready = made + "_ready";
        if (run(admin.get(), "SELECT 1 FROM pg_database WHERE datname = '" + ready + "'").empty()) {
            run(admin.get(), "DROP DATABASE IF EXISTS " + made);
            run(admin.get(), "CREATE DATABASE " + made + " TEMPLATE template0");
            migrate_at(shared_postgresql() + "/" + made);
            run(admin.get(), "ALTER DATABASE " + made + " RENAME TO " + ready);
        }
        return ready;
    }();
    return name;
}

class PostgresqlPool {
public:
    ~PostgresqlPool()
    {
        // On a cluster that outlives this process, nothing of it stays.
        std::vector<std::string> names;
        for (auto& pool : free_) {
            for (auto& pooled : pool) {
                names.push_back(pooled.name);
                pooled.connection.reset();
            }
        }
        for (auto const& name : names) {
            try {
                run_postgresql(shared_postgresql() + "/postgres", "DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
            } catch (std::exception const&) {
                return; // the cluster is gone already
            }
        }
    }

    Pooled take(Schema schema)
    {
        std::scoped_lock const guard(mutex_);
        auto& pool = free_[static_cast<std::size_t>(schema)];
        if (!pool.empty()) {
            auto pooled = std::move(pool.back());
            pool.pop_back();
            return pooled;
        }
        Pooled made;
        made.name = fmt::format("gatehouse_{}_{}", ::getpid(), ++count_);
        run_postgresql(shared_postgresql() + "/postgres",
                       fmt::format("CREATE DATABASE {} TEMPLATE {} STRATEGY {}", made.name,
                                   schema == Schema::migrated ? postgresql_template() : "template0",
                                   schema == Schema::migrated ? "FILE_COPY" : "WAL_LOG"));
        made.connection.reset(PQconnectdb((shared_postgresql() + "/" + made.name).c_str()));
        PQsetNoticeProcessor(made.connection.get(), [](void*, char const*) {}, nullptr);
        run(made.connection.get(), "SET lock_timeout = '10s'; SET synchronous_commit = off");
        made.clean_up = "DROP SCHEMA public CASCADE; CREATE SCHEMA public";
        if (schema == Schema::migrated)
            made.clean_up =
                run(made.connection.get(), "SELECT coalesce(string_agg(format('DELETE FROM %I;', tablename), ' '), '') "
                                           "FROM pg_tables WHERE schemaname = 'public' "
                                           "AND tablename <> 'schema_migrations'");
        return made;
    }

    void give_back(Schema schema, Pooled pooled)
    {
        if (!pooled.clean_up.empty())
            run(pooled.connection.get(), pooled.clean_up);
        std::scoped_lock const guard(mutex_);
        free_[static_cast<std::size_t>(schema)].push_back(std::move(pooled));
    }

private:
    std::mutex mutex_;
    std::array<std::vector<Pooled>, 2> free_;
    int count_ = 0;
};

PostgresqlPool& pool()
{
    shared_postgresql(); // made before the pool, so that it goes after it
    static PostgresqlPool only;
    return only;
}

} // namespace

void PrintTo(Engine engine, std::ostream* out)
{
    *out << (engine == Engine::sqlite ? "sqlite" : "postgresql");
}

std::span<EmbeddedFile const> source_migrations()
{
    struct Files {
        std::vector<std::pair<std::string, std::string>> texts;
        std::vector<EmbeddedFile> views;
    };
    static Files const files = [] {
        Files read;
        fs::path const folder = fs::path(GATEHOUSE_SOURCE_DIR) / "migrations";
        if (fs::exists(folder)) {
            for (auto const& entry : fs::directory_iterator(folder)) {
                if (entry.path().extension() != ".sql")
                    continue;
                std::ifstream stream(entry.path(), std::ios::binary);
                read.texts.emplace_back(entry.path().filename(),
                                        std::string(std::istreambuf_iterator<char>(stream), {}));
            }
        }
        std::ranges::sort(read.texts);
        for (auto const& [name, text] : read.texts)
            read.views.push_back({name, text});
        return read;
    }();
    return files.views;
}

struct TestDatabase::Place {
    Pooled pooled; // PostgreSQL
    std::string file;
};

TestDatabase::TestDatabase(Engine engine, Schema schema)
    : engine_(engine), schema_(schema), place_(std::make_unique<Place>())
{
    if (engine == Engine::postgresql) {
        place_->pooled = pool().take(schema);
        address_ = shared_postgresql() + "/" + place_->pooled.name;
    } else {
        static std::atomic<int> count = 0;
        place_->file = fmt::format("{}/{}.sqlite", test_folder(), ++count);
        if (schema == Schema::migrated)
            fs::copy_file(sqlite_template(), place_->file);
        address_ = "sqlite:" + place_->file;
    }
    reopen();
}

TestDatabase::~TestDatabase()
{
    close();
    if (engine_ == Engine::postgresql) {
        pool().give_back(schema_, std::move(place_->pooled));
    } else {
        std::error_code ignored;
        for (auto const* const suffix : {"", "-wal", "-shm", ".lock"})
            fs::remove(place_->file + suffix, ignored);
    }
}

void TestDatabase::close()
{
    database_.reset();
}

void TestDatabase::reopen(int connections)
{
    database_.reset();
    database_ = must(open({.address = address_, .connections = connections}));
}

} // namespace gatehouse::storage
