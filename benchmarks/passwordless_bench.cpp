// Sign-ins without a password, the whole code flow: with a passkey, where the load signs as the authenticator would,
// and with what a mail brings, where the load is the mail server as well. Nothing is hashed, so that what is measured
// is the server itself: the pages, the proof, the durable writes, the mails, and the code's redemption.
#include "signin_client.hpp"

namespace gatehouse::bench {

namespace {

constexpr std::size_t kBrowsers = 32;
constexpr std::chrono::seconds kWarmUp{1};

struct Fresh final : UsageWatch {
    Fresh(Process& process, std::vector<std::unique_ptr<SignInClient>>& clients)
        : UsageWatch(process), browsers(clients)
    {
    }
    void begin() override
    {
        for (auto const& browser : browsers)
            browser->reset();
        UsageWatch::begin();
    }
    void end() override
    {
        UsageWatch::end();
        for (auto const& browser : browsers)
            finished += static_cast<double>(browser->finished());
    }
    std::vector<std::unique_ptr<SignInClient>>& browsers;
    double finished = 0;
};

void measure(Run& run, Seeded& house, Process& server, Proofs proofs, std::string_view what)
{
    std::vector<std::unique_ptr<SignInClient>> browsers;
    std::vector<Client*> all;
    auto const port = house.place().port;
    for (std::size_t i = 0; i < kBrowsers; ++i)
        all.push_back(browsers.emplace_back(std::make_unique<SignInClient>(port, house.users(), i, proofs)).get());
    Fresh watch(server, browsers);
    auto const report =
        bench::run({.port = port, .duration = 2 * run.options().duration, .warm_up = kWarmUp}, all, &watch);
    tell_failures(what, report);
    auto const cpu = watch.total() / watch.finished;
    run.table().add({.what = fmt::format("Sign-ins with {}, {} users", what, house.users()),
                     .measured = fmt::format("{:.0f}/s", watch.finished / report.seconds)});
    run.table().add({.what = "  CPU of a sign-in",
                     .measured = duration(cpu),
                     .beside = duration(run.signature()) + " one ES256 signature",
                     .ratio = fmt::format("{:.1f}", cpu / run.signature())});
}

void measure_mails(Run& run, Seeded& house, identity::Method method, std::string_view what)
{
    say(fmt::format("sign-ins with {}", what));
    house.begin_with(method);
    MailSink mails;
    auto const server = house.serve(nullptr, {"GATEHOUSE_MAIL_SMTP_HOST=127.0.0.1",
                                              fmt::format("GATEHOUSE_MAIL_SMTP_PORT={}", mails.port()),
                                              "GATEHOUSE_MAIL_SMTP_TLS=none"});
    measure(run, house, *server, {.mails = &mails}, what);
    server->stop();
}

} // namespace

void bench_passwordless(Run& run)
{
    run.table().heading("Sign-ins without a password (whole code flow, 32 browsers)");
    // Mails to one person are limited: it takes many people.
    auto& house = run.house(run.options().user_counts.back());
    measure_mails(run, house, identity::Method::email_code, "a code by mail");
    measure_mails(run, house, identity::Method::magic_link, "a link by mail");
    say("sign-ins with a passkey");
    house.begin_with(identity::Method::passkey);
    SoftPasskeys const passkeys(fmt::format("http://localhost:{}", house.place().port));
    house.add_passkeys(passkeys);
    auto const server = house.serve();
    measure(run, house, *server, {.passkeys = &passkeys}, "a passkey");
    server->stop();
    house.begin_with(identity::Method::password);
}

} // namespace gatehouse::bench
