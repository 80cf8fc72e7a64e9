#include "credentials/recovery_codes.hpp"

#include "credentials/enrolled.hpp"
#include "identity/test_support/test_house.hpp"

#include <algorithm>
#include <set>
#include <thread>

namespace gatehouse::credentials {
namespace {

using storage::Tx;

class RecoveryCodeLists : public testing::TestWithParam<storage::Engine> {
protected:
    void SetUp() override { house.users.add_eraser(erase_credentials); }
    std::vector<std::string> generate(std::optional<UserId> user = {})
    {
        return house
            .write([&](Tx& tx) {
                return codes.generate(tx, tenant, user.value_or(ada.user.id), house.origin, house.now());
            })
            .value();
    }
    Result<int> redeem(std::string_view code, vault::PersonKey const* key = nullptr)
    {
        return house.write([&](Tx& tx) { return codes.redeem(tx, tenant, ada.user.id, code, house.now(), key); });
    }
    std::optional<RecoveryCodesStatus> status()
    {
        return house.read([&](Tx& tx) { return codes.status(tx, tenant, ada.user.id); }).value();
    }

    identity::TestHouse house{GetParam()};
    TenantId const tenant = house.tenant().id;
    identity::CreatedUser const ada = house.make_user("ada@example.com");
    RecoveryCodes codes{*house.vault};
};

TEST_P(RecoveryCodeLists, HaveTenDifferentCodesThatAreEasyToRead)
{
    auto const list = generate();
    EXPECT_EQ(std::set(list.begin(), list.end()).size(), static_cast<std::size_t>(kRecoveryCodeCount));
    for (auto const& code : list) {
        ASSERT_EQ(code.size(), 11u);
        EXPECT_EQ(code[5], '-');
        EXPECT_EQ(code.find_first_of("01ilo"), std::string::npos);
    }
}

TEST_P(RecoveryCodeLists, EachCodeIsTakenOnceHoweverItIsTyped)
{
    EXPECT_FALSE(status());
    auto const list = generate();
    EXPECT_EQ(status()->left, 10);
    EXPECT_FALSE(status()->last_used_at);
    EXPECT_EQ(redeem(list[3]).value(), 9);
    EXPECT_EQ(redeem(list[3]).error().code, "recovery_code_wrong");
    auto shouted = list[4];
    std::ranges::transform(shouted, shouted.begin(), [](char c) { return static_cast<char>(std::toupper(c)); });
    std::ranges::replace(shouted, '-', ' ');
    EXPECT_EQ(redeem(" " + shouted + " ", &ada.key).value(), 8);
    EXPECT_EQ(status()->left, 8);
    EXPECT_EQ(status()->last_used_at, house.now());
}

TEST_P(RecoveryCodeLists, WhatIsNoCodeIsRefusedAndCommitsWhatWasCounted)
{
    EXPECT_EQ(redeem("k7qf2-9xw4m").error().code, "recovery_code_wrong");
    auto const list = generate();
    for (std::string const& wrong : {std::string(), std::string("-"), list[0] + "a", list[0].substr(1),
                                     std::string(100'000, '2'), std::string("k7qf2-9xw4\xff")}) {
        EXPECT_EQ(redeem(wrong).error().code, "recovery_code_wrong");
        EXPECT_EQ(redeem(wrong).error().keep_writes, KeepWrites::Yes);
    }
    EXPECT_EQ(status()->left, 10);
}

TEST_P(RecoveryCodeLists, ANewListVoidsTheOldOne)
{
    auto const old = generate();
    ASSERT_TRUE(redeem(old[0]));
    auto const fresh = generate();
    EXPECT_EQ(redeem(old[1]).error().code, "recovery_code_wrong");
    EXPECT_EQ(status()->left, 10);
    EXPECT_EQ(redeem(fresh[0]).value(), 9);
}

TEST_P(RecoveryCodeLists, OfAHundredParallelUsesOfOneCodeOneIsTaken)
{
    auto const list = generate();
    std::atomic<int> taken = 0;
    std::atomic<int> next = 0;
    std::vector<std::thread> racers;
    for (int i = 0; i < 10; ++i)
        racers.emplace_back([&] {
            while (next++ < 100) {
                auto const outcome = redeem(list[0]);
                taken += outcome.has_value();
                if (!outcome)
                    EXPECT_EQ(outcome.error().code, "recovery_code_wrong") << outcome.error().detail;
            }
        });
    for (auto& racer : racers)
        racer.join();
    EXPECT_EQ(taken, 1);
    EXPECT_EQ(status()->left, 9);
}

TEST_P(RecoveryCodeLists, DifferentCodesUsedAtOnceAreAllTaken)
{
    auto const list = generate();
    std::atomic<int> taken = 0;
    std::vector<std::thread> racers;
    for (auto const& code : list)
        racers.emplace_back([&] { taken += redeem(code).has_value(); });
    for (auto& racer : racers)
        racer.join();
    EXPECT_EQ(taken, 10);
    EXPECT_EQ(status()->left, 0);
}

TEST_P(RecoveryCodeLists, AUserWhoUsedThemAllHasThatMethodNoMore)
{
    auto const methods = [&] { return house.read([&](Tx& tx) { return enrolled(tx, tenant, ada.user.id); }).value(); };
    auto const list = generate();
    EXPECT_EQ(methods(), Methods{Method::recovery_code});
    for (auto const& code : list)
        ASSERT_TRUE(redeem(code));
    EXPECT_TRUE(methods().empty());
}

TEST_P(RecoveryCodeLists, AnotherUsersCodeIsRefused)
{
    auto const bob = house.make_user("bob@example.com");
    auto const theirs = generate(bob.user.id);
    generate();
    EXPECT_EQ(redeem(theirs[0]).error().code, "recovery_code_wrong");
}

TEST_P(RecoveryCodeLists, SurviveARotationOfTheKeys)
{
    auto const list = generate();
    ASSERT_TRUE(house.write([&](Tx& tx) { return house.vault->rotate_tenant_key(tx, tenant, house.now()); }));
    house.clock.advance(2 * vault::kKeyNotice);
    ASSERT_TRUE(house.read([&](Tx& tx) { return house.vault->refresh(tx, house.now()); }));
    EXPECT_EQ(redeem(list[0]).value(), 9);
}

TEST_P(RecoveryCodeLists, ARemovedListTakesNothing)
{
    auto const list = generate();
    auto const remove = [&] {
        return house.write([&](Tx& tx) { return codes.remove(tx, tenant, ada.user.id, house.origin, house.now()); });
    };
    ASSERT_TRUE(remove());
    EXPECT_EQ(redeem(list[0]).error().code, "recovery_code_wrong");
    EXPECT_EQ(remove().error().code, "credential_not_found");
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, RecoveryCodeLists, storage::every_backend());

} // namespace
} // namespace gatehouse::credentials
