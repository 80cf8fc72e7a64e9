#include "messages/wordings.hpp"

#include "base/log.hpp"
#include "messages/delivery.hpp"
#include "storage/test_support/test_database.hpp"
#include "vault/test_support/test_vault.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>

namespace gatehouse::messages {
namespace {

using testing::HasSubstr;

constexpr auto kNow = 1'795'449'600;

class Wordings : public testing::TestWithParam<storage::Engine> {
protected:
    log::Capture log;
    FixedClock clock{from_seconds(kNow)};
    storage::TestDatabase database{GetParam()};
    std::unique_ptr<vault::Vault> vault = vault::open_test_vault(*database, clock.now());
    TenantId tenant = vault::make_test_tenant(*database, *vault, clock.now());
    TenantId other = vault::make_test_tenant(*database, *vault, clock.now());
    std::unique_ptr<view::Pages> pages = *view::Pages::create({.strict = true});
    Outbox outbox{*vault};
    DevMailbox mailbox;
    std::unique_ptr<Transport> mail = make_dev_transport(mailbox);
    std::unique_ptr<TextTransport> texts = make_dev_text_transport(mailbox);
    std::unique_ptr<Delivery> delivery = *Delivery::create(*database, *vault, *pages, *mail, clock,
                                                           {.from_address = "no-reply@id.example"}, texts.get());

    void save(Kind kind, std::string const& locale, boost::json::object const& words)
    {
        ASSERT_TRUE(check_wording(*pages, kind, locale, words));
        ASSERT_TRUE(database->write_now([&](storage::Tx& tx) {
            return save_wording(tx, tenant, {.kind = kind, .locale = locale, .texts = words}, clock.now());
        }));
    }
    CapturedMail send(TenantId of, std::string const& locale, Channel channel = Channel::mail)
    {
        auto message = example_of(Kind::sign_in_code, channel, locale, "Acme", "https://id.example.com", clock.now());
        message.tenant = of;
        EXPECT_TRUE(database->write_now([&](storage::Tx& tx) { return outbox.enqueue(tx, message, clock.now()); }));
        boost::asio::io_context context;
        auto done = boost::asio::co_spawn(context, delivery->deliver_due(), boost::asio::use_future);
        context.run();
        EXPECT_EQ(done.get().value(), 1);
        return mailbox.list().front();
    }
};

TEST_P(Wordings, AreOfOneTenantAndLanguageAndHoldAtOnce)
{
    EXPECT_EQ(send(tenant, "en").subject, "Your sign-in code for Acme");
    save(Kind::sign_in_code, "en", {{"subject", "Welcome back to {sender}"}, {"sms", "{code} opens {sender}"}});
    auto const own = send(tenant, "en");
    EXPECT_EQ(own.subject, "Welcome back to Acme");
    EXPECT_THAT(own.text, HasSubstr("It works for 10 minutes")) << "what is not said has the built-in words";
    EXPECT_EQ(send(tenant, "en", Channel::sms).text, "123456 opens Acme\n\n@id.example.com #123456");
    EXPECT_EQ(send(other, "en").subject, "Your sign-in code for Acme");
    EXPECT_EQ(send(tenant, "de").subject.find("Welcome"), std::string::npos);
    save(Kind::sign_in_code, "en", {{"subject", "Hello from {sender}"}});
    EXPECT_EQ(send(tenant, "en").subject, "Hello from Acme");
    ASSERT_TRUE(
        *database->write_now([&](storage::Tx& tx) { return remove_wording(tx, tenant, Kind::sign_in_code, "en"); }));
    EXPECT_EQ(send(tenant, "en").subject, "Your sign-in code for Acme");
}

TEST_P(Wordings, AreNoMarkup)
{
    save(Kind::sign_in_code, "en", {{"intro", "<script>alert(1)</script> & {minutes}"}});
    auto const own = send(tenant, "en");
    EXPECT_EQ(own.html.find("<script>"), std::string::npos);
    EXPECT_THAT(own.text, HasSubstr("<script>alert(1)</script> & 10"));
}

TEST_P(Wordings, OfAnEarlierVersionThatNameWhatIsNoLongerGivenAreLeftAside)
{
    ASSERT_TRUE(database->write_now([&](storage::Tx& tx) {
        return save_wording(
            tx, tenant, {.kind = Kind::sign_in_code, .locale = "en", .texts = {{"subject", "{nickname}, your code"}}},
            clock.now());
    }));
    EXPECT_EQ(send(tenant, "en").subject, "Your sign-in code for Acme");
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, Wordings, storage::every_backend());

TEST(WordingCheck, SaysWhereTheMistakeIs)
{
    auto const pages = *view::Pages::create({.strict = true});
    auto const fault = [&](Kind kind, boost::json::object const& words) {
        auto const checked = check_wording(*pages, kind, "en", words);
        return checked ? std::string("fine") : checked.error().pointer + ": " + checked.error().message;
    };
    EXPECT_EQ(fault(Kind::sign_in_code, {{"subject", "For {sender}"}, {"outro", "Bye"}}), "fine");
    EXPECT_THAT(fault(Kind::sign_in_code, {{"intro", "It works {minutes, plural, one {# minute}"}}),
                testing::AllOf(HasSubstr("/texts/intro"), HasSubstr("at character")));
    EXPECT_THAT(fault(Kind::sign_in_code, {{"intro", "Dear {name}"}}),
                testing::AllOf(HasSubstr("/texts/intro"), HasSubstr("{name}"), HasSubstr("minutes")));
    EXPECT_THAT(fault(Kind::sign_in_code, {{"sms", "Hello"}}), HasSubstr("/texts/sms: The code must be in it"));
    EXPECT_THAT(fault(Kind::sign_in_code, {{"subject", "{code} for you"}}), HasSubstr("/texts/subject"));
    EXPECT_THAT(fault(Kind::sign_in_code, {{"subject", "a\r\nBcc: evil@example.com"}}), HasSubstr("one line"));
    EXPECT_THAT(fault(Kind::sign_in_code, {{"logo", "x"}}), HasSubstr("/texts/logo"));
    EXPECT_THAT(fault(Kind::invite_administrator, {{"sms", "x"}}), HasSubstr("/texts/sms"));
    EXPECT_THAT(fault(Kind::sign_in_code, {{"intro", 5}}), HasSubstr("/texts/intro"));
    EXPECT_THAT(fault(Kind::sign_in_code, {{"intro", ""}}), HasSubstr("/texts/intro"));
    EXPECT_FALSE(check_wording(*pages, Kind::sign_in_code, "xx", {}));
}

TEST(WordingCheck, EveryKindHasAnExampleThatFillsItsWords)
{
    auto const pages = *view::Pages::create({.strict = true});
    for (auto const kind : kEveryKind) {
        if (!has_words(kind, Channel::mail))
            continue;
        auto const content = compose(
            *pages, example_of(kind, Channel::mail, "en", "Acme", "https://id.example.com", from_seconds(kNow)));
        ASSERT_TRUE(content) << to_string(kind);
        EXPECT_EQ(content->text.find('{'), std::string::npos) << content->text;
    }
}

} // namespace
} // namespace gatehouse::messages
