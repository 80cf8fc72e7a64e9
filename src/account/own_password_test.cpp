// Setting and removing a password in the account, what keeps people from locking themselves out, and the attacks.
#include "account/own_password.hpp"

#include "applications/applications.hpp"
#include "credentials/authenticators.hpp"
#include "credentials/password_record.hpp"
#include "events/types.hpp"
#include "identity/tenant_settings_shape.hpp"
#include "journey/last_uses.hpp"
#include "journey/test_support/world.hpp"

namespace gatehouse::account {
namespace {

using namespace std::chrono_literals;
using credentials::Method;
using credentials::Methods;
using journey::Browser;
using session::must;
using Page = Browser::Page;

constexpr char const* kSecurity = "/account/security";
constexpr char const* kNew = "/account/security/password/new";
constexpr char const* kRemove = "/account/security/password/remove";
std::string const kGood = "an entirely new passphrase";

class OwnPassword : public testing::TestWithParam<storage::Engine> {
protected:
    journey::JourneyWorld world{GetParam()};
    Account account{world.services()};
    UserId ada = world.make_person("ada@example.com"); // with a password
    UserId bob = world.make_user("bob@example.com");   // without

    OwnPassword() { world.add(account.routes()); }

    void set(std::function<void(identity::TenantSettings&)> const& change)
    {
        auto all = world.context().tenant->settings;
        change(all);
        must(world.write([&](storage::Tx& tx) {
            return world.tenants.update(tx, world.tenant_id(), {.settings = identity::write_settings(all)}, {}, {},
                                        world.now());
        }));
        world.poll();
        world.tenant = world.directory.find(world.tenant_id());
    }
    Browser browser_of(UserId user, Methods methods = {Method::password})
    {
        auto opened = must(world.write([&](storage::Tx& tx) -> Result<session::Opened> {
            TRY(auto const state, world.users.state(tx, world.tenant_id(), user));
            return session::start(tx, *world.vault,
                                  {.tenant = world.tenant_id(),
                                   .user = user,
                                   .security_epoch = state->security_epoch,
                                   .authentication = {.time = world.now(), .methods = methods},
                                   .device = {.user_agent = "Firefox/130.0", .address = "203.0.113.7"},
                                   .lifetimes = session::lifetimes_of(*world.tenant),
                                   .origin = {}},
                                  world.now());
        }));
        return world.browser_with(opened);
    }
    Page post(Browser& browser, std::string const& path, Browser::Input input)
    {
        input.emplace_back("csrf", browser.get(kSecurity).field("csrf"));
        return browser.post(path, input);
    }
    bool has_password(UserId user)
    {
        return must(world.read(
                        [&](storage::Tx& tx) { return credentials::password_record(tx, world.tenant_id(), user); }))
            .has_value();
    }
    std::size_t sessions_of(UserId user)
    {
        return must(world.read([&](storage::Tx& tx) {
                   return session::list(tx, *world.vault, world.tenant_id(), user, world.now());
               }))
            .size();
    }
    void sign_ins_begin_with(std::vector<Method> first)
    {
        set([&](auto& all) { all.signin.first = std::move(first); });
    }
};

TEST_P(OwnPassword, WhoHasNoneSetsOne)
{
    auto browser = browser_of(bob, {Method::passkey});
    browser_of(bob, {Method::passkey}); // elsewhere
    EXPECT_TRUE(browser.get(kSecurity).contains("You have no password"));
    auto const page = browser.get(kNew);
    EXPECT_TRUE(page.contains("bob@example.com")) << "for the password manager: " << page.body;
    auto const weak = browser.submit(page, {{"password", "password"}});
    EXPECT_EQ(weak.status, 422);
    EXPECT_FALSE(has_password(bob));
    auto const done = browser.submit(weak, {{"password", kGood}});
    EXPECT_TRUE(done.contains("Your password is set.")) << done.body;
    EXPECT_TRUE(has_password(bob));
    EXPECT_EQ(sessions_of(bob), 1U) << "elsewhere it ended";
    EXPECT_EQ(world.count_events("credential.added"), 2);
    EXPECT_EQ(world.mail_to("bob@example.com").front().kind, "credential_added");
    EXPECT_NE(browser.get(kNew).location, "") << "there is one now";
}

TEST_P(OwnPassword, IsNotSetOverOneThatThereIs)
{
    auto browser = browser_of(ada);
    auto const answer = post(browser, kNew, {{"password", kGood}}); // a page that was open since before
    EXPECT_TRUE(answer.contains("You have a password already.")) << answer.body;
    auto const stored =
        must(world.read([&](storage::Tx& tx) { return world.passwords.load(tx, world.tenant_id(), ada); }));
    EXPECT_EQ(stored->version, 1) << "without the old one nobody changes it";
}

TEST_P(OwnPassword, IsNotSetWherePeopleAreToHaveNone)
{
    set([](auto& all) { all.signin.enrol = {Method::passkey}; });
    auto browser = browser_of(bob, {Method::passkey});
    EXPECT_FALSE(browser.get(kSecurity).contains("Set a password"));
    EXPECT_EQ(post(browser, kNew, {{"password", kGood}}).status, 422);
    EXPECT_FALSE(has_password(bob));
}

TEST_P(OwnPassword, AThiefWithAnOldSessionNeitherSetsNorRemovesOne)
{
    sign_ins_begin_with({Method::password, Method::email_code});
    auto hers = browser_of(ada), his = browser_of(bob, {Method::email_code});
    auto const forged = browser_of(bob).post(kNew, {{"password", kGood}, {"csrf", "guessed"}});
    EXPECT_TRUE(forged.contains("open for a while")) << forged.body;
    world.clock.advance(6min);
    EXPECT_NE(post(hers, kRemove, {}).location, "") << "a journey";
    EXPECT_TRUE(has_password(ada));
    EXPECT_NE(post(his, kNew, {{"password", kGood}}).location, "");
    EXPECT_FALSE(has_password(bob));
    EXPECT_NE(his.get(kNew).status, 200) << "nor is the page shown";
}

TEST_P(OwnPassword, IsRemovedByWhoGetsInWithout)
{
    sign_ins_begin_with({Method::password, Method::email_code});
    auto browser = browser_of(ada);
    browser_of(ada); // elsewhere
    auto const page = browser.get(kRemove);
    EXPECT_TRUE(page.contains("You can no longer sign in with it")) << page.body;
    EXPECT_TRUE(has_password(ada)) << "looking removes nothing";
    auto const done = browser.submit(page, {});
    EXPECT_TRUE(done.contains("Your password is removed.")) << done.body;
    EXPECT_TRUE(done.contains("You have no password"));
    EXPECT_FALSE(has_password(ada));
    EXPECT_EQ(sessions_of(ada), 1U);
    EXPECT_EQ(world.count_events("credential.removed"), 1);
    EXPECT_EQ(world.mail_to("ada@example.com").front().kind, "credential_removed");
    EXPECT_NE(browser.get(kRemove).location, "") << "there is none any more";
}

TEST_P(OwnPassword, IsNotRemovedWhenNothingElseLeadsIn)
{
    sign_ins_begin_with({Method::password, Method::passkey});
    auto browser = browser_of(ada);
    auto const refused = browser.submit(browser.get(kRemove), {});
    EXPECT_EQ(refused.status, 422);
    EXPECT_TRUE(refused.contains("Set up another way first")) << refused.body;
    EXPECT_TRUE(has_password(ada));
    EXPECT_EQ(world.count_events("credential.removed"), 0);
    EXPECT_EQ(world.mails(), 0U) << "what did not happen is not told";
    EXPECT_EQ(browser.get(kSecurity).status, 200) << "and nobody is signed out";
}

TEST_P(OwnPassword, IsNotRemovedWhenAnApplicationWouldLetTheirOwnerInNoMore)
{
    sign_ins_begin_with({Method::password, Method::email_code});
    auto ledger = applications::defaults_for(applications::Kind::web);
    ledger.name = "Ledger";
    ledger.redirect_uris = {"https://ledger.example/callback"};
    ledger.signin.first = std::vector{Method::password};
    world.make_application(std::move(ledger));
    auto browser = browser_of(ada);
    auto const refused = browser.submit(browser.get(kRemove), {});
    EXPECT_TRUE(refused.contains("Ledger")) << refused.body;
    EXPECT_TRUE(has_password(ada));
}

TEST_P(OwnPassword, OneThatWasRemovedIsRememberedWhereOldOnesAreNotTakenAgain)
{
    sign_ins_begin_with({Method::password, Method::email_code});
    set([](auto& all) { all.password.history = 3; });
    auto browser = browser_of(ada);
    ASSERT_TRUE(browser.submit(browser.get(kRemove), {}).contains("removed"));
    auto const again = browser.submit(browser.get(kNew), {{"password", std::string(journey::kPassword)}});
    EXPECT_EQ(again.status, 422) << again.body;
    EXPECT_TRUE(browser.submit(again, {{"password", kGood}}).contains("Your password is set."));
    auto const stored =
        must(world.read([&](storage::Tx& tx) { return world.passwords.load(tx, world.tenant_id(), ada); }));
    EXPECT_EQ(stored->version, 2) << "what was proven with the first one proves nothing of this one";
}

TEST_P(OwnPassword, TheLastSecondFactorStaysWhereOneIsDemandedAndNoneCanBeSetUp)
{
    credentials::Authenticators const apps(*world.vault);
    auto const pending =
        must(apps.begin(world.tenant_id(), ada, ada.bytes(), credentials::totp_form_of(*world.tenant), world.now()));
    must(world.write([&](storage::Tx& tx) {
        return apps.confirm(tx, world.tenant_id(), ada, ada.bytes(), pending.sealed,
                            credentials::totp(pending.secret.expose(), world.now(), pending.form), "Phone", {},
                            world.now());
    }));
    set([](auto& all) {
        all.signin.second = {Method::totp};
        all.signin.second_factor = identity::SecondFactor::required;
        all.signin.enrol = {Method::password};
    });
    auto browser = browser_of(ada, {Method::password, Method::totp});
    auto const list = must(world.read([&](storage::Tx& tx) { return apps.list(tx, world.tenant_id(), ada); }));
    auto const remove = [&] {
        return post(browser, "/account/security/authenticator/remove", {{"id", list.front().id.to_string()}});
    };
    auto const refused = remove();
    EXPECT_TRUE(refused.contains("Set up another way first")) << refused.body;
    set([](auto& all) { all.signin.second_factor = identity::SecondFactor::if_enrolled; });
    EXPECT_TRUE(remove().contains("The authenticator app is removed."));
}

TEST_P(OwnPassword, LastUsesAreThoseOfTheOwnSignIns)
{
    auto const sign_in = [&](UserId user, char const* factors) {
        must(world.write([&](storage::Tx& tx) {
            return events::append(tx, *world.vault,
                                  {.type = &events::kSignInSucceeded,
                                   .tenant = world.tenant_id(),
                                   .user = user,
                                   .origin = {},
                                   .data = {{"methods", "otp"}, {"factors", factors}}},
                                  world.now());
        }));
    };
    auto const first = world.now();
    sign_in(ada, "email_code password");
    world.clock.advance(1h);
    sign_in(bob, "email_code"); // somebody else's
    sign_in(ada, "magic_link later_method");
    auto const uses = must(world.read([&](storage::Tx& tx) { return journey::last_uses(tx, world.tenant_id(), ada); }));
    EXPECT_EQ(uses.of(Method::email_code), first);
    EXPECT_EQ(uses.of(Method::magic_link), first + 1h);
    EXPECT_EQ(uses.of(journey::kByMail), first + 1h);
    EXPECT_EQ(uses.of(journey::kByPhone), std::nullopt);
    EXPECT_TRUE(browser_of(ada).get("/account/identifiers").contains("A code or link sent here was last used on"));
    EXPECT_FALSE(browser_of(ada).get(kSecurity).contains("last used")) << "the password was not";
    must(world.write(
        [&](storage::Tx& tx) { return world.passwords.confirm_use(tx, world.tenant_id(), ada, 1, world.now()); }));
    EXPECT_TRUE(browser_of(ada).get(kSecurity).contains("last used"));
}

INSTANTIATE_TEST_SUITE_P(Backends, OwnPassword, storage::every_backend());

} // namespace
} // namespace gatehouse::account
