// Codes by text message and call on the hosted pages, and the attacks on them.
#include "phone/phone_number.hpp"
#include "signin/test_support/json_face.hpp"
#include "signin/test_support/sign_in_pages.hpp"

#include <gmock/gmock.h>

namespace gatehouse::signin {
namespace {

using credentials::Method;
using identity::SecondFactor;
using session::must;

std::string const kPhone = "+4915123456789";

class TextCode : public SignInPages {
protected:
    UserId ada = world.make_person("ada@example.com");

    void begin_with_texts()
    {
        set_settings([](auto& settings) {
            settings.signin.first = {Method::sms_code, Method::password};
            settings.identifiers.country = "DE";
        });
    }
    void ask_for_second()
    {
        set_settings([](auto& settings) {
            settings.signin.second = {Method::sms_code, Method::totp};
            settings.signin.enrol = {Method::sms_code, Method::totp, Method::password};
            settings.signin.second_factor = SecondFactor::required;
        });
    }
    Page ask(Browser& browser, std::string const& identifier, std::string const& action = "")
    {
        return browser.submit(browser.get("/app"), {{"identifier", identifier}, {"action", action}});
    }
    std::vector<messages::CapturedMail> texts() { return world.mail_to(kPhone); }
};

TEST_P(TextCode, SignsInByAnyIdentifierOfTheAccount)
{
    give_phone(ada, kPhone);
    begin_with_texts();
    for (auto const* identifier : {"ada@example.com", "+49 1512 3456789", "01512 3456789"}) {
        auto browser = world.browser();
        auto const page = ask(browser, identifier);
        ASSERT_TRUE(page.has_field("code")) << page.body;
        EXPECT_FALSE(page.contains("3456789")) << "which number it went to is the owner's to know";
        ASSERT_FALSE(texts().empty());
        EXPECT_EQ(texts().front().channel, messages::Channel::sms);
        EXPECT_THAT(texts().front().text, testing::HasSubstr("\n\n@"));
        EXPECT_TRUE(page.contains("autocomplete=\"one-time-code\""));
        EXPECT_TRUE(is_done(browser.submit(page, {{"code", world.code_for(kPhone)}}))) << identifier;
    }
}

TEST_P(TextCode, IsSaidInACallInstead)
{
    give_phone(ada, kPhone);
    begin_with_texts();
    auto browser = world.browser();
    auto page = ask(browser, "ada@example.com");
    auto const texted = world.code_for(kPhone);
    page = browser.submit(page, {{"action", "call"}});
    ASSERT_EQ(texts().size(), 2u);
    EXPECT_EQ(texts().front().channel, messages::Channel::voice);
    std::string said = texts().front().text;
    std::erase_if(said, [](char c) { return c < '0' || c > '9'; });
    ASSERT_EQ(said.size(), 12u);
    EXPECT_FALSE(is_done(browser.submit(page, {{"code", texted}}))) << "the earlier one no longer works";
    EXPECT_TRUE(is_done(browser.submit(page, {{"code", said.substr(0, 6)}})));
}

TEST_P(TextCode, StandsBesideAPassword)
{
    give_phone(ada, kPhone);
    ask_for_second();
    auto browser = world.browser();
    auto page = sign_in(browser, "ada@example.com", password());
    EXPECT_TRUE(page.contains("+49 ... 789")) << page.body;
    page = browser.submit(page, {});
    ASSERT_TRUE(page.has_field("code"));
    EXPECT_FALSE(is_done(browser.submit(page, {{"code", "000000"}})));
    EXPECT_TRUE(is_done(browser.submit(page, {{"code", world.code_for(kPhone)}})));
}

TEST_P(TextCode, AStrangerIsNotToldWhetherThereIsAnAccountOrANumber)
{
    auto const grace = world.make_person("grace@example.com");
    give_phone(ada, kPhone);
    begin_with_texts();
    set_settings([](auto& settings) { settings.texts.denied_countries = {"FR"}; });
    give_phone(grace, "+33612345678");      // whose country gets no texts
    world.make_person("edith@example.com"); // who has no number
    auto const shape = [&](std::string const& identifier) {
        auto browser = world.browser();
        auto page = ask(browser, identifier);
        auto answer = std::to_string(page.status);
        for (auto const* text : {"name=\"code\"", "If the account has a phone number", "No codes are sent"})
            answer += page.contains(text) ? " 1" : " 0";
        page = browser.submit(page, {{"code", "000000"}});
        return answer + " " + std::to_string(page.status);
    };
    auto const known = shape("ada@example.com");
    EXPECT_EQ(known, "200 1 1 0 422");
    for (auto const* other :
         {"nobody@example.com", "grace@example.com", "edith@example.com", "+4915123456000", "+33612345678"})
        EXPECT_EQ(shape(other), known) << other;
    EXPECT_EQ(world.mail_to("+").size(), 1u) << "one text, to the one who has a number";
}

TEST_P(TextCode, WhoPumpsTextsThroughAnAccountFindsTheBudgetSpentAndNobodyIsTold)
{
    give_phone(ada, kPhone);
    begin_with_texts();
    set_settings([](auto& settings) { settings.texts.per_number_hourly = 2; });
    for (int i = 0; i < 4; ++i) {
        auto browser = world.browser("198.51.100." + std::to_string(i + 1));
        EXPECT_TRUE(ask(browser, "ada@example.com").has_field("code"));
    }
    EXPECT_EQ(texts().size(), 2u);
    EXPECT_EQ(world.count_events("message.budget_spent"), 1);
}

TEST_P(TextCode, AnotherPathOrSpellingHasNoGuessesOfItsOwn)
{
    give_phone(ada, kPhone);
    begin_with_texts();
    int guesses = 0;
    for (int i = 0; i < 8; ++i) {
        auto browser = world.browser("198.51.100." + std::to_string(i + 1));
        auto page = ask(browser, kPhone);
        for (int j = 0; j < 5 && page.has_field("code") && page.status != 429; ++j, ++guesses)
            page = browser.submit(page, {{"code", "000000"}});
    }
    EXPECT_LE(guesses, 30);
    EXPECT_EQ(world.count_events("code.failed"), std::min(guesses, 20));
}

// Six digits do not bear guessing for years: by whichever path and name, a hundred wrong ones in a row are the end, and
// for a name that nobody has as well.
TEST_P(TextCode, CodesCannotBeGuessedForDaysByChangingBetweenMailTextAndRecovery)
{
    give_phone(ada, kPhone);
    set_settings([](auto& settings) {
        settings.signin.first = {Method::email_code, Method::sms_code, Method::password};
        settings.texts.per_number_hourly = 100;
        settings.texts.per_number_daily = 100;
    });
    auto own = world.browser();
    ASSERT_TRUE(is_done(own.submit(ask(own, "ada@example.com"), {{"code", world.code_for("ada@example.com")}})));
    auto const guessed = [&](std::string const& email, std::string const& phone) {
        int compared = 0;
        for (int hour = 0; hour < 30; ++hour) {
            auto browser = world.browser(fmt::format("198.51.{}.{}", hour, compared));
            Page page;
            if (hour % 3 == 0) {
                page = ask(browser, email);
            } else if (hour % 3 == 1) {
                page = browser.submit(browser.get("/app"), {{"use", "sms_code"}});
                page = browser.submit(page, {{"identifier", phone}});
            } else {
                page = begin_recovery(browser, email);
            }
            for (int guess = 0; guess < 5 && page.has_field("code"); ++guess) {
                auto const failed = world.count_events("code.failed");
                browser.submit(page, {{"code", "123456"}});
                compared += static_cast<int>(world.count_events("code.failed") - failed);
            }
            world.clock.advance(std::chrono::hours(2));
        }
        return compared;
    };
    EXPECT_EQ(guessed("ada@example.com", kPhone), 100);
    // The numbers of a name that nobody has are not linked to one another, and each has its own end.
    EXPECT_EQ(guessed("nobody@example.com", "nobody@example.com"), 100);
    own.cookies.erase(session::cookie_name(world.context(), "session"));
    EXPECT_TRUE(is_done(own.submit(ask(own, "ada@example.com"), {{"code", world.code_for("ada@example.com")}})))
        << "the owner signs in on a device of theirs";
}

TEST_P(TextCode, ANumberThatLeftTheAccountProvesNothingAnyMore)
{
    give_phone(ada, kPhone);
    begin_with_texts();
    auto browser = world.browser();
    auto const page = ask(browser, "ada@example.com");
    auto const code = world.code_for(kPhone);
    must(world.write([&](storage::Tx& tx) -> Result<void> {
        TRY(auto const phone, world.users.primary_phone(tx, world.tenant_id(), ada));
        return world.users.remove_identifier(tx, *world.directory.find(world.tenant_id()), ada, phone->id, {},
                                             world.now());
    }));
    EXPECT_FALSE(is_done(browser.submit(page, {{"code", code}})));
}

TEST_P(TextCode, ACodeThatWentByMailIsNoCodeByText)
{
    give_phone(ada, kPhone);
    set_settings([](auto& settings) { settings.signin.first = {Method::email_code, Method::sms_code}; });
    auto browser = world.browser();
    auto page = ask(browser, "ada@example.com");
    auto const mailed = world.code_for("ada@example.com");
    page = browser.submit(page, {{"use", "sms_code"}});
    page = browser.submit(page, {{"identifier", "ada@example.com"}});
    EXPECT_FALSE(is_done(browser.submit(page, {{"code", mailed}})));
    EXPECT_TRUE(is_done(browser.submit(page, {{"code", world.code_for(kPhone)}})));
}

TEST_P(TextCode, APhoneNumberNamesAnAccountOnlyWhereTheTenantTakesIt)
{
    give_phone(ada, kPhone);
    auto browser = world.browser();
    EXPECT_FALSE(is_done(sign_in(browser, kPhone, password())));
    set_settings([](auto& settings) { settings.identifiers.phone = true; });
    EXPECT_TRUE(is_done(sign_in(browser, "+49 (0)1512 / 3456789", password())));
}

TEST_P(TextCode, WithoutAProviderNobodyIsOfferedIt)
{
    give_phone(ada, kPhone);
    ask_for_second();
    world.outbox->set_carries(messages::Channel::sms, false);
    auto browser = world.browser();
    EXPECT_FALSE(sign_in(browser, "ada@example.com", password()).contains("+49 ... 789"));
}

TEST_P(TextCode, RaisesALiveSessionWhereMoreIsAskedFor)
{
    give_phone(ada, kPhone);
    set_settings([](auto& settings) {
        settings.signin.second = {Method::sms_code};
        settings.signin.second_factor = SecondFactor::never;
    });
    auto browser = world.browser();
    ASSERT_TRUE(is_done(sign_in(browser, "ada@example.com", password())));
    world.app_start.requirements.level = credentials::Level::multi;
    auto page = browser.get("/app");
    EXPECT_FALSE(page.has_field("password")) << "the session counts for the first factor";
    ASSERT_TRUE(page.contains("+49 ... 789")) << page.body;
    page = browser.submit(page, {});
    EXPECT_FALSE(is_done(browser.submit(page, {{"code", "000000"}})));
    EXPECT_TRUE(is_done(browser.submit(page, {{"code", world.code_for(kPhone)}})));
    EXPECT_TRUE(is_done(browser.get("/app"))) << "and the session is raised";
}

TEST_P(TextCode, AnAppAsksForItToo)
{
    give_phone(ada, kPhone);
    begin_with_texts();
    JsonFace app(world);
    auto const begun = app.start();
    EXPECT_EQ(begun.step(), "text_send");
    auto const waiting = app.submit(begun, {{"identifier", "ada@example.com"}});
    ASSERT_EQ(waiting.step(), "text_code");
    EXPECT_EQ(boost::json::serialize(waiting.body).find("3456789"), std::string::npos);
    EXPECT_EQ(app.submit(waiting, {{"code", "000000"}}).text("code"), "code_wrong");
    auto const called = app.submit(waiting, {{"action", "call"}});
    EXPECT_EQ(called.step(), "text_code");
    EXPECT_EQ(texts().front().channel, messages::Channel::voice);
    auto const texted = app.submit(called, {{"action", "resend"}});
    EXPECT_TRUE(app.submit(texted, {{"code", world.code_for(kPhone)}}).is_finished());
    EXPECT_EQ(app.submit(texted, {{"code", world.code_for(kPhone)}}).status, 410);
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, TextCode, storage::every_backend());

} // namespace
} // namespace gatehouse::signin
