// Tokens for machines: the client credentials grant with ES256, beside one signature, HTTP alone and npm oidc-provider.
#include "scenarios.hpp"

namespace gatehouse::bench {

namespace {

constexpr std::size_t kConnections = 32;
constexpr std::chrono::seconds kWarmUp{1};

struct Measured {
    Report report;
    double cpu = 0; // of one answer
    double p50 = 0, p99 = 0;
};

Measured measure(Run& run, std::uint16_t port, Process& process, std::string_view path)
{
    std::vector<std::unique_ptr<TokenClient>> clients;
    std::vector<Client*> all;
    for (std::size_t i = 0; i < kConnections; ++i)
        all.push_back(clients.emplace_back(std::make_unique<TokenClient>(port, path)).get());
    struct Fresh final : UsageWatch {
        using UsageWatch::UsageWatch;
        void begin() override
        {
            for (auto& client : *clients)
                client->times.clear();
            UsageWatch::begin();
        }
        std::vector<std::unique_ptr<TokenClient>>* clients = nullptr;
    } watch(process);
    watch.clients = &clients;
    Measured measured;
    measured.report = bench::run({.port = port, .duration = run.options().duration, .warm_up = kWarmUp}, all, &watch);
    tell_failures("tokens", measured.report);
    measured.cpu = watch.total() / static_cast<double>(measured.report.answers);
    Times times;
    for (auto const& client : clients)
        times.add_all(client->times);
    measured.p50 = times.percentile(0.5);
    measured.p99 = times.percentile(0.99);
    return measured;
}

// The same load on an endpoint that does nothing: what HTTP costs here.
class StaticClient final : public Client {
public:
    explicit StaticClient(std::uint16_t port) : request_(post(port, "/", "", "nothing=1")) {}
    bool next(std::string& request) override
    {
        request = request_;
        return true;
    }
    bool answered(Answer const& answer, std::chrono::nanoseconds) override { return answer.status == 200; }

private:
    std::string request_;
};

void measure_static(Run& run)
{
    auto const port = free_port();
    Process server({"/proc/self/exe", "serve-static", std::to_string(port)}, {}, run.log_file("static"));
    server.wait_until_ready(port, "/");
    std::vector<std::unique_ptr<StaticClient>> clients;
    std::vector<Client*> all;
    for (std::size_t i = 0; i < kConnections; ++i)
        all.push_back(clients.emplace_back(std::make_unique<StaticClient>(port)).get());
    UsageWatch watch(server);
    auto const report = bench::run({.port = port, .duration = run.options().duration, .warm_up = kWarmUp}, all, &watch);
    tell_failures("static", report);
    run.table().add({.what = "200 bytes of JSON, our HTTP server alone", .measured = rate(report.rate())});
    run.table().add({.what = "  CPU of the server per request",
                     .measured = duration(watch.total() / static_cast<double>(report.answers))});
}

double measure_peer(Run& run, int workers)
{
    say(fmt::format("npm oidc-provider, {} process{}", workers, workers == 1 ? "" : "es"));
    auto const port = free_port();
    Process peer({"node", run.options().peer + "/server.mjs"},
                 {fmt::format("PORT={}", port), fmt::format("WORKERS={}", workers), "NODE_ENV=production",
                  fmt::format("CLIENT_SECRET={}", kClientSecret)},
                 run.log_file("peer"));
    peer.wait_until_ready(port, "/.well-known/openid-configuration");
    auto const rate = measure(run, port, peer, "/token").report.rate();
    peer.stop();
    return rate;
}

} // namespace

void bench_tokens(Run& run)
{
    auto& table = run.table();
    table.heading("Tokens for machines (client credentials, ES256, 32 connections)");
    auto const signature = run.signature();
    table.add({.what = "One ES256 signature, CPU", .measured = duration(signature)});
    say("HTTP alone");
    measure_static(run);

    auto& house = run.house(run.options().user_counts.front());
    Measured ours;
    {
        say("tokens");
        auto const server = house.serve();
        ours = measure(run, house.place().port, *server, "/oauth2/token");
        server->stop();
    }
    auto const in_signatures = ours.cpu / signature;
    table.add({.what = "CPU of the server per token",
               .measured = duration(ours.cpu),
               .beside = duration(signature) + " signature",
               .ratio = fmt::format("{:.2f}", in_signatures),
               .goal = "at most 2.5",
               .verdict = verdict(in_signatures <= 2.5)});
    table.add({.what = "Tokens beside the load generator", .measured = rate(ours.report.rate())});
    table.add(
        {.what = "  time of an answer, p50 and p99", .measured = fmt::format("{:.2f}, {:.2f} ms", ours.p50, ours.p99)});
    if (run.options().peer.empty())
        return;
    auto const peer = measure_peer(run, 1);
    auto const times = ours.report.rate() / peer;
    table.add({.what = "  beside npm oidc-provider, one process",
               .measured = rate(ours.report.rate()),
               .beside = rate(peer),
               .ratio = fmt::format("{:.1f}", times),
               .goal = "at least 12",
               .verdict = verdict(times >= 12)});
    auto const cluster = measure_peer(run, 2);
    table.add({.what = "  beside npm oidc-provider, two processes",
               .measured = rate(ours.report.rate()),
               .beside = rate(cluster),
               .ratio = fmt::format("{:.1f}", ours.report.rate() / cluster)});
}

} // namespace gatehouse::bench
