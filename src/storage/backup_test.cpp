#include "storage/backup.hpp"

#include "base/log.hpp"
#include "storage/migrator.hpp"
#include "storage/test_support/postgresql_cluster.hpp"
#include "storage/test_support/test_database.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <thread>

namespace gatehouse::storage {

namespace {

constexpr Statement kPut{"INSERT INTO things (tenant_id, number, content) VALUES (1, :number, :content)"};
constexpr Statement kSummary{"SELECT count(*), min(number), max(number) FROM things"};

std::vector<EmbeddedFile> const kFiles{
    {"0001_things.sql", "CREATE TABLE things (tenant_id BIGINT NOT NULL, number BIGINT NOT NULL, content BYTEA, "
                        "PRIMARY KEY (tenant_id, number));"}};

struct Summary {
    std::int64_t count = 0, first = 0, last = 0;
};

class Backup : public testing::TestWithParam<Engine> {
protected:
    Backup() { EXPECT_TRUE(migrate(*database, kFiles, TimePoint())); }
    ~Backup() override { std::filesystem::remove(file); }

    Result<std::int64_t> put(int number)
    {
        Bytes const content(2000, static_cast<std::uint8_t>(number));
        return database->write_now(
            [&](Tx& tx) { return tx.execute(kPut, {{"number", number}, {"content", content}}); });
    }
    static Result<Summary> summary(Database& of)
    {
        return of.read_now([](Tx& tx) -> Result<Summary> {
            TRY(auto const* const row, tx.one(kSummary, {}));
            return Summary{row->integer(0), row->integer(1), row->integer(2)};
        });
    }

    // An address at which nothing is yet.
    std::string empty_address()
    {
        if (GetParam() == Engine::sqlite)
            return "sqlite:" + test_folder() + "/restored.sqlite";
        run_postgresql(shared_postgresql() + "/postgres", "DROP DATABASE IF EXISTS restored");
        run_postgresql(shared_postgresql() + "/postgres", "CREATE DATABASE restored TEMPLATE template0");
        return shared_postgresql() + "/restored";
    }
    void remove(std::string const& address)
    {
        if (GetParam() == Engine::sqlite)
            std::filesystem::remove(address.substr(7));
        else
            run_postgresql(shared_postgresql() + "/postgres", "DROP DATABASE restored WITH (FORCE)");
    }

    log::Capture silent;
    TestDatabase database{GetParam(), Schema::empty};
    std::string const file = test_folder() + "/backup";
};

TEST_P(Backup, OfARunningServerIsOneStateAndRestores)
{
    for (int number = 1; number <= 300; ++number)
        ASSERT_TRUE(put(number));
    std::atomic<bool> done = false;
    {
        std::jthread const writer([&] {
            for (int number = 301; !done; ++number)
                EXPECT_TRUE(put(number));
        });
        auto const made = backup(database.address(), file);
        done = true;
        ASSERT_TRUE(made) << made.error().detail;
        EXPECT_EQ(made->bytes, std::filesystem::file_size(file));
    }
    EXPECT_EQ(std::filesystem::status(file).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);

    auto const address = empty_address();
    auto const restored = restore(address, file);
    ASSERT_TRUE(restored) << restored.error().detail;
    {
        auto const copy = open({.address = address});
        ASSERT_TRUE(copy) << copy.error().detail;
        auto const seen = summary(**copy);
        ASSERT_TRUE(seen) << seen.error().detail;
        EXPECT_GE(seen->count, 300);
        EXPECT_EQ(seen->first, 1);
        EXPECT_EQ(seen->last, seen->count) << "rows were written in order, so a consistent copy has no gap";
        EXPECT_EQ(plan_migrations(**copy, kFiles)->pending.size(), 0u);
    }
    remove(address);
}

TEST_P(Backup, OverwritesNothing)
{
    std::ofstream(file) << "precious";
    EXPECT_EQ(backup(database.address(), file).error().code, "backup_exists");
    std::filesystem::remove(file);
    ASSERT_TRUE(put(1));
    ASSERT_TRUE(backup(database.address(), file));
    EXPECT_EQ(restore(database.address(), file).error().code, "restore_target_not_empty");
    EXPECT_EQ(summary(*database)->count, 1);
}

TEST_P(Backup, ADamagedOrForeignFileIsNotRestored)
{
    auto const address = empty_address();
    EXPECT_EQ(restore(address, file).error().code, "backup_missing");
    std::ofstream(file) << "SQLite, but not really";
    EXPECT_EQ(restore(address, file).error().code, "backup_damaged");
    std::filesystem::remove(file);

    for (int number = 1; number <= 100; ++number)
        ASSERT_TRUE(put(number));
    ASSERT_TRUE(backup(database.address(), file));
    std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
    EXPECT_FALSE(restore(address, file));
    if (GetParam() == Engine::sqlite)
        EXPECT_FALSE(std::filesystem::exists(address.substr(7)));
    else
        remove(address);
    for (auto const& entry : std::filesystem::directory_iterator(test_folder()))
        EXPECT_FALSE(entry.path().string().contains("partial")) << entry.path();
}

} // namespace

INSTANTIATE_TEST_SUITE_P(EveryBackend, Backup, every_backend());

} // namespace gatehouse::storage
