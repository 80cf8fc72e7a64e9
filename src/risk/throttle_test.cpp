#include "risk/throttle.hpp"

#include "storage/test_support/test_database.hpp"

#include <atomic>
#include <thread>

namespace gatehouse::risk {
namespace {

using namespace std::chrono_literals;

class Throttle : public testing::TestWithParam<storage::Engine> {
protected:
    storage::TestDatabase database{GetParam()};
    TenantId tenant = TenantId::generate(from_seconds(1'700'000'000));
    TimePoint now = from_seconds(1'700'000'000);

    static Slot slot(Limit const& limit, std::string_view key) { return {&limit, to_bytes(key)}; }

    Result<Reservation> attempt(std::vector<Slot> const& slots)
    {
        return database->write_now([&](storage::Tx& tx) { return reserve(tx, tenant, slots, now); },
                                   storage::Durability::Relaxed);
    }
    void must_succeed(Reservation const& reservation)
    {
        auto done = database->write_now([&](storage::Tx& tx) { return succeed(tx, tenant, reservation); });
        ASSERT_TRUE(done) << done.error().detail;
    }
    // How many attempts in a row pass at this moment.
    int passing(std::vector<Slot> const& slots, int at_most = 500)
    {
        for (int i = 0; i < at_most; ++i)
            if (!attempt(slots))
                return i;
        return at_most;
    }
};

TEST_P(Throttle, TenFailuresPassAndTheEleventhWaits)
{
    auto const ada = std::vector{slot(kPasswordByIdentifier, "ada")};
    EXPECT_EQ(passing(ada), 10);
    auto const refused = attempt(ada);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "too_many_attempts");
    EXPECT_EQ(refused.error().kind, ErrorKind::too_many);
    EXPECT_EQ(refused.error().retry_after, 60s);
    EXPECT_EQ(passing({slot(kPasswordByIdentifier, "grace")}), 10);
}

TEST_P(Throttle, WaitsGrowWithTheFailures)
{
    auto const ada = std::vector{slot(kPasswordByIdentifier, "ada")};
    passing(ada);
    for (int i = 0; i < 10; ++i) {
        now += 59s;
        EXPECT_FALSE(attempt(ada));
        now += 1s;
        EXPECT_TRUE(attempt(ada));
    }
    now += 1min;
    EXPECT_EQ(attempt(ada).error().retry_after, 4min);
}

TEST_P(Throttle, AHundredFailuresInARowAreTheEndHoweverSlowly)
{
    auto const ada = std::vector{slot(kPasswordByAccount, "ada")};
    int passed = 0;
    for (int i = 0; i < 150; ++i, now += 20h)
        passed += attempt(ada).has_value();
    EXPECT_EQ(passed, 100);
    auto const refused = attempt(ada);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "too_many_failures");
    EXPECT_FALSE(refused.error().retry_after);
}

TEST_P(Throttle, AHundredWrongRecoveryCodesAreTheEndAndANewPasswordIsNotAdvised)
{
    auto const ada = std::vector{slot(kCodeByAccount, "ada"), slot(kSentCodeByAccount, "ada")};
    int passed = 0;
    for (int i = 0; i < 60; ++i, now += 2h)
        passed += passing(ada, 5);
    EXPECT_EQ(passed, 100);
    auto const refused = attempt(ada);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "too_many_codes");
    EXPECT_TRUE(attempt({slot(kCodeByAccount, "device"), slot(kSentCodeByAccount, "device")})) << "a known device";
}

TEST_P(Throttle, ARefusedAttemptTakesNoSlotAnywhere)
{
    auto const both = std::vector{slot(kPasswordByAddress, "192.0.2.1"), slot(kPasswordByIdentifier, "ada")};
    passing(both); // the identifier is full, the address is not
    EXPECT_FALSE(attempt(both));
    EXPECT_EQ(passing({slot(kPasswordByAddress, "192.0.2.1")}), 190);
}

TEST_P(Throttle, ASuccessForgetsTheAccountsFailuresAndReturnsTheAddressesSlot)
{
    auto const slots = std::vector{slot(kPasswordByAddress, "192.0.2.1"), slot(kPasswordByIdentifier, "ada")};
    for (int i = 0; i < 9; ++i)
        ASSERT_TRUE(attempt(slots));
    auto const last = attempt(slots);
    ASSERT_TRUE(last);
    must_succeed(*last);
    EXPECT_EQ(passing({slot(kPasswordByIdentifier, "ada")}), 10);
    EXPECT_EQ(passing({slot(kPasswordByAddress, "192.0.2.1")}), 191);
}

TEST_P(Throttle, AnAttackerWithAnAccountOfTheirOwnCannotResetTheirAddress)
{
    auto const own = std::vector{slot(kPasswordByAddress, "192.0.2.1"), slot(kPasswordByIdentifier, "mallory")};
    int guesses = 0;
    for (int i = 0; i < 300; ++i) {
        auto const victim = std::vector{slot(kPasswordByAddress, "192.0.2.1"),
                                        slot(kPasswordByIdentifier, "victim" + std::to_string(i))};
        guesses += attempt(victim).has_value();
        if (auto mine = attempt(own))
            must_succeed(*mine);
    }
    EXPECT_EQ(guesses, 200);
}

TEST_P(Throttle, AKnownDeviceKeepsItsBudgetWhileStrangersGuess)
{
    passing({slot(kPasswordByIdentifier, "ada"), slot(kPasswordByAccount, "ada")});
    EXPECT_EQ(passing({slot(kPasswordByDevice, "ada, her laptop")}), 10);
}

TEST_P(Throttle, WhatWasNeverTriedIsGivenBack)
{
    auto const slots = std::vector{slot(kPasswordByAddress, "192.0.2.1"), slot(kPasswordByIdentifier, "ada")};
    auto const taken = attempt(slots);
    ASSERT_TRUE(taken);
    ASSERT_TRUE(database->write_now([&](storage::Tx& tx) { return give_back(tx, tenant, *taken); }));
    EXPECT_EQ(passing(slots), 10);
}

TEST_P(Throttle, AWindowEndsAndBeginsAnew)
{
    auto const slots = std::vector{slot(kMailByAccount, "ada")};
    EXPECT_EQ(passing(slots), 6);
    now += 30min;
    EXPECT_EQ(attempt(slots).error().retry_after, 30min);
    now += 30min;
    EXPECT_EQ(passing(slots), 6);
}

TEST_P(Throttle, AClockThatStepsBackLocksNobodyOut)
{
    auto const slots = std::vector{slot(kPasswordByIdentifier, "ada")};
    passing(slots);
    now -= 24h;
    EXPECT_TRUE(attempt(slots));
    auto const mails = std::vector{slot(kMailByAccount, "ada")};
    passing(mails);
    now -= 24h;
    EXPECT_TRUE(attempt(mails));
}

TEST_P(Throttle, ANodeWhoseClockIsASecondLateOpensNothing)
{
    auto const slots = std::vector{slot(kPasswordByIdentifier, "ada")};
    passing(slots);
    now -= 1s;
    EXPECT_EQ(passing(slots), 0);
}

TEST_P(Throttle, AnotherTenantsCountsAreItsOwn)
{
    auto const slots = std::vector{slot(kPasswordByIdentifier, "ada")};
    passing(slots);
    tenant = TenantId::generate(now);
    EXPECT_EQ(passing(slots), 10);
}

TEST_P(Throttle, AThousandParallelGuessesOverTwoNodesLetNoMoreThroughThanItSays)
{
    auto other = storage::open({.address = database.address(), .connections = 4});
    ASSERT_TRUE(other) << other.error().detail;
    std::array<storage::Database*, 2> const nodes{&*database, other->get()};
    auto const slots = std::vector{slot(kPasswordByAddress, "192.0.2.1"), slot(kPasswordByIdentifier, "ada"),
                                   slot(kPasswordByAccount, "ada")};
    std::atomic<int> passed = 0;
    std::atomic<int> refused = 0;
    std::vector<std::jthread> guessers;
    for (std::size_t thread = 0; thread < 8; ++thread) {
        guessers.emplace_back([&, thread] {
            for (int i = 0; i < 125; ++i) {
                auto const answer = nodes[thread % 2]->write_now(
                    [&](storage::Tx& tx) { return reserve(tx, tenant, slots, now); }, storage::Durability::Relaxed);
                if (answer)
                    ++passed;
                else if (answer.error().kind == ErrorKind::too_many)
                    ++refused;
            }
        });
    }
    guessers.clear();
    EXPECT_EQ(passed, 10);
    EXPECT_EQ(refused, 990);
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, Throttle, storage::every_backend());

TEST(AddressKey, AnIPv6HouseholdIsOneAddress)
{
    EXPECT_EQ(address_key("2001:db8:1:2:aaaa::1"), address_key("2001:db8:1:2:bbbb::9"));
    EXPECT_NE(address_key("2001:db8:1:2::1"), address_key("2001:db8:1:3::1"));
    EXPECT_NE(address_key("192.0.2.1"), address_key("192.0.2.2"));
    EXPECT_EQ(address_key("192.0.2.1"), address_key("::ffff:192.0.2.1"));
}

} // namespace
} // namespace gatehouse::risk
