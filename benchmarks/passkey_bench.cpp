// Sign-ins with a passkey: the whole code flow, the load signs as the authenticator would. No password is hashed, so
// that what is measured is the server itself: the pages, the assertion, one durable write, and the code's redemption.
#include "signin_client.hpp"

namespace gatehouse::bench {

namespace {

constexpr std::size_t kBrowsers = 32;

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

} // namespace

void bench_passkeys(Run& run)
{
    auto& table = run.table();
    table.heading("Sign-ins with a passkey (whole code flow, 32 browsers)");
    auto& house = run.house(run.options().user_counts.front());
    auto const port = house.place().port;
    say(fmt::format("passkeys, {} users", house.users()));
    SoftPasskeys const passkeys(fmt::format("http://localhost:{}", port));
    house.add_passkeys(passkeys);
    auto const server = house.serve();
    std::vector<std::unique_ptr<SignInClient>> browsers;
    std::vector<Client*> all;
    for (std::size_t i = 0; i < kBrowsers; ++i)
        all.push_back(browsers.emplace_back(std::make_unique<SignInClient>(port, house.users(), i, &passkeys)).get());
    Fresh watch(*server, browsers);
    auto const report = bench::run({.port = port, .duration = 2 * run.options().duration}, all, &watch);
    tell_failures("passkey sign-ins", report);
    server->stop();
    table.add({.what = fmt::format("Sign-ins with a passkey, {} users", house.users()),
               .measured = fmt::format("{:.0f}/s", watch.finished / report.seconds)});
    table.add({.what = "  CPU of a sign-in",
               .measured = duration(watch.total() / watch.finished),
               .beside = duration(run.signature()) + " one ES256 signature",
               .ratio = fmt::format("{:.1f}", watch.total() / watch.finished / run.signature())});
}

} // namespace gatehouse::bench
