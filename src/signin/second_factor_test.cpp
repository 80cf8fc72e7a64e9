// Further factors on the hosted pages, and the ways around them that must not exist.
#include "credentials/totp.hpp"
#include "journey/test_support/world.hpp"
#include "session/cookie.hpp"
#include "signin/signin.hpp"

#include <boost/json/parse.hpp>
#include <regex>
#include <set>

namespace gatehouse::signin {
namespace {

using journey::Browser;
using journey::kPassword;
using session::must;
using Page = Browser::Page;

class SecondFactor : public testing::TestWithParam<storage::Engine> {
protected:
    journey::JourneyWorld world{GetParam()};
    SignIn signin{world.services(), {}};
    UserId ada = world.make_person("ada@example.com");
    Secret secret;
    SecondFactor() { world.add(signin.routes()); }

    static bool is_done(Page const& page) { return page.location.starts_with("https://app.example/done?user="); }
    static bool asks_for_code(Page const& page) { return page.has_field("code") && !page.has_field("password"); }

    void enrol_app()
    {
        Bytes const binding{1};
        auto pending = must(world.authenticators.begin(world.tenant_id(), ada, binding, {}, world.now()));
        must(world.write([&](storage::Tx& tx) {
            return world.authenticators.confirm(tx, world.tenant_id(), ada, binding, pending.sealed,
                                                code_of(pending.secret), "Phone", {}, world.now());
        }));
        secret = std::move(pending.secret);
        world.clock.advance(credentials::kTotpPeriod); // the code of the enrolment is taken
    }
    std::vector<std::string> make_recovery_codes()
    {
        return must(world.write([&](storage::Tx& tx) {
            return world.recovery_codes.generate(tx, world.tenant_id(), ada, {}, world.now());
        }));
    }
    std::string code_of(Secret const& key) { return credentials::totp(key.expose(), world.now(), {}); }
    std::string code() { return code_of(secret); }
    std::string wrong_code() { return code() == "000000" ? "000001" : "000000"; }

    Page give_password(Browser& browser)
    {
        return browser.submit(browser.get("/app"),
                              {{"identifier", "ada@example.com"}, {"password", std::string(kPassword)}});
    }
    // The key that a page shows to be typed in, as bytes.
    static Bytes key_of(Page const& page)
    {
        static std::regex const kKey("<code[^>]*>([A-Z2-7 ]+)</code>");
        std::smatch match;
        if (!std::regex_search(page.body, match, kKey))
            return {};
        auto text = match[1].str();
        std::erase(text, ' ');
        Bytes bytes;
        for (std::uint32_t bits = 0, have = 0; char const c : text) {
            bits = bits << 5 | static_cast<std::uint32_t>(c >= 'A' ? c - 'A' : c - '2' + 26);
            if (have += 5; have >= 8)
                bytes.push_back(static_cast<std::uint8_t>(bits >> (have -= 8)));
        }
        return bytes;
    }
    static std::vector<std::string> codes_on(Page const& page)
    {
        static std::regex const kCode("<code[^>]*>([2-9a-z]{5}-[2-9a-z]{5})</code>");
        std::set<std::string> const found{std::sregex_token_iterator(page.body.begin(), page.body.end(), kCode, 1), {}};
        return {found.begin(), found.end()};
    }
    void set_signin(auto change)
    {
        set_settings([&](auto& settings) { change(settings.signin); });
    }
    void set_settings(auto change)
    {
        auto settings = world.directory.find(world.tenant_id())->settings;
        change(settings);
        must(world.write([&](storage::Tx& tx) {
            return world.tenants.update(tx, world.tenant_id(), {.settings = identity::write_settings(settings)}, {}, {},
                                        world.now());
        }));
        must(world.changes.poll_now(world.now()));
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

TEST_P(SecondFactor, WhoHasAnAppIsAskedForItsCodeAfterThePassword)
{
    enrol_app();
    auto browser = world.browser();
    auto const page = give_password(browser);
    ASSERT_TRUE(asks_for_code(page)) << page.location << page.body;
    auto const done = browser.submit(page, {{"code", code()}});
    ASSERT_TRUE(is_done(done)) << done.status << done.body;
    EXPECT_TRUE(is_done(browser.get("/app"))) << "the session carries over";
}

TEST_P(SecondFactor, ACodeIsTakenOnce)
{
    enrol_app();
    auto browser = world.browser();
    auto const used = code();
    ASSERT_TRUE(is_done(browser.submit(give_password(browser), {{"code", used}})));
    auto thief = world.browser("198.51.100.9");
    auto const again = thief.submit(give_password(thief), {{"code", used}});
    EXPECT_FALSE(is_done(again));
    EXPECT_TRUE(asks_for_code(again));
}

TEST_P(SecondFactor, AWrongCodeLeavesThePageAndATrace)
{
    enrol_app();
    auto browser = world.browser();
    auto const page = browser.submit(give_password(browser), {{"code", wrong_code()}});
    EXPECT_EQ(page.status, 422);
    EXPECT_TRUE(asks_for_code(page));
    EXPECT_EQ(world.count_events("code.failed"), 1);
    EXPECT_TRUE(is_done(browser.submit(page, {{"code", code()}})));
}

TEST_P(SecondFactor, GuessingIsStoppedAcrossJourneysAndMethods)
{
    enrol_app();
    make_recovery_codes();
    int judged = 0;
    for (int attempt = 0; attempt < 60; ++attempt) {
        auto thief = world.browser(fmt::format("198.51.100.{}", attempt));
        auto page = give_password(thief);
        if (!asks_for_code(page))
            break;
        if (attempt % 2 == 1)
            page = thief.submit(page, {{"use", "recovery_code"}});
        judged += thief.submit(page, {{"code", attempt % 2 == 1 ? "aaaaa-aaaaa" : wrong_code()}}).status == 422;
    }
    EXPECT_LE(judged, 15);
    EXPECT_GE(judged, 5);
}

TEST_P(SecondFactor, ThePasswordCannotBeSkippedByPostingTheCode)
{
    enrol_app();
    auto browser = world.browser();
    auto const page = browser.get("/app");
    auto const posted = browser.post(
        "/signin",
        {{"journey", page.field("journey")}, {"step", "totp"}, {"identifier", "ada@example.com"}, {"code", code()}});
    EXPECT_FALSE(is_done(posted));
    EXPECT_TRUE(posted.has_field("password")) << posted.body;
    auto const asked = browser.submit(page, {{"use", "totp"}});
    EXPECT_TRUE(asked.has_field("password")) << "a method that stands beside another one begins nothing";
}

TEST_P(SecondFactor, AnEarlierStateDoesNotSignInTwice)
{
    enrol_app();
    auto browser = world.browser();
    auto const page = give_password(browser);
    ASSERT_TRUE(is_done(browser.submit(page, {{"code", code()}})));
    world.clock.advance(credentials::kTotpPeriod);
    auto const sessions = world.count_events("session.started") + world.count_events("session.reauthenticated");
    browser.submit(page, {{"code", code()}});
    EXPECT_EQ(world.count_events("session.started") + world.count_events("session.reauthenticated"), sessions);
}

TEST_P(SecondFactor, AResetByMailDoesNotSkipIt)
{
    enrol_app();
    auto browser = world.browser();
    auto const sent = browser.submit(browser.get("/recover"), {{"identifier", "ada@example.com"}});
    auto const form = browser.submit(sent, {{"code", world.code_for("ada@example.com")}});
    ASSERT_TRUE(form.has_field("password")) << form.body;
    auto const page = browser.submit(form, {{"password", "an entirely new passphrase"}});
    EXPECT_FALSE(is_done(page));
    ASSERT_TRUE(asks_for_code(page)) << page.body;
    EXPECT_TRUE(is_done(browser.submit(page, {{"code", code()}})));
}

TEST_P(SecondFactor, ARecoveryCodeStandsInOnce)
{
    enrol_app();
    auto const codes = make_recovery_codes();
    auto browser = world.browser();
    auto const page = browser.submit(give_password(browser), {{"use", "recovery_code"}});
    ASSERT_TRUE(page.contains("recovery")) << page.body;
    ASSERT_TRUE(is_done(browser.submit(page, {{"code", codes[0]}})));
    auto other = world.browser();
    auto const again = other.submit(give_password(other), {{"use", "recovery_code"}});
    auto const refused = other.submit(again, {{"code", codes[0]}});
    EXPECT_EQ(refused.status, 422);
    EXPECT_TRUE(is_done(other.submit(refused, {{"code", codes[1]}})));
}

TEST_P(SecondFactor, WhereEverybodyNeedsTwoStepsOneIsSetUpOnTheWay)
{
    set_signin([](auto& settings) { settings.second_factor = identity::SecondFactor::required; });
    auto browser = world.browser();
    auto const page = give_password(browser);
    ASSERT_FALSE(key_of(page).empty()) << page.body;
    EXPECT_TRUE(page.contains("<svg")) << "there is something to scan";
    auto const refused = browser.submit(page, {{"code", "000000"}});
    EXPECT_EQ(key_of(page), key_of(refused)) << "a typing error does not cost the scan";
    auto const codes = browser.submit(refused, {{"code", credentials::totp(key_of(refused), world.now(), {})}});
    ASSERT_TRUE(codes.contains("keepsake")) << codes.body;
    auto const done = browser.submit(codes, {});
    EXPECT_TRUE(is_done(done)) << done.status << done.body;
    // From now on it is asked for.
    auto other = world.browser();
    EXPECT_TRUE(asks_for_code(give_password(other)));
}

TEST_P(SecondFactor, WhatIsSetUpOnTheWayComesWithRecoveryCodesAndANotice)
{
    set_signin([](auto& settings) { settings.second_factor = identity::SecondFactor::required; });
    auto browser = world.browser();
    auto const scan = give_password(browser);
    auto const page = browser.submit(scan, {{"code", credentials::totp(key_of(scan), world.now(), {})}});
    auto const codes = codes_on(page);
    ASSERT_EQ(codes.size(), 10U) << page.body;
    EXPECT_EQ(world.mail_to("ada@example.com").front().kind, "credential_added");
    auto const file = browser.submit(page, {{"action", "download"}});
    EXPECT_TRUE(file.headers.find("Content-Disposition")->contains("recovery-codes.txt"));
    EXPECT_TRUE(file.contains(codes[9])) << file.body;
    ASSERT_TRUE(is_done(browser.submit(page, {})));
    auto const again = browser.post("/signin", {{"journey", page.field("journey")}, {"step", page.field("step")}});
    EXPECT_FALSE(again.contains(codes[0])) << "a journey that has ended shows them to nobody";
    auto other = world.browser();
    auto const asked = other.submit(give_password(other), {{"use", "recovery_code"}});
    EXPECT_TRUE(is_done(other.submit(asked, {{"code", codes[0]}})));
}

TEST_P(SecondFactor, TheUseOfARecoveryCodeIsToldByMail)
{
    enrol_app();
    auto const codes = make_recovery_codes();
    auto browser = world.browser();
    auto const page = browser.submit(give_password(browser), {{"use", "recovery_code"}});
    ASSERT_TRUE(is_done(browser.submit(page, {{"code", codes[0]}})));
    auto const mail = world.mail_to("ada@example.com").front();
    EXPECT_EQ(mail.kind, "recovery_code_used");
    EXPECT_TRUE(mail.text.contains("9 codes")) << mail.text;
}

TEST_P(SecondFactor, WhenFewRecoveryCodesAreLeftNewOnesAreOffered)
{
    enrol_app();
    auto const codes = make_recovery_codes();
    auto const use = [&](Browser& browser, std::size_t index) {
        auto const page = browser.submit(give_password(browser), {{"use", "recovery_code"}});
        return browser.submit(page, {{"code", codes[index]}});
    };
    for (std::size_t used = 0; used < 6; ++used) {
        auto browser = world.browser(fmt::format("198.51.100.{}", used));
        ASSERT_TRUE(is_done(use(browser, used)));
    }
    auto later = world.browser();
    auto const few = use(later, 6);
    ASSERT_TRUE(few.contains("3 codes left")) << few.body;
    EXPECT_TRUE(is_done(later.submit(few, {}))) << "it can wait";
    auto browser = world.browser();
    auto const renewed = browser.submit(use(browser, 7), {{"action", "renew"}});
    auto const fresh = codes_on(renewed);
    ASSERT_EQ(fresh.size(), 10U) << renewed.body;
    EXPECT_EQ(world.mail_to("ada@example.com").front().kind, "recovery_codes_made");
    ASSERT_TRUE(is_done(browser.submit(renewed, {})));
    auto other = world.browser();
    EXPECT_EQ(use(other, 8).status, 422) << "the old list is void";
    auto const asked = other.submit(give_password(other), {{"use", "recovery_code"}});
    EXPECT_TRUE(is_done(other.submit(asked, {{"code", fresh[0]}})));
}

TEST_P(SecondFactor, AppsAreSetUpInTheFormThatTheTenantWants)
{
    for (auto const& [digest, digits, bytes] : {std::tuple("SHA256", 8, 32U), std::tuple("SHA512", 6, 64U)}) {
        set_settings([&](auto& settings) {
            settings.signin.second_factor = identity::SecondFactor::required;
            settings.authenticator_app = {.digest = digest, .digits = digits};
        });
        auto const who = fmt::format("{}@example.com", digest);
        world.make_person(who);
        auto browser = world.browser();
        auto const page =
            browser.submit(browser.get("/app"), {{"identifier", who}, {"password", std::string(kPassword)}});
        auto const key = key_of(page);
        EXPECT_EQ(key.size(), bytes);
        credentials::TotpForm const form{*credentials::parse_one_time_digest(digest), digits};
        EXPECT_EQ(browser.submit(page, {{"code", credentials::totp(key, world.now(), {})}}).status, 422)
            << "another form's code";
        auto const codes = browser.submit(page, {{"code", credentials::totp(key, world.now(), form)}});
        ASSERT_EQ(codes_on(codes).size(), 10U) << codes.body;
        ASSERT_TRUE(is_done(browser.submit(codes, {})));
        // Those who have one keep it, whatever the tenant wants of new ones.
        set_settings([](auto& settings) { settings.authenticator_app = {}; });
        world.clock.advance(credentials::kTotpPeriod);
        auto other = world.browser();
        auto const asked = other.submit(other.get("/app"), {{"identifier", who}, {"password", std::string(kPassword)}});
        EXPECT_TRUE(is_done(other.submit(asked, {{"code", credentials::totp(key, world.now(), form)}})));
    }
}

TEST_P(SecondFactor, ASecondStepMayBePutOffForTheDaysOfGraceAndNotLonger)
{
    set_signin([](auto& settings) {
        settings.second_factor = identity::SecondFactor::required;
        settings.grace_days = 7;
    });
    auto browser = world.browser();
    auto const page = give_password(browser);
    ASSERT_FALSE(key_of(page).empty()) << page.body;
    ASSERT_TRUE(page.contains("name=\"later\"")) << page.body;
    ASSERT_TRUE(is_done(browser.submit(page, {{"later", "yes"}})));
    EXPECT_EQ(newest_session().authentication.acr, "urn:gatehouse:acr:1fa") << "what was not given is not claimed";
    EXPECT_TRUE(is_done(browser.get("/app"))) << "the session is not asked again";
    world.clock.advance(std::chrono::days(6));
    auto other = world.browser();
    auto const again = give_password(other);
    ASSERT_TRUE(again.contains("name=\"later\"")) << "asked at every new sign-in: " << again.body;
    // The page was open when the grace ended, and the answer comes after it.
    world.clock.advance(std::chrono::days(1) - std::chrono::minutes(30));
    auto last = world.browser();
    auto const late = give_password(last);
    ASSERT_TRUE(late.contains("name=\"later\"")) << late.body;
    world.clock.advance(std::chrono::minutes(31));
    EXPECT_FALSE(is_done(last.submit(late, {{"later", "yes"}})));
    auto third = world.browser();
    auto const demanded = give_password(third);
    EXPECT_FALSE(key_of(demanded).empty());
    EXPECT_FALSE(demanded.contains("name=\"later\"")) << demanded.body;
    EXPECT_FALSE(is_done(third.submit(demanded, {{"later", "yes"}}))) << "asking for what is not offered";
}

TEST_P(SecondFactor, WhereItIsNeverAskedThePasswordIsEnough)
{
    enrol_app();
    set_signin([](auto& settings) { settings.second_factor = identity::SecondFactor::never; });
    auto browser = world.browser();
    EXPECT_TRUE(is_done(give_password(browser)));
}

TEST_P(SecondFactor, AnApplicationThatAsksForMoreRaisesASession)
{
    auto browser = world.browser();
    ASSERT_TRUE(is_done(give_password(browser)));
    enrol_app();
    world.app_start.requirements.level = credentials::Level::multi;
    auto const page = browser.get("/app");
    ASSERT_TRUE(asks_for_code(page)) << page.body;
    ASSERT_TRUE(is_done(browser.submit(page, {{"code", code()}})));
    EXPECT_TRUE(is_done(browser.get("/app"))) << "the session has both factors now";
    world.app_start.requirements.level = credentials::Level::phishing_resistant;
    EXPECT_TRUE(browser.get("/app").contains("data-ceremony=\"create\"")) << "one that is strong enough is set up";
    set_signin([](auto& settings) { settings.enrol = {credentials::Method::totp}; });
    auto const weak = browser.get("/app");
    EXPECT_FALSE(is_done(weak));
    EXPECT_TRUE(weak.contains("stronger")) << weak.body;
}

TEST_P(SecondFactor, ADisabledPersonIsStoppedBetweenTheFactors)
{
    enrol_app();
    auto browser = world.browser();
    auto const page = give_password(browser);
    must(world.write([&](storage::Tx& tx) {
        return world.users.set_enabled(tx, world.tenant_id(), ada, false, "test", {}, world.now());
    }));
    EXPECT_FALSE(is_done(browser.submit(page, {{"code", code()}})));
}

TEST_P(SecondFactor, ANewPasswordBetweenTheFactorsVoidsTheFirst)
{
    enrol_app();
    auto browser = world.browser();
    auto const page = give_password(browser);
    auto const phc = must(crypto::hash_password(Secret("another long passphrase"), {.memory_kib = 64, .passes = 1}));
    must(world.write([&](storage::Tx& tx) {
        return world.passwords.set(tx, world.tenant_id(), ada, {.phc = phc}, {}, world.now());
    }));
    auto const next = browser.submit(page, {{"code", code()}});
    EXPECT_FALSE(is_done(next));
    EXPECT_TRUE(next.has_field("password")) << next.body;
}

// -- codes by mail

TEST_P(SecondFactor, ACodeByMailSignsInWhereTheTenantAllowsIt)
{
    auto browser = world.browser();
    EXPECT_FALSE(browser.get("/app").contains("value=\"email_code\"")) << "off by default";
    set_signin([](auto& settings) { settings.first.push_back(credentials::Method::email_code); });
    auto const page = browser.get("/app");
    ASSERT_TRUE(page.contains("value=\"email_code\"")) << page.body;
    auto const send = browser.submit(page, {{"identifier", "ada@example.com"}, {"use", "email_code"}});
    ASSERT_FALSE(send.has_field("password")) << send.body;
    auto const enter = browser.submit(send, {{"identifier", "ada@example.com"}});
    ASSERT_TRUE(asks_for_code(enter)) << enter.body;
    EXPECT_EQ(world.mail_to("ada@example.com").front().kind, "sign_in_code");
    auto const done = browser.submit(enter, {{"code", world.code_for("ada@example.com")}});
    EXPECT_TRUE(is_done(done)) << done.body;
}

TEST_P(SecondFactor, ACodeByMailTellsNobodyWhoHasAnAccount)
{
    set_signin([](auto& settings) { settings.first.push_back(credentials::Method::email_code); });
    auto const ask = [&](std::string const& who) {
        auto browser = world.browser();
        auto const page = browser.submit(browser.get("/app"), {{"identifier", who}, {"use", "email_code"}});
        auto enter = browser.submit(page, {{"identifier", who}});
        auto refused = browser.submit(enter, {{"code", "000000"}});
        return std::pair(enter.status, refused.status);
    };
    EXPECT_EQ(ask("ada@example.com"), ask("nobody@example.com"));
    EXPECT_TRUE(world.mail_to("nobody@example.com").empty());
}

TEST_P(SecondFactor, ACodeByMailAloneIsOneFactorForWhoHasTwo)
{
    set_signin([](auto& settings) { settings.first.push_back(credentials::Method::email_code); });
    enrol_app();
    auto browser = world.browser();
    auto const send = browser.submit(browser.get("/app"), {{"identifier", "ada@example.com"}, {"use", "email_code"}});
    auto const enter = browser.submit(send, {{"identifier", "ada@example.com"}});
    auto const next = browser.submit(enter, {{"code", world.code_for("ada@example.com")}});
    EXPECT_FALSE(is_done(next));
    ASSERT_TRUE(next.has_field("password")) << "two codes are not two factors: " << next.body;
    auto const last = browser.submit(next, {{"password", std::string(kPassword)}});
    ASSERT_TRUE(asks_for_code(last)) << "the mailbox resets the password: " << last.body;
    EXPECT_TRUE(is_done(browser.submit(last, {{"code", code()}})));
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, SecondFactor, storage::every_backend());

} // namespace
} // namespace gatehouse::signin
