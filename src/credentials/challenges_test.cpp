#include "credentials/challenges.hpp"

#include "credentials/passwords.hpp"
#include "identity/test_support/test_house.hpp"

#include <thread>

namespace gatehouse::credentials {
namespace {

using namespace std::chrono_literals;
using storage::Tx;

class ChallengesOf : public testing::TestWithParam<storage::Engine> {
protected:
    IssuedChallenge issue(NewChallenge wanted = {.purpose = "registration"})
    {
        wanted.payload = {{"email", "ada@example.com"}};
        auto issued = house.write([&](Tx& tx) { return challenges.create(tx, tenant, wanted, house.now()); });
        EXPECT_TRUE(issued) << issued.error().detail;
        return *std::move(issued);
    }
    std::string redeem(ChallengeId id, std::string_view code, std::string_view purpose = "registration",
                       std::optional<TenantId> where = {})
    {
        auto const opened = house.write(
            [&](Tx& tx) { return challenges.redeem(tx, where.value_or(tenant), id, purpose, code, house.now()); });
        if (!opened)
            return opened.error().code + (opened.error().detail.empty() ? "" : ": " + opened.error().detail);
        return std::string(std::string_view(opened->payload.at("email").as_string()));
    }
    std::string look(IssuedChallenge const& issued, std::string_view link, std::string_view purpose = "sign_in")
    {
        auto const opened =
            house.read([&](Tx& tx) { return challenges.open_link(tx, tenant, issued.id, purpose, link, house.now()); });
        return opened ? std::string(std::string_view(opened->payload.at("email").as_string())) : opened.error().code;
    }
    std::string follow(IssuedChallenge const& issued)
    {
        auto const opened = house.write([&](Tx& tx) {
            return challenges.redeem_link(tx, tenant, issued.id, "sign_in", issued.link.expose_text(), house.now());
        });
        return opened ? std::string(std::string_view(opened->payload.at("email").as_string())) : opened.error().code;
    }
    static std::string wrong(Secret const& code)
    {
        std::string text(code.expose_text());
        text.back() = text.back() == '0' ? '1' : '0';
        return text;
    }

    identity::TestHouse house{GetParam()};
    TenantId const tenant = house.tenant().id;
    Challenges challenges{*house.vault};
};

TEST_P(ChallengesOf, TheRightCodeOpensThePayloadOnce)
{
    auto const issued = issue();
    EXPECT_EQ(issued.code.size(), 6U);
    EXPECT_EQ(redeem(issued.id, issued.code.expose_text()), "ada@example.com");
    EXPECT_EQ(redeem(issued.id, issued.code.expose_text()), "code_expired");
}

TEST_P(ChallengesOf, WrongGuessesCountAndTheFifthEndsIt)
{
    auto const issued = issue();
    for (int i = 0; i < 4; ++i)
        EXPECT_EQ(redeem(issued.id, wrong(issued.code)), "code_wrong");
    EXPECT_EQ(redeem(issued.id, wrong(issued.code)), "code_used_up");
    EXPECT_EQ(redeem(issued.id, issued.code.expose_text()), "code_expired");
}

TEST_P(ChallengesOf, ACodeExpires)
{
    auto const issued = issue();
    house.clock.advance(10min);
    EXPECT_EQ(redeem(issued.id, issued.code.expose_text()), "code_expired");
    EXPECT_EQ(house.write([&](Tx& tx) { return challenges.remove_expired(tx, tenant, house.now(), 10); }).value(), 1);
}

TEST_P(ChallengesOf, WhatFollowsALinkAheadOfItsReaderUsesNothingUp)
{
    auto const issued = issue({.purpose = "sign_in", .with_link = true});
    EXPECT_EQ(issued.link.size(), 43U);
    for (int i = 0; i < 50; ++i)
        EXPECT_EQ(look(issued, issued.link.expose_text()), "ada@example.com");
    EXPECT_EQ(follow(issued), "ada@example.com");
    EXPECT_EQ(look(issued, issued.link.expose_text()), "code_expired");
    EXPECT_EQ(follow(issued), "code_expired");
}

TEST_P(ChallengesOf, ALinkAndTheCodeBesideItAreUsedUpTogether)
{
    auto const by_code = issue({.purpose = "sign_in", .with_link = true});
    EXPECT_EQ(redeem(by_code.id, by_code.code.expose_text(), "sign_in"), "ada@example.com");
    EXPECT_EQ(follow(by_code), "code_expired");
    auto const by_link = issue({.purpose = "sign_in", .with_link = true});
    EXPECT_EQ(follow(by_link), "ada@example.com");
    EXPECT_EQ(redeem(by_link.id, by_link.code.expose_text(), "sign_in"), "code_expired");
    auto const guessed = issue({.purpose = "sign_in", .with_link = true});
    for (int i = 0; i < 5; ++i)
        redeem(guessed.id, wrong(guessed.code), "sign_in");
    EXPECT_EQ(follow(guessed), "code_expired");
}

TEST_P(ChallengesOf, ALinkOpensForItsOwnSecretOnly)
{
    auto const issued = issue({.purpose = "sign_in", .with_link = true});
    auto const other = issue({.purpose = "sign_in", .with_link = true});
    auto const none = issue({.purpose = "sign_in"});
    EXPECT_EQ(look(issued, other.link.expose_text()), "code_expired");
    EXPECT_EQ(look(issued, issued.code.expose_text()), "code_expired");
    EXPECT_EQ(look(issued, ""), "code_expired");
    EXPECT_EQ(look(none, none.code.expose_text()), "code_expired");
    EXPECT_EQ(look(none, ""), "code_expired");
    EXPECT_EQ(look(issued, issued.link.expose_text(), "registration"), "code_expired");
    house.clock.advance(10min);
    EXPECT_EQ(follow(issued), "code_expired");
}

TEST_P(ChallengesOf, OfAHundredParallelRedemptionsOfALinkOneWins)
{
    auto const issued = issue({.purpose = "sign_in", .with_link = true});
    std::atomic<int> won = 0;
    std::atomic<int> next = 0;
    std::vector<std::thread> racers;
    for (int i = 0; i < 10; ++i)
        racers.emplace_back([&] {
            while (next++ < 100)
                won += follow(issued) == "ada@example.com";
        });
    for (auto& racer : racers)
        racer.join();
    EXPECT_EQ(won, 1);
}

TEST_P(ChallengesOf, ACodeServesNoOtherPurposeTenantOrChallenge)
{
    auto const issued = issue();
    auto const other = issue();
    auto const acme = house.make_tenant("acme");
    EXPECT_EQ(redeem(issued.id, issued.code.expose_text(), "recovery"), "code_expired");
    EXPECT_EQ(redeem(issued.id, issued.code.expose_text(), "registration", acme.id), "code_expired");
    if (issued.code.expose_text() != other.code.expose_text())
        EXPECT_EQ(redeem(other.id, issued.code.expose_text()), "code_wrong");
    EXPECT_EQ(redeem(issued.id, issued.code.expose_text()), "ada@example.com");
}

TEST_P(ChallengesOf, ManyGuessesAtOnceGetNoMoreThanTheLimit)
{
    auto const issued = issue();
    std::atomic<int> counted = 0;
    std::atomic<int> refused = 0;
    std::vector<std::thread> guessers;
    for (int i = 0; i < 16; ++i)
        guessers.emplace_back([&] {
            for (int n = 0; n < 4; ++n) {
                auto const answer = redeem(issued.id, wrong(issued.code));
                if (answer == "code_wrong" || answer == "code_used_up")
                    ++counted;
                else if (answer == "code_expired")
                    ++refused;
                else
                    ADD_FAILURE() << answer;
            }
        });
    for (auto& guesser : guessers)
        guesser.join();
    EXPECT_EQ(counted, 5);
    EXPECT_EQ(refused, 59);
}

TEST_P(ChallengesOf, OfManyWhoBringTheRightCodeAtOnceOneWins)
{
    auto const issued = issue({.purpose = "registration", .attempt_limit = 10});
    std::atomic<int> winners = 0;
    std::vector<std::thread> racers;
    for (int i = 0; i < 10; ++i)
        racers.emplace_back([&] {
            auto const answer = redeem(issued.id, issued.code.expose_text());
            winners += answer == "ada@example.com";
            if (answer != "ada@example.com")
                EXPECT_EQ(answer, "code_expired");
        });
    for (auto& racer : racers)
        racer.join();
    EXPECT_EQ(winners, 1);
}

TEST_P(ChallengesOf, ANewCodeVoidsTheOldOneAndGivesNoNewAttempts)
{
    auto const issued = issue();
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(redeem(issued.id, wrong(issued.code)), "code_wrong");
    auto const renewed =
        house.write([&](Tx& tx) { return challenges.renew(tx, tenant, issued.id, "registration", house.now()); });
    ASSERT_TRUE(renewed);
    EXPECT_EQ(redeem(issued.id, wrong(renewed->code)), "code_wrong");
    EXPECT_EQ(redeem(issued.id, renewed->code.expose_text()), "ada@example.com");
}

TEST_P(ChallengesOf, PeekingShowsThePayloadToWhoeverHoldsTheJourneyAndCountsNothing)
{
    auto const issued = issue();
    for (int i = 0; i < 10; ++i) {
        auto const seen =
            house.read([&](Tx& tx) { return challenges.peek(tx, tenant, issued.id, "registration", house.now()); });
        ASSERT_TRUE(seen);
        EXPECT_EQ(seen->payload.at("email"), "ada@example.com");
    }
    EXPECT_EQ(redeem(issued.id, issued.code.expose_text()), "ada@example.com");
}

TEST_P(ChallengesOf, ALinksSecretIsLong)
{
    auto const issued = issue({.purpose = "registration", .form = CodeForm::link, .lifetime = 1h});
    EXPECT_EQ(issued.code.size(), 43U);
    house.clock.advance(30min);
    EXPECT_EQ(redeem(issued.id, issued.code.expose_text()), "ada@example.com");
}

TEST_P(ChallengesOf, ACodeThatLivesTooLongIsABug)
{
    auto const outcome = house.write([&](Tx& tx) {
        return challenges.create(tx, tenant, {.purpose = "registration", .lifetime = 11min}, house.now());
    });
    EXPECT_EQ(outcome.error().code, "internal_error");
}

TEST_P(ChallengesOf, AnErasedPersonsCodesAreGone)
{
    house.users.add_eraser(erase_credentials);
    auto const ada = house.make_user("ada@example.com");
    auto const issued = issue({.purpose = "recovery", .user = ada.user.id});
    ASSERT_TRUE(house.write(
        [&](Tx& tx) { return house.users.erase(tx, house.tenant(), ada.user.id, "test", house.origin, house.now()); }));
    EXPECT_EQ(redeem(issued.id, issued.code.expose_text(), "recovery"), "code_expired");
}

TEST_P(ChallengesOf, CancellingAUsersRecoveriesLeavesOtherPurposes)
{
    auto const ada = house.make_user("ada@example.com");
    auto const recovery = issue({.purpose = "recovery", .user = ada.user.id});
    auto const change = issue({.purpose = "email_change", .user = ada.user.id});
    ASSERT_TRUE(house.write([&](Tx& tx) { return challenges.cancel_of_user(tx, tenant, ada.user.id, "recovery"); }));
    EXPECT_EQ(redeem(recovery.id, recovery.code.expose_text(), "recovery"), "code_expired");
    EXPECT_EQ(redeem(change.id, change.code.expose_text(), "email_change"), "ada@example.com");
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, ChallengesOf, storage::every_backend());

} // namespace
} // namespace gatehouse::credentials
