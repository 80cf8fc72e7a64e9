#include "app/jobs.hpp"

#include "storage/test_support/test_database.hpp"

#include <gtest/gtest.h>
#include <latch>

namespace gatehouse::app {
namespace {

class BackgroundJobs : public testing::TestWithParam<storage::Engine> {
protected:
    storage::TestDatabase database{GetParam()};
    SystemClock clock;
};

TEST_P(BackgroundJobs, RunOnOneNodeOnlyWhenTheyHoldALease)
{
    storage::Leases const first_leases(*database, "first");
    storage::Leases const second_leases(*database, "second");
    Jobs first(*database, first_leases, clock);
    Jobs second(*database, second_leases, clock);
    int runs = 0;
    Job const job{.name = "tidy",
                  .interval = std::chrono::hours(1),
                  .one_node = true,
                  .run = [&](TimePoint, Guard const&) -> Result<void> {
                      ++runs;
                      return {};
                  }};
    first.add(job);
    second.add(job);
    ASSERT_TRUE(first.run_now("tidy"));
    ASSERT_TRUE(second.run_now("tidy"));
    EXPECT_EQ(runs, 1);
    ASSERT_TRUE(first.run_now("tidy"));
    EXPECT_EQ(runs, 2) << "the holder goes on";
    first.stop(); // gives the lease back
    ASSERT_TRUE(second.run_now("tidy"));
    EXPECT_EQ(runs, 3) << "the other takes over at once";
}

TEST_P(BackgroundJobs, RunAgainAfterAFailure)
{
    storage::Leases const leases(*database, "node");
    Jobs jobs(*database, leases, clock);
    std::latch twice(2);
    std::atomic<int> runs = 0;
    jobs.add({.name = "flaky",
              .interval = std::chrono::milliseconds(1),
              .run = [&](TimePoint, Guard const&) -> Result<void> {
                  if (++runs <= 2)
                      twice.count_down();
                  return fault("as expected by this test");
              }});
    jobs.start();
    twice.wait();
    jobs.stop();
    EXPECT_GE(runs.load(), 2);
}

TEST_P(BackgroundJobs, ABatchOfAHolderWhoseLeaseWasTakenIsRefused)
{
    storage::Leases const leases(*database, "first");
    storage::Leases const second_leases(*database, "second");
    Jobs jobs(*database, leases, clock);
    bool taken = false;
    int batches = 0;
    jobs.add({.name = "tidy",
              .interval = std::chrono::hours(1),
              .one_node = true,
              .run = [&](TimePoint, Guard const& guard) -> Result<void> {
                  auto const batch = [&](storage::Tx& tx) -> Result<void> {
                      TRY_DO(guard(tx));
                      ++batches;
                      return {};
                  };
                  TRY_DO(database->write_now(batch));
                  if (taken) { // as if this node had slept past its lease
                      TRY_DO(database->write_now([&](storage::Tx& tx) -> Result<void> {
                          TRY(auto const ours, leases.acquire(tx, Uuid{}, "job/tidy", std::chrono::hours(1)));
                          TRY_DO(leases.release(tx, *ours));
                          TRY(auto const theirs, second_leases.acquire(tx, Uuid{}, "job/tidy", std::chrono::hours(1)));
                          EXPECT_TRUE(theirs);
                          return {};
                      }));
                  }
                  return database->write_now(batch);
              }});
    ASSERT_TRUE(jobs.run_now("tidy"));
    EXPECT_EQ(batches, 2);
    taken = true;
    auto const outcome = jobs.run_now("tidy");
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, "lease_lost");
    EXPECT_EQ(batches, 3);
    ASSERT_TRUE(jobs.run_now("tidy")) << "the work is the other's now";
    EXPECT_EQ(batches, 3);
}

TEST_P(BackgroundJobs, EachBatchLengthensTheLease)
{
    storage::Leases const leases(*database, "node");
    Jobs jobs(*database, leases, clock);
    auto const lease_lasts = [&] {
        return *database->read_now([&](storage::Tx& tx) -> Result<Duration> {
            static constexpr storage::Statement kExpiry{"SELECT expires_at FROM leases WHERE name = 'job/tidy'"};
            TRY(auto const* row, tx.one(kExpiry, {}));
            return row->time(0) - clock.now();
        });
    };
    jobs.add({.name = "tidy",
              .interval = std::chrono::hours(1),
              .one_node = true,
              .run = [&](TimePoint, Guard const& guard) -> Result<void> {
                  TRY_DO(database->write_now([&](storage::Tx& tx) -> Result<void> { // as after a long first batch
                      TRY_DO(leases.acquire(tx, Uuid{}, "job/tidy", std::chrono::minutes(5)));
                      return {};
                  }));
                  EXPECT_LT(lease_lasts(), std::chrono::minutes(6));
                  TRY_DO(database->write_now(guard));
                  EXPECT_GT(lease_lasts(), std::chrono::minutes(110));
                  return {};
              }});
    ASSERT_TRUE(jobs.run_now("tidy"));
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, BackgroundJobs, storage::every_backend());

} // namespace
} // namespace gatehouse::app
