#include "base/log.hpp"
#include "events/reader.hpp"
#include "events/sequencer.hpp"
#include "http/test_support/raw_client.hpp"
#include "messages/content.hpp"
#include "messages/delivery.hpp"
#include "messages/outbox_store.hpp"
#include "storage/test_support/test_database.hpp"
#include "vault/test_support/test_vault.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json.hpp>
#include <gmock/gmock.h>

namespace gatehouse::messages {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto kNow = 1'795'449'600;

// A provider that answers as it is told, and keeps what it was asked.
class Provider {
public:
    int status = 201;
    std::string retry_after;
    std::vector<http::Request> asked;

    std::string url(std::string_view path = "") const
    {
        return fmt::format("http://localhost:{}{}", server_.port(), path);
    }
    std::shared_ptr<http::Client> client()
    {
        return http::Client::create(server_.server().executor(), {.allowed_hosts = {authority_of(url())}});
    }
    template <class T>
    T run(Task<T> task)
    {
        return boost::asio::co_spawn(server_.server().executor(), std::move(task), boost::asio::use_future).get();
    }
    http::Fields form(std::size_t i = 0) const { return asked.at(i).form().value(); }

private:
    Task<http::Response> answer(http::Request&& request)
    {
        asked.push_back(std::move(request));
        auto response = http::Response::json(status, R"({"message": "to +4915123456789"})");
        if (!retry_after.empty())
            response.headers.set("Retry-After", retry_after);
        co_return response;
    }
    http::test::LocalServer server_{[this](http::Request&& request) { return answer(std::move(request)); }};
};

TextMessage code_text(Channel channel = Channel::sms)
{
    return {.channel = channel,
            .to = "+4915123456789",
            .sender_name = "Acme & \"Sons\"",
            .text = "Your code: 482913 <b>\n{to}\x01",
            .language = "de-DE",
            .id = "id-1",
            .date = from_seconds(kNow),
            .expires_at = from_seconds(kNow + 600)};
}

class TextProviders : public testing::Test {
protected:
    log::Capture log;
    FixedClock clock{from_seconds(kNow)};
    Provider provider;

    std::unique_ptr<TextTransport> twilio(Provider& of)
    {
        return make_twilio_transport(of.client(),
                                     {.url = of.url("/"),
                                      .account = "AC1",
                                      .token = Secret("s3cret"),
                                      .from = "Acme",
                                      .voice_from = "+4930901820"},
                                     clock);
    }
    Result<std::unique_ptr<TextTransport>> templated(HttpTextSettings settings)
    {
        if (settings.url.empty())
            settings.url = provider.url("/send");
        return make_http_text_transport(provider.client(), std::move(settings));
    }
};

TEST_F(TextProviders, TwilioIsAskedAsItsDocumentationSays)
{
    auto const transport = twilio(provider);
    ASSERT_TRUE(provider.run(transport->send(code_text())));
    ASSERT_EQ(provider.asked.size(), 1u);
    auto const& request = provider.asked[0];
    EXPECT_EQ(request.method, http::Method::post);
    EXPECT_EQ(request.path, "/2010-04-01/Accounts/AC1/Messages.json");
    EXPECT_EQ(request.header("Authorization"), "Basic QUMxOnMzY3JldA==");
    EXPECT_EQ(provider.form().get("To"), "+4915123456789");
    EXPECT_EQ(provider.form().get("From"), "Acme");
    EXPECT_EQ(provider.form().get("Body"), code_text().text);
    EXPECT_EQ(provider.form().get("ValidityPeriod"), "600") << "the provider's queue delivers no expired code";
}

TEST_F(TextProviders, ACallSaysItsWordsAndNothingThatTheyPretendToBe)
{
    auto const transport = twilio(provider);
    ASSERT_TRUE(transport->carries(Channel::voice));
    ASSERT_TRUE(provider.run(transport->send(code_text(Channel::voice))));
    EXPECT_EQ(provider.asked[0].path, "/2010-04-01/Accounts/AC1/Calls.json");
    EXPECT_EQ(provider.form().get("From"), "+4930901820");
    EXPECT_EQ(provider.form().get("Twiml"),
              "<Response><Say language=\"de-DE\">Your code: 482913 &lt;b&gt;\n{to}</Say></Response>");
}

TEST_F(TextProviders, ARefusedNumberIsRefusedForGoodAndATroubledProviderIsTriedAgain)
{
    auto const transport = twilio(provider);
    auto const kind_at = [&](int status) {
        provider.status = status;
        return provider.run(transport->send(code_text())).error();
    };
    for (auto const status : {400, 404, 410, 422}) {
        EXPECT_EQ(kind_at(status).kind, ErrorKind::invalid) << status;
        EXPECT_EQ(kind_at(status).detail, fmt::format("status {}", status)) << "answers may hold numbers";
    }
    for (auto const status : {301, 401, 403, 408, 429, 500, 503})
        EXPECT_EQ(kind_at(status).kind, ErrorKind::unavailable) << status;
    provider.retry_after = "120";
    EXPECT_EQ(kind_at(429).retry_after, 120s);
    auto const nowhere =
        make_twilio_transport(provider.client(), {.url = "http://localhost:1", .account = "AC1"}, clock);
    EXPECT_EQ(provider.run(nowhere->send(code_text())).error().code, "text_failed");
}

TEST_F(TextProviders, ATemplateEscapesByThePlaceItStandsIn)
{
    auto const json = templated({.url = provider.url("/send?to={to}&t={text}"),
                                 .headers = {"X-Sender: {sender}", "X-Id: {id}"},
                                 .body = R"({"to": "{digits}", "nested": {"text": "{text}", "n": 1}})",
                                 .authorization = Secret("Bearer t0ken")});
    ASSERT_TRUE(json) << json.error().message;
    ASSERT_TRUE(provider.run((*json)->send(code_text())));
    auto const& request = provider.asked[0];
    EXPECT_EQ(request.query.get("to"), "+4915123456789");
    EXPECT_EQ(request.query.get("t"), code_text().text);
    EXPECT_EQ(request.header("X-Sender"), "Acme%20%26%20%22Sons%22");
    EXPECT_EQ(request.header("Authorization"), "Bearer t0ken");
    auto const body = boost::json::parse(request.body);
    EXPECT_EQ(body.at("to").as_string(), "4915123456789");
    EXPECT_EQ(body.at("nested").at("text").as_string(), code_text().text);

    auto const form = templated({.content_type = "application/x-www-form-urlencoded", .body = "to={to}&text={text}"});
    ASSERT_TRUE(provider.run((*form)->send(code_text())));
    EXPECT_EQ(provider.form(1).get("text"), code_text().text);

    auto const xml = templated({.method = http::Method::put, .content_type = "text/xml", .body = "<t>{text}</t>"});
    ASSERT_TRUE(provider.run((*xml)->send(code_text())));
    EXPECT_EQ(provider.asked[2].method, http::Method::put);
    EXPECT_EQ(provider.asked[2].body, "<t>Your code: 482913 &lt;b&gt;\n{to}</t>");

    auto const get = templated({.method = http::Method::get, .url = provider.url("/{channel}/{digits}")});
    ASSERT_TRUE(provider.run((*get)->send(code_text())));
    EXPECT_EQ(provider.asked[3].path, "/sms/4915123456789");
    EXPECT_FALSE((*get)->carries(Channel::voice));
}

TEST_F(TextProviders, ATemplateThatCannotWorkIsRefusedAtTheStart)
{
    auto const error = [&](HttpTextSettings settings) {
        auto const made = templated(std::move(settings));
        return made ? std::string() : made.error().message;
    };
    EXPECT_THAT(error({.body = R"({"to": {to}})"}), HasSubstr("no JSON"));
    EXPECT_THAT(error({.body = R"({"to": "{telephone}"})"}), HasSubstr("{telephone}"));
    EXPECT_THAT(error({.url = "http://{to}.example/", .body = "{}"}), HasSubstr("host without placeholders"));
    EXPECT_THAT(error({.url = "ftp://example.com/", .body = "{}"}), HasSubstr("http"));
    EXPECT_THAT(error({.headers = {"X-A: 1\r\nX-B: 2"}, .body = "{}"}), HasSubstr("one line"));
    EXPECT_EQ(error({.body = "{}"}), "");
}

TEST_F(TextProviders, TheNextOneIsAskedWhenTheFirstIsAway)
{
    Provider second;
    std::vector<NamedProvider> providers;
    providers.push_back({"first", twilio(provider)});
    providers.push_back({"second", twilio(second)});
    auto const both = make_failover_transport(std::move(providers), clock, {.failures = 2, .rest = 30s});
    provider.status = 500;
    EXPECT_TRUE(provider.run(both->send(code_text())));
    EXPECT_TRUE(provider.run(both->send(code_text())));
    EXPECT_EQ(provider.asked.size(), 2u);
    // Its circuit is open now: it is not even asked.
    EXPECT_TRUE(provider.run(both->send(code_text())));
    EXPECT_EQ(provider.asked.size(), 2u);
    EXPECT_TRUE(both->statistics()[0].resting);
    // After its rest one message tries, in vain, and the rest is longer.
    clock.advance(30s);
    EXPECT_TRUE(provider.run(both->send(code_text())));
    EXPECT_EQ(provider.asked.size(), 3u);
    clock.advance(30s);
    EXPECT_TRUE(provider.run(both->send(code_text())));
    EXPECT_EQ(provider.asked.size(), 3u);
    clock.advance(30s);
    provider.status = 201;
    EXPECT_TRUE(provider.run(both->send(code_text())));
    EXPECT_TRUE(provider.run(both->send(code_text())));
    EXPECT_EQ(provider.asked.size(), 5u);
    EXPECT_EQ(second.asked.size(), 5u);
    // What the first refuses for good is not carried to the second: it costs money there, too.
    provider.status = 400;
    EXPECT_EQ(provider.run(both->send(code_text())).error().kind, ErrorKind::invalid);
    EXPECT_EQ(second.asked.size(), 5u);
    EXPECT_EQ(both->statistics()[1].sent, 5u);
    EXPECT_EQ(log.text().find("+49151"), std::string::npos) << "numbers are not for logs";
}

class Texts : public testing::TestWithParam<storage::Engine> {
protected:
    log::Capture log;
    FixedClock clock{from_seconds(kNow)};
    storage::TestDatabase database{GetParam()};
    std::unique_ptr<vault::Vault> vault = vault::open_test_vault(*database, clock.now());
    TenantId tenant = vault::make_test_tenant(*database, *vault, clock.now());
    std::unique_ptr<view::Pages> pages = *view::Pages::create({.strict = true});
    Outbox outbox{*vault};
    Provider provider;
    DevMailbox mailbox;
    std::unique_ptr<Transport> mail = make_dev_transport(mailbox);
    std::unique_ptr<TextTransport> texts = make_twilio_transport(
        provider.client(), {.url = provider.url(), .account = "AC1", .from = "Acme", .voice_from = "+4930901820"},
        clock);
    std::unique_ptr<Delivery> delivery = *Delivery::create(
        *database, *vault, *pages, *mail, clock,
        {.from_address = "no-reply@id.example", .text_limits = [this](TenantId) { return limits; }}, texts.get());

    Outgoing code(std::string to = "+4915123456789", Channel channel = Channel::sms)
    {
        return {.tenant = tenant,
                .channel = channel,
                .kind = Kind::sign_in_code,
                .to = std::move(to),
                .locale = "en",
                .sender_name = "Acme",
                .arguments = {{"code", "482913"}, {"minutes", 10}},
                .expires_at = clock.now() + 10min,
                .host = "id.example.com",
                .text_limits = limits};
    }
    Outgoing notice()
    {
        auto message = code();
        message.kind = Kind::password_changed;
        message.arguments = {{"when", clock.now()}};
        message.expires_at = clock.now() + 1h;
        return message;
    }
    TextLimits limits;
    std::string enqueue(Outgoing const& message)
    {
        auto const done =
            database->write_now([&](storage::Tx& tx) { return outbox.enqueue(tx, message, clock.now()); });
        return done ? "" : done.error().code;
    }
    int deliver() { return provider.run(delivery->deliver_due()).value_or(-1); }
    std::vector<ListedRow> rows()
    {
        return *database->read_now([&](storage::Tx& tx) { return select_messages(tx, tenant, std::nullopt, 100); });
    }
    std::vector<std::string> events()
    {
        storage::Leases const leases(*database, "a node");
        events::Sequencer sequencer(*database, leases);
        EXPECT_TRUE(sequencer.run());
        return *database->read_now([&](storage::Tx& tx) -> Result<std::vector<std::string>> {
            TRY(auto const read, events::read_after(tx, tenant, 0, 100));
            std::vector<std::string> names;
            for (auto const& event : read)
                names.push_back(event.type + " " + boost::json::serialize(event.data));
            return names;
        });
    }
};

TEST_P(Texts, ACodeIsBoundToTheHostThatItIsFor)
{
    ASSERT_EQ(enqueue(code()), "");
    EXPECT_EQ(deliver(), 1);
    EXPECT_EQ(provider.form().get("Body"), "Acme: 482913 is your sign-in code. It works for 10 minutes. Tell nobody."
                                           "\n\n@id.example.com #482913");
    EXPECT_EQ(deliver(), 0);
    EXPECT_TRUE(rows().empty());
    EXPECT_THAT(events(), ElementsAre(R"(message.sent {"template":"sign_in_code","channel":"sms"})"));
}

TEST_P(Texts, ACallSpellsTheCodeTwice)
{
    ASSERT_EQ(enqueue(code("+4930901820", Channel::voice)), "");
    EXPECT_EQ(deliver(), 1);
    EXPECT_EQ(provider.form().get("Twiml"),
              "<Response><Say language=\"en-US\">Hello. This is Acme. Your sign-in code is: 4, 8, 2, 9, 1, 3. Once "
              "more, your code is: 4, 8, 2, 9, 1, 3. Tell nobody. Goodbye.</Say></Response>");
}

TEST_P(Texts, ANumberThatEarnsMoneyIsNeverSentTo)
{
    EXPECT_EQ(enqueue(code("+49900123456")), "phone_invalid");
    EXPECT_EQ(enqueue(code("+499001234567")), "text_number_unsuitable");
    EXPECT_EQ(enqueue(code("+19002345678")), "text_number_unsuitable");
    EXPECT_EQ(enqueue(code("ada@example.com")), "phone_invalid");
    EXPECT_TRUE(rows().empty());
}

TEST_P(Texts, CountriesAreAllowedAndDenied)
{
    limits.denied_countries = {"DE"};
    EXPECT_EQ(enqueue(code()), "text_country_refused");
    EXPECT_EQ(enqueue(code("+33612345678")), "");
    limits = {.allowed_countries = {"FR"}};
    EXPECT_EQ(enqueue(code()), "text_country_refused");
    EXPECT_EQ(enqueue(code("+33612345678")), "");
    // One calling code, two countries.
    limits = {.allowed_countries = {"US"}};
    EXPECT_EQ(enqueue(code("+12024561111")), "");
    EXPECT_EQ(enqueue(code("+18762345678")), "text_country_refused") << "Jamaica";
}

TEST_P(Texts, WhoPumpsTextsToOneNumberOrCountryFindsTheBudgetSpent)
{
    limits = {.per_number_hourly = 2, .per_number_daily = 3, .per_country_daily = 5, .per_tenant_daily = 6};
    EXPECT_EQ(enqueue(code()), "");
    EXPECT_EQ(enqueue(code("+4915123456789", Channel::voice)), "") << "calls count with texts";
    EXPECT_EQ(enqueue(code()), "text_budget_spent");
    EXPECT_EQ(enqueue(code()), "text_budget_spent");
    clock.advance(1h);
    EXPECT_EQ(enqueue(code()), "");
    EXPECT_EQ(enqueue(code()), "text_budget_spent") << "the day's";
    EXPECT_EQ(enqueue(code("+4915123456780")), "");
    EXPECT_EQ(enqueue(code("+4915123456781")), "");
    EXPECT_EQ(enqueue(code("+4915123456782")), "text_budget_spent") << "the country's";
    EXPECT_EQ(enqueue(code("+33612345678")), "");
    EXPECT_EQ(enqueue(code("+33612345679")), "text_budget_spent") << "the tenant's";
    EXPECT_THAT(events(), ElementsAre(R"(message.budget_spent {"budget":"number.hour","country":"DE","maximum":2})",
                                      R"(message.budget_spent {"budget":"number.day","country":"DE","maximum":3})",
                                      R"(message.budget_spent {"budget":"country.day","country":"DE","maximum":5})",
                                      R"(message.budget_spent {"budget":"tenant.day","country":"FR","maximum":6})"))
        << "each is told of once";
    clock.advance(24h);
    EXPECT_EQ(enqueue(code()), "");
}

// An attacker has codes sent to the owner's number until nothing goes there any more, and then resets the password.
TEST_P(Texts, WhoSpendsANumbersBudgetOnCodesDoesNotKeepItsOwnerFromHearing)
{
    limits = {.per_number_hourly = 1, .per_number_daily = 1, .per_country_daily = 1, .per_tenant_daily = 1};
    EXPECT_EQ(enqueue(code()), "");
    EXPECT_EQ(enqueue(code()), "text_budget_spent");
    EXPECT_EQ(enqueue(notice()), "");
    EXPECT_EQ(deliver(), 2);
    EXPECT_EQ(provider.asked.size(), 2u);
    EXPECT_TRUE(rows().empty());
}

TEST_P(Texts, ANoticeWhoseBudgetIsSpentIsLateAndNotLost)
{
    limits.per_number_hourly = 2;
    for (int i = 0; i < 4; ++i)
        EXPECT_EQ(enqueue(notice()), "");
    EXPECT_EQ(deliver(), 4);
    EXPECT_EQ(provider.asked.size(), 2u);
    EXPECT_EQ(rows().size(), 2u) << "they wait";
    EXPECT_EQ(enqueue(code()), "") << "codes have their own";
    EXPECT_EQ(deliver(), 1);
    clock.advance(50min);
    EXPECT_EQ(deliver(), 0);
    clock.advance(11min);
    EXPECT_EQ(deliver(), 2);
    EXPECT_EQ(provider.asked.size(), 5u);
    EXPECT_TRUE(rows().empty());
    EXPECT_THAT(events(), testing::Contains(
                              R"(message.budget_spent {"budget":"notices.number.hour","country":"DE","maximum":2})"));
}

TEST_P(Texts, ANoticeOutlivesTheLongestBudget)
{
    limits.per_number_daily = 1;
    EXPECT_EQ(enqueue(notice()), "");
    EXPECT_EQ(enqueue(notice()), "");
    EXPECT_EQ(deliver(), 2);
    clock.advance(24h + 1min);
    EXPECT_EQ(deliver(), 1);
    EXPECT_EQ(provider.asked.size(), 2u);
}

TEST_P(Texts, ANoticeThatTheProviderDidNotTakeUsesNothingUp)
{
    limits.per_number_hourly = 1;
    EXPECT_EQ(enqueue(notice()), "");
    provider.status = 503;
    EXPECT_EQ(deliver(), 1);
    EXPECT_EQ(rows().size(), 1u);
    provider.status = 201;
    clock.advance(10s);
    EXPECT_EQ(deliver(), 1);
    EXPECT_TRUE(rows().empty());
}

TEST_P(Texts, WhatIsMeantForNobodyCostsNothing)
{
    limits.per_number_hourly = 1;
    auto nobody = code("nobody");
    nobody.expires_at = clock.now();
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(enqueue(nobody), "");
    EXPECT_EQ(deliver(), 3);
    EXPECT_TRUE(provider.asked.empty());
    EXPECT_TRUE(rows().empty()) << "nothing is kept of it";
    EXPECT_TRUE(events().empty());
    EXPECT_EQ(enqueue(code()), "");
}

TEST_P(Texts, ARefusedOneStaysForAdministratorsToSeeWithoutItsCode)
{
    provider.status = 400;
    ASSERT_EQ(enqueue(code()), "");
    EXPECT_EQ(deliver(), 1);
    clock.advance(5min);
    EXPECT_EQ(deliver(), 0) << "it is not repeated";
    auto const kept = rows();
    ASSERT_EQ(kept.size(), 1u);
    EXPECT_EQ(kept[0].last_error, "text_refused");
    EXPECT_EQ(kept[0].failed_at, from_seconds(kNow));
    EXPECT_THAT(events(), ElementsAre(R"(message.failed {"template":"sign_in_code","channel":"sms",)"
                                      R"("reason":"text_refused","attempts":1})"));
    auto const remove = [&] {
        return *database->write_now([&](storage::Tx& tx) { return delete_kept_failures(tx, tenant, clock.now(), 10); });
    };
    EXPECT_EQ(remove(), 0);
    clock.advance(std::chrono::days(30));
    EXPECT_EQ(remove(), 1);
}

TEST_P(Texts, ATroubledProviderIsTriedAgainAndLaterIfItSaysSoButNeverWithAnExpiredCode)
{
    provider.status = 503;
    provider.retry_after = "60";
    ASSERT_EQ(enqueue(code()), "");
    EXPECT_EQ(deliver(), 1);
    clock.advance(59s);
    EXPECT_EQ(deliver(), 0);
    clock.advance(1s);
    EXPECT_EQ(deliver(), 1);
    EXPECT_EQ(rows().at(0).last_error, "text_failed");
    clock.advance(10min);
    provider.status = 201;
    EXPECT_EQ(deliver(), 1);
    EXPECT_EQ(provider.asked.size(), 2u);
    EXPECT_EQ(rows().at(0).last_error, "expired");
    EXPECT_EQ(delivery->statistics().channels[1].failed, 1u);
    EXPECT_EQ(delivery->statistics().channels[1].postponed, 2u);
}

TEST_P(Texts, WithoutAProviderTheyWait)
{
    delivery = *Delivery::create(*database, *vault, *pages, *mail, clock, {.from_address = "no-reply@id.example"});
    ASSERT_EQ(enqueue(code()), "");
    EXPECT_EQ(deliver(), 1);
    EXPECT_EQ(rows().at(0).last_error, "text_failed");
    EXPECT_FALSE(rows().at(0).failed_at);
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, Texts, storage::every_backend());

TEST(TextWords, AreThereInEveryLanguageAndFitWhatTheyAreFor)
{
    auto const pages = *view::Pages::create({.strict = true});
    for (auto const& locale : pages->locales().all())
        for (auto const kind : kEveryKind)
            for (auto const channel : {Channel::sms, Channel::voice}) {
                if (!has_words(kind, channel))
                    continue;
                Outgoing const message{.channel = channel,
                                       .kind = kind,
                                       .locale = locale->tag(),
                                       .sender_name = "Acme",
                                       .arguments = {{"code", "482913"},
                                                     {"minutes", 10},
                                                     {"what", "removed"},
                                                     {"value", "+49 ... 789"},
                                                     {"link", "https://id.example.com/s/abcdefghijklmnopqrstuvw"}},
                                       .host = "id.example.com"};
                SCOPED_TRACE(locale->tag() + " " + std::string(to_string(kind)));
                if (channel == Channel::sms) {
                    auto const text = compose_text(*pages, message);
                    EXPECT_EQ(text.find("sms."), std::string::npos) << text;
                    EXPECT_TRUE(text.ends_with("\n\n@id.example.com #482913")) << text;
                    EXPECT_LT(text.size(), 400u) << "each part of a text costs";
                } else {
                    auto const call = compose_call(*pages, message);
                    EXPECT_EQ(call.text.find("voice."), std::string::npos) << call.text;
                    EXPECT_NE(call.text.find("4, 8, 2, 9, 1, 3"), call.text.rfind("4, 8, 2, 9, 1, 3"));
                }
            }
    EXPECT_EQ(host_of("https://id.example.com:8443/t/acme"), "id.example.com");
}

} // namespace
} // namespace gatehouse::messages
