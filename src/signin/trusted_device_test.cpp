// Browsers that stand for the second factor, and the browsers of others that try to.
#include "credentials/totp.hpp"
#include "session/trusted_devices.hpp"
#include "signin/test_support/sign_in_pages.hpp"

namespace gatehouse::signin {
namespace {

using journey::Browser;
using session::must;

class TrustedDevices : public SignInPages {
protected:
    UserId ada = world.make_person("ada@example.com");
    Secret secret;

    TrustedDevices()
    {
        set_days(30);
        secret = enrol_app(ada);
    }
    void set_days(std::int64_t days)
    {
        set_settings([&](auto& settings) { settings.signin.trusted_device_days = days; });
    }
    Secret enrol_app(UserId user)
    {
        Bytes const binding{1};
        auto pending = must(world.authenticators.begin(world.tenant_id(), user, binding, {}, world.now()));
        must(world.write([&](storage::Tx& tx) {
            return world.authenticators.confirm(tx, world.tenant_id(), user, binding, pending.sealed,
                                                code_of(pending.secret), "Phone", {}, world.now());
        }));
        world.clock.advance(credentials::kTotpPeriod);
        return std::move(pending.secret);
    }
    std::string code_of(Secret const& key) { return credentials::totp(key.expose(), world.now(), {}); }
    std::string code() { return code_of(secret); }

    static bool asks_for_code(Page const& page) { return page.has_field("code") && !page.has_field("password"); }
    Page give_password(Browser& browser, std::string const& who = "ada@example.com")
    {
        return sign_in(browser, who, password());
    }
    static std::string name_of(std::string_view what, Browser const& browser)
    {
        for (auto const& [name, value] : browser.cookies)
            if (name.contains(what))
                return name;
        return {};
    }
    static void sign_out(Browser& browser) { browser.cookies.erase(name_of("gh_session", browser)); }
    // A browser that ada trusts, signed out.
    Browser trusted()
    {
        auto browser = world.browser();
        auto const page = give_password(browser);
        EXPECT_TRUE(page.has_field("trust_device")) << page.body;
        EXPECT_TRUE(is_done(browser.submit(page, {{"code", code()}, {"trust_device", "on"}})));
        EXPECT_FALSE(name_of("gh_trust", browser).empty());
        world.clock.advance(credentials::kTotpPeriod);
        sign_out(browser);
        return browser;
    }
    std::vector<session::TrustedDevice> listed()
    {
        return must(world.read([&](storage::Tx& tx) {
            return session::list_trusted(tx, *world.vault, world.tenant_id(), ada, world.now());
        }));
    }
    session::Session newest_session()
    {
        return must(world.read([&](storage::Tx& tx) {
                   return session::list(tx, *world.vault, world.tenant_id(), ada, world.now());
               }))
            .front()
            .session;
    }
};

TEST_P(TrustedDevices, ThePasswordIsEnoughInABrowserThatIsTrusted)
{
    auto browser = trusted();
    EXPECT_TRUE(is_done(give_password(browser)));
    EXPECT_EQ(newest_session().authentication.acr, "urn:gatehouse:acr:1fa") << "no second factor is claimed";
    EXPECT_EQ(newest_session().authentication.amr, std::vector<std::string>{"pwd"});
    EXPECT_TRUE(is_done(browser.get("/app"))) << "the session carries over";
    auto other = world.browser();
    EXPECT_TRUE(asks_for_code(give_password(other)));
    ASSERT_EQ(listed().size(), 1U);
    EXPECT_EQ(world.count_events("device.trusted"), 1);
}

TEST_P(TrustedDevices, NothingIsTrustedUnasked)
{
    auto browser = world.browser();
    ASSERT_TRUE(is_done(browser.submit(give_password(browser), {{"code", code()}})));
    EXPECT_TRUE(name_of("gh_trust", browser).empty());
    EXPECT_TRUE(listed().empty());
}

TEST_P(TrustedDevices, TrustIsNotAskedForByWhoGaveNoSecondFactor)
{
    auto browser = world.browser();
    auto const first = browser.get("/app");
    browser.submit(first, {{"identifier", "ada@example.com"}, {"password", password()}, {"trust_device", "on"}});
    EXPECT_TRUE(name_of("gh_trust", browser).empty());
    EXPECT_TRUE(listed().empty());
}

TEST_P(TrustedDevices, ItsCookieServesNobodyElse)
{
    auto const browser = trusted();
    auto const grace = world.make_person("grace@example.com");
    enrol_app(grace);
    auto thief = world.browser("198.51.100.9");
    thief.cookies[name_of("gh_trust", browser)] = browser.cookies.at(name_of("gh_trust", browser));
    EXPECT_TRUE(asks_for_code(give_password(thief, "grace@example.com"))) << "a stolen cookie for another person";
    // Another person's id put into it.
    auto bytes = must(base64url_decode(browser.cookies.at(name_of("gh_trust", browser))));
    std::ranges::copy(grace.bytes(), bytes.begin());
    thief.cookies[name_of("gh_trust", browser)] = base64url_encode(bytes);
    auto again = world.browser("198.51.100.9");
    again.cookies = thief.cookies;
    EXPECT_TRUE(asks_for_code(give_password(again, "grace@example.com")));
}

TEST_P(TrustedDevices, AnInventedOrAlteredCookieIsNone)
{
    auto const browser = trusted();
    auto const cookie = name_of("gh_trust", browser);
    auto bytes = must(base64url_decode(browser.cookies.at(cookie)));
    for (std::size_t at : {0UL, 16UL, 40UL}) {
        auto changed = bytes;
        changed[at] ^= 1;
        auto thief = world.browser("198.51.100.9");
        thief.cookies[cookie] = base64url_encode(changed);
        EXPECT_TRUE(asks_for_code(give_password(thief))) << at;
    }
    for (auto const* text : {"", ".", "AAAA", "....", "%00"}) {
        auto thief = world.browser("198.51.100.10");
        thief.cookies[cookie] = text;
        EXPECT_TRUE(asks_for_code(give_password(thief))) << text;
    }
}

TEST_P(TrustedDevices, WhatIsRevokedDoesNotComeBack)
{
    auto browser = trusted();
    must(world.write([&](storage::Tx& tx) {
        return session::end_trust(tx, *world.vault, world.tenant_id(), ada, listed().front().id,
                                  session::EndReason::revoked_by_user, {}, world.now());
    }));
    EXPECT_TRUE(asks_for_code(give_password(browser)));
    EXPECT_EQ(world.count_events("device.trust_ended"), 1);
}

TEST_P(TrustedDevices, ANewPasswordEndsIt)
{
    auto browser = trusted();
    auto const phc = must(crypto::hash_password(Secret("another long passphrase"), {.memory_kib = 64, .passes = 1}));
    must(world.write([&](storage::Tx& tx) {
        return world.passwords.set(tx, world.tenant_id(), ada, {.phc = phc}, {}, world.now());
    }));
    EXPECT_TRUE(asks_for_code(sign_in(browser, "ada@example.com", "another long passphrase")));
    EXPECT_TRUE(listed().empty());
}

TEST_P(TrustedDevices, AResetByMailStillMeetsTheSecondFactor)
{
    auto browser = trusted();
    auto const sent = begin_recovery(browser, "ada@example.com");
    auto const form = browser.submit(sent, {{"code", world.code_for("ada@example.com")}});
    EXPECT_TRUE(asks_for_code(browser.submit(form, {{"password", "an entirely new passphrase"}})));
}

TEST_P(TrustedDevices, ThePolicyEndsItAtOnce)
{
    auto browser = trusted();
    world.clock.advance(std::chrono::days(10));
    set_days(5);
    EXPECT_TRUE(asks_for_code(give_password(browser))) << "shorter than it was when the browser was trusted";
    set_days(30);
    EXPECT_TRUE(is_done(give_password(browser)));
    set_days(0);
    sign_out(browser);
    EXPECT_TRUE(asks_for_code(give_password(browser)));
}

TEST_P(TrustedDevices, ItExpires)
{
    auto browser = trusted();
    world.clock.advance(std::chrono::days(31));
    EXPECT_TRUE(asks_for_code(give_password(browser)));
    EXPECT_EQ(must(world.write([&](storage::Tx& tx) {
                  return session::remove_expired_trust(tx, world.tenant_id(), world.now(), 10);
              })),
              1);
}

TEST_P(TrustedDevices, ItCountsInItsOwnTenantOnly)
{
    auto browser = trusted();
    auto const other = world.make_tenant("other");
    auto settings = other->settings;
    settings.signin.trusted_device_days = 30;
    must(world.write([&](storage::Tx& tx) {
        return world.tenants.update(tx, other->id, {.settings = identity::write_settings(settings)}, {}, {},
                                    world.now());
    }));
    world.poll();
    auto const cookie = name_of("gh_trust", browser);
    auto const there = "gh_trust_" + other->id.to_string();
    http::Request request;
    request.headers.add("Cookie",
                        (cookie.starts_with("__Host-") ? "__Host-" + there : there) + "=" + browser.cookies.at(cookie));
    auto context = world.context(world.directory.find(other->id));
    auto const held = session::read_trust_cookie(context, request);
    ASSERT_EQ(held.size(), 1U) << "the cookie was moved over";
    auto const found = must(world.read([&](storage::Tx& tx) {
        return session::find_trust(tx, other->id, ada, 1, held, std::chrono::days(30), world.now());
    }));
    EXPECT_FALSE(found);
}

TEST_P(TrustedDevices, ItAnswersNoRequestForMoreThanASignIn)
{
    auto browser = trusted();
    world.app_start.requirements.level = credentials::Level::multi;
    EXPECT_TRUE(asks_for_code(give_password(browser))) << "acr_values";
    world.app_start.requirements = {.max_age = std::chrono::minutes(5)};
    auto again = browser;
    EXPECT_TRUE(asks_for_code(give_password(again))) << "max_age, as changes to the account ask for";
    world.app_start.requirements = {};
    ASSERT_TRUE(is_done(give_password(browser)));
    world.app_start.requirements.level = credentials::Level::multi;
    EXPECT_TRUE(asks_for_code(browser.get("/app"))) << "nor does the session that it opened";
}

TEST_P(TrustedDevices, ItStandsWhereEverybodyNeedsTwoFactors)
{
    set_settings([](auto& settings) { settings.signin.second_factor = identity::SecondFactor::required; });
    auto browser = trusted();
    EXPECT_TRUE(is_done(give_password(browser)));
    EXPECT_TRUE(is_done(browser.get("/app"))) << "the session is not raised at its next use";
    set_days(0);
    EXPECT_TRUE(asks_for_code(browser.get("/app"))) << "until the policy trusts nobody";
}

TEST_P(TrustedDevices, SeveralPeopleTrustOneBrowser)
{
    auto browser = trusted();
    auto const grace = world.make_person("grace@example.com");
    auto const hers = enrol_app(grace);
    auto const page = give_password(browser, "grace@example.com");
    ASSERT_TRUE(is_done(browser.submit(page, {{"code", code_of(hers)}, {"trust_device", "on"}})));
    sign_out(browser);
    EXPECT_TRUE(is_done(give_password(browser)));
    sign_out(browser);
    EXPECT_TRUE(is_done(give_password(browser, "grace@example.com")));
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, TrustedDevices, storage::every_backend());

} // namespace
} // namespace gatehouse::signin
