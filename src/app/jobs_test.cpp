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
    Job const job{
        .name = "tidy", .interval = std::chrono::hours(1), .one_node = true, .run = [&](TimePoint) -> Result<void> {
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
    jobs.add({.name = "flaky", .interval = std::chrono::milliseconds(1), .run = [&](TimePoint) -> Result<void> {
                  if (++runs <= 2)
                      twice.count_down();
                  return fault("as expected by this test");
              }});
    jobs.start();
    twice.wait();
    jobs.stop();
    EXPECT_GE(runs.load(), 2);
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, BackgroundJobs, storage::every_backend());

} // namespace
} // namespace gatehouse::app
