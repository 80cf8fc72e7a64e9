// Links of sign-in mails, and what attackers and machines do with them.
#include "journey/last_uses.hpp"
#include "signin/test_support/sign_in_pages.hpp"

#include <regex>
#include <thread>

namespace gatehouse::signin {
namespace {

using credentials::Method;
using journey::Browser;

class MagicLink : public SignInPages {
protected:
    UserId ada = world.make_person("ada@example.com");

    MagicLink()
    {
        set_settings([](auto& settings) { settings.signin.first = {Method::password, Method::magic_link}; });
    }
    // Asks for a mail to the address; the page that waits for it.
    Page ask(Browser& browser, std::string const& who = "ada@example.com")
    {
        auto const page = browser.submit(browser.get("/app"), {{"identifier", who}, {"use", "magic_link"}});
        return browser.submit(page, {{"identifier", who}});
    }
    // Where the newest mail leads, below the issuer.
    std::string link()
    {
        static std::regex const kLink("https?://[^/]+(/signin/link\\?token=[A-Za-z0-9_.-]+)");
        auto const mail = world.mail_to("ada@example.com").front();
        std::smatch match;
        return std::regex_search(mail.text, match, kLink) ? match[1].str() : std::string();
    }
    static bool shows_code(Page const& page, std::string const& code)
    {
        return page.contains(code.substr(0, 3) + " " + code.substr(3));
    }
};

TEST_P(MagicLink, SignsInWhoOpensItInTheBrowserThatAsked)
{
    auto browser = world.browser();
    auto const waiting = ask(browser);
    ASSERT_TRUE(waiting.has_field("code")) << waiting.body;
    EXPECT_EQ(world.mail_to("ada@example.com").front().kind, "sign_in_link");
    auto const page = browser.get(link());
    EXPECT_EQ(page.status, 200);
    ASSERT_TRUE(page.has_field("token")) << page.body;
    EXPECT_FALSE(shows_code(page, world.code_for("ada@example.com")));
    EXPECT_TRUE(is_done(browser.submit(page, {})));
    EXPECT_TRUE(is_done(browser.get("/app"))) << "the session carries over";
    EXPECT_EQ(browser.get(link()).status, 410) << "a link works once";
}

TEST_P(MagicLink, ItsUseIsTheLastUseOfTheMailbox)
{
    auto browser = world.browser("81.10.1.2");
    ask(browser);
    ASSERT_TRUE(is_done(browser.submit(browser.get(link()), {})));
    auto const uses =
        session::must(world.read([&](storage::Tx& tx) { return journey::last_uses(tx, world.tenant_id(), ada); }));
    EXPECT_EQ(uses.of(journey::kByMail), world.now());
    EXPECT_EQ(uses.of(Method::magic_link), world.now());
    EXPECT_EQ(uses.of(Method::password), std::nullopt);
}

TEST_P(MagicLink, TheCodeOfTheSameMailWorksInItsPlace)
{
    auto browser = world.browser();
    auto const waiting = ask(browser);
    ASSERT_TRUE(is_done(browser.submit(waiting, {{"code", world.code_for("ada@example.com")}})));
    EXPECT_EQ(browser.get(link()).status, 410) << "the link is used up with its code";
}

TEST_P(MagicLink, AnAttackerWhoAskedIsNotSignedInByTheVictimsClick)
{
    auto attacker = world.browser("81.10.100.66");
    attacker.extra_headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    auto const waiting = ask(attacker);
    auto victim = world.browser();
    auto const page = victim.get(link());
    EXPECT_EQ(page.status, 200);
    EXPECT_FALSE(page.has_field("token")) << "there is nothing to press";
    EXPECT_TRUE(shows_code(page, world.code_for("ada@example.com"))) << page.body;
    EXPECT_TRUE(page.contains("Firefox on Linux") && page.contains("Vienna, Austria") && page.contains("81.10.100.66"))
        << "says who asked";
    auto const token = link().substr(link().find('=') + 1);
    EXPECT_EQ(victim.post("/signin/link", {{"token", token}}).status, 403) << "nor by a request of one's own";
    EXPECT_EQ(world.count_events("session.started"), 0);
    EXPECT_FALSE(is_done(attacker.get("/app")));
    EXPECT_FALSE(is_done(victim.get("/app")));
    // The person may still decide to type the code where it was asked for: what a code by mail can do, and no more.
    EXPECT_TRUE(is_done(attacker.submit(waiting, {{"code", world.code_for("ada@example.com")}})));
}

TEST_P(MagicLink, NobodyIsSignedInToAnAttackersAccountByTheAttackersLink)
{
    world.make_person("mallory@example.com");
    auto mallory = world.browser("198.51.100.66");
    ask(mallory, "mallory@example.com");
    std::smatch match;
    auto const text = world.mail_to("mallory@example.com").front().text;
    ASSERT_TRUE(std::regex_search(text, match, std::regex("(/signin/link\\?token=([A-Za-z0-9_.-]+))")));
    auto victim = world.browser();
    victim.get("/app"); // has a cookie of ours
    victim.get(match[1].str());
    victim.post("/signin/link", {{"token", match[2].str()}});
    EXPECT_EQ(world.count_events("session.started"), 0);
}

TEST_P(MagicLink, ScannersThatOpenItUseNothingUp)
{
    auto browser = world.browser();
    ask(browser);
    auto scanner = world.browser("192.0.2.99");
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(scanner.send(http::Method::get, link()).status, 200);
        EXPECT_EQ(scanner.send(http::Method::head, link()).status, 200);
        // One that runs script and presses what it finds.
        scanner.post("/signin/link", {{"token", link().substr(link().find('=') + 1)}});
    }
    EXPECT_TRUE(is_done(browser.submit(browser.get(link()), {})));
}

TEST_P(MagicLink, OfAHundredParallelRedemptionsOneSignsIn)
{
    auto browser = world.browser();
    ask(browser);
    auto const page = browser.get(link());
    std::vector<Browser> tabs(10, browser);
    std::atomic<int> done = 0;
    std::vector<std::thread> racers;
    for (auto& tab : tabs)
        racers.emplace_back([&] {
            for (int i = 0; i < 10; ++i)
                done += is_done(tab.submit(page, {}));
        });
    for (auto& racer : racers)
        racer.join();
    EXPECT_EQ(world.count_events("session.started"), 1);
    EXPECT_GE(done, 1);
}

TEST_P(MagicLink, ItExpiresWithItsCode)
{
    auto browser = world.browser();
    ask(browser);
    auto const address = link();
    auto const page = browser.get(address);
    world.clock.advance(std::chrono::minutes(10) + std::chrono::seconds(1));
    EXPECT_FALSE(is_done(browser.submit(page, {})));
    auto const dead = browser.get(address);
    EXPECT_EQ(dead.status, 410);
    EXPECT_TRUE(dead.contains("expired")) << dead.body;
    EXPECT_EQ(browser.get("/signin/link?token=nonsense").status, 410);
    EXPECT_EQ(browser.get("/signin/link").status, 410);
}

TEST_P(MagicLink, ANewMailEndsTheEarlierOne)
{
    auto browser = world.browser();
    auto const waiting = ask(browser);
    auto const first = link();
    browser.submit(waiting, {{"action", "resend"}});
    EXPECT_NE(link(), first);
    EXPECT_EQ(browser.get(first).status, 410);
    EXPECT_TRUE(is_done(browser.submit(browser.get(link()), {})));
}

TEST_P(MagicLink, LinkAndCodeToOneMailboxAreNotTwoFactors)
{
    set_settings([](auto& settings) {
        settings.signin.first = {Method::password, Method::magic_link, Method::email_code};
        settings.signin.second = {Method::email_code, Method::magic_link};
        settings.signin.second_factor = identity::SecondFactor::required;
    });
    auto browser = world.browser();
    ask(browser);
    auto const page = browser.submit(browser.get(link()), {});
    EXPECT_FALSE(is_done(page));
    EXPECT_FALSE(page.contains("value=\"email_code\"") || page.contains("value=\"magic_link\"")) << page.body;
    ASSERT_TRUE(page.has_field("password")) << page.body;
    EXPECT_TRUE(is_done(browser.submit(page, {{"password", password()}})));
}

TEST_P(MagicLink, StandsBesideAPasswordWhereThePolicySaysSo)
{
    set_settings([](auto& settings) {
        settings.signin.first = {Method::password};
        settings.signin.second = {Method::magic_link};
        settings.signin.second_factor = identity::SecondFactor::required;
    });
    auto browser = world.browser();
    auto const send = sign_in(browser, "ada@example.com", password());
    ASSERT_FALSE(is_done(send));
    browser.submit(send, {});
    EXPECT_TRUE(is_done(browser.submit(browser.get(link()), {})));
    // The link of a sign-in that was begun with no password would skip it.
    auto thief = world.browser("198.51.100.66");
    auto const page = thief.submit(thief.get("/app"), {{"identifier", "ada@example.com"}, {"use", "magic_link"}});
    EXPECT_TRUE(page.has_field("password"));
}

TEST_P(MagicLink, TellsNobodyWhoHasAnAccount)
{
    auto browser = world.browser();
    auto const known = ask(browser);
    auto other = world.browser("203.0.113.8");
    auto const unknown = ask(other, "nobody@example.com");
    EXPECT_EQ(known.status, unknown.status);
    EXPECT_TRUE(unknown.has_field("code"));
    EXPECT_TRUE(world.mail_to("nobody@example.com").empty());
}

TEST_P(MagicLink, MailsAreLimitedPerAccountHoweverTheyAreAskedFor)
{
    int sent = 0;
    for (int i = 0; i < 12; ++i) {
        auto browser = world.browser(fmt::format("198.51.100.{}", i));
        sent +=
            i % 2 == 0 ? ask(browser).has_field("code") : begin_recovery(browser, "ada@example.com").has_field("code");
    }
    EXPECT_EQ(sent, 6);
}

TEST_P(MagicLink, ADisabledPersonsLinkIsDead)
{
    auto browser = world.browser();
    ask(browser);
    auto const page = browser.get(link());
    session::must(world.write([&](storage::Tx& tx) {
        return world.users.set_enabled(tx, world.tenant_id(), ada, false, "test", {}, world.now());
    }));
    EXPECT_FALSE(is_done(browser.submit(page, {})));
    EXPECT_EQ(world.count_events("session.started"), 0);
}

TEST_P(MagicLink, AFormOfAnotherSiteIsRefused)
{
    auto browser = world.browser();
    ask(browser);
    browser.extra_headers["Sec-Fetch-Site"] = "cross-site";
    browser.sends_fetch_metadata = false;
    EXPECT_EQ(browser.post("/signin/link", {{"token", link().substr(link().find('=') + 1)}}).status, 403);
}

TEST_P(MagicLink, NothingInTheMailComesFromTheHostHeader)
{
    auto browser = world.browser();
    browser.extra_headers["Host"] = "evil.example";
    browser.extra_headers["X-Forwarded-Host"] = "evil.example";
    ask(browser);
    EXPECT_FALSE(world.mail_to("ada@example.com").front().text.contains("evil.example"));
    EXPECT_TRUE(world.mail_to("ada@example.com").front().text.contains(world.tenant->issuer + "/signin/link"));
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, MagicLink, storage::every_backend());

} // namespace
} // namespace gatehouse::signin
