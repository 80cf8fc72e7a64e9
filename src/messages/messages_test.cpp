#include "base/log.hpp"
#include "events/reader.hpp"
#include "events/sequencer.hpp"
#include "messages/content.hpp"
#include "messages/delivery.hpp"
#include "messages/dev_mailbox_http.hpp"
#include "messages/outbox.hpp"
#include "storage/test_support/test_database.hpp"
#include "vault/test_support/test_vault.hpp"
#include "view/colour.hpp"
#include "view/theme.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <regex>
#include <thread>

namespace gatehouse::messages {
namespace {

using namespace std::chrono_literals;

// A mail server that is down as often as it is told to be, and keeps what it took.
class UnreliableServer final : public Transport {
public:
    Task<Result<void>> send(Kind kind, Mail mail) override
    {
        std::lock_guard const lock(mutex_);
        ++attempts;
        if (refuse_for_good)
            co_return refuse(ErrorKind::invalid, "mail_refused", "The server said no.");
        if (failures > 0) {
            --failures;
            co_return refuse(ErrorKind::unavailable, "mail_failed", "The server is away.");
        }
        taken.emplace_back(kind, std::move(mail));
        co_return Result<void>{};
    }
    int failures = 0;
    bool refuse_for_good = false;
    int attempts = 0;
    std::vector<std::pair<Kind, Mail>> taken;

private:
    std::mutex mutex_;
};

constexpr storage::Statement kCount{"SELECT COUNT(*) FROM message_outbox WHERE failed_at IS NULL"};
constexpr storage::Statement kPayloads{"SELECT payload FROM message_outbox"};

class OutboxTest : public testing::TestWithParam<storage::Engine> {
protected:
    FixedClock clock{from_seconds(1'795'449'600)};
    storage::TestDatabase database{GetParam()};
    std::unique_ptr<vault::Vault> vault = vault::open_test_vault(*database, clock.now());
    TenantId tenant = vault::make_test_tenant(*database, *vault, clock.now());
    std::unique_ptr<view::Pages> pages = *view::Pages::create({.strict = true});
    log::Capture log; // what a worker says is not for the tests' output
    Outbox outbox{*vault};
    UnreliableServer server;
    std::unique_ptr<Delivery> delivery = worker();

    std::unique_ptr<Delivery> worker()
    {
        return *Delivery::create(*database, *vault, *pages, server, clock, {.from_address = "no-reply@id.example"});
    }
    Outgoing code_mail(std::string code = "482913")
    {
        return {.tenant = tenant,
                .kind = Kind::verify_email,
                .to = "ada@example.com",
                .locale = "de",
                .sender_name = "Acme",
                .arguments = {{"code", std::move(code)}, {"minutes", 10}},
                .expires_at = clock.now() + 10min};
    }
    Result<MessageId> enqueue(Outgoing const& message)
    {
        return database->write_now([&](storage::Tx& tx) { return outbox.enqueue(tx, message, clock.now()); });
    }
    int deliver(Delivery& with)
    {
        boost::asio::io_context context;
        auto done = boost::asio::co_spawn(context, with.deliver_due(), boost::asio::use_future);
        context.run();
        auto const answer = done.get();
        EXPECT_TRUE(answer) << answer.error().detail;
        return answer.value_or(-1);
    }
    int deliver() { return deliver(*delivery); }
    std::int64_t waiting()
    {
        return *database->read_now([](storage::Tx& tx) -> Result<std::int64_t> {
            TRY(auto const* row, tx.one(kCount, {}));
            return row->integer(0);
        });
    }
};

TEST_P(OutboxTest, AMailIsDeliveredInThePersonsLanguageAndThenForgotten)
{
    ASSERT_TRUE(enqueue(code_mail()));
    EXPECT_EQ(deliver(), 1);
    ASSERT_EQ(server.taken.size(), 1u);
    auto const& [kind, mail] = server.taken[0];
    EXPECT_EQ(kind, Kind::verify_email);
    EXPECT_EQ(mail.to, "ada@example.com");
    EXPECT_EQ(mail.from, "no-reply@id.example");
    EXPECT_EQ(mail.from_name, "Acme");
    EXPECT_EQ(mail.subject, "Ihr Code für Acme");
    EXPECT_NE(mail.text.find("482913"), std::string::npos);
    EXPECT_NE(mail.text.find("Er gilt 10 Minuten."), std::string::npos);
    EXPECT_NE(mail.html.find("482913"), std::string::npos);
    EXPECT_NE(mail.html.find("lang=\"de\""), std::string::npos);
    EXPECT_EQ(waiting(), 0);
    EXPECT_EQ(deliver(), 0);
}

TEST_P(OutboxTest, AnAuditorReadsWhichMailWentToWhomAndOnlyOfThoseThatWent)
{
    server.failures = 1;
    ASSERT_TRUE(enqueue(code_mail()));
    deliver();
    storage::Leases const leases(*database, "a node");
    events::Sequencer sequencer(*database, leases);
    EXPECT_EQ(sequencer.run().value(), 0) << "it was not sent yet";
    clock.advance(5s);
    deliver();
    ASSERT_EQ(sequencer.run().value(), 1);
    ASSERT_TRUE(database->read_now([&](storage::Tx& tx) -> Result<void> {
        TRY(auto const events, events::read_after(tx, tenant, 0, 10));
        EXPECT_EQ(events.at(0).type, "message.sent");
        EXPECT_EQ(events.at(0).data, boost::json::object({{"template", "verify_email"}, {"channel", "mail"}}));
        TRY(auto const personal, events::open_personal(tx, *vault, tenant, events.at(0)));
        EXPECT_EQ(personal, boost::json::object({{"recipient", "ada@example.com"}}));
        return {};
    }));
}

TEST_P(OutboxTest, AFactThatIsRolledBackSendsNoMail)
{
    auto const failed = database->write_now([&](storage::Tx& tx) -> Result<void> {
        TRY_DO(outbox.enqueue(tx, code_mail(), clock.now()));
        return refuse(ErrorKind::conflict, "taken", "");
    });
    EXPECT_FALSE(failed);
    EXPECT_EQ(deliver(), 0);
}

TEST_P(OutboxTest, AServerThatIsAwayIsTriedAgainLater)
{
    server.failures = 2;
    ASSERT_TRUE(enqueue(code_mail()));
    EXPECT_EQ(deliver(), 1);
    EXPECT_EQ(deliver(), 0) << "not before its time";
    clock.advance(5s);
    EXPECT_EQ(deliver(), 1);
    clock.advance(5s);
    EXPECT_EQ(deliver(), 0) << "waits longer each time";
    clock.advance(15s);
    EXPECT_EQ(deliver(), 1);
    EXPECT_EQ(server.attempts, 3);
    EXPECT_EQ(server.taken.size(), 1u);
    EXPECT_EQ(waiting(), 0);
}

TEST_P(OutboxTest, AnExpiredCodeIsNotDelivered)
{
    server.failures = 1;
    ASSERT_TRUE(enqueue(code_mail()));
    deliver();
    clock.advance(11min);
    EXPECT_EQ(deliver(), 1);
    EXPECT_TRUE(server.taken.empty());
    EXPECT_EQ(waiting(), 0);
}

TEST_P(OutboxTest, ARefusalForGoodIsNotRepeated)
{
    server.refuse_for_good = true;
    ASSERT_TRUE(enqueue(code_mail()));
    deliver();
    EXPECT_NE(log.text().find("refused for good"), std::string::npos);
    EXPECT_EQ(log.text().find("ada@"), std::string::npos) << "addresses are not for logs";
    EXPECT_EQ(waiting(), 0);
    EXPECT_EQ(server.attempts, 1);
}

TEST_P(OutboxTest, TwoWorkersDeliverEachMailOnce)
{
    for (int i = 0; i < 60; ++i)
        ASSERT_TRUE(enqueue(code_mail(std::to_string(100'000 + i))));
    auto const empty_it = [&] {
        auto const mine = worker();
        while (waiting() > 0)
            deliver(*mine);
    };
    std::thread other(empty_it);
    empty_it();
    other.join();
    std::set<std::string> ids;
    for (auto const& [kind, mail] : server.taken)
        EXPECT_TRUE(ids.insert(mail.id).second) << mail.id;
    EXPECT_EQ(ids.size(), 60u);
}

TEST_P(OutboxTest, AMailWhoseWorkerDiedIsTakenUpWhenTheLeaseRunsOut)
{
    struct DyingServer final : Transport {
        Task<Result<void>> send(Kind, Mail) override { throw std::runtime_error("killed"); }
    } dying;
    ASSERT_TRUE(enqueue(code_mail()));
    auto const died = *Delivery::create(*database, *vault, *pages, dying, clock, {.from_address = "x@id.example"});
    boost::asio::io_context context;
    auto done = boost::asio::co_spawn(context, died->deliver_due(), boost::asio::use_future);
    context.run();
    EXPECT_THROW(done.get(), std::runtime_error);
    EXPECT_EQ(deliver(), 0) << "still in the hands of the first worker, for all anyone knows";
    clock.advance(5min);
    EXPECT_EQ(deliver(), 1);
    EXPECT_EQ(server.taken.size(), 1u);
}

TEST_P(OutboxTest, ADatabaseThiefReadsNeitherAddressNorCode)
{
    ASSERT_TRUE(enqueue(code_mail()));
    auto const payloads = *database->read_now([](storage::Tx& tx) {
        return tx.all(kPayloads, {}, [](storage::Row const& row) { return std::string(as_text(row.bytes(0))); });
    });
    ASSERT_EQ(payloads.size(), 1u);
    EXPECT_EQ(payloads[0].find("ada@example.com"), std::string::npos);
    EXPECT_EQ(payloads[0].find("482913"), std::string::npos);
}

TEST_P(OutboxTest, AnErasedPersonsMailIsNeverSent)
{
    auto const user = UserId::generate(clock.now());
    ASSERT_TRUE(database->write_now([&](storage::Tx& tx) -> Result<void> {
        TRY_DO(vault->create_person_key(tx, tenant, user, clock.now()));
        auto message = code_mail();
        message.user = user;
        TRY_DO(outbox.enqueue(tx, message, clock.now()));
        return {};
    }));
    ASSERT_TRUE(database->write_now([&](storage::Tx& tx) { return vault->destroy_person_key(tx, tenant, user); }));
    deliver();
    EXPECT_TRUE(server.taken.empty());
    EXPECT_EQ(waiting(), 0);
}

TEST_P(OutboxTest, AMailOfAPersonIsForgottenWithThem)
{
    auto const user = UserId::generate(clock.now());
    ASSERT_TRUE(database->write_now([&](storage::Tx& tx) -> Result<void> {
        TRY_DO(vault->create_person_key(tx, tenant, user, clock.now()));
        auto message = code_mail();
        message.user = user;
        TRY_DO(outbox.enqueue(tx, message, clock.now()));
        return forget_messages(tx, tenant, user);
    }));
    EXPECT_EQ(waiting(), 0);
}

TEST_P(OutboxTest, ANameWithALineBreakIsRefusedBeforeItIsStored)
{
    auto message = code_mail();
    message.sender_name = "Acme\r\nBcc: evil@example.com";
    EXPECT_EQ(enqueue(message).error().code, "invalid_message");
    message = code_mail("1\r\n\r\n<html>");
    EXPECT_EQ(enqueue(message).error().pointer, "/arguments/code");
    message = code_mail();
    message.to = "ada@example.com\r\nBcc: evil@example.com";
    EXPECT_EQ(enqueue(message).error().code, "invalid_address");
    message = code_mail();
    message.arguments.emplace_back("link", "javascript:alert(1)");
    EXPECT_EQ(enqueue(message).error().pointer, "/arguments/link");
    EXPECT_EQ(waiting(), 0);
}

TEST_P(OutboxTest, TheWorkerRunsUntilItIsStoppedAndWakesWhenAsked)
{
    boost::asio::io_context context;
    outbox.on_wake([this] { delivery->wake(); });
    auto done = boost::asio::co_spawn(context, delivery->run(), boost::asio::use_future);
    std::thread runner([&] { context.run(); });
    ASSERT_TRUE(enqueue(code_mail()));
    outbox.wake();
    while (waiting() > 0)
        std::this_thread::yield();
    delivery->stop();
    done.get();
    runner.join();
    EXPECT_EQ(server.taken.size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, OutboxTest, storage::every_backend());

TEST(Messages, RetriesWaitLongerButNeverMoreThanAnHour)
{
    EXPECT_EQ(retry_delay(1), Duration(5s));
    EXPECT_EQ(retry_delay(3), Duration(80s));
    EXPECT_EQ(retry_delay(50), Duration(1h));
}

TEST(Messages, EveryKindHasItsWordsInEveryLanguage)
{
    auto const pages = *view::Pages::create({.strict = true});
    auto const now = from_seconds(1'795'449'600);
    for (auto const& locale : pages->locales().all())
        for (auto const kind : kEveryKind) {
            EXPECT_EQ(parse_kind(to_string(kind)), kind);
            if (!has_words(kind, Channel::mail))
                continue;
            bool const has_button = locale->has("mail." + std::string(to_string(kind)) + ".button");
            Outgoing message{.kind = kind,
                             .to = "ada@example.com",
                             .locale = locale->tag(),
                             .sender_name = "Acme <script>",
                             .arguments = {{"code", "482913"},
                                           {"minutes", 10},
                                           {"hours", 24},
                                           {"kind", "totp"},
                                           {"left", 3},
                                           {"until", now},
                                           {"until", now},
                                           {"when", now},
                                           {"what", "added"},
                                           {"value", "a...@example.com"},
                                           {"browser", "Firefox"},
                                           {"place", "Berlin"},
                                           {"new_email", "a***@example.com"}},
                             .expires_at = now};
            if (has_button)
                message.arguments.emplace_back("link", "https://id.example/x?a=1&b=2");
            auto const content = compose(*pages, message);
            SCOPED_TRACE(locale->tag() + " " + std::string(to_string(kind)));
            ASSERT_TRUE(content) << content.error().detail;
            for (auto const& text : {content->subject, content->text}) {
                EXPECT_EQ(text.find("mail." + std::string(to_string(kind))), std::string::npos) << text;
                EXPECT_EQ(text.find('{'), std::string::npos) << text;
            }
            EXPECT_EQ(content->subject.find("482913"), std::string::npos) << "mail servers log subjects";
            EXPECT_EQ(content->html.find("<script>"), std::string::npos);
            EXPECT_NE(content->text.find("Acme <script>"), std::string::npos);
            // The screenshots script asks for the mails by naming a folder.
            if (auto const* folder = std::getenv("GATEHOUSE_FIXTURES"))
                std::ofstream(std::filesystem::path(folder) / locale->tag() /
                              fmt::format("letter-{}.html", to_string(kind)))
                    << content->html;
            if (has_button) {
                EXPECT_NE(content->html.find("href=\"https://id.example/x?a=1&amp;b=2\""), std::string::npos);
                EXPECT_NE(content->text.find("https://id.example/x?a=1&b=2"), std::string::npos);
            }
        }
}

// -- what mail programs with dark pages do to mails

// The value of a property in a style: "" where it is not said.
std::string property(std::string const& style, std::string const& name)
{
    std::smatch found;
    if (!std::regex_search(style, found, std::regex("(?:^|[;{])" + name + ":([^;!}]+)")))
        return {};
    return found[1];
}

struct Drawn {
    std::string where;
    std::string text, ground, dark_text, dark_ground;
};

// Every element with words of its own: its colour and what it stands on, as the styles say, in light and in dark.
std::vector<Drawn> drawn_in(std::string const& html)
{
    auto const dark_begin = html.find("@media (prefers-color-scheme:dark){");
    auto const dark = html.substr(dark_begin, html.find("</style>") - dark_begin);
    auto const dark_of = [&](std::string const& name, std::string const& what) {
        std::smatch found;
        std::regex const rule("\n" + name + "\\{([^}]*)\\}");
        return std::regex_search(dark, found, rule) ? property(found[1].str(), what) : std::string();
    };
    std::vector<Drawn> all;
    struct Ground {
        std::string tag, light, dark;
    };
    std::vector<Ground> grounds;
    static std::regex const kTag("<(/?)([a-z0-9]+)([^>]*)>");
    static std::regex const kStyle("style=\"([^\"]*)\"");
    static std::regex const kClass("class=\"([^\"]*)\"");
    auto const body = html.substr(html.find("<body"));
    for (std::sregex_iterator tag(body.begin(), body.end(), kTag), end; tag != end; ++tag) {
        std::string const name = (*tag)[2];
        if ((*tag)[1] == "/") {
            while (!grounds.empty() && grounds.back().tag != name)
                grounds.pop_back();
            if (!grounds.empty())
                grounds.pop_back();
            continue;
        }
        std::string const rest = (*tag)[3];
        std::smatch found;
        auto const style = std::regex_search(rest, found, kStyle) ? found[1].str() : std::string();
        auto const css = std::regex_search(rest, found, kClass) ? "\\." + found[1].str() : name;
        auto here = grounds.empty() ? Ground{} : grounds.back();
        here.tag = name;
        if (auto const light = property(style, "background"); !light.empty()) {
            here.light = light;
            auto const night = dark_of(css, "background");
            here.dark = night.empty() ? light : night;
        }
        grounds.push_back(here);
        if (auto const colour = property(style, "color"); !colour.empty()) {
            auto const night = dark_of(css, "color");
            auto const is_button = !property(style, "background").empty() && css == name;
            all.push_back(
                {name + " " + css, colour, here.light, is_button || night.empty() ? colour : night, here.dark});
        }
    }
    return all;
}

std::string inverted(std::string const& colour)
{
    auto rgb = view::parse_colour(colour);
    for (auto& part : rgb)
        part = 255 - part;
    return view::to_string(rgb);
}

TEST(MailsInTheDark, CanBeReadHoweverAMailProgramDarkensThem)
{
    auto const pages = *view::Pages::create({.strict = true});
    for (auto const kind : kEveryKind)
        for (auto const* accent : {"", "#0b7285", "#ffd43b", "#000000", "#ffffff"}) {
            if (!has_words(kind, Channel::mail))
                continue;
            view::ThemeTokens theme;
            if (*accent)
                theme.light.accent = theme.dark.accent = accent;
            auto const content = compose(*pages,
                                         {.kind = kind,
                                          .to = "ada@example.com",
                                          .locale = "en",
                                          .sender_name = "Acme",
                                          .arguments = {{"code", "482913"},
                                                        {"minutes", 10},
                                                        {"hours", 24},
                                                        {"kind", "totp"},
                                                        {"left", 3},
                                                        {"what", "added"},
                                                        {"value", "a...@example.com"},
                                                        {"when", from_seconds(1'795'449'600)},
                                                        {"new_email", "a...@example.com"},
                                                        {"link", "https://id.example/x"}}},
                                         {.look = view::make_look(theme)});
            ASSERT_TRUE(content) << to_string(kind);
            SCOPED_TRACE(fmt::format("{} {}", to_string(kind), accent));
            auto const& html = content->html;
            // The program is told that both are meant; else it inverts by itself.
            for (auto const* said :
                 {"<meta name=\"color-scheme\" content=\"light dark\">",
                  "<meta name=\"supported-color-schemes\" content=\"light dark\">", "color-scheme:light dark"})
                EXPECT_NE(html.find(said), std::string::npos) << said;
            // No picture carries words, none is fetched, and nothing but explicit colours is relied on.
            EXPECT_EQ(html.find("<img"), std::string::npos);
            EXPECT_EQ(html.find("url("), std::string::npos);
            EXPECT_EQ(html.find("transparent"), std::string::npos);
            auto const drawn = drawn_in(html);
            ASSERT_GE(drawn.size(), 5u);
            for (auto const& one : drawn) {
                SCOPED_TRACE(one.where);
                ASSERT_TRUE(view::is_colour(one.text) && view::is_colour(one.ground)) << one.text << " " << one.ground;
                EXPECT_GE(view::contrast(one.text, one.ground), 4.5) << one.text << " on " << one.ground;
                EXPECT_GE(view::contrast(one.dark_text, one.dark_ground), 4.5)
                    << one.dark_text << " on " << one.dark_ground << " in the dark";
                // Programs that ignore our dark styles invert both colours.
                EXPECT_GE(view::contrast(inverted(one.text), inverted(one.ground)), 3.0)
                    << one.text << " on " << one.ground << ", inverted";
            }
        }
}

class DevMailboxTest : public testing::Test {
protected:
    DevMailbox mailbox;
    std::unique_ptr<view::Pages> pages = *view::Pages::create({.strict = true});
    std::optional<http::Response> get(std::string path, http::Method method = http::Method::get)
    {
        http::Request request;
        request.method = method;
        request.path = std::move(path);
        request.host = host;
        return serve_dev_mailbox(mailbox, *pages, request, from_seconds(1'795'449'600));
    }
    std::string host = "localhost:8080";
    void add(std::string subject)
    {
        mailbox.add({.received_at = from_seconds(1'795'449'000),
                     .from = "x@y.example",
                     .to = "ada@example.com",
                     .subject = std::move(subject),
                     .text = "Line one\nLine <two>",
                     .html = "<p>Hi</p>",
                     .kind = "verify_email"});
    }
};

TEST_F(DevMailboxTest, ShowsWhatWasCaughtNewestFirst)
{
    EXPECT_NE(get("/dev/mail")->body.find("No mail yet"), std::string::npos);
    add("First");
    add("Second <b>");
    auto const list = get("/dev/mail")->body;
    EXPECT_LT(list.find("Second &lt;b&gt;"), list.find("First"));
    EXPECT_NE(list.find("href=\"/dev/mail/2\""), std::string::npos);
    auto const json = boost::json::parse(get("/dev/mail.json")->body).as_array();
    ASSERT_EQ(json.size(), 2u);
    EXPECT_EQ(json[0].at("subject").as_string(), "Second <b>");
    auto const one = get("/dev/mail/1");
    EXPECT_NE(one->body.find("Line one\nLine &lt;two&gt;"), std::string::npos);
    EXPECT_NE(one->body.find("src=\"/dev/mail/1/html\""), std::string::npos);
    EXPECT_NE(one->headers.find("Content-Security-Policy")->find("frame-src 'self'"), std::string::npos);
}

TEST_F(DevMailboxTest, AMailCannotRunScriptInTheSite)
{
    add("x");
    auto const part = get("/dev/mail/1/html");
    EXPECT_EQ(part->body, "<p>Hi</p>");
    auto const policy = *part->headers.find("Content-Security-Policy");
    EXPECT_NE(policy.find("default-src 'none'"), std::string::npos);
    EXPECT_NE(policy.find("sandbox"), std::string::npos);
    EXPECT_EQ(policy.find("allow-scripts"), std::string::npos);
}

TEST_F(DevMailboxTest, ASiteWhoseNameIsReboundToThisMachineReadsNoMail)
{
    add("x");
    for (auto const* path : {"/dev/mail", "/dev/mail.json", "/dev/mail/1", "/dev/mail/1/html"}) {
        for (auto const* evil :
             {"evil.example:8080", "localhost.evil.example", "127.0.0.1.nip.io", "192.168.1.4:8080", ""}) {
            host = evil;
            EXPECT_EQ(get(path)->status, 421) << evil << path;
        }
        for (auto const* own : {"localhost:8080", "127.0.0.1:8080", "[::1]:8080", "id.localhost:8080"}) {
            host = own;
            EXPECT_EQ(get(path)->status, 200) << own << path;
        }
    }
}

TEST_F(DevMailboxTest, KnowsNoOtherAddress)
{
    add("x");
    for (auto const* path : {"/dev/mail/2", "/dev/mail/", "/dev/mail/1x", "/dev/mail/-1", "/dev/mail/html", "/dev", "/",
                             "/dev/mail/99999999999999999999999"})
        EXPECT_FALSE(get(path)) << path;
    EXPECT_FALSE(get("/dev/mail", http::Method::post));
}

TEST_F(DevMailboxTest, KeepsTheNewestTwoHundred)
{
    for (int i = 0; i < 250; ++i)
        add(std::to_string(i));
    EXPECT_EQ(mailbox.list().size(), 200u);
    EXPECT_EQ(mailbox.list().front().subject, "249");
    EXPECT_FALSE(mailbox.find(50));
    EXPECT_TRUE(mailbox.find(51));
}

} // namespace
} // namespace gatehouse::messages
