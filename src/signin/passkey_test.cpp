// Signing in with passkeys and security keys on the hosted pages, and what must not work.
#include "credentials/passkeys.hpp"
#include "credentials/test_support/software_authenticator.hpp"
#include "journey/test_support/world.hpp"
#include "signin/signin.hpp"

#include <boost/json.hpp>

namespace gatehouse::signin {
namespace {

using namespace std::chrono_literals;
using credentials::Ceremony;
using credentials::SoftwareAuthenticator;
using journey::Browser;
using journey::kPassword;
using session::must;
using Page = Browser::Page;

class PasskeySignIn : public testing::TestWithParam<storage::Engine> {
protected:
    journey::JourneyWorld world{GetParam()};
    SignIn signin{world.services(), {}};
    UserId ada = world.make_person("ada@example.com");
    credentials::Passkeys passkeys{*world.vault, world.users};
    SoftwareAuthenticator key;
    PasskeySignIn() { world.add(signin.routes()); }

    static bool is_done(Page const& page) { return page.location.starts_with("https://app.example/done?user="); }
    static bool asks_for_passkey(Page const& page) { return page.contains("data-ceremony=\"get\""); }
    bool is_ada(Page const& page)
    {
        return page.location.starts_with("https://app.example/done?user=" + ada.to_string());
    }

    Ceremony ceremony(Bytes challenge)
    {
        auto const party = *credentials::relying_party(*world.context().tenant);
        return {.rp_id = party.id, .origin = party.origins.front(), .challenge = std::move(challenge)};
    }
    void enrol(UserId user, SoftwareAuthenticator& authenticator, bool verified = true)
    {
        auto const party = *credentials::relying_party(*world.context().tenant);
        Bytes const challenge(32, 0x01);
        auto wanted = ceremony(challenge);
        wanted.user_verified = verified;
        auto const registered = must(credentials::webauthn::verify_registration(
            {.party = party, .challenge = challenge, .now = world.now()}, authenticator.create(wanted)));
        must(world.write([&](storage::Tx& tx) -> Result<credentials::Passkey> {
            TRY(auto const opened, world.vault->open_person_key(tx, world.tenant_id(), user));
            return passkeys.enrol(tx, opened, registered, "Key", "", {}, world.now());
        }));
    }
    // What the page's script was given.
    static boost::json::object options_of(Page const& page)
    {
        constexpr std::string_view kMark = "data-options=\"";
        auto const at = page.body.find(kMark) + kMark.size();
        auto text = page.body.substr(at, page.body.find('"', at) - at);
        for (std::size_t quote = 0; (quote = text.find("&quot;")) != std::string::npos;)
            text.replace(quote, 6, "\"");
        return boost::json::parse(text).as_object();
    }
    Ceremony asked_by(Page const& page)
    {
        return ceremony(must(base64url_decode(std::string_view(options_of(page).at("challenge").as_string()))));
    }
    Page answer(Browser& browser, Page const& page, Ceremony const& with)
    {
        return browser.submit(page, {{"passkey", boost::json::serialize(key.get(with))}});
    }
    Page answer(Browser& browser, Page const& page) { return answer(browser, page, asked_by(page)); }
    Page give_password(Browser& browser)
    {
        return browser.submit(browser.get("/app"),
                              {{"identifier", "ada@example.com"}, {"password", std::string(kPassword)}});
    }
};

TEST_P(PasskeySignIn, APasskeySignsInWithoutNameOrPassword)
{
    enrol(ada, key);
    auto browser = world.browser();
    auto const page = browser.get("/app");
    ASSERT_TRUE(asks_for_passkey(page));
    EXPECT_TRUE(page.contains("autocomplete=\"username webauthn\""));
    EXPECT_EQ(options_of(page).at("userVerification"), "required");
    EXPECT_TRUE(options_of(page).at("allowCredentials").as_array().empty()) << "it tells nobody who has one";
    auto const done = answer(browser, page);
    ASSERT_TRUE(is_ada(done)) << done.status << done.body;
    EXPECT_TRUE(is_done(browser.get("/app"))) << "the session carries over";
    EXPECT_EQ(world.count_events("signin.succeeded"), 1);
}

TEST_P(PasskeySignIn, ASecurityKeyStandsBesideThePassword)
{
    enrol(ada, key);
    auto browser = world.browser();
    auto const page = give_password(browser);
    ASSERT_TRUE(asks_for_passkey(page)) << page.body;
    EXPECT_FALSE(page.has_field("password"));
    EXPECT_EQ(options_of(page).at("userVerification"), "preferred");
    EXPECT_EQ(options_of(page).at("allowCredentials").as_array().size(), 1U);
    auto touched = asked_by(page);
    touched.user_verified = false;
    EXPECT_TRUE(is_ada(answer(browser, page, touched)));
}

TEST_P(PasskeySignIn, PossessionAloneBeginsNothing)
{
    enrol(ada, key);
    auto browser = world.browser();
    auto const page = browser.get("/app");
    auto touched = asked_by(page);
    touched.user_verified = false;
    auto const refused = answer(browser, page, touched);
    EXPECT_FALSE(is_done(refused));
    EXPECT_TRUE(refused.contains("did not check that it is you"));
    EXPECT_EQ(world.count_events("signin.failed"), 1);
}

// It was made by a touch, as a second factor: whoever finds it and sets a PIN of their own does not begin with it.
TEST_P(PasskeySignIn, AKeyThatWasRegisteredByATouchBeginsNothingHoweverItIsUnlockedLater)
{
    enrol(ada, key, false);
    auto browser = world.browser();
    auto const page = browser.get("/app");
    EXPECT_FALSE(is_done(answer(browser, page, asked_by(page))));
    auto again = world.browser();
    auto const second = give_password(again);
    EXPECT_TRUE(is_ada(answer(again, second, asked_by(second)))) << "beside the password it is one";
}

TEST_P(PasskeySignIn, AnAnswerServesInItsOwnJourneyOnly)
{
    enrol(ada, key);
    auto victim = world.browser();
    auto const theirs = victim.get("/app");
    auto thief = world.browser("198.51.100.9");
    auto const page = thief.get("/app");
    auto const stolen = boost::json::serialize(key.get(asked_by(theirs)));
    EXPECT_FALSE(is_done(thief.submit(page, {{"passkey", stolen}})));
    auto const with_challenge =
        thief.submit(page, {{"passkey", stolen}, {"passkey_challenge", theirs.field("passkey_challenge")}});
    EXPECT_FALSE(is_done(with_challenge));
    EXPECT_TRUE(with_challenge.contains("This took too long"));
    EXPECT_TRUE(is_ada(victim.submit(theirs, {{"passkey", stolen}})));
}

TEST_P(PasskeySignIn, AJourneyThatEndedTakesNoSecondAnswer)
{
    enrol(ada, key);
    auto browser = world.browser();
    auto const page = browser.get("/app");
    auto const text = boost::json::serialize(key.get(asked_by(page)));
    ASSERT_TRUE(is_ada(browser.submit(page, {{"passkey", text}})));
    browser.submit(page, {{"passkey", text}});
    EXPECT_EQ(world.count_events("signin.succeeded"), 1);
}

TEST_P(PasskeySignIn, WhatWasMadeForAnotherSiteIsRefused)
{
    enrol(ada, key);
    auto browser = world.browser();
    auto const page = browser.get("/app");
    auto elsewhere = asked_by(page);
    elsewhere.origin = "https://evil.example";
    EXPECT_FALSE(is_done(answer(browser, page, elsewhere)));
    auto phished = asked_by(page);
    phished.rp_id = "evil.example";
    EXPECT_FALSE(is_done(answer(browser, page, phished)));
    auto broken = asked_by(page);
    broken.breaks_signature = true;
    EXPECT_FALSE(is_done(answer(browser, page, broken)));
    EXPECT_EQ(world.count_events("signin.failed"), 3);
    EXPECT_FALSE(is_done(browser.submit(page, {{"passkey", "no JSON"}})));
    EXPECT_TRUE(is_ada(answer(browser, page)));
}

TEST_P(PasskeySignIn, AnUnknownOrRemovedPasskeyIsToldSo)
{
    auto browser = world.browser();
    EXPECT_TRUE(answer(browser, browser.get("/app")).contains("not known here"));
    enrol(ada, key);
    auto const id = must(world.read([&](storage::Tx& tx) { return passkeys.load(tx, world.tenant_id(), ada); }))[0].id;
    must(
        world.write([&](storage::Tx& tx) { return passkeys.remove(tx, world.tenant_id(), ada, id, {}, world.now()); }));
    EXPECT_TRUE(answer(browser, browser.get("/app")).contains("not known here"));
}

TEST_P(PasskeySignIn, ThePasskeyOfAnotherPersonIsNoSecondFactor)
{
    enrol(ada, key);
    SoftwareAuthenticator evil;
    evil.credential_id = Bytes(16, 0x66);
    enrol(world.make_person("eve@example.com"), evil);
    auto browser = world.browser();
    auto const page = give_password(browser);
    auto const refused = browser.submit(page, {{"passkey", boost::json::serialize(evil.get(asked_by(page)))}});
    EXPECT_FALSE(is_done(refused));
    EXPECT_TRUE(refused.contains("belongs to another account"));
}

TEST_P(PasskeySignIn, ACopiedAuthenticatorIsRefusedAndReported)
{
    enrol(ada, key);
    auto browser = world.browser();
    ASSERT_TRUE(is_ada(answer(browser, browser.get("/app"))));
    auto thief = world.browser("198.51.100.9");
    key.counter = 0;
    EXPECT_FALSE(is_done(answer(thief, thief.get("/app"))));
    EXPECT_EQ(world.count_events("credential.cloned"), 1);
}

TEST_P(PasskeySignIn, ADisabledPersonDoesNotGetIn)
{
    enrol(ada, key);
    must(world.write([&](storage::Tx& tx) {
        return world.users.set_enabled(tx, world.tenant_id(), ada, false, "administrator", {}, world.now());
    }));
    auto browser = world.browser();
    EXPECT_FALSE(is_done(answer(browser, browser.get("/app"))));
}

TEST_P(PasskeySignIn, ATwoFactorSignInCostsAtMostTwoDurableCommits)
{
    enrol(ada, key);
    auto browser = world.browser();
    auto const page = browser.get("/app");
    auto const before = world.database->statistics();
    auto const second = browser.submit(page, {{"identifier", "ada@example.com"}, {"password", std::string(kPassword)}});
    ASSERT_TRUE(asks_for_passkey(second));
    ASSERT_TRUE(is_ada(answer(browser, second)));
    EXPECT_LE(world.database->statistics().commits - before.commits, 2U);
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, PasskeySignIn, storage::every_backend());

} // namespace
} // namespace gatehouse::signin
