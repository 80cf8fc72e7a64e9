// Sign-ins with a password, whole code flows of many people, beside the raw hash pool; and machines that ask for tokens
// while the pool is saturated.
#include "signin_client.hpp"

#include <thread>

namespace gatehouse::bench {

namespace {

constexpr std::size_t kBrowsers = 32;
constexpr std::chrono::seconds kWarmUp{2};
constexpr double kHash = 0.022; // the hash that the goal speaks of
constexpr std::chrono::milliseconds kProbePause{5};

// Browsers at work, and perhaps a machine that asks for a token now and then.
struct SignIns {
    SignIns(Run& run, Seeded& house, Process& server, bool with_machine)
    {
        auto const port = house.place().port;
        std::vector<Client*> all;
        for (std::size_t i = 0; i < kBrowsers; ++i)
            all.push_back(browsers.emplace_back(std::make_unique<SignInClient>(port, house.users(), i)).get());
        TokenClient machine(port, "/oauth2/token", kProbePause);
        if (with_machine)
            all.push_back(&machine);
        struct Fresh final : UsageWatch {
            Fresh(Process& process, SignIns& owner, TokenClient& client)
                : UsageWatch(process), signins(owner), probe(client)
            {
            }
            void begin() override
            {
                for (auto const& browser : signins.browsers)
                    browser->reset();
                probe.times.clear();
                UsageWatch::begin();
            }
            void end() override
            {
                UsageWatch::end();
                for (auto const& browser : signins.browsers)
                    signins.finished += static_cast<double>(browser->finished());
            }
            SignIns& signins;
            TokenClient& probe;
        } watch(server, *this, machine);
        auto const report =
            bench::run({.port = port, .duration = 2 * run.options().duration, .warm_up = kWarmUp}, all, &watch);
        tell_failures("sign-ins", report);
        rate = finished / report.seconds;
        cpu_beside_hash = watch.requests() / finished;
        cpu_of_hash = watch.hashing() / finished;
        machine_p99 = machine.times.percentile(0.99);
    }

    std::vector<std::unique_ptr<SignInClient>> browsers;
    double finished = 0;
    double rate = 0;
    double cpu_beside_hash = 0, cpu_of_hash = 0;
    double machine_p99 = 0;
};

double idle_p99(Run& run, Seeded& house)
{
    TokenClient machine(house.place().port, "/oauth2/token", kProbePause);
    tell_failures("tokens", bench::run({.port = house.place().port, .duration = run.options().duration}, {&machine}));
    return machine.times.percentile(0.99);
}

void report_house(Run& run, Seeded& house, SignIns const& signins)
{
    auto const part = signins.rate / run.hash().rate;
    run.table().add({.what = fmt::format("Sign-ins, {} users", house.users()),
                     .measured = fmt::format("{:.1f}/s", signins.rate),
                     .beside = fmt::format("{:.1f}/s raw hash pool", run.hash().rate),
                     .ratio = fmt::format("{:.2f}", part),
                     .goal = "at least 0.90",
                     .verdict = verdict(part >= 0.9)});
    run.table().add({.what = "  CPU of a sign-in beside its hash",
                     .measured = duration(signins.cpu_beside_hash),
                     .beside = "22 ms hash",
                     .ratio = fmt::format("{:.3f}", signins.cpu_beside_hash / kHash),
                     .goal = "at most 0.10",
                     .verdict = verdict(signins.cpu_beside_hash <= 0.1 * kHash)});
    run.table().add({.what = "  CPU of its hash", .measured = duration(signins.cpu_of_hash)});
}

} // namespace

void bench_signin(Run& run)
{
    auto& table = run.table();
    table.heading("Sign-ins with a password (whole code flow, 32 browsers)");
    auto const hash = run.hash();
    table.add({.what = "Raw hash pool", .measured = fmt::format("{:.1f}/s", hash.rate)});
    table.add({.what = "  CPU of one hash", .measured = duration(hash.cpu)});
    std::optional<double> smallest;
    for (auto const users : run.options().user_counts) {
        auto& house = run.house(users);
        say(fmt::format("sign-ins, {} users", users));
        auto const server = house.serve();
        std::optional<double> idle;
        if (!smallest)
            idle = idle_p99(run, house);
        SignIns const signins(run, house, *server, false);
        report_house(run, house, signins);
        if (!smallest) {
            smallest = signins.cpu_beside_hash;
            say("machines' tokens beside sign-ins");
            SignIns const mixed(run, house, *server, true);
            auto const times = mixed.machine_p99 / *idle;
            table.add({.what = "  a machine's token meanwhile, p99",
                       .measured = fmt::format("{:.2f} ms", mixed.machine_p99),
                       .beside = fmt::format("{:.2f} ms idle", *idle),
                       .ratio = fmt::format("{:.1f}", times),
                       .goal = "under 3",
                       .verdict = verdict(times < 3)});
        } else {
            auto const growth = signins.cpu_beside_hash / *smallest;
            table.add(
                {.what = fmt::format("  CPU beside the hash, {} to {} users", run.options().user_counts.front(), users),
                 .measured = duration(signins.cpu_beside_hash),
                 .beside = duration(*smallest),
                 .ratio = fmt::format("{:.2f}", growth),
                 .goal = "under 1.2",
                 .verdict = verdict(growth < 1.2)});
        }
        server->stop();
    }
}

} // namespace gatehouse::bench
