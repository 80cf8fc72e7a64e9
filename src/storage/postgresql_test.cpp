// What only PostgreSQL does: collisions, connections that break, passwords.
#include "storage/open.hpp"
#include "storage/test_support/postgresql_cluster.hpp"
#include "storage/test_support/test_database.hpp"

#include <gtest/gtest.h>
#include <latch>
#include <libpq-fe.h>
#include <thread>

namespace gatehouse::storage {

namespace {

constexpr Statement kPut{"INSERT INTO things (tenant_id, number, amount) VALUES (1, :number, :amount)"};
constexpr Statement kSum{"SELECT CAST(coalesce(sum(amount), 0) AS BIGINT) FROM things WHERE tenant_id = 1"};
constexpr Statement kTake{"UPDATE things SET amount = amount - 100 WHERE tenant_id = 1 AND number = :number"};
constexpr Statement kCount{"SELECT count(*) FROM things"};
constexpr char const* kTable = "CREATE TABLE things (tenant_id BIGINT NOT NULL, number BIGINT NOT NULL, amount BIGINT, "
                               "PRIMARY KEY (tenant_id, number))";

Result<std::int64_t> put(Tx& tx, int number, int amount)
{
    return tx.execute(kPut, {{"number", number}, {"amount", amount}});
}

Result<std::int64_t> number(Database& database, Statement const& statement)
{
    return database.read_now([&](Tx& tx) -> Result<std::int64_t> {
        TRY(auto const* const row, tx.one(statement, {}));
        return row->integer(0);
    });
}

TEST(Postgresql, TwoRulesThatTogetherWouldBreakAnInvariantRunOneAfterTheOther)
{
    TestDatabase database(Engine::postgresql, Schema::empty);
    ASSERT_TRUE(database->write_now([](Tx& tx) { return tx.script(kTable); }));
    ASSERT_TRUE(database->write_now([](Tx& tx) -> Result<void> {
        TRY_DO(put(tx, 1, 60));
        TRY_DO(put(tx, 2, 60));
        return {};
    }));
    // Each takes 100 if the sum of both rows allows it: alone either may, together they may not (write skew).
    std::latch both_have_read(2);
    std::atomic<int> runs = 0, taken = 0;
    {
        std::vector<std::jthread> threads;
        for (int const row : {1, 2}) {
            threads.emplace_back([&, row] {
                bool first_run = true;
                auto const done = database->write_now([&](Tx& tx) -> Result<bool> {
                    ++runs;
                    TRY(auto const* const sum, tx.one(kSum, {}));
                    auto const enough = sum->integer(0) >= 100;
                    if (std::exchange(first_run, false))
                        both_have_read.arrive_and_wait();
                    if (enough)
                        TRY_DO(tx.execute(kTake, {{"number", row}}));
                    return enough;
                });
                EXPECT_TRUE(done) << done.error().detail;
                taken += done.value_or(false);
            });
        }
    }
    EXPECT_EQ(taken, 1);
    EXPECT_EQ(runs, 3) << "the one that collided ran again";
    EXPECT_EQ(database->statistics().retries, 1u);
    EXPECT_EQ(number(*database, kSum).value(), 20);
}

TEST(Postgresql, TwoNodesLoseNoUpdate)
{
    TestDatabase database(Engine::postgresql, Schema::empty);
    ASSERT_TRUE(database->write_now([](Tx& tx) { return tx.script(kTable); }));
    ASSERT_TRUE(database->write_now([](Tx& tx) { return put(tx, 1, 100 * 80); }));
    auto const other = open({.address = database.address(), .connections = 2});
    ASSERT_TRUE(other);
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread) {
            threads.emplace_back([&, node = thread % 2 ? &*database : other->get()] {
                for (int i = 0; i < 20; ++i) {
                    auto const done = node->write_now([](Tx& tx) { return tx.execute(kTake, {{"number", 1}}); });
                    EXPECT_TRUE(done) << done.error().detail;
                }
            });
        }
    }
    EXPECT_EQ(number(*database, kSum).value(), 0);
}

TEST(Postgresql, ALockHeldElsewhereIsABusyDatabaseUntilItIsReleased)
{
    TestDatabase database(Engine::postgresql, Schema::empty);
    ASSERT_TRUE(database->write_now([](Tx& tx) { return tx.script(kTable); }));
    auto const impatient = open({.address = database.address(), .patience = std::chrono::milliseconds(50)});
    ASSERT_TRUE(impatient);
    std::unique_ptr<PGconn, decltype(&PQfinish)> const other(PQconnectdb(database.address().c_str()), &PQfinish);
    PQclear(PQexec(other.get(), "BEGIN; LOCK TABLE things"));
    auto const blocked = (*impatient)->write_now([](Tx& tx) { return put(tx, 1, 1); });
    ASSERT_FALSE(blocked);
    EXPECT_EQ(blocked.error().code, "storage_busy") << blocked.error().detail;
    PQclear(PQexec(other.get(), "ROLLBACK"));
    EXPECT_TRUE((*impatient)->write_now([](Tx& tx) { return put(tx, 1, 1); }));
}

class PostgresqlRestart : public testing::Test {
protected:
    static void SetUpTestSuite() { cluster = std::make_unique<PostgresqlCluster>(Fsync::on); }
    static void TearDownTestSuite() { cluster.reset(); }

    PostgresqlRestart()
    {
        run_postgresql(address, fmt::format("DROP TABLE IF EXISTS things; {}", kTable));
        auto opened = open({.address = address, .connections = 2});
        EXPECT_TRUE(opened) << opened.error().detail;
        database = *std::move(opened);
        EXPECT_TRUE(database->write_now([](Tx& tx) { return put(tx, 1, 1); }));
    }

    static inline std::unique_ptr<PostgresqlCluster> cluster; // one that keeps its data through a crash
    std::string const address = cluster->address() + "/postgres";
    std::unique_ptr<Database> database;
};

TEST_F(PostgresqlRestart, ATransactionAfterItDoesNotNotice)
{
    cluster->stop_at_once();
    cluster->start();
    auto const written = database->write_now([](Tx& tx) { return put(tx, 2, 1); });
    EXPECT_TRUE(written) << written.error().detail;

    cluster->stop_at_once();
    cluster->start();
    EXPECT_EQ(number(*database, kCount).value(), 2);
}

TEST_F(PostgresqlRestart, ATransactionUnderWayIsRepeated)
{
    std::latch under_way(1), restarted(1);
    int runs = 0;
    {
        std::jthread const writer([&] {
            auto const written = database->write_now([&](Tx& tx) -> Result<void> {
                TRY_DO(put(tx, 2, 1));
                if (++runs == 1) {
                    under_way.count_down();
                    restarted.wait();
                }
                TRY_DO(put(tx, 3, 1));
                return {};
            });
            EXPECT_TRUE(written) << written.error().detail;
        });
        under_way.wait();
        cluster->stop_at_once();
        cluster->start();
        restarted.count_down();
    }
    EXPECT_EQ(runs, 2);
    EXPECT_EQ(number(*database, kCount).value(), 3);
}

TEST_F(PostgresqlRestart, WhileItIsDownTheDatabaseIsLostAndComesBackByItself)
{
    cluster->stop_at_once();
    auto const lost = database->write_now([](Tx& tx) { return put(tx, 2, 1); });
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code, "storage_lost");
    EXPECT_EQ(lost.error().kind, ErrorKind::unavailable);
    EXPECT_EQ(number(*database, kCount).error().code, "storage_lost");
    EXPECT_EQ(open({.address = address}).error().code, "storage_lost");
    cluster->start();
    auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    auto written = database->write_now([](Tx& tx) { return put(tx, 2, 1); });
    while (!written && std::chrono::steady_clock::now() < deadline) {
        EXPECT_EQ(written.error().code, "storage_lost");
        std::this_thread::yield();
        written = database->write_now([](Tx& tx) { return put(tx, 2, 1); });
    }
    EXPECT_TRUE(written);
    EXPECT_EQ(number(*database, kCount).value(), 2);
}

TEST(Postgresql, APasswordIsInNoError)
{
    for (auto const* const address :
         {"postgresql://me:hunter2secret@127.0.0.1:1/db", "postgresql://me:hunter2@secret@127.0.0.1:1/db",
          "postgresql://me:hunter2/secret@127.0.0.1:1/db", "postgresql://me:hunter2%zzsecret@127.0.0.1:1/db",
          "postgresql://me:hunter2:secret@127.0.0.1:1/db", "postgresql://me:hunter2?secret@127.0.0.1:1/db",
          "postgresql://127.0.0.1:1/db?password=hunter2secret", "postgresql://me:hunter2#secret@127.0.0.1:1/db"}) {
        auto const opened = open({.address = address});
        ASSERT_FALSE(opened) << address;
        auto const& error = opened.error();
        for (auto const& text : {error.code, error.message, error.detail, printable_address(address)}) {
            EXPECT_FALSE(text.contains("hunter2")) << text;
            EXPECT_FALSE(text.contains("secret")) << text;
        }
    }
    EXPECT_EQ(printable_address("postgresql://me:hunter2@db.example:5433/gatehouse"),
              "postgresql://me@db.example:5433/gatehouse");
}

} // namespace

} // namespace gatehouse::storage
