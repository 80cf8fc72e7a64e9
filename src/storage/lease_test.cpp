#include "storage/lease.hpp"
#include "storage/test_support/test_database.hpp"

#include <thread>

namespace gatehouse::storage {
namespace {

using namespace std::chrono_literals;

class LeasesOf : public testing::TestWithParam<Engine> {
protected:
    std::optional<Lease> acquire(Leases const& leases, Duration lasts)
    {
        auto lease = database->write_now([&](Tx& tx) { return leases.acquire(tx, Uuid{}, "sweep", lasts); });
        EXPECT_TRUE(lease) << lease.error().detail;
        return lease.value_or(std::nullopt);
    }
    Result<void> confirm(Leases const& leases, Lease const& lease)
    {
        return database->write_now([&](Tx& tx) { return leases.confirm(tx, lease); });
    }

    TestDatabase database{GetParam()};
    Leases one{*database, "one"};
    Leases other{*database, "other"};
};

TEST_P(LeasesOf, ASecondNodeGetsNothingWhileTheFirstHoldsIt)
{
    ASSERT_TRUE(acquire(one, 1h));
    EXPECT_FALSE(acquire(other, 1h));
}

TEST_P(LeasesOf, RenewingInTimeKeepsTheToken)
{
    auto const first = acquire(one, 1h);
    auto const again = acquire(one, 2h);
    ASSERT_TRUE(first && again);
    EXPECT_EQ(first->token, again->token);
    EXPECT_GT(again->expires_at, first->expires_at);
    EXPECT_TRUE(confirm(one, *again));
}

TEST_P(LeasesOf, AHolderThatSleptThroughItsEndIsRefusedAndTheNextHasAGreaterToken)
{
    auto const slept = acquire(one, 0s);
    auto const next = acquire(other, 1h);
    ASSERT_TRUE(slept && next);
    EXPECT_GT(next->token, slept->token);
    auto const woken = confirm(one, *slept);
    ASSERT_FALSE(woken);
    EXPECT_EQ(woken.error().code, "lease_lost");
    EXPECT_TRUE(confirm(other, *next));
    EXPECT_FALSE(acquire(one, 1h));
}

TEST_P(LeasesOf, AReleasedLeaseIsFreeAtOnceAndALostOneIsNotReleasedForItsNewHolder)
{
    auto const held = acquire(one, 1h);
    ASSERT_TRUE(database->write_now([&](Tx& tx) { return one.release(tx, *held); }));
    auto const taken = acquire(other, 1h);
    ASSERT_TRUE(taken);
    ASSERT_TRUE(database->write_now([&](Tx& tx) { return one.release(tx, *held); }));
    EXPECT_TRUE(confirm(other, *taken));
}

TEST_P(LeasesOf, OfManyNodesThatTryAtOnceOneGetsIt)
{
    std::atomic<int> winners = 0;
    std::vector<std::thread> nodes;
    for (int i = 0; i < 8; ++i)
        nodes.emplace_back([&, i] {
            Leases const mine(*database, fmt::format("node {}", i));
            if (acquire(mine, 1h))
                ++winners;
        });
    for (auto& node : nodes)
        node.join();
    EXPECT_EQ(winners, 1);
}

TEST_P(LeasesOf, TheDatabaseTellsItsTime)
{
    auto const time = database->read_now([&](Tx& tx) { return one.database_time(tx); });
    ASSERT_TRUE(time);
    EXPECT_LT(std::chrono::abs(*time - SystemClock().now()), 60s);
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, LeasesOf, every_backend());

} // namespace
} // namespace gatehouse::storage
