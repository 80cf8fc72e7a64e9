// New accounts that are reached by a phone number, and who tries to learn or take something by making them.
#include "signin/test_support/json_face.hpp"
#include "signin/test_support/sign_in_pages.hpp"

namespace gatehouse::signin {
namespace {

using credentials::Method;
using identity::RegisteredBy;
using session::must;

std::string const kPhone = "+4915123456789";

class RegistrationByPhone : public SignInPages {
protected:
    RegistrationByPhone() { register_by(RegisteredBy::phone); }

    void register_by(RegisteredBy what)
    {
        set_settings([&](auto& settings) {
            settings.registration.identifier = what;
            settings.identifiers.country = "DE";
        });
    }
    Page begin(Browser& browser, std::string const& phone = "01512 3456789", std::string const& field = "phone")
    {
        return browser.submit(browser.get("/register"), {{"name", "Grace"}, {field, phone}, {"password", password()}});
    }
    std::vector<identity::Identifier> identifiers_of(std::string const& who)
    {
        return must(world.read([&](storage::Tx& tx) -> Result<std::vector<identity::Identifier>> {
            TRY(auto const read, identity::read_identifier(who));
            TRY(auto const found, world.users.find_by_identifier(tx, world.tenant_id(), read));
            if (!found)
                return std::vector<identity::Identifier>();
            return world.users.identifiers(tx, world.tenant_id(), found->user.id);
        }));
    }
};

TEST_P(RegistrationByPhone, ANumberAndItsCodeMakeAnAccountThatSignsInWithIt)
{
    auto browser = world.browser();
    auto const form = browser.get("/register");
    EXPECT_TRUE(form.has_field("phone") && !form.has_field("email")) << form.body;
    auto const page = begin(browser);
    ASSERT_TRUE(page.has_field("code")) << page.body;
    EXPECT_TRUE(page.contains(kPhone));
    EXPECT_EQ(world.mail_to(kPhone).front().kind, "verify_phone");
    EXPECT_FALSE(is_done(browser.submit(page, {{"code", "000000"}})));
    EXPECT_TRUE(is_done(browser.submit(page, {{"code", world.code_for(kPhone)}})));
    auto const owned = identifiers_of(kPhone);
    ASSERT_EQ(owned.size(), 1u) << "no address is needed";
    EXPECT_TRUE(owned.front().verified_at && owned.front().primary);
    auto other = world.browser();
    EXPECT_TRUE(is_done(sign_in(other, "01512 3456789", password())));
    EXPECT_EQ(world.count_events("registration.completed"), 1);
}

TEST_P(RegistrationByPhone, ANumberThatHasAnAccountLooksTheSameAndItsOwnerIsTold)
{
    auto const ada = world.make_person("ada@example.com");
    give_phone(ada, kPhone);
    auto browser = world.browser();
    auto const taken = begin(browser);
    auto other = world.browser("198.51.100.66");
    auto const fresh = begin(other, "+4915123456788");
    EXPECT_EQ(taken.status, fresh.status);
    EXPECT_TRUE(taken.has_field("code") && fresh.has_field("code"));
    EXPECT_EQ(world.mail_to(kPhone).front().kind, "account_exists");
    EXPECT_TRUE(world.code_for(kPhone).empty()) << "there is no code to be read";
    EXPECT_EQ(browser.submit(taken, {{"code", "000000"}}).status, other.submit(fresh, {{"code", "000000"}}).status);
    auto const again = browser.submit(taken, {{"action", "resend"}});
    EXPECT_TRUE(again.has_field("code"));
    EXPECT_TRUE(browser.submit(again, {{"action", "call"}}).has_field("code"));
    for (auto const& text : world.mail_to(kPhone))
        EXPECT_EQ(text.kind, "account_exists");
    EXPECT_EQ(identifiers_of("ada@example.com").size(), 2u);
}

TEST_P(RegistrationByPhone, WhoPumpsTextsByRegisteringFindsTheBudgetSpentAndNoticesArrive)
{
    auto const ada = world.make_person("ada@example.com");
    give_phone(ada, kPhone);
    set_settings([](auto& settings) { settings.texts.per_number_hourly = 2; });
    for (int i = 0; i < 4; ++i) {
        auto browser = world.browser(fmt::format("198.51.100.{}", i + 1));
        EXPECT_EQ(begin(browser).has_field("code"), i < 2);
        auto other = world.browser(fmt::format("198.51.101.{}", i + 1));
        EXPECT_EQ(begin(other, "+4915123456788").has_field("code"), i < 2) << "whether it has an account or not";
    }
    EXPECT_EQ(world.mail_to(kPhone).size(), 2u);
}

TEST_P(RegistrationByPhone, NumbersThatAreNoneEarnMoneyOrMayNotBeSentToAreRefused)
{
    set_settings([](auto& settings) { settings.texts.denied_countries = {"FR"}; });
    for (auto const* phone : {"", "grace@example.com", "12", "+49 900 5123456", "+33612345678"}) {
        auto browser = world.browser();
        auto const page = begin(browser, phone);
        EXPECT_GE(page.status, 400) << phone;
        EXPECT_TRUE(page.has_field("phone")) << phone;
    }
    EXPECT_EQ(world.mails(), 0u);
}

TEST_P(RegistrationByPhone, EitherIsTakenInOneField)
{
    register_by(RegisteredBy::either);
    auto browser = world.browser();
    EXPECT_TRUE(is_done(browser.submit(begin(browser, kPhone, "identifier"), {{"code", world.code_for(kPhone)}})));
    auto other = world.browser();
    auto const page = begin(other, "grace@example.com", "identifier");
    EXPECT_EQ(world.mail_to("grace@example.com").front().kind, "verify_email");
    EXPECT_TRUE(is_done(other.submit(page, {{"code", world.code_for("grace@example.com")}})));
    EXPECT_EQ(identifiers_of("grace@example.com").size(), 1u);
    set_settings([](auto& settings) { settings.registration.blocked_domains = {"spam.example"}; });
    auto third = world.browser();
    EXPECT_EQ(begin(third, "a@spam.example", "identifier").status, 422);
}

TEST_P(RegistrationByPhone, WhereMailIsWantedANumberIsNotTaken)
{
    register_by(RegisteredBy::email);
    auto browser = world.browser();
    EXPECT_EQ(begin(browser, kPhone, "email").status, 422);
    EXPECT_EQ(begin(browser, kPhone, "phone").status, 422);
    EXPECT_EQ(begin(browser, kPhone, "identifier").status, 422);
    EXPECT_EQ(world.mails(), 0u);
}

TEST_P(RegistrationByPhone, WithoutAProviderItSaysSo)
{
    world.outbox->set_carries(messages::Channel::sms, false);
    auto browser = world.browser();
    auto const page = browser.get("/register");
    EXPECT_FALSE(page.has_field("phone"));
    EXPECT_TRUE(page.contains("No text messages can be sent here")) << page.body;
    register_by(RegisteredBy::either);
    auto other = world.browser();
    EXPECT_TRUE(other.get("/register").has_field("email")) << "what is left";
}

TEST_P(RegistrationByPhone, TheCodeIsSaidInACallInstead)
{
    auto browser = world.browser();
    auto const page = browser.submit(begin(browser), {{"action", "call"}});
    auto const call = world.mail_to(kPhone).front();
    ASSERT_EQ(call.channel, messages::Channel::voice);
    std::string said = call.text;
    std::erase_if(said, [](char c) { return c < '0' || c > '9'; });
    EXPECT_TRUE(is_done(browser.submit(page, {{"code", said.substr(0, 6)}})));
}

TEST_P(RegistrationByPhone, AnotherNumberCanBeEnteredInstead)
{
    auto browser = world.browser();
    auto page = browser.submit(begin(browser), {{"action", "change"}});
    ASSERT_TRUE(page.has_field("phone"));
    EXPECT_EQ(page.field("phone"), kPhone);
    auto const old = world.code_for(kPhone);
    page = browser.submit(page, {{"phone", "+4915123456788"}, {"name", "Grace"}});
    EXPECT_FALSE(is_done(browser.submit(page, {{"code", old}}))) << "of the other number";
    EXPECT_TRUE(is_done(browser.submit(page, {{"code", world.code_for("+4915123456788")}})));
    EXPECT_TRUE(identifiers_of(kPhone).empty());
}

TEST_P(RegistrationByPhone, SomebodyElseWasFirstWithTheNumber)
{
    auto browser = world.browser();
    auto const page = begin(browser);
    auto const code = world.code_for(kPhone);
    give_phone(world.make_person("ada@example.com"), kPhone);
    EXPECT_FALSE(is_done(browser.submit(page, {{"code", code}})));
}

TEST_P(RegistrationByPhone, ThePhoneThatMadeTheAccountIsNoSecondFactorOfTheSameJourney)
{
    set_settings([](auto& settings) {
        settings.signin.second = {Method::sms_code, Method::totp};
        settings.signin.second_factor = identity::SecondFactor::required;
    });
    auto browser = world.browser();
    auto const page = browser.submit(begin(browser), {{"code", world.code_for(kPhone)}});
    EXPECT_FALSE(is_done(page));
    EXPECT_TRUE(page.contains("authenticator app")) << page.body;
    auto other = world.browser();
    auto const later = sign_in(other, kPhone, password());
    EXPECT_TRUE(later.contains("+49 ... 789")) << "in the next one it is: " << later.body;
}

TEST_P(RegistrationByPhone, ALostPasswordIsResetByTheSamePhone)
{
    set_settings([](auto& settings) { settings.recovery = {.email = false, .phone = true}; });
    auto browser = world.browser();
    ASSERT_TRUE(is_done(browser.submit(begin(browser), {{"code", world.code_for(kPhone)}})));
    auto other = world.browser();
    auto page = other.get("/recover");
    EXPECT_TRUE(page.contains("phone")) << page.body;
    page = other.submit(page, {{"identifier", kPhone}});
    page = other.submit(page, {{"code", world.code_for(kPhone)}});
    EXPECT_TRUE(is_done(other.submit(page, {{"password", "an entirely new passphrase"}})));
    EXPECT_EQ(world.mail_to(kPhone).front().kind, "password_changed");
}

TEST_P(RegistrationByPhone, AnAppDoesIt)
{
    JsonFace app(world);
    auto const begun = app.start({{"purpose", "registration"}});
    auto const refused = app.submit(begun, {{"name", "Grace"}, {"phone", "12"}, {"password", password()}});
    EXPECT_EQ(refused.text("pointer"), "/input/phone");
    auto const waiting = app.submit(begun, {{"name", "Grace"}, {"phone", kPhone}, {"password", password()}});
    ASSERT_EQ(waiting.step(), "register_code") << boost::json::serialize(waiting.body);
    EXPECT_TRUE(app.submit(waiting, {{"code", world.code_for(kPhone)}}).is_finished());
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, RegistrationByPhone, storage::every_backend());

} // namespace
} // namespace gatehouse::signin
