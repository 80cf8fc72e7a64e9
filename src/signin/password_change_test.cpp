// Passwords that must, or should, be replaced: by an administrator's word, after a breach, by age; and which ones are
// taken instead.
#include "signin/test_support/sign_in_pages.hpp"

#include "base/json.hpp"

#include <fstream>
#include <sstream>

namespace gatehouse::signin {
namespace {

using namespace std::chrono_literals;
using credentials::ChangeReason;
using session::must;
using Page = SignInPages::Page;

constexpr std::string_view kNew = "an entirely new passphrase";

class PasswordChanges : public SignInPages {
protected:
    UserId ada = world.make_person("ada@example.com");

    void ask_for_change(ChangeReason reason)
    {
        ASSERT_TRUE(must(world.write(
            [&](storage::Tx& tx) { return world.passwords.ask_for_change(tx, world.tenant_id(), ada, reason); })));
    }
    // From now on these are known from a breach.
    void leak(std::vector<std::string> const& passwords)
    {
        std::vector<std::string> lines;
        for (auto const& leaked : passwords)
            lines.push_back(hex_encode(credentials::sha1_of(Secret(std::string_view(leaked)))) + "\n");
        std::ranges::sort(lines);
        std::stringstream corpus;
        for (auto const& line : lines)
            corpus << line;
        std::string name = "/tmp/gatehouse-leak-XXXXXX";
        close(mkstemp(name.data()));
        must(credentials::build_breached_file(corpus, name, {}));
        must(world.breached_passwords.use_file(name));
        std::filesystem::remove(name); // stays mapped
    }
    Page sign_in_as_ada(Browser& browser, std::string const& with) { return sign_in(browser, "ada@example.com", with); }
    static bool asks_for_new_one(Page const& page) { return page.contains("autocomplete=\"new-password\""); }
};

TEST_P(PasswordChanges, AnAdministratorsWordLeadsToANewOneAtTheNextSignIn)
{
    ask_for_change(ChangeReason::administrator);
    auto browser = world.browser();
    auto const page = sign_in_as_ada(browser, password());
    ASSERT_TRUE(asks_for_new_one(page)) << page.body;
    EXPECT_TRUE(page.contains("You were asked to choose a new password."));
    EXPECT_EQ(page.field("username"), "ada@example.com");
    EXPECT_FALSE(page.contains("Not now"));
    auto const done = browser.submit(page, {{"password", std::string(kNew)}});
    ASSERT_TRUE(is_done(done)) << done.status << done.body;
    EXPECT_EQ(world.mail_to("ada@example.com").front().kind, "password_changed");
    auto again = world.browser();
    EXPECT_EQ(sign_in_as_ada(again, password()).status, 422);
    EXPECT_TRUE(is_done(sign_in_as_ada(again, std::string(kNew)))) << "once is enough";
}

TEST_P(PasswordChanges, ARequiredOneIsNeitherSkippedNorTheSameAgain)
{
    ask_for_change(ChangeReason::administrator);
    auto browser = world.browser();
    auto const page = sign_in_as_ada(browser, password());
    for (auto const& input : std::vector<Browser::Input>{
             {{"action", "skip"}}, {{"password", password()}}, {{"password", "short"}}, {{"use", "email_code"}}}) {
        auto const answer = browser.submit(page, input);
        EXPECT_TRUE(asks_for_new_one(answer)) << answer.body;
    }
    EXPECT_TRUE(browser.get("/app").has_field("identifier")) << "no session was made on the way";
    EXPECT_EQ(world.count_events("session.started"), 0);
}

TEST_P(PasswordChanges, OtherSessionsEndWithTheOldOne)
{
    auto elsewhere = world.browser();
    ASSERT_TRUE(is_done(sign_in_as_ada(elsewhere, password())));
    ask_for_change(ChangeReason::administrator);
    auto browser = world.browser();
    ASSERT_TRUE(is_done(browser.submit(sign_in_as_ada(browser, password()), {{"password", std::string(kNew)}})));
    EXPECT_TRUE(elsewhere.get("/app").has_field("password"));
}

TEST_P(PasswordChanges, WhoSignsInWithABreachedOneIsToldOnceAndMayKeepIt)
{
    leak({password()});
    auto browser = world.browser();
    auto const page = sign_in_as_ada(browser, password());
    ASSERT_TRUE(asks_for_new_one(page)) << page.body;
    EXPECT_TRUE(page.contains("data breach of another service"));
    auto const told = world.mail_to("ada@example.com");
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told.front().kind, "password_breached");
    EXPECT_EQ(told.front().text.find(password()), std::string::npos);
    EXPECT_EQ(world.count_events("password.breached"), 1);
    ASSERT_TRUE(is_done(browser.submit(page, {{"action", "skip"}})));

    auto again = world.browser();
    EXPECT_TRUE(asks_for_new_one(sign_in_as_ada(again, password()))) << "the next sign-in asks again";
    EXPECT_EQ(world.mail_to("ada@example.com").size(), 1u) << "without another mail";
}

TEST_P(PasswordChanges, ATenantMayRequireTheChangeOrLeaveItAtTheMail)
{
    leak({password()});
    set_settings([](auto& settings) { settings.password.breached = identity::BreachedPassword::notify; });
    auto browser = world.browser();
    EXPECT_TRUE(is_done(sign_in_as_ada(browser, password())));
    EXPECT_EQ(world.mail_to("ada@example.com").front().kind, "password_breached");
    set_settings([](auto& settings) { settings.password.breached = identity::BreachedPassword::require; });
    auto again = world.browser();
    auto const page = sign_in_as_ada(again, password());
    ASSERT_TRUE(asks_for_new_one(page));
    EXPECT_TRUE(asks_for_new_one(again.submit(page, {{"action", "skip"}})));
}

// The finding says that the password was right: it must not show before it was.
TEST_P(PasswordChanges, AWrongPasswordThatIsBreachedTellsNothing)
{
    leak({"wrong password of somebody"});
    auto browser = world.browser();
    EXPECT_EQ(sign_in_as_ada(browser, "wrong password of somebody").status, 422);
    EXPECT_EQ(sign_in(browser, "nobody@example.com", "wrong password of somebody").status, 422);
    EXPECT_EQ(world.mails(), 0u);
    EXPECT_EQ(world.count_events("password.breached"), 0);
}

TEST_P(PasswordChanges, ABreachedOneIsNotTakenAnywhere)
{
    std::string const leaked = "a leaked password of the world";
    leak({leaked});
    auto browser = world.browser();
    auto const registering = begin_registration(browser, "grace@example.com", leaked);
    EXPECT_EQ(registering.status, 422);
    EXPECT_TRUE(registering.contains("known from a data breach"));
    EXPECT_EQ(registering.field("email"), "grace@example.com");
    EXPECT_EQ(world.mails(), 0u);
    auto recovering = world.browser();
    auto const page = begin_recovery(recovering, "ada@example.com");
    auto const form = recovering.submit(page, {{"code", world.code_for("ada@example.com")}});
    auto const refused = recovering.submit(form, {{"password", leaked}});
    EXPECT_EQ(refused.status, 422);
    EXPECT_TRUE(refused.contains("known from a data breach"));
    EXPECT_TRUE(is_done(recovering.submit(refused, {{"password", std::string(kNew)}})));
}

// Every refusal gives back what it took: nobody is kept from registering by trying passwords.
TEST_P(PasswordChanges, ARefusedOneUsesUpNoMails)
{
    leak({"a leaked password of the world"});
    auto browser = world.browser();
    for (int i = 0; i < 30; ++i)
        EXPECT_EQ(begin_registration(browser, "grace@example.com", "a leaked password of the world").status, 422);
    EXPECT_TRUE(begin_registration(browser, "grace@example.com", std::string(kNew)).has_field("code"));
}

TEST_P(PasswordChanges, EarlierOnesAreNotTakenAgainWhereTheTenantSaysSo)
{
    set_settings([](auto& settings) { settings.password.history = 2; });
    std::vector<std::string> const passwords{password(), "the second of my passphrases", "the third one of them all",
                                             "number four is the last of it"};
    auto const change_to = [&](std::size_t from, std::size_t to) {
        auto browser = world.browser();
        ask_for_change(ChangeReason::administrator);
        auto const page = sign_in_as_ada(browser, passwords.at(from));
        EXPECT_TRUE(asks_for_new_one(page)) << page.body;
        return browser.submit(page, {{"password", passwords.at(to)}});
    };
    ASSERT_TRUE(is_done(change_to(0, 1)));
    ASSERT_TRUE(is_done(change_to(1, 2)));
    auto const refused = change_to(2, 0);
    EXPECT_EQ(refused.status, 422);
    EXPECT_TRUE(refused.contains("used this password before")) << refused.body;
    ASSERT_TRUE(is_done(change_to(2, 3)));
    EXPECT_TRUE(is_done(change_to(3, 0))) << "of two that are kept, the oldest is forgotten";
    // Recovery is no way around it.
    auto browser = world.browser();
    auto const page = begin_recovery(browser, "ada@example.com");
    auto const form = browser.submit(page, {{"code", world.code_for("ada@example.com")}});
    EXPECT_EQ(browser.submit(form, {{"password", passwords.at(3)}}).status, 422);
    EXPECT_EQ(browser.submit(form, {{"password", passwords.at(0)}}).status, 422) << "the one in use";
}

TEST_P(PasswordChanges, AnAgedOneMustBeReplacedWhereTheTenantSaysSo)
{
    set_settings([](auto& settings) { settings.password.maximum_age_days = 90; });
    world.clock.advance(89 * 24h);
    auto browser = world.browser();
    EXPECT_TRUE(is_done(sign_in_as_ada(browser, password())));
    world.clock.advance(48h);
    auto again = world.browser();
    auto const page = sign_in_as_ada(again, password());
    ASSERT_TRUE(asks_for_new_one(page)) << page.body;
    EXPECT_TRUE(page.contains("reached the age"));
    EXPECT_TRUE(is_done(again.submit(page, {{"password", std::string(kNew)}})));
}

TEST_P(PasswordChanges, AnOldOneDoesNotAgeWhereNobodySaysSo)
{
    world.clock.advance(24h * 3650);
    auto browser = world.browser();
    EXPECT_TRUE(is_done(sign_in_as_ada(browser, password())));
}

TEST_P(PasswordChanges, TheMeterRatesWhatIsTypedAndSaysWhatToDo)
{
    auto browser = world.browser();
    auto const rate = [&](std::string const& body) {
        browser.extra_headers["Content-Type"] = "application/x-www-form-urlencoded";
        auto const response = browser.send(http::Method::post, "/password/strength", body);
        EXPECT_EQ(response.status, 200);
        EXPECT_EQ(response.headers.find("Cache-Control"), "no-store");
        return must(parse_json_object_strict(response.content()));
    };
    auto const strong = rate("password=correct+horse+battery+staple&name=Ada");
    EXPECT_EQ(strong.at("score"), 4);
    EXPECT_EQ(strong.at("label"), "Strong");
    EXPECT_EQ(strong.at("advice"), "");
    auto const own = rate("password=lovelace+1815&name=Ada+Lovelace&email=ada%40lovelace.example&ui_locales=de");
    EXPECT_LE(own.at("score").as_int64(), 2);
    EXPECT_NE(own.at("advice"), "");
    EXPECT_NE(own.at("label"), "Strong");
    leak({"a leaked password of the world"});
    EXPECT_LE(rate("password=a+leaked+password+of+the+world").at("score").as_int64(), 1);
    EXPECT_EQ(rate("password=").at("score"), 0);
    browser.extra_headers["Sec-Fetch-Site"] = "cross-site";
    EXPECT_EQ(browser.send(http::Method::post, "/password/strength", "password=x").status, 403);
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, PasswordChanges, storage::every_backend());

} // namespace
} // namespace gatehouse::signin
