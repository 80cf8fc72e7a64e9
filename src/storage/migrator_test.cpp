#include "storage/migrator.hpp"

#include "base/log.hpp"
#include "storage/test_support/test_database.hpp"

#include <gtest/gtest.h>
#include <thread>

namespace gatehouse::storage {

namespace {

constexpr Statement kCountTables{"SELECT (SELECT count(*) FROM first) + (SELECT count(*) FROM second)"};
constexpr Statement kRecorded{"SELECT number, name, checksum, applied_at FROM schema_migrations ORDER BY number"};
constexpr auto kNow = TimePoint(std::chrono::seconds(1'700'000'000));

std::vector<EmbeddedFile> const kFiles{
    {"0001_first.sql", "-- The first.\nCREATE TABLE first (tenant_id BIGINT PRIMARY KEY);\n"},
    {"0002_second.sql", "CREATE TABLE second (tenant_id BIGINT PRIMARY KEY);\nINSERT INTO second VALUES (7);\n"},
};

class Migrator : public testing::TestWithParam<Engine> {
protected:
    Result<std::vector<Migration>> run(std::span<EmbeddedFile const> files) { return migrate(*database, files, kNow); }

    log::Capture silent;
    TestDatabase database{GetParam(), Schema::empty};
};

TEST_P(Migrator, AppliesWhatIsPendingInOrderAndRecordsIt)
{
    auto const first = run(std::span(kFiles).first(1));
    ASSERT_TRUE(first) << first.error().detail;
    ASSERT_EQ(first->size(), 1u);
    EXPECT_EQ(first->front().name, "0001_first");

    auto const plan = plan_migrations(*database, kFiles);
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->applied.size(), 1u);
    ASSERT_EQ(plan->pending.size(), 1u);
    EXPECT_EQ(plan->pending[0].name, "0002_second");

    EXPECT_EQ(run(kFiles)->size(), 1u);
    EXPECT_EQ(run(kFiles)->size(), 0u);
    auto const rows = database->read_now([](Tx& tx) {
        return tx.all(kRecorded, {}, [](Row const& row) {
            EXPECT_EQ(row.text(2).size(), 64u);
            EXPECT_EQ(row.time(3), kNow);
            return row.string(1);
        });
    });
    EXPECT_EQ(*rows, (std::vector<std::string>{"0001_first", "0002_second"}));
    auto const count = database->read_now([](Tx& tx) -> Result<std::int64_t> {
        TRY(auto const* const row, tx.one(kCountTables, {}));
        return row->integer(0);
    });
    EXPECT_EQ(count.value(), 1);
}

TEST_P(Migrator, APlanWritesNothing)
{
    auto const plan = plan_migrations(*database, kFiles);
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->pending.size(), 2u);
    EXPECT_FALSE(database->read_now([](Tx& tx) { return tx.one(kRecorded, {}); }));
}

TEST_P(Migrator, ANewerSchemaIsRefused)
{
    ASSERT_TRUE(run(kFiles));
    auto const older = run(std::span(kFiles).first(1));
    ASSERT_FALSE(older);
    EXPECT_EQ(older.error().code, "schema_newer");
    EXPECT_EQ(older.error().message, "This database was written by a newer Gatehouse (schema 2, this one knows 1): "
                                     "start the newer version, or restore a backup.");
}

TEST_P(Migrator, AChangedFileIsRefused)
{
    ASSERT_TRUE(run(kFiles));
    auto changed = kFiles;
    changed[0].content = "CREATE TABLE first (tenant_id BIGINT PRIMARY KEY, more TEXT);\n";
    EXPECT_EQ(run(changed).error().code, "migration_changed");
    EXPECT_EQ(plan_migrations(*database, changed).error().code, "migration_changed");
}

TEST_P(Migrator, AMigrationThatFailsLeavesNothingOfItself)
{
    auto faulty = kFiles;
    faulty[1].content = "CREATE TABLE second (tenant_id BIGINT PRIMARY KEY);\nINSERT INTO nowhere VALUES (1);\n";
    auto const failed = run(faulty);
    ASSERT_FALSE(failed);
    EXPECT_TRUE(failed.error().detail.contains("0002_second")) << failed.error().detail;
    EXPECT_EQ(plan_migrations(*database, kFiles)->pending.size(), 1u);
    auto const repaired = run(kFiles);
    EXPECT_TRUE(repaired) << repaired.error().detail;
}

TEST_P(Migrator, TwoAtOnceApplyEachMigrationOnce)
{
    auto const other = open({.address = database.address()});
    ASSERT_TRUE(other);
    std::atomic<std::size_t> applied = 0;
    {
        std::vector<std::jthread> migrators;
        for (auto* const node : {&*database, other->get()}) {
            migrators.emplace_back([&applied, node] {
                auto const done = migrate(*node, kFiles, kNow);
                EXPECT_TRUE(done) << done.error().detail;
                applied += done ? done->size() : 0;
            });
        }
    }
    EXPECT_EQ(applied, 2u);
}

TEST_P(Migrator, GapsAndOddNamesAreRefused)
{
    auto const code = [&](std::vector<EmbeddedFile> const& files) {
        auto const done = run(files);
        return done ? "" : done.error().code;
    };
    EXPECT_EQ(code({{"0002_a.sql", ""}}), "migration_invalid");
    EXPECT_EQ(code({{"0001_a.sql", ""}, {"0001_b.sql", ""}}), "migration_invalid");
    EXPECT_EQ(code({{"1_a.sql", ""}}), "migration_invalid");
    EXPECT_EQ(code({{"0001_a.txt", ""}}), "migration_invalid");
    EXPECT_EQ(code({{"0001.sql", ""}}), "migration_invalid");
    EXPECT_EQ(code({}), "");
}

TEST_P(Migrator, TheMigrationsOfTheHouseApply)
{
    auto const done = run(source_migrations());
    ASSERT_TRUE(done) << done.error().detail;
    EXPECT_EQ(done->size(), source_migrations().size());
}

} // namespace

INSTANTIATE_TEST_SUITE_P(EveryBackend, Migrator, every_backend());

} // namespace gatehouse::storage
