// Links of sign-in texts, and what attackers and machines do with them.
#include "signin/test_support/json_face.hpp"
#include "signin/test_support/sign_in_pages.hpp"

#include <regex>
#include <thread>

namespace gatehouse::signin {
namespace {

using credentials::Method;
using session::must;

std::string const kPhone = "+4915123456789";

class TextLink : public SignInPages {
protected:
    UserId ada = world.make_person("ada@example.com");

    TextLink()
    {
        give_phone(ada, kPhone);
        set_settings([](auto& settings) { settings.signin.first = {Method::sms_link, Method::password}; });
    }
    Page ask(Browser& browser, std::string const& who = "ada@example.com")
    {
        return browser.submit(browser.get("/app"), {{"identifier", who}});
    }
    std::string newest() { return world.mail_to(kPhone).front().text; }
    // Where the newest text leads, below the issuer.
    std::string link()
    {
        static std::regex const kLink("https?://[^/ ]+(/s/[A-Za-z0-9_.-]+)");
        auto const text = newest();
        std::smatch match;
        return std::regex_search(text, match, kLink) ? match[1].str() : std::string();
    }
    std::string token() { return link().substr(3); }
    // The code, which stands in the last line too.
    std::string code()
    {
        auto const text = newest();
        return text.substr(text.size() - 6);
    }
    static bool shows_code(Page const& page, std::string const& code)
    {
        return page.contains(code.substr(0, 3) + " " + code.substr(3));
    }
};

TEST_P(TextLink, SignsInWhoOpensItInTheBrowserThatAsked)
{
    auto browser = world.browser();
    auto const waiting = ask(browser);
    ASSERT_TRUE(waiting.has_field("code")) << waiting.body;
    EXPECT_TRUE(waiting.contains("Open the link in this browser"));
    EXPECT_EQ(world.mail_to(kPhone).front().kind, "sign_in_link");
    EXPECT_LE(newest().size(), 190u) << newest();
    auto const page = browser.get(link());
    EXPECT_EQ(page.status, 200);
    ASSERT_TRUE(page.has_field("token")) << page.body;
    EXPECT_FALSE(shows_code(page, code()));
    EXPECT_TRUE(is_done(browser.submit(page, {})));
    EXPECT_TRUE(is_done(browser.get("/app"))) << "the session carries over";
    EXPECT_EQ(browser.get(link()).status, 410) << "a link works once";
}

TEST_P(TextLink, TheCodeOfTheSameTextWorksInItsPlace)
{
    auto browser = world.browser();
    auto const waiting = ask(browser, kPhone);
    ASSERT_TRUE(is_done(browser.submit(waiting, {{"code", code()}})));
    EXPECT_EQ(browser.get(link()).status, 410) << "the link is used up with its code";
}

TEST_P(TextLink, ACallCarriesTheCodeAlone)
{
    auto browser = world.browser();
    auto const waiting = ask(browser);
    browser.submit(waiting, {{"action", "call"}});
    EXPECT_EQ(world.mail_to(kPhone).front().channel, messages::Channel::voice);
    EXPECT_EQ(world.mail_to(kPhone).front().kind, "sign_in_code");
    EXPECT_FALSE(newest().contains("/s/"));
}

TEST_P(TextLink, AnAttackerWhoAskedIsNotSignedInByTheVictimsTap)
{
    auto attacker = world.browser("198.51.100.66");
    attacker.extra_headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    ask(attacker);
    auto victim = world.browser();
    auto const page = victim.get(link());
    EXPECT_EQ(page.status, 200);
    EXPECT_FALSE(page.has_field("token")) << "there is nothing to press";
    EXPECT_TRUE(shows_code(page, code())) << page.body;
    EXPECT_TRUE(page.contains("Firefox on Linux") && page.contains("198.51.100.66")) << "says who asked";
    EXPECT_EQ(victim.post("/signin/link", {{"token", token()}}).status, 403) << "nor by a request of one's own";
    EXPECT_EQ(world.count_events("session.started"), 0);
    EXPECT_FALSE(is_done(attacker.get("/app")));
}

TEST_P(TextLink, NobodyIsSignedInToAnAttackersAccountByTheAttackersLink)
{
    auto const mallory = world.make_person("mallory@example.com");
    give_phone(mallory, "+4915123456788");
    auto attacker = world.browser("198.51.100.66");
    ask(attacker, "mallory@example.com");
    auto const text = world.mail_to("+4915123456788").front().text;
    std::smatch match;
    ASSERT_TRUE(std::regex_search(text, match, std::regex("/s/([A-Za-z0-9_.-]+)")));
    auto victim = world.browser();
    victim.get("/app"); // has a cookie of ours
    victim.get(match[0].str());
    victim.post("/signin/link", {{"token", match[1].str()}});
    EXPECT_EQ(world.count_events("session.started"), 0);
}

TEST_P(TextLink, PreviewsThatOpenItUseNothingUp)
{
    auto browser = world.browser();
    ask(browser);
    auto scanner = world.browser("192.0.2.99");
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(scanner.send(http::Method::get, link()).status, 200);
        EXPECT_EQ(scanner.send(http::Method::head, link()).status, 200);
        scanner.post("/signin/link", {{"token", token()}}); // one that presses what it finds
    }
    EXPECT_TRUE(is_done(browser.submit(browser.get(link()), {})));
}

TEST_P(TextLink, OfManyParallelRedemptionsOneSignsIn)
{
    auto browser = world.browser();
    ask(browser);
    auto const page = browser.get(link());
    std::vector<Browser> tabs(10, browser);
    std::vector<std::thread> racers;
    for (auto& tab : tabs)
        racers.emplace_back([&] {
            for (int i = 0; i < 5; ++i)
                tab.submit(page, {});
        });
    for (auto& racer : racers)
        racer.join();
    EXPECT_EQ(world.count_events("session.started"), 1);
}

TEST_P(TextLink, ItExpiresWithItsCodeAndANewTextEndsIt)
{
    auto browser = world.browser();
    auto const waiting = ask(browser);
    auto const first = link();
    browser.submit(waiting, {{"action", "resend"}});
    EXPECT_NE(link(), first);
    EXPECT_EQ(browser.get(first).status, 410);
    auto const page = browser.get(link());
    world.clock.advance(std::chrono::minutes(10));
    EXPECT_FALSE(is_done(browser.submit(page, {})));
    EXPECT_EQ(browser.get("/s/nonsense").status, 410);
}

TEST_P(TextLink, ANumberThatLeftTheAccountOpensNothingAnyMore)
{
    auto browser = world.browser();
    ask(browser);
    auto const page = browser.get(link());
    must(world.write([&](storage::Tx& tx) -> Result<void> {
        TRY(auto const phone, world.users.primary_phone(tx, world.tenant_id(), ada));
        return world.users.remove_identifier(tx, *world.directory.find(world.tenant_id()), ada, phone->id, {},
                                             world.now());
    }));
    EXPECT_FALSE(is_done(browser.submit(page, {})));
    EXPECT_EQ(world.count_events("session.started"), 0);
}

TEST_P(TextLink, LinkAndCodeToOnePhoneAreNotTwoFactors)
{
    set_settings([](auto& settings) {
        settings.signin.first = {Method::sms_link, Method::sms_code, Method::password};
        settings.signin.second = {Method::sms_code, Method::sms_link};
        settings.signin.second_factor = identity::SecondFactor::required;
    });
    auto browser = world.browser();
    ask(browser);
    auto const page = browser.submit(browser.get(link()), {});
    EXPECT_FALSE(is_done(page));
    EXPECT_FALSE(page.contains("value=\"sms_code\"") || page.contains("value=\"sms_link\"")) << page.body;
    ASSERT_TRUE(page.has_field("password")) << page.body;
    EXPECT_TRUE(is_done(browser.submit(page, {{"password", password()}})));
}

TEST_P(TextLink, StandsBesideAPasswordAndDoesNotReplaceIt)
{
    set_settings([](auto& settings) {
        settings.signin.first = {Method::password};
        settings.signin.second = {Method::sms_link};
    });
    auto browser = world.browser();
    auto const send = sign_in(browser, "ada@example.com", password());
    ASSERT_FALSE(is_done(send)) << "who has a number has a second factor";
    EXPECT_TRUE(send.contains("+49 ... 789")) << send.body;
    browser.submit(send, {});
    EXPECT_TRUE(is_done(browser.submit(browser.get(link()), {})));
    auto thief = world.browser("198.51.100.66");
    auto const page = thief.submit(thief.get("/app"), {{"identifier", "ada@example.com"}, {"use", "sms_link"}});
    EXPECT_TRUE(page.has_field("password"));
}

TEST_P(TextLink, TellsNobodyWhoHasAnAccountOrANumber)
{
    world.make_person("edith@example.com"); // who has no number
    auto const shape = [&](std::string const& who) {
        auto browser = world.browser();
        auto const page = ask(browser, who);
        auto const wrong = browser.submit(page, {{"code", "000000"}});
        return fmt::format("{} {} {}", page.status, page.contains("If the account has a phone number"), wrong.status);
    };
    auto const known = shape("ada@example.com");
    EXPECT_EQ(known, "200 true 422");
    for (auto const* other : {"nobody@example.com", "edith@example.com", "+4915123456000"})
        EXPECT_EQ(shape(other), known) << other;
    EXPECT_EQ(world.mail_to("+").size(), 1u);
}

TEST_P(TextLink, NothingInTheTextComesFromTheHostHeader)
{
    auto browser = world.browser();
    browser.extra_headers["Host"] = "evil.example";
    browser.extra_headers["X-Forwarded-Host"] = "evil.example";
    ask(browser);
    EXPECT_FALSE(newest().contains("evil.example"));
    EXPECT_TRUE(newest().contains(world.tenant->issuer + "/s/"));
}

TEST_P(TextLink, AnAppOpensItItself)
{
    JsonFace app(world);
    auto const ask_in_app = [&] { return app.submit(app.start(), {{"identifier", "ada@example.com"}}); };
    EXPECT_EQ(ask_in_app().step(), "text_code");
    EXPECT_EQ(world.mail_to(kPhone).front().kind, "sign_in_code") << "an app without a link of its own";
    auto application = applications::defaults_for(applications::Kind::native);
    application.name = "Acme";
    application.redirect_uris = {"com.example.app:/callback"};
    application.sign_in_link_uri = "https://app.example.com/open";
    world.app_start.application = world.make_application(application).id;
    auto const waiting = ask_in_app();
    std::smatch match;
    auto const text = newest();
    ASSERT_TRUE(std::regex_search(text, match, std::regex("https://app.example.com/open\\?token=([A-Za-z0-9_.-]+)")))
        << text;
    auto const token = match[1].str();
    EXPECT_EQ(app.submit(ask_in_app(), {{"link", token}}).status, 410) << "the page of another journey";
    EXPECT_TRUE(app.submit(waiting, {{"link", token}}).is_finished());
    EXPECT_EQ(app.submit(waiting, {{"link", token}}).status, 410);
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, TextLink, storage::every_backend());

} // namespace
} // namespace gatehouse::signin
