// How soon the server is ready, and what it holds in memory.
#include "signin_client.hpp"

#include <algorithm>
#include <thread>

namespace gatehouse::bench {

namespace {

constexpr int kStarts = 7;
constexpr double kMegabyte = 1024 * 1024;
constexpr double kArena = 19 * kMegabyte;

} // namespace

void bench_start(Run& run)
{
    auto& table = run.table();
    auto& house = run.house(100'000);
    table.heading("Start and memory (100,000 users)");
    say("starts");
    std::vector<double> times;
    for (int i = 0; i < kStarts; ++i) {
        std::chrono::nanoseconds took{};
        auto const server = house.serve(&took);
        times.push_back(std::chrono::duration<double>(took).count());
        server->stop();
    }
    std::ranges::sort(times);
    auto const median = times[times.size() / 2];
    table.add({.what = fmt::format("From start to ready, median of {}", kStarts),
               .measured = duration(median),
               .beside = duration(times.back()) + " slowest",
               .goal = "under 150 ms",
               .verdict = verdict(median < 0.150)});

    auto const server = house.serve();
    std::this_thread::sleep_for(std::chrono::seconds(2));
    auto const idle = server->resident();
    table.add({.what = "Resident, idle",
               .measured = megabytes(idle),
               .goal = "under 40 MB",
               .verdict = verdict(idle < 40 * kMegabyte)});

    say("memory under load");
    auto const port = house.place().port;
    std::vector<std::unique_ptr<Client>> clients;
    for (std::size_t i = 0; i < 64; ++i)
        clients.push_back(std::make_unique<SignInClient>(port, house.users(), i));
    for (std::size_t i = 0; i < 64; ++i)
        clients.push_back(std::make_unique<TokenClient>(port));
    std::vector<Client*> all;
    for (auto const& client : clients)
        all.push_back(client.get());
    tell_failures("memory", bench::run({.port = port, .duration = 2 * run.options().duration}, all));
    auto const arenas = kArena * std::thread::hardware_concurrency();
    auto const loaded = server->most_resident();
    table.add({.what = "Resident at most, under load",
               .measured = megabytes(loaded),
               .beside = megabytes(arenas) + " are hash arenas",
               .goal = "120 MB + arenas",
               .verdict = verdict(loaded < 120 * kMegabyte + arenas)});
    server->stop();
}

} // namespace gatehouse::bench
