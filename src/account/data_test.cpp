// People look at what is kept of them, take it away, delete their accounts, and meet thieves who would do it for them.
#include "account/test_support/portal.hpp"
#include "http/url.hpp"
#include "identity/deletions.hpp"

namespace gatehouse::account {
namespace {

using namespace std::chrono_literals;
using session::must;

class Data : public PortalTest {
protected:
    Page delete_account(Browser& browser) { return post(browser, "/account/data/delete", "/account/data/delete"); }
    std::optional<identity::Deletion> deletion_of(UserId user)
    {
        return must(world.read([&](storage::Tx& tx) { return identity::find_deletion(tx, world.tenant_id(), user); }));
    }
    bool erase_if_due(UserId user)
    {
        return must(world.write([&](storage::Tx& tx) {
            return journey::erase_if_due(tx, *world.outbox, world.users, *tenant(), user, world.now());
        }));
    }
    std::int64_t epoch_of(UserId user)
    {
        return must(world.read([&](storage::Tx& tx) { return world.users.state(tx, world.tenant_id(), user); }))
            ->security_epoch;
    }
};

TEST_P(Data, DeletionSaysWhatIsLostEndsEverySessionAtOnceAndIsToldEverywhere)
{
    add_identifier(ada, must(identity::normalize_email("ada@work.example")));
    auto browser = world.browser_of(ada);
    world.start_session(ada);
    auto const epoch = epoch_of(ada);
    EXPECT_TRUE(browser.get("/account/data/delete").contains("Lost are"));
    EXPECT_FALSE(deletion_of(ada)) << "looking does nothing";
    auto const done = delete_account(browser);
    EXPECT_EQ(done.status, 200);
    EXPECT_TRUE(done.contains("Your account will be deleted")) << done.body;
    ASSERT_TRUE(deletion_of(ada));
    EXPECT_EQ(deletion_of(ada)->due_at, world.now() + std::chrono::days(14));
    EXPECT_EQ(sessions_of(ada), 0);
    EXPECT_GT(epoch_of(ada), epoch) << "codes and tokens from before stand for nothing";
    EXPECT_TRUE(told("ada@example.com", "deletion_asked"));
    EXPECT_TRUE(told("ada@work.example", "deletion_asked"));
    EXPECT_EQ(browser.send(http::Method::get, "/account").status, 303);
    EXPECT_EQ(world.count_events("user.deletion_asked"), 1);
}

TEST_P(Data, AnAccountIsErasedWhenItsTimeIsOverAndTheLastWordReachesItsOwner)
{
    auto browser = world.browser_of(ada);
    delete_account(browser);
    world.clock.advance(std::chrono::days(14) - 1s);
    EXPECT_FALSE(erase_if_due(ada));
    world.clock.advance(1s);
    EXPECT_TRUE(erase_if_due(ada));
    EXPECT_FALSE(exists(ada));
    EXPECT_TRUE(told("ada@example.com", "account_deleted"));
    EXPECT_FALSE(erase_if_due(ada)) << "another node comes second";
    auto const again = world.write([&](storage::Tx& tx) {
        return world.users.create(tx, world.tenant_id(),
                                  {.identifiers = {{*identity::normalize_email("ada@example.com"), true}}}, {},
                                  world.now());
    });
    EXPECT_EQ(session::code_of(again), "identifier_taken") << "nobody steps into the place of her mail";
}

TEST_P(Data, AThiefWithAnOldSessionProvesWhoTheyAreFirst)
{
    auto browser = world.browser_of(ada);
    auto const token = browser.get("/account/data").field("csrf");
    world.clock.advance(6min);
    for (auto const* path : {"/account/data/delete", "/account/data/export"}) {
        auto const answer = browser.send(http::Method::post, path, "csrf=" + http::percent_encode(token));
        EXPECT_EQ(answer.status, 303) << path;
        EXPECT_TRUE(answer.headers.find("Location")->starts_with("/signin?journey=")) << path;
    }
    EXPECT_EQ(browser.send(http::Method::get, "/account/data/delete").status, 303) << "nor is the page shown";
    EXPECT_FALSE(deletion_of(ada));
    EXPECT_EQ(world.count_events("user.data_exported"), 0);
}

TEST_P(Data, WhoHasASecondFactorGivesItToo)
{
    add_totp(ada);
    auto browser = world.browser_of(ada); // proven by the password alone
    auto const page = browser.send(http::Method::get, "/account/data/delete");
    EXPECT_EQ(page.status, 303);
    EXPECT_FALSE(deletion_of(ada));
}

TEST_P(Data, AForgedFormDeletesNothing)
{
    auto browser = world.browser_of(ada);
    EXPECT_EQ(browser.post("/account/data/delete", {}).status, 422);
    auto mallory = world.browser_of(world.make_person("mallory@example.com"));
    auto const theirs = mallory.get("/account/data").field("csrf");
    EXPECT_EQ(browser.post("/account/data/delete", {{"csrf", theirs}}).status, 422);
    auto const token = browser.get("/account/data").field("csrf");
    browser.extra_headers["Sec-Fetch-Site"] = "cross-site";
    EXPECT_EQ(browser.post("/account/data/delete", {{"csrf", token}}).status, 403);
    EXPECT_FALSE(deletion_of(ada));
}

TEST_P(Data, WithoutATimeToThinkDeletionHappensAtOnce)
{
    set_settings([](auto& settings) { settings.account.deletion_days = 0; });
    auto browser = world.browser_of(ada);
    auto const done = delete_account(browser);
    EXPECT_TRUE(done.contains("Your account is deleted")) << done.body;
    EXPECT_FALSE(exists(ada));
    EXPECT_TRUE(told("ada@example.com", "account_deleted"));
}

TEST_P(Data, DeletionMayBeSwitchedOff)
{
    auto browser = world.browser_of(ada);
    auto const token = browser.get("/account/data").field("csrf");
    set_settings([](auto& settings) { settings.account.deletion = false; });
    EXPECT_FALSE(browser.get("/account/data").contains("Delete my account"));
    browser.post("/account/data/delete", {{"csrf", token}});
    EXPECT_FALSE(deletion_of(ada));
}

TEST_P(Data, WhoAdministersTheServiceDoesNotVanishInPassing)
{
    must(world.write([&](storage::Tx& tx) {
        return world.users.set_permissions(tx, world.tenant_id(), ada, world.tenant->issuer + "/api/v1", {"users:read"},
                                           {}, world.now());
    }));
    auto browser = world.browser_of(ada);
    EXPECT_EQ(delete_account(browser).status, 422);
    EXPECT_FALSE(deletion_of(ada));
}

TEST_P(Data, ActivityIsToldInWordsAndPagedToItsBeginning)
{
    set_settings([](auto& settings) { settings.signin.second_factor = identity::SecondFactor::never; });
    for (int i = 0; i < 40; ++i) {
        world.clock.advance(1min);
        world.start_session(ada);
    }
    add_totp(ada, "Phone");
    auto browser = world.browser_of(ada);
    auto const page = browser.get("/account/data");
    EXPECT_TRUE(page.contains("A way to sign in was added"));
    EXPECT_TRUE(page.contains("Authenticator app"));
    EXPECT_TRUE(page.contains("You signed in"));
    EXPECT_TRUE(page.contains("This was not me"));
    auto const link = page.body.find("/account/data?before=");
    ASSERT_NE(link, std::string::npos);
    auto const earlier = browser.get(page.body.substr(link, page.body.find('"', link) - link));
    EXPECT_TRUE(earlier.contains("You signed in"));
    EXPECT_FALSE(earlier.contains("Authenticator app"));
    EXPECT_FALSE(earlier.contains("/account/data?before=")) << "that was all";
    EXPECT_EQ(browser.get("/account/data?before=x").status, 200);
}

TEST_P(Data, NobodySeesWhatOthersDid)
{
    auto const mallory = world.make_person("mallory@example.com");
    add_totp(ada, "Phone");
    auto browser = world.browser_of(mallory);
    EXPECT_TRUE(browser.get("/account/data").contains("You signed in"));
    EXPECT_FALSE(browser.get("/account/data").contains("Authenticator app"));
}

TEST_P(Data, SecuringTheAccountEndsEverythingButThisSession)
{
    auto browser = world.browser_of(ada);
    world.start_session(ada);
    EXPECT_TRUE(browser.get("/account/secure").contains("Sign out everywhere else"));
    auto const done = post(browser, "/account/secure", "/account/secure");
    EXPECT_TRUE(done.location.starts_with("/account/security")) << done.location;
    EXPECT_TRUE(done.contains("Change your password now"));
    EXPECT_EQ(sessions_of(ada), 1);
    EXPECT_EQ(browser.get("/account").status, 200);
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, Data, storage::every_backend());

} // namespace
} // namespace gatehouse::account
