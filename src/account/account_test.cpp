// The portal as a browser sees it, and the attacks on it.
#include "account/account.hpp"

#include "journey/test_support/world.hpp"
#include "session/cookie.hpp"
#include "tokens/grants.hpp"

namespace gatehouse::account {
namespace {

using namespace std::chrono_literals;
using journey::Browser;
using session::must;
using Page = Browser::Page;

std::string const kPassword(journey::kPassword);
std::string const kNewPassword = "an entirely new passphrase";

class Portal : public testing::TestWithParam<storage::Engine> {
protected:
    journey::JourneyWorld world{GetParam()};
    Account account{world.services()};
    UserId ada = world.make_person("ada@example.com");

    Portal() { world.add(account.routes()); }

    Page post(Browser& browser, std::string const& page, std::string const& path, Browser::Input input)
    {
        input.emplace_back("csrf", browser.get(page).field("csrf"));
        return browser.post(path, input);
    }
    bool password_is(std::string const& password)
    {
        auto const stored =
            must(world.read([&](storage::Tx& tx) { return world.passwords.load(tx, world.tenant_id(), ada); }));
        return crypto::matches(must(crypto::verify_password(Secret(std::string_view(password)), stored->phc)));
    }
    session::Authentication authentication_of(UserId user)
    {
        return must(world.read([&](storage::Tx& tx) {
                   return session::list(tx, *world.vault, world.tenant_id(), user, world.now());
               }))
            .front()
            .session.authentication;
    }
    std::size_t sessions_of(UserId user)
    {
        return must(world.read([&](storage::Tx& tx) {
                   return session::list(tx, *world.vault, world.tenant_id(), user, world.now());
               }))
            .size();
    }
};

TEST_P(Portal, WithoutASessionTheWayLeadsToSignIn)
{
    auto browser = world.browser();
    auto const answer = browser.send(http::Method::get, "/account/security");
    EXPECT_EQ(answer.status, 303);
    EXPECT_TRUE(answer.headers.find("Location")->starts_with("/signin?journey="));
}

TEST_P(Portal, EveryTabIsShown)
{
    auto browser = world.browser_of(ada);
    for (auto const* path : {"/account", "/account/security", "/account/sessions", "/account/applications"}) {
        auto const page = browser.get(path);
        EXPECT_EQ(page.status, 200) << path;
        EXPECT_TRUE(page.contains("ada@example.com")) << path;
        EXPECT_EQ(page.headers.find("Cache-Control").value_or(""), "no-store");
    }
}

TEST_P(Portal, ThePersonChangesNameAndLanguage)
{
    auto browser = world.browser_of(ada);
    auto const page = post(browser, "/account", "/account", {{"name", "Ada King"}, {"locale", "de"}});
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.field("name"), "Ada King");
    EXPECT_EQ(post(browser, "/account", "/account", {{"name", ""}, {"locale", "de"}}).status, 422);
    EXPECT_EQ(post(browser, "/account", "/account", {{"name", "Ada"}, {"locale", "xx"}}).status, 422);
}

TEST_P(Portal, AFormForgedByAnotherSiteChangesNothing)
{
    auto browser = world.browser_of(ada);
    auto const token = browser.get("/account").field("csrf");
    browser.extra_headers["Sec-Fetch-Site"] = "cross-site";
    EXPECT_EQ(browser.post("/account", {{"csrf", token}, {"name", "Mallory"}, {"locale", "en"}}).status, 403);
    browser.extra_headers.clear();
    EXPECT_EQ(browser.post("/account", {{"name", "Mallory"}, {"locale", "en"}}).status, 422);
    auto other = world.browser_of(world.make_person("mallory@example.com"));
    auto const theirs = other.get("/account").field("csrf");
    EXPECT_EQ(browser.post("/account", {{"csrf", theirs}, {"name", "Mallory"}, {"locale", "en"}}).status, 422);
    EXPECT_EQ(browser.get("/account").field("name"), "Ada Lovelace");
}

TEST_P(Portal, ANewPasswordNeedsTheCurrentOneEndsOtherSessionsAndIsTold)
{
    auto browser = world.browser_of(ada);
    auto elsewhere = world.browser_of(ada);
    EXPECT_EQ(post(browser, "/account/security", "/account/password",
                   {{"current", "not my password"}, {"password", kNewPassword}})
                  .status,
              422);
    EXPECT_EQ(
        post(browser, "/account/security", "/account/password", {{"current", kPassword}, {"password", "short"}}).status,
        422);
    EXPECT_EQ(post(browser, "/account/security", "/account/password", {{"password", kNewPassword}}).status, 422);
    EXPECT_TRUE(password_is(kPassword));
    auto const opened_at = authentication_of(ada).time;
    world.clock.advance(1min);
    auto const name = session::cookie_name(world.context(), "session");
    auto const before = browser.cookies.at(name);
    auto const done =
        post(browser, "/account/security", "/account/password", {{"current", kPassword}, {"password", kNewPassword}});
    EXPECT_EQ(done.status, 200) << done.body;
    EXPECT_TRUE(password_is(kNewPassword));
    EXPECT_NE(browser.cookies.at(name), before);
    EXPECT_EQ(browser.get("/account").status, 200);
    EXPECT_EQ(sessions_of(ada), 1);
    EXPECT_EQ(authentication_of(ada).time, opened_at) << "one factor was given again, not all";
    EXPECT_EQ(elsewhere.send(http::Method::get, "/account").status, 303);
    EXPECT_EQ(world.mail_to("ada@example.com").front().kind, "password_changed");
}

TEST_P(Portal, WhoHasAPhoneAndNoAddressIsToldByText)
{
    std::string const phone = "+4915123456789";
    must(world.write([&](storage::Tx& tx) -> Result<void> {
        TRY_DO(world.users.add_identifier(tx, world.tenant_id(), ada,
                                          {.identifier = must(identity::normalize_phone(phone)), .verified = true}, {},
                                          world.now()));
        TRY(auto const email, world.users.primary_email(tx, world.tenant_id(), ada));
        return world.users.remove_identifier(tx, *world.directory.find(world.tenant_id()), ada, email->id, {},
                                             world.now());
    }));
    auto browser = world.browser_of(ada);
    auto const done =
        post(browser, "/account/security", "/account/password", {{"current", kPassword}, {"password", kNewPassword}});
    EXPECT_EQ(done.status, 200) << done.body;
    ASSERT_FALSE(world.mail_to(phone).empty());
    EXPECT_EQ(world.mail_to(phone).front().kind, "password_changed");
}

TEST_P(Portal, AThiefWithASessionCannotGuessThePassword)
{
    auto browser = world.browser_of(ada);
    int compared = 0;
    for (int i = 0; i < 15; ++i)
        compared += post(browser, "/account/security", "/account/password",
                         {{"current", "guess number " + std::to_string(i)}, {"password", kNewPassword}})
                        .status == 422;
    EXPECT_EQ(compared, 10);
}

TEST_P(Portal, ANewAddressIsVerifiedBeforeItReplacesTheOldOne)
{
    auto browser = world.browser_of(ada);
    EXPECT_EQ(post(browser, "/account/security", "/account/email",
                   {{"new_email", "countess@example.com"}, {"current", "not my password"}})
                  .status,
              422);
    auto const page = post(browser, "/account/security", "/account/email",
                           {{"new_email", "countess@example.com"}, {"current", kPassword}});
    EXPECT_EQ(page.status, 200) << page.body;
    EXPECT_TRUE(page.contains("countess@example.com"));
    EXPECT_TRUE(browser.get("/account").contains("ada@example.com")) << "not yet";
    EXPECT_EQ(browser.submit(page, {{"code", "000000"}}).status, 422);
    auto const done = browser.submit(page, {{"code", world.code_for("countess@example.com")}});
    EXPECT_EQ(done.status, 200) << done.body;
    EXPECT_TRUE(done.contains("countess@example.com"));
    auto const notices = world.mail_to("ada@example.com");
    ASSERT_EQ(notices.size(), 1);
    EXPECT_EQ(notices[0].kind, "email_changed");
    EXPECT_EQ(notices[0].text.find("countess@"), std::string::npos);
}

// Whoever holds the session and the mailbox does not move the account away unheard.
TEST_P(Portal, AChangeOfTheAddressIsToldToEverythingThatThePersonIsReachedBy)
{
    std::string const phone = "+4915123456789";
    must(world.write([&](storage::Tx& tx) -> Result<void> {
        for (auto const& one :
             {must(identity::normalize_phone(phone)), must(identity::normalize_email("b@example.com"))})
            TRY_DO(world.users.add_identifier(tx, world.tenant_id(), ada, {.identifier = one, .verified = true}, {},
                                              world.now()));
        return {};
    }));
    auto browser = world.browser_of(ada);
    auto elsewhere = world.browser_of(ada);
    auto const page = post(browser, "/account/security", "/account/email",
                           {{"new_email", "countess@example.com"}, {"current", kPassword}});
    EXPECT_EQ(browser.submit(page, {{"code", world.code_for("countess@example.com")}}).status, 200);
    EXPECT_EQ(world.mail_to("ada@example.com").front().kind, "email_changed");
    ASSERT_EQ(world.mail_to(phone).size(), 1u);
    EXPECT_EQ(world.mail_to(phone).front().kind, "identifier_changed");
    EXPECT_NE(world.mail_to(phone).front().text.find("/account/undo?"), std::string::npos);
    ASSERT_EQ(world.mail_to("b@example.com").size(), 1u);
    EXPECT_EQ(world.mail_to("b@example.com").front().text.find("/account/undo?"), std::string::npos)
        << "a mailbox that is hardly looked after gets no link";
    EXPECT_EQ(elsewhere.send(http::Method::get, "/account").status, 303) << "what rested on the old one has ended";
    EXPECT_EQ(browser.get("/account").status, 200);
}

// The code goes to the victim; the thief of an address has an account of their own, and guesses.
TEST_P(Portal, SomebodyElsesAddressIsNotClaimedByGuessingItsCodesForDays)
{
    auto browser = world.browser_of(ada);
    int compared = 0;
    for (int round = 0; round < 40; ++round) {
        auto const page = post(browser, "/account/security", "/account/email",
                               {{"new_email", "victim@example.com"}, {"current", kPassword}});
        for (int guess = 0; guess < 5 && page.has_field("code"); ++guess)
            compared += browser.submit(page, {{"code", "000000"}}).status == 422;
        // Right ones of their own do not begin the count anew.
        auto const own = post(browser, "/account/security", "/account/email",
                              {{"new_email", fmt::format("ada{}@example.com", round)}, {"current", kPassword}});
        if (own.has_field("code"))
            browser.submit(own, {{"code", world.code_for(fmt::format("ada{}@example.com", round))}});
        world.clock.advance(std::chrono::hours(2));
    }
    EXPECT_EQ(compared, 100);
}

TEST_P(Portal, AnAddressThatSomebodyHasLooksTheSameAndIsNeverTaken)
{
    world.make_person("grace@example.com");
    auto browser = world.browser_of(ada);
    auto const page = post(browser, "/account/security", "/account/email",
                           {{"new_email", "grace@example.com"}, {"current", kPassword}});
    EXPECT_EQ(page.status, 200);
    EXPECT_TRUE(page.has_field("code"));
    EXPECT_EQ(world.mail_to("grace@example.com").front().kind, "account_exists");
    EXPECT_TRUE(browser.get("/account").contains("ada@example.com"));
}

TEST_P(Portal, ACodeOfSomebodyElsesChangeIsOfNoUse)
{
    auto browser = world.browser_of(ada);
    auto const page = post(browser, "/account/security", "/account/email",
                           {{"new_email", "countess@example.com"}, {"current", kPassword}});
    auto const code = world.code_for("countess@example.com");
    auto mallory = world.browser_of(world.make_person("mallory@example.com"));
    auto const answer =
        post(mallory, "/account", "/account/email/verify", {{"challenge", page.field("challenge")}, {"code", code}});
    EXPECT_EQ(answer.status, 422);
    EXPECT_TRUE(mallory.get("/account").contains("mallory@example.com"));
    EXPECT_EQ(browser.submit(page, {{"code", code}}).status, 200);
}

TEST_P(Portal, SessionsAreShownWithTheirPlaceInTheReadersLanguage)
{
    auto browser = world.browser_of(ada);
    must(world.write([&](storage::Tx& tx) {
        return session::start(tx, *world.vault,
                              {.tenant = world.tenant_id(),
                               .user = ada,
                               .security_epoch = 1,
                               .authentication = {.time = world.now(), .methods = {credentials::Method::password}},
                               .device = {.user_agent = "Firefox/130.0", .address = "81.10.3.4"},
                               .lifetimes = session::lifetimes_of(*world.tenant),
                               .origin = {}},
                              world.now());
    }));
    auto const page = browser.get("/account/sessions");
    EXPECT_TRUE(page.contains("Vienna, Austria") && page.contains("81.10.3.4")) << page.body;
    EXPECT_TRUE(page.contains("203.0.113.7")) << "an address that is nowhere stands alone";
    EXPECT_TRUE(browser.get("/account/sessions?ui_locales=de").contains("Wien, Österreich"));
}

TEST_P(Portal, SessionsAreListedAndEnded)
{
    auto browser = world.browser_of(ada);
    auto other = world.start_session(ada);
    world.start_session(ada);
    EXPECT_EQ(sessions_of(ada), 3);
    post(browser, "/account/sessions", "/account/sessions", {{"session", other.session.id.to_string()}});
    EXPECT_EQ(sessions_of(ada), 2);
    post(browser, "/account/sessions", "/account/sessions", {{"action", "end_others"}});
    EXPECT_EQ(sessions_of(ada), 1);
    EXPECT_EQ(browser.get("/account").status, 200);
}

TEST_P(Portal, NobodyEndsAnotherPersonsSession)
{
    auto const hers = world.start_session(ada);
    auto mallory = world.browser_of(world.make_person("mallory@example.com"));
    post(mallory, "/account/sessions", "/account/sessions", {{"session", hers.session.id.to_string()}});
    EXPECT_EQ(sessions_of(ada), 1);
}

TEST_P(Portal, AnApplicationsAccessIsTakenBack)
{
    auto application = applications::defaults_for(applications::Kind::web);
    application.client_id = "other";
    application.name = "Other Shop";
    application.redirect_uris = {"https://other.example/callback"};
    application = world.make_application(application);
    must(world.write([&](storage::Tx& tx) {
        return tokens::give_grant(tx, *world.vault, world.tenant_id(), ada, application.id, {"openid"}, {},
                                  world.now());
    }));
    auto browser = world.browser_of(ada);
    EXPECT_TRUE(browser.get("/account/applications").contains("Other Shop"));
    auto const page =
        post(browser, "/account/applications", "/account/applications", {{"application", application.id.to_string()}});
    EXPECT_EQ(page.status, 200);
    EXPECT_FALSE(page.contains("Other Shop"));
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, Portal, storage::every_backend());

} // namespace
} // namespace gatehouse::account
