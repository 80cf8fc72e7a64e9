// A second factor that is set up on the way, because two are demanded: which ones people may choose, and what must not
// pass for one.
#include "credentials/passkeys.hpp"
#include "credentials/test_support/software_authenticator.hpp"
#include "signin/test_support/json_face.hpp"
#include "signin/test_support/sign_in_pages.hpp"

#include <boost/json.hpp>

namespace gatehouse::signin {
namespace {

using credentials::Ceremony;
using credentials::Method;
using credentials::SoftwareAuthenticator;
using identity::SecondFactor;
using session::must;

std::string const kPhone = "+4915123456789";

class SetUp : public SignInPages {
protected:
    UserId ada = world.make_person("ada@example.com");
    SoftwareAuthenticator key;

    void demand(std::vector<Method> second, std::vector<Method> enrol)
    {
        set_settings([&](auto& settings) {
            settings.signin.second = second;
            settings.signin.enrol = enrol;
            settings.signin.enrol.push_back(Method::recovery_code);
            settings.signin.second_factor = SecondFactor::required;
            settings.identifiers.country = "DE";
        });
    }
    Page give_password(Browser& browser) { return sign_in(browser, "ada@example.com", password()); }
    Page want(Browser& browser, std::string const& method)
    {
        return browser.submit(give_password(browser), {{"use", method}});
    }
    static bool offers(Page const& page, std::string const& method)
    {
        return page.contains("value=\"" + method + "\"");
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
    std::string made_for(boost::json::object const& options, bool verified = true)
    {
        auto const party = *credentials::relying_party(*world.context().tenant);
        auto const challenge = options.at("challenge").as_string();
        return boost::json::serialize(key.create({.rp_id = party.id,
                                                  .origin = party.origins.front(),
                                                  .challenge = must(base64url_decode(std::string_view(challenge))),
                                                  .user_verified = verified}));
    }
    Page past_codes(Browser& browser, Page const& page)
    {
        EXPECT_TRUE(page.contains("recovery codes")) << page.body;
        return browser.submit(page, {});
    }
    std::vector<identity::Identifier> identifiers()
    {
        return must(world.read([&](storage::Tx& tx) { return world.users.identifiers(tx, world.tenant_id(), ada); }));
    }
};

TEST_P(SetUp, PeopleChooseBetweenWhatThePolicyLets)
{
    demand({Method::passkey, Method::totp, Method::sms_code, Method::recovery_code},
           {Method::passkey, Method::totp, Method::sms_code});
    auto browser = world.browser();
    auto page = give_password(browser);
    EXPECT_TRUE(page.has_field("enrolment")) << "an app works everywhere: " << page.body;
    EXPECT_TRUE(offers(page, "passkey") && offers(page, "sms_code") && !offers(page, "push"));
    page = browser.submit(page, {{"use", "passkey"}});
    EXPECT_TRUE(page.contains("data-ceremony=\"create\"")) << page.body;
    EXPECT_TRUE(offers(page, "totp") && offers(page, "sms_code"));
    page = browser.submit(page, {{"use", "sms_code"}});
    EXPECT_TRUE(page.has_field("phone")) << page.body;
    EXPECT_TRUE(offers(page, "totp") && offers(page, "passkey"));
    demand({Method::passkey, Method::totp, Method::sms_code}, {Method::totp});
    auto other = world.browser();
    page = give_password(other);
    EXPECT_FALSE(offers(page, "passkey") || offers(page, "sms_code")) << page.body;
    EXPECT_TRUE(other.submit(page, {{"use", "sms_code"}}).has_field("enrolment")) << "nor by asking for it";
}

TEST_P(SetUp, APasskeyIsMadeAndCountsAtOnce)
{
    demand({Method::passkey, Method::security_key}, {Method::passkey, Method::security_key});
    auto browser = world.browser();
    auto const page = give_password(browser);
    ASSERT_TRUE(page.contains("data-ceremony=\"create\"")) << page.body;
    auto const after = browser.submit(page, {{"passkey", made_for(options_of(page))}});
    EXPECT_TRUE(is_done(past_codes(browser, after)));
    EXPECT_EQ(world.mail_to("ada@example.com").front().kind, "credential_added");
    auto other = world.browser();
    EXPECT_TRUE(give_password(other).contains("data-ceremony=\"get\"")) << "the next sign-in asks for it";
}

TEST_P(SetUp, ATouchIsNoPasskeyWhereKeysMustBeUnlocked)
{
    demand({Method::passkey}, {Method::passkey});
    auto browser = world.browser();
    auto const page = give_password(browser);
    auto const refused = browser.submit(page, {{"passkey", made_for(options_of(page), false)}});
    EXPECT_FALSE(is_done(refused));
    EXPECT_EQ(refused.status, 422);
    auto other = world.browser();
    EXPECT_TRUE(give_password(other).contains("data-ceremony=\"create\"")) << "nothing was kept";
    demand({Method::passkey, Method::security_key}, {Method::passkey});
    auto third = world.browser();
    auto const again = give_password(third);
    EXPECT_EQ(third.submit(again, {{"passkey", made_for(options_of(again), false)}}).status, 422)
        << "security keys are not theirs to set up";
}

TEST_P(SetUp, AnAnswerToAnotherJourneyMakesNothing)
{
    demand({Method::passkey}, {Method::passkey});
    auto browser = world.browser();
    auto const page = give_password(browser);
    auto other = world.browser();
    auto const theirs = give_password(other);
    EXPECT_FALSE(is_done(browser.submit(
        page, {{"passkey", made_for(options_of(theirs))}, {"passkey_challenge", theirs.field("passkey_challenge")}})));
    EXPECT_FALSE(is_done(browser.submit(page, {{"passkey", ""}})));
    EXPECT_FALSE(is_done(browser.submit(page, {{"later", "yes"}}))) << "asking for what is not offered";
}

TEST_P(SetUp, APhoneIsConfirmedAndCountsAtOnce)
{
    demand({Method::sms_code}, {Method::sms_code});
    auto browser = world.browser();
    auto page = give_password(browser);
    ASSERT_TRUE(page.has_field("phone")) << page.body;
    EXPECT_EQ(browser.submit(page, {{"phone", "12"}}).status, 422);
    EXPECT_EQ(browser.submit(page, {{"phone", "+49 900 5123456"}}).status, 422) << "a number that earns money";
    page = browser.submit(page, {{"phone", "01512 3456789"}});
    ASSERT_TRUE(page.has_field("code")) << page.body;
    EXPECT_EQ(identifiers().size(), 1u) << "nothing is kept before it is proven";
    EXPECT_FALSE(is_done(browser.submit(page, {{"code", "000000"}})));
    page = browser.submit(page, {{"action", "resend"}});
    auto const after = browser.submit(page, {{"code", world.code_for(kPhone)}});
    EXPECT_TRUE(is_done(past_codes(browser, after)));
    EXPECT_EQ(identifiers().size(), 2u);
    auto const mails = world.mail_to("ada@example.com");
    EXPECT_EQ(mails.front().kind, "identifier_changed") << "the address hears of it";
    auto other = world.browser();
    EXPECT_TRUE(give_password(other).contains("+49 ... 789")) << "the next sign-in asks for it";
}

TEST_P(SetUp, ALinkToThePhoneIsSetUpByTheSameNumber)
{
    demand({Method::sms_link}, {Method::sms_code});
    auto browser = world.browser();
    auto page = browser.submit(give_password(browser), {{"phone", kPhone}});
    EXPECT_TRUE(is_done(past_codes(browser, browser.submit(page, {{"code", world.code_for(kPhone)}}))));
}

TEST_P(SetUp, AnotherNumberCanBeEnteredInstead)
{
    demand({Method::sms_code}, {Method::sms_code});
    auto browser = world.browser();
    auto page = browser.submit(give_password(browser), {{"phone", kPhone}});
    auto const first = world.code_for(kPhone);
    page = browser.submit(page, {{"action", "change"}});
    ASSERT_TRUE(page.has_field("phone"));
    page = browser.submit(page, {{"phone", "+4915123456788"}});
    EXPECT_FALSE(is_done(browser.submit(page, {{"code", first}})));
    page = browser.submit(page, {{"code", world.code_for("+4915123456788")}});
    EXPECT_TRUE(is_done(past_codes(browser, page)));
    EXPECT_EQ(identifiers().back().value, "+4915123456788");
}

TEST_P(SetUp, SomebodyElsesNumberIsNeitherTakenNorToldOf)
{
    give_phone(world.make_person("grace@example.com"), kPhone);
    demand({Method::sms_code}, {Method::sms_code});
    auto browser = world.browser();
    auto const theirs = browser.submit(give_password(browser), {{"phone", kPhone}});
    auto other = world.browser();
    auto const free = other.submit(give_password(other), {{"phone", "+4915123456788"}});
    EXPECT_EQ(theirs.status, free.status);
    EXPECT_TRUE(theirs.has_field("code") && free.has_field("code"));
    EXPECT_TRUE(world.mail_to(kPhone).empty());
    EXPECT_EQ(browser.submit(theirs, {{"code", "000000"}}).status, other.submit(free, {{"code", "000000"}}).status);
}

TEST_P(SetUp, CodesAreNotGuessedOverManyJourneys)
{
    demand({Method::sms_code}, {Method::sms_code});
    for (int i = 0; i < 12; ++i) {
        auto browser = world.browser(fmt::format("198.51.100.{}", i + 1));
        auto page = browser.submit(give_password(browser), {{"phone", fmt::format("+4915123456{:03}", i)}});
        for (int j = 0; j < 5 && page.has_field("code") && page.status != 429; ++j)
            page = browser.submit(page, {{"code", "000000"}});
    }
    EXPECT_LE(world.count_events("code.failed"), 20) << "with all other factors of the person";
}

TEST_P(SetUp, ItMayBePutOffInTheDaysOfGrace)
{
    demand({Method::sms_code, Method::passkey}, {Method::sms_code, Method::passkey});
    set_settings([](auto& settings) { settings.signin.grace_days = 7; });
    for (auto const* method : {"sms_code", "passkey"}) {
        auto browser = world.browser();
        auto const page = want(browser, method);
        ASSERT_TRUE(page.contains("name=\"later\"")) << page.body;
        EXPECT_TRUE(is_done(browser.submit(page, {{"later", "yes"}})));
    }
}

TEST_P(SetUp, WithoutAProviderNoPhoneIsOffered)
{
    demand({Method::sms_code, Method::totp}, {Method::sms_code, Method::totp});
    world.outbox->set_carries(messages::Channel::sms, false);
    auto browser = world.browser();
    auto const page = give_password(browser);
    EXPECT_TRUE(page.has_field("enrolment"));
    EXPECT_FALSE(offers(page, "sms_code"));
}

TEST_P(SetUp, AnAppDoesBoth)
{
    demand({Method::passkey, Method::sms_code}, {Method::passkey, Method::sms_code});
    JsonFace app(world);
    auto const begin = [&](std::string const& who) {
        return app.submit(app.start(), {{"identifier", who}, {"password", password()}});
    };
    auto const page = begin("ada@example.com");
    ASSERT_EQ(page.step(), "enrol_passkey") << boost::json::serialize(page.body);
    std::string sealed;
    for (auto const& field : page.page().at("fields").as_array())
        if (field.at("name") == "passkey_challenge")
            sealed = field.at("value").as_string();
    auto const answer = made_for(page.page().at("extra").at("passkey").as_object());
    auto const codes = app.submit(page, {{"passkey", answer}, {"passkey_challenge", sealed}});
    ASSERT_EQ(codes.step(), "keep_recovery_codes") << boost::json::serialize(codes.body);
    EXPECT_TRUE(app.submit(codes, {}).is_finished());

    world.make_person("grace@example.com");
    auto const phone = app.submit(begin("grace@example.com"), {{"use", "sms_code"}});
    ASSERT_EQ(phone.step(), "enrol_phone");
    auto const waiting = app.submit(phone, {{"phone", kPhone}});
    ASSERT_EQ(waiting.step(), "enrol_phone_code");
    EXPECT_EQ(app.submit(waiting, {{"code", world.code_for(kPhone)}}).step(), "keep_recovery_codes");
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, SetUp, storage::every_backend());

} // namespace
} // namespace gatehouse::signin
