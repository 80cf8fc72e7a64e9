// What the tenant does not let people set up, and the ways around it.
#include "account/account.hpp"
#include "account/push_devices.hpp"
#include "account/security.hpp"
#include "credentials/enrolled.hpp"
#include "credentials/passkeys.hpp"
#include "credentials/test_support/software_authenticator.hpp"
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
constexpr char const* kNewApp = "/account/security/authenticator/new";
constexpr char const* kNewPasskey = "/account/security/passkey/new";
constexpr char const* kNewDevice = "/account/security/push/new";

class Enrolling : public testing::TestWithParam<storage::Engine> {
protected:
    journey::JourneyWorld world{GetParam()};
    Account account{world.services()};
    UserId ada = world.make_person("ada@example.com");
    credentials::SoftwareAuthenticator authenticator;
    session::Opened opened = world.start_session(ada);
    Browser browser = world.browser_with(opened);

    Enrolling() { world.add(account.routes()); }
    void allow(std::vector<Method> methods, auto change)
    {
        auto settings = world.directory.find(world.tenant_id())->settings;
        settings.signin.enrol = std::move(methods);
        change(settings);
        must(world.write([&](storage::Tx& tx) {
            return world.tenants.update(tx, world.tenant_id(), {.settings = identity::write_settings(settings)}, {}, {},
                                        world.now());
        }));
        world.poll();
    }
    void allow(std::vector<Method> methods)
    {
        allow(std::move(methods), [](auto&) {});
    }
    Methods enrolled()
    {
        return must(world.read([&](storage::Tx& tx) { return credentials::enrolled(tx, world.tenant_id(), ada); }));
    }
    std::string code_of(Page const& page)
    {
        credentials::Authenticators const apps(*world.vault);
        auto const pending =
            must(apps.reopen(world.tenant_id(), ada, opened.session.id.bytes(), page.field("enrolment"), world.now()));
        return credentials::totp(pending.secret.expose(), world.now(), pending.form);
    }
    std::string passkey_for(Page const& page, bool verified = true)
    {
        constexpr std::string_view kMark = "&quot;challenge&quot;:&quot;";
        auto const at = page.body.find(kMark) + kMark.size();
        auto const challenge = must(base64url_decode(page.body.substr(at, page.body.find("&quot;", at) - at)));
        auto const party = *credentials::relying_party(*world.context().tenant);
        return boost::json::serialize(authenticator.create(
            {.rp_id = party.id, .origin = party.origins.front(), .challenge = challenge, .user_verified = verified}));
    }
    session::Authentication authentication()
    {
        return must(world.read([&](storage::Tx& tx) {
                   return session::list(tx, *world.vault, world.tenant_id(), ada, world.now());
               }))
            .front()
            .session.authentication;
    }
};

TEST_P(Enrolling, WhatIsNotListedIsNotOffered)
{
    allow({Method::password});
    auto const page = browser.get(kSecurity);
    for (auto const* link : {kNewApp, kNewPasskey, kNewDevice})
        EXPECT_FALSE(page.contains(link)) << link;
}

TEST_P(Enrolling, NoSetUpThatIsNotListedIsBegunByItsAddress)
{
    allow({Method::password});
    for (auto const* path : {kNewApp, kNewPasskey, kNewDevice}) {
        auto const page = browser.get(path);
        EXPECT_TRUE(page.contains("This cannot be set up here.")) << path << page.body;
        EXPECT_FALSE(page.has_field("enrolment") || page.has_field("passkey_challenge")) << path;
    }
}

TEST_P(Enrolling, NoSetUpIsEndedThatWasBegunWhileItWasListed)
{
    auto const app = browser.get(kNewApp);
    auto const code = code_of(app);
    auto const passkey = browser.get(kNewPasskey);
    auto const answer = passkey_for(passkey);
    allow({Method::password});
    EXPECT_TRUE(browser.submit(app, {{"code", code}, {"name", "x"}}).contains("This cannot be set up here."));
    EXPECT_TRUE(browser.submit(passkey, {{"passkey", answer}}).contains("This cannot be set up here."));
    EXPECT_EQ(enrolled(), Methods{Method::password});
    allow({Method::password, Method::totp});
    EXPECT_EQ(browser.submit(app, {{"code", code}, {"name", "x"}}).status, 200);
    EXPECT_EQ(enrolled(), (Methods{Method::password, Method::totp})) << "and no recovery codes, which are not listed";
    auto const page = browser.get(kSecurity);
    browser.post("/account/security/recovery-codes", {{"csrf", page.field("csrf")}});
    EXPECT_FALSE(enrolled().has(Method::recovery_code));
}

TEST_P(Enrolling, ADeviceThatWasInvitedBeforeIsNotRegisteredAfterwards)
{
    auto const key =
        must(world.push_devices.invite(world.tenant_id(), ada, opened.session.security_epoch, world.now()));
    allow({Method::password});
    boost::json::object const body{{"invitation", key}, {"key", boost::json::object()}, {"signature", ""}};
    auto const answer = browser.send(http::Method::post, "/api/v1/push/devices", boost::json::serialize(body));
    EXPECT_NE(answer.body.find("enrolment_not_offered"), std::string::npos) << answer.body;
}

TEST_P(Enrolling, WhereOnlySecurityKeysAreListedNoPasskeyComesToBeThatSignsInAlone)
{
    allow({Method::password, Method::security_key});
    auto const page = browser.get(kNewPasskey);
    EXPECT_EQ(browser.submit(page, {{"passkey", passkey_for(page)}}).status, 200);
    auto const made = must(world.read([&](storage::Tx& tx) {
        return credentials::Passkeys(*world.vault, world.users).load(tx, world.tenant_id(), ada);
    }));
    ASSERT_EQ(made.size(), 1u);
    credentials::webauthn::Asserted unlocked;
    unlocked.user_verified = true;
    EXPECT_EQ(credentials::method_of(made.front(), unlocked), Method::security_key);
    EXPECT_TRUE(authentication().methods.has(Method::security_key));
}

TEST_P(Enrolling, WhereOnlyPasskeysAreListedAKeyThatDoesNotAskWhoUsesItIsRefused)
{
    allow({Method::password, Method::passkey});
    auto const page = browser.get(kNewPasskey);
    EXPECT_TRUE(browser.submit(page, {{"passkey", passkey_for(page, false)}}).contains("This cannot be set up here."));
    EXPECT_EQ(enrolled(), Methods{Method::password});
}

TEST_P(Enrolling, WhereNumbersSignInTheyAreNotAddedByThoseWhoMayNotSetThatUp)
{
    allow({Method::password}, [](auto& settings) { settings.signin.second = {Method::sms_code}; });
    auto const page = browser.get("/account/identifiers");
    EXPECT_FALSE(page.has_field("phone"));
    auto const answer =
        browser.post("/account/identifiers", {{"csrf", page.field("csrf")}, {"phone", "+4915123456789"}});
    EXPECT_TRUE(answer.contains("This cannot be set up here.")) << answer.body;
    EXPECT_TRUE(world.mail_to("+4915123456789").empty());
}

TEST_P(Enrolling, WhoHasJustShownTheirNewFactorIsNotAskedForItAtOnce)
{
    auto const page = browser.get(kNewApp);
    ASSERT_TRUE(browser.submit(page, {{"code", code_of(page)}, {"name", "x"}}).contains("recovery"));
    EXPECT_EQ(browser.get(kSecurity).status, 200);
    EXPECT_TRUE(authentication().methods.has(Method::totp));
    // The cookie of before, which a thief may have, is worth nothing.
    auto thief = world.browser_with(opened, "198.51.100.66");
    EXPECT_EQ(thief.send(http::Method::get, kSecurity).status, 303);
}

TEST_P(Enrolling, AnotherSessionOfAPersonWhoHasASecondFactorSinceIsAskedForIt)
{
    auto const page = browser.get(kNewApp);
    ASSERT_EQ(browser.submit(page, {{"code", code_of(page)}, {"name", "x"}}).status, 200);
    auto elsewhere = world.browser_of(ada, "198.51.100.66");
    EXPECT_TRUE(elsewhere.get(kSecurity).location.starts_with("/signin"));
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, Enrolling, storage::every_backend());

} // namespace
} // namespace gatehouse::account
