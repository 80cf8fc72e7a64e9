// A new password by a code to one's phone, and what must not become of it.
#include "credentials/totp.hpp"
#include "signin/test_support/json_face.hpp"
#include "signin/test_support/sign_in_pages.hpp"

namespace gatehouse::signin {
namespace {

using namespace std::chrono_literals;
using credentials::Method;
using session::must;

std::string const kPhone = "+4915123456789";
std::string const kNew = "an entirely new passphrase";

class RecoveryByPhone : public SignInPages {
protected:
    UserId ada = world.make_person("ada@example.com");

    RecoveryByPhone()
    {
        give_phone(ada, kPhone);
        set_settings([](auto& settings) {
            settings.recovery.phone = true;
            settings.identifiers.country = "DE";
        });
    }
    Page ask(Browser& browser, std::string const& who)
    {
        auto const page = browser.submit(browser.get("/recover"), {{"use", "sms_code"}});
        return browser.submit(page, {{"identifier", who}});
    }
    Page prove(Browser& browser, std::string const& who = kPhone)
    {
        return browser.submit(ask(browser, who), {{"code", world.code_for(kPhone)}});
    }
    static bool asks_for_new_one(Page const& page) { return page.contains("autocomplete=\"new-password\""); }
    static bool waits(Page const& page) { return page.contains("Your reset has to wait"); }
    std::size_t notices(std::string const& to, std::string const& kind)
    {
        auto const mails = world.mail_to(to);
        return static_cast<std::size_t>(std::ranges::count(mails, kind, &messages::CapturedMail::kind));
    }
};

TEST_P(RecoveryByPhone, SetsANewPasswordByAnyIdentifierAndEveryAddressIsTold)
{
    auto browser = world.browser();
    EXPECT_TRUE(browser.get("/recover").contains("value=\"sms_code\""));
    for (auto const* who : {"01512 3456789", "ada@example.com"}) {
        auto one = world.browser();
        auto const page = prove(one, who);
        ASSERT_TRUE(asks_for_new_one(page)) << page.body;
        EXPECT_TRUE(is_done(one.submit(page, {{"password", std::string(who) + kNew}})));
    }
    EXPECT_EQ(notices("ada@example.com", "password_changed"), 2u);
    EXPECT_EQ(notices(kPhone, "password_changed"), 2u);
    EXPECT_EQ(world.count_events("recovery.completed"), 2);
}

TEST_P(RecoveryByPhone, IsNeitherOfferedNorTakenWhereTheTenantDoesNotWantIt)
{
    set_settings([](auto& settings) { settings.recovery.phone = false; });
    auto browser = world.browser();
    EXPECT_FALSE(browser.get("/recover").contains("value=\"sms_code\""));
    ask(browser, kPhone);
    EXPECT_TRUE(world.mail_to(kPhone).empty());
    set_settings([](auto& settings) { settings.recovery.phone = true; });
    world.outbox->set_carries(messages::Channel::sms, false);
    EXPECT_FALSE(browser.get("/recover").contains("value=\"sms_code\"")) << "nor without a provider";
}

TEST_P(RecoveryByPhone, TellsNobodyWhoHasAnAccountOrANumber)
{
    world.make_person("edith@example.com"); // who has no number
    auto const shape = [&](std::string const& who) {
        auto browser = world.browser();
        auto const page = ask(browser, who);
        auto const wrong = browser.submit(page, {{"code", "000000"}});
        auto const used = page.contains("name=\"code\"") && page.contains("If the account has a phone number");
        return fmt::format("{} {} {} {}", page.status, used, wrong.status, page.contains("6789"));
    };
    auto const known = shape("ada@example.com");
    EXPECT_EQ(known, "200 true 422 false");
    for (auto const* other : {"nobody@example.com", "edith@example.com", "+4915123456000"})
        EXPECT_EQ(shape(other), known) << other;
    EXPECT_EQ(world.mail_to("+").size(), 1u);
}

TEST_P(RecoveryByPhone, GuessesAreCountedWithThoseOfMailAcrossAliases)
{
    set_settings([](auto& settings) { settings.identifiers.phone = true; });
    int guesses = 0;
    for (int i = 0; i < 40; ++i) {
        auto browser = world.browser(fmt::format("198.51.100.{}", i + 1));
        auto const* who = i % 3 == 0 ? "ada@example.com" : kPhone.c_str();
        auto page = i % 2 == 0 ? ask(browser, who) : begin_recovery(browser, who);
        for (int j = 0; j < 5 && page.has_field("code") && page.status != 429; ++j, ++guesses)
            page = browser.submit(page, {{"code", "000000"}});
        world.clock.advance(20min);
    }
    EXPECT_LE(world.count_events("code.failed"), 100) << "wrong ones in a row, over all identifiers and ways";
    EXPECT_GT(guesses, 20);
}

TEST_P(RecoveryByPhone, ThePhoneThatResetsIsNoSecondFactorAndTheAppStillIs)
{
    set_settings([](auto& settings) {
        settings.signin.second = {Method::sms_code, Method::sms_link, Method::totp};
        settings.signin.second_factor = identity::SecondFactor::required;
    });
    Bytes const binding{1};
    auto pending = must(world.authenticators.begin(world.tenant_id(), ada, binding, {}, world.now()));
    must(world.write([&](storage::Tx& tx) {
        return world.authenticators.confirm(tx, world.tenant_id(), ada, binding, pending.sealed,
                                            credentials::totp(pending.secret.expose(), world.now(), {}), "Phone", {},
                                            world.now());
    }));
    world.clock.advance(credentials::kTotpPeriod);
    auto browser = world.browser();
    auto const page = browser.submit(prove(browser), {{"password", kNew}});
    ASSERT_FALSE(is_done(page));
    EXPECT_FALSE(page.contains("value=\"sms_code\"") || page.contains("value=\"sms_link\"")) << page.body;
    EXPECT_TRUE(is_done(browser.submit(page, {{"code", credentials::totp(pending.secret.expose(), world.now(), {})}})));
}

TEST_P(RecoveryByPhone, ACodeOfASignInResetsNothingNorTheOtherWayAround)
{
    set_settings([](auto& settings) { settings.signin.first = {Method::password, Method::sms_code}; });
    auto thief = world.browser("198.51.100.66");
    auto const waiting = ask(thief, kPhone);
    auto const reset = world.code_for(kPhone);
    auto browser = world.browser();
    auto page = browser.submit(browser.get("/app"), {{"use", "sms_code"}});
    page = browser.submit(page, {{"identifier", kPhone}});
    auto const code = world.code_for(kPhone);
    EXPECT_FALSE(is_done(browser.submit(page, {{"code", reset}})));
    EXPECT_FALSE(asks_for_new_one(thief.submit(waiting, {{"code", code}})));
}

TEST_P(RecoveryByPhone, ANumberThatLeftTheAccountResetsNothing)
{
    auto browser = world.browser();
    auto const before = ask(browser, "ada@example.com");
    auto const code = world.code_for(kPhone);
    auto late = world.browser("198.51.100.66");
    auto const form = prove(late);
    ASSERT_TRUE(asks_for_new_one(form));
    must(world.write([&](storage::Tx& tx) -> Result<void> {
        TRY(auto const phone, world.users.primary_phone(tx, world.tenant_id(), ada));
        return world.users.remove_identifier(tx, *world.directory.find(world.tenant_id()), ada, phone->id, {},
                                             world.now());
    }));
    EXPECT_FALSE(asks_for_new_one(browser.submit(before, {{"code", code}})));
    EXPECT_FALSE(is_done(late.submit(form, {{"password", kNew}}))) << "nor on a form that was open";
    auto other = world.browser();
    EXPECT_TRUE(is_done(sign_in(other, "ada@example.com", password())));
}

TEST_P(RecoveryByPhone, WaitsLikeTheOthersAndEveryAddressIsTold)
{
    set_settings([](auto& settings) { settings.recovery.waiting_hours = 24; });
    auto browser = world.browser();
    ASSERT_TRUE(waits(prove(browser)));
    EXPECT_EQ(notices("ada@example.com", "recovery_held"), 1u);
    EXPECT_EQ(notices(kPhone, "recovery_held"), 1u);
    auto other = world.browser("198.51.100.66");
    world.clock.advance(25h);
    EXPECT_TRUE(waits(prove(other))) << "the wait of another browser";
    auto const page = prove(browser);
    ASSERT_TRUE(asks_for_new_one(page));
    EXPECT_TRUE(is_done(browser.submit(page, {{"password", kNew}})));
}

TEST_P(RecoveryByPhone, WhoPumpsTextsFindsTheBudgetSpentAndTheNoticeArrivesAllTheSame)
{
    set_settings([](auto& settings) {
        settings.texts.per_number_hourly = 2;
        settings.recovery.waiting_hours = 24;
    });
    for (int i = 0; i < 5; ++i) {
        auto browser = world.browser(fmt::format("198.51.100.{}", i + 1));
        EXPECT_TRUE(ask(browser, "ada@example.com").has_field("code")) << "nobody is told";
    }
    EXPECT_EQ(notices(kPhone, "reset_password"), 2u);
    auto thief = world.browser("198.51.100.66");
    auto const page = begin_recovery(thief, "ada@example.com"); // they read the mailbox
    ASSERT_TRUE(waits(thief.submit(page, {{"code", world.code_for("ada@example.com")}})));
    EXPECT_EQ(notices(kPhone, "recovery_held"), 1u);
}

TEST_P(RecoveryByPhone, ADisabledAccountIsNotReset)
{
    auto browser = world.browser();
    auto const page = ask(browser, kPhone);
    auto const code = world.code_for(kPhone);
    must(world.write([&](storage::Tx& tx) {
        return world.users.set_enabled(tx, world.tenant_id(), ada, false, "test", {}, world.now());
    }));
    EXPECT_FALSE(asks_for_new_one(browser.submit(page, {{"code", code}})));
}

TEST_P(RecoveryByPhone, ACallSaysTheCode)
{
    auto browser = world.browser();
    auto const page = browser.submit(ask(browser, kPhone), {{"action", "call"}});
    auto const call = world.mail_to(kPhone).front();
    EXPECT_EQ(call.channel, messages::Channel::voice);
    std::string said = call.text;
    std::erase_if(said, [](char c) { return c < '0' || c > '9'; });
    EXPECT_TRUE(asks_for_new_one(browser.submit(page, {{"code", said.substr(0, 6)}})));
}

TEST_P(RecoveryByPhone, AnAppDoesIt)
{
    set_settings([](auto& settings) { settings.recovery.waiting_hours = 24; });
    JsonFace app(world);
    auto const prove_in_app = [&](std::string const& ticket) {
        auto const page = app.submit(app.start({{"purpose", "recovery"}}), {{"use", "sms_code"}});
        EXPECT_EQ(page.step(), "recover_text");
        auto const waiting = app.submit(page, {{"identifier", kPhone}, {"ticket", ticket}});
        EXPECT_EQ(waiting.step(), "recover_text_code");
        return app.submit(waiting, {{"code", world.code_for(kPhone)}});
    };
    auto const held = prove_in_app("");
    ASSERT_EQ(held.step(), "recovery_wait") << boost::json::serialize(held.body);
    auto const ticket = std::string(held.page().at("extra").at("ticket").as_string());
    world.clock.advance(25h);
    auto const form = prove_in_app(ticket);
    ASSERT_EQ(form.step(), "new_password") << boost::json::serialize(form.body);
    EXPECT_TRUE(app.submit(form, {{"password", kNew}}).is_finished());
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, RecoveryByPhone, storage::every_backend());

} // namespace
} // namespace gatehouse::signin
