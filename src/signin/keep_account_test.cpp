// Signing in to an account that is to be deleted: nobody keeps or loses it unaware.
#include "identity/deletions.hpp"
#include "journey/people.hpp"
#include "signin/test_support/sign_in_pages.hpp"

#include <thread>

namespace gatehouse::signin {
namespace {

using session::must;

class KeepAccount : public SignInPages {
protected:
    UserId ada = world.make_person("ada@example.com");

    KeepAccount() { journey::connect_people(world.users, *world.vault); }

    void ask_deletion(UserId user)
    {
        must(world.write([&](storage::Tx& tx) {
            return identity::ask_deletion(tx, *world.vault, world.tenant_id(), user,
                                          world.now() + std::chrono::days(14), {}, world.now());
        }));
    }
    bool is_to_be_deleted(UserId user)
    {
        return must(world.read([&](storage::Tx& tx) { return identity::find_deletion(tx, world.tenant_id(), user); }))
            .has_value();
    }
    bool erase_if_due(UserId user)
    {
        return must(world.write([&](storage::Tx& tx) {
            return journey::erase_if_due(tx, *world.outbox, world.users, *world.tenant, user, world.now());
        }));
    }
};

TEST_P(KeepAccount, SigningInAsksAndKeepsTheAccount)
{
    ask_deletion(ada);
    world.clock.advance(std::chrono::days(13));
    auto browser = world.browser();
    auto const asked = sign_in(browser, "ada@example.com", password());
    EXPECT_TRUE(asked.contains("Your account is about to be deleted")) << asked.body;
    EXPECT_TRUE(is_to_be_deleted(ada)) << "looking keeps nothing";
    EXPECT_EQ(browser.submit(asked, {}).status, 422) << "nobody keeps it by accident";
    EXPECT_TRUE(is_done(browser.submit(asked, {{"action", "keep"}})));
    EXPECT_FALSE(is_to_be_deleted(ada));
    EXPECT_EQ(world.mail_to("ada@example.com").front().kind, "deletion_cancelled") << "it may have been somebody else";
    EXPECT_EQ(world.count_events("user.deletion_cancelled"), 1);
    world.clock.advance(std::chrono::days(30));
    EXPECT_FALSE(erase_if_due(ada));
    auto other = world.browser();
    EXPECT_TRUE(is_done(sign_in(other, "ada@example.com", password()))) << "the next sign-in asks nothing";
}

TEST_P(KeepAccount, WhoTurnsAwayAtTheQuestionLosesTheAccount)
{
    ask_deletion(ada);
    auto browser = world.browser();
    auto const asked = sign_in(browser, "ada@example.com", password());
    auto const left = browser.submit(asked, {{"action", "leave"}});
    EXPECT_EQ(left.location, "https://app.example/done?error=access_denied");
    EXPECT_TRUE(is_to_be_deleted(ada));
    world.clock.advance(std::chrono::days(14));
    EXPECT_TRUE(erase_if_due(ada));
}

TEST_P(KeepAccount, WhoKnowsNoPasswordHearsNothingOfIt)
{
    ask_deletion(ada);
    auto browser = world.browser();
    EXPECT_FALSE(sign_in(browser, "ada@example.com", "not her password").contains("about to be deleted"));
    EXPECT_TRUE(is_to_be_deleted(ada));
}

TEST_P(KeepAccount, RecoveryLeadsToTheSameQuestion)
{
    ask_deletion(ada);
    auto browser = world.browser();
    auto const coded = begin_recovery(browser, "ada@example.com");
    auto const chosen = browser.submit(coded, {{"code", world.code_for("ada@example.com")}});
    auto const asked = browser.submit(chosen, {{"password", "an entirely new passphrase"}});
    EXPECT_TRUE(asked.contains("Your account is about to be deleted")) << asked.body;
    EXPECT_TRUE(is_to_be_deleted(ada));
    browser.submit(asked, {{"action", "keep"}});
    EXPECT_FALSE(is_to_be_deleted(ada));
}

// Whoever is first wins, and nobody is left signed in to an account that is gone.
TEST_P(KeepAccount, SignInAndErasureAtTheSameMomentLeaveOneOfBoth)
{
    for (int round = 0; round < 3; ++round) {
        auto const address = "race" + std::to_string(round) + "@example.com";
        auto const user = world.make_person(address);
        ask_deletion(user);
        world.clock.advance(std::chrono::days(14));
        auto browser = world.browser();
        auto const asked = sign_in(browser, address, password());
        ASSERT_TRUE(asked.contains("about to be deleted")) << asked.body;
        bool erased = false;
        std::jthread job([&] { erased = erase_if_due(user); });
        auto const page = browser.submit(asked, {{"action", "keep"}});
        job.join();
        auto const there =
            must(world.read([&](storage::Tx& tx) { return world.users.state(tx, world.tenant_id(), user); }));
        EXPECT_EQ(there.has_value(), !erased);
        EXPECT_EQ(is_done(page), !erased) << page.status << " " << page.location;
        EXPECT_FALSE(is_to_be_deleted(user));
    }
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, KeepAccount, storage::every_backend());

} // namespace
} // namespace gatehouse::signin
