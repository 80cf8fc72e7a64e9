// What only SQLite does: group commit, one writer, files.
#include "storage/open.hpp"
#include "storage/test_support/postgresql_cluster.hpp"
#include "storage/test_support/test_database.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <latch>
#include <sqlite3.h>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

namespace gatehouse::storage {

namespace {

constexpr Statement kPut{"INSERT INTO things (tenant_id, number, content) VALUES (1, :number, :content)"};
constexpr Statement kCount{"SELECT count(*) FROM things"};
constexpr auto kShort = std::chrono::milliseconds(50);

Result<std::int64_t> put(Tx& tx, int number, std::size_t size = 10)
{
    return tx.execute(kPut, {{"number", number}, {"content", Bytes(size)}});
}

class Sqlite : public testing::Test {
protected:
    Sqlite()
    {
        EXPECT_TRUE(database->write_now([](Tx& tx) {
            return tx.script("CREATE TABLE things (tenant_id BIGINT NOT NULL, number BIGINT NOT NULL, content BYTEA, "
                             "PRIMARY KEY (tenant_id, number));");
        }));
        database.reopen();
    }

    std::int64_t count(Database& of) const
    {
        return of
            .read_now([](Tx& tx) -> Result<std::int64_t> {
                TRY(auto const* const row, tx.one(kCount, {}));
                return row->integer(0);
            })
            .value_or(-1);
    }
    std::string path() const { return database.address().substr(7); }

    // Keeps the writer busy until `free_writer`, so that what is submitted meanwhile becomes one batch.
    void occupy_writer(Durability durability)
    {
        database->submit_write({.run =
                                    [this](Tx&) {
                                        occupied_.count_down();
                                        freed_.wait();
                                        return Database::Verdict::roll_back;
                                    },
                                .done = [](Result<void>) {},
                                .durability = durability});
        occupied_.wait();
    }
    void free_writer() { freed_.count_down(); }

    TestDatabase database{Engine::sqlite, Schema::empty};

private:
    std::latch occupied_{1}, freed_{1};
};

TEST_F(Sqlite, ManyWritesShareOneCommitAndAFailingOneHarmsNoOther)
{
    constexpr int kJobs = 200;
    std::vector<std::optional<Result<void>>> outcomes(kJobs);
    std::latch answered(kJobs);
    occupy_writer(Durability::Full);
    for (int i = 0; i < kJobs; ++i) {
        database->submit_write({.run =
                                    [i](Tx& tx) {
                                        EXPECT_TRUE(put(tx, i));
                                        // Every tenth rule refuses, every eleventh meets a key that exists.
                                        if (i % 11 == 0)
                                            EXPECT_FALSE(put(tx, i));
                                        if (i % 7 == 0)
                                            throw std::runtime_error("a bug");
                                        return i % 10 == 0 ? Database::Verdict::roll_back : Database::Verdict::commit;
                                    },
                                .done =
                                    [&, i](Result<void> outcome) {
                                        outcomes[static_cast<std::size_t>(i)] = std::move(outcome);
                                        answered.count_down();
                                    }});
    }
    free_writer();
    answered.wait();
    int kept = 0;
    for (int i = 0; i < kJobs; ++i) {
        auto const& outcome = *outcomes[static_cast<std::size_t>(i)];
        if (i % 7 == 0)
            EXPECT_EQ(outcome.error().code, "internal_error") << i;
        else if (i % 10 == 0)
            EXPECT_TRUE(outcome) << i;
        else if (i % 11 == 0)
            EXPECT_EQ(outcome.error().code, "storage_conflict") << i;
        else
            EXPECT_TRUE(outcome) << i << outcome.error().detail;
        kept += i % 7 != 0 && i % 10 != 0 && i % 11 != 0;
    }
    EXPECT_EQ(count(*database), kept);
    EXPECT_EQ(database->statistics().writes, static_cast<std::uint64_t>(kept));
    EXPECT_LT(database->statistics().commits, kJobs / 4u) << "a batch takes what 2 ms allow";
}

TEST_F(Sqlite, RelaxedWritesInABatchOfTheirOwnAreNoDurableCommit)
{
    std::latch answered(3);
    occupy_writer(Durability::Relaxed);
    int number = 0;
    for (auto const durability : {Durability::Relaxed, Durability::Relaxed, Durability::Relaxed}) {
        database->submit_write({.run =
                                    [n = ++number](Tx& tx) {
                                        EXPECT_TRUE(put(tx, n));
                                        return Database::Verdict::commit;
                                    },
                                .done =
                                    [&](Result<void> outcome) {
                                        EXPECT_TRUE(outcome);
                                        answered.count_down();
                                    },
                                .durability = durability});
    }
    free_writer();
    answered.wait();
    EXPECT_EQ(database->statistics().writes, 3u);
    EXPECT_EQ(database->statistics().commits, 0u);
    EXPECT_EQ(count(*database), 3);
}

TEST_F(Sqlite, AnotherProcessThatHoldsTheFileIsABusyDatabaseUntilItLetsGo)
{
    auto const impatient = open({.address = database.address(), .patience = kShort});
    ASSERT_TRUE(impatient);
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open(path().c_str(), &other), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
    auto const blocked = (*impatient)->write_now([](Tx& tx) { return put(tx, 1); });
    EXPECT_EQ(blocked.error().code, "storage_busy");
    EXPECT_EQ(blocked.error().kind, ErrorKind::unavailable);
    EXPECT_EQ(count(**impatient), 0) << "readers go on";
    sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr);
    sqlite3_close(other);
    EXPECT_TRUE((*impatient)->write_now([](Tx& tx) { return put(tx, 1); }));
    EXPECT_EQ(count(*database), 1);
}

// A limit on the size of files is met like a full disk.
class FileSizeLimit {
public:
    explicit FileSizeLimit(std::uintmax_t bytes)
    {
        handler_ = std::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &before_);
        rlimit const limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit()
    {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }

private:
    rlimit before_{};
    void (*handler_)(int);
};

TEST_F(Sqlite, AFullDiskIsSaidSoAndIsOverWhenThereIsSpaceAgain)
{
    ASSERT_TRUE(database->write_now([](Tx& tx) { return put(tx, 0); }));
    int number = 0;
    {
        FileSizeLimit const limit(512 * 1024);
        auto const write_next = [&] {
            return database->write_now([&](Tx& tx) { return put(tx, number + 1, 20'000); });
        };
        auto written = write_next();
        while (written && ++number < 1000)
            written = write_next();
        ASSERT_FALSE(written);
        EXPECT_EQ(written.error().code, "storage_full") << written.error().detail;
        EXPECT_EQ(written.error().kind, ErrorKind::unavailable);
        EXPECT_EQ(count(*database), number + 1) << "what was acknowledged is there, what was refused is not";
        EXPECT_FALSE(write_next());
    }
    auto const again = database->write_now([&](Tx& tx) { return put(tx, number + 1, 20'000); });
    EXPECT_TRUE(again) << again.error().detail;
    EXPECT_EQ(count(*database), number + 2);
    database.reopen();
    EXPECT_EQ(count(*database), number + 2);
}

TEST_F(Sqlite, AHugeTransactionThatFillsTheDiskTakesNoOtherWithIt)
{
    ASSERT_TRUE(database->write_now([](Tx& tx) { return put(tx, 0); }));
    FileSizeLimit const limit(4 << 20);
    auto const huge = database->write_now([](Tx& tx) -> Result<void> {
        for (int i = 1; i < 2000; ++i) // more than the page cache holds, so that it spills before the commit
            TRY_DO(put(tx, i, 20'000));
        return {};
    });
    ASSERT_FALSE(huge);
    EXPECT_EQ(huge.error().code, "storage_full") << huge.error().detail;
    EXPECT_EQ(count(*database), 1);
    auto const small = database->write_now([](Tx& tx) { return put(tx, 1); });
    EXPECT_TRUE(small) << small.error().detail;
}

TEST_F(Sqlite, ASecondServerOnTheFileIsRefusedAndNamesTheFirst)
{
    auto first = open({.address = database.address(), .tenancy = Tenancy::Server});
    ASSERT_TRUE(first);
    auto const second = open({.address = database.address(), .tenancy = Tenancy::Server});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, "storage_in_use");
    EXPECT_TRUE(second.error().message.contains(fmt::format("is in use by another Gatehouse (pid {})", ::getpid())))
        << second.error().message;
    EXPECT_TRUE(open({.address = database.address()})) << "commands look in beside a server";
    first->reset();
    EXPECT_TRUE(open({.address = database.address(), .tenancy = Tenancy::Server}));
}

TEST_F(Sqlite, ItsFilesAreReadableByTheirOwnerOnly)
{
    auto const address = "sqlite:" + test_folder() + "/private.sqlite";
    auto const made = open({.address = address, .tenancy = Tenancy::Server});
    ASSERT_TRUE(made);
    ASSERT_TRUE((*made)->write_now([](Tx& tx) { return tx.script("CREATE TABLE a (b BIGINT PRIMARY KEY)"); }));
    using std::filesystem::perms;
    for (auto const* const suffix : {"", "-wal", "-shm", ".lock"}) {
        auto const file = address.substr(7) + suffix;
        EXPECT_EQ(std::filesystem::status(file).permissions(), perms::owner_read | perms::owner_write) << file;
    }
}

TEST_F(Sqlite, AMissingFileIsMadeOnlyWhenAllowed)
{
    auto const address = "sqlite:" + test_folder() + "/missing.sqlite";
    auto const missing = open({.address = address, .if_missing = IfMissing::refuse});
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, "database_missing");
    EXPECT_FALSE(std::filesystem::exists(address.substr(7)));
    auto const nowhere = open({.address = "sqlite:/nowhere/at/all.sqlite"});
    ASSERT_FALSE(nowhere);
    EXPECT_TRUE(nowhere.error().message.contains("/nowhere/at/all.sqlite")) << nowhere.error().message;
}

TEST_F(Sqlite, AFileThatIsNoDatabaseIsRefused)
{
    auto const file = test_folder() + "/letter.txt";
    std::ofstream(file) << std::string(5000, 'x');
    auto const opened = open({.address = "sqlite:" + file});
    ASSERT_FALSE(opened);
    EXPECT_TRUE(opened.error().detail.contains("not a database")) << opened.error().detail;
}

TEST_F(Sqlite, AnAddressOfUnknownKindIsRefused)
{
    for (auto const* const address : {"", "sqlite:", "mysql://root:hunter2@localhost/db", "data.sqlite"}) {
        auto const opened = open({.address = address});
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().code, "invalid_database_address");
        EXPECT_FALSE(opened.error().message.contains("hunter2"));
        EXPECT_FALSE(printable_address(address).contains("hunter2"));
    }
}

TEST_F(Sqlite, ARuleThatWritesThroughTheDatabaseIsToldSoRatherThanWaitingForItself)
{
    auto const nested =
        database->write_now([&](Tx&) { return database->write_now([](Tx& tx) { return put(tx, 1); }); });
    EXPECT_EQ(nested.error().code, "internal_error");
    EXPECT_EQ(count(*database), 0);
}

TEST_F(Sqlite, ReadersInParallelSeeCommittedStatesOnly)
{
    std::atomic<bool> done = false;
    {
        std::vector<std::jthread> readers;
        for (int reader = 0; reader < 3; ++reader) {
            readers.emplace_back([&] {
                std::int64_t last = 0;
                while (!done) {
                    auto const now = count(*database);
                    EXPECT_EQ(now % 2, 0) << "a transaction writes two rows";
                    EXPECT_GE(now, last);
                    last = now;
                }
            });
        }
        for (int i = 0; i < 100; i += 2) {
            EXPECT_TRUE(database->write_now([i](Tx& tx) -> Result<void> {
                TRY_DO(put(tx, i));
                TRY_DO(put(tx, i + 1));
                return {};
            }));
        }
        done = true;
    }
    EXPECT_EQ(count(*database), 100);
}

} // namespace

} // namespace gatehouse::storage
