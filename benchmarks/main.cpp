// gatehouse_bench: what ./bench runs once everything is built.
#include "base/log.hpp"
#include "scenarios.hpp"

#include <CLI/CLI.hpp>
#include <csignal>
#include <filesystem>

namespace gatehouse::bench {

namespace {

struct Scenario {
    std::string_view name;
    void (*run)(Run&);
};
constexpr Scenario kScenarios[] = {{"tokens", bench_tokens},
                                   {"signin", bench_signin},
                                   {"passwordless", bench_passwordless},
                                   {"start", bench_start},
                                   {"pages", bench_pages},
                                   {"refresh", bench_refresh}};

int run_all(Options options, std::vector<std::string> const& wanted)
{
    std::filesystem::create_directories(options.folder);
    auto const postgresql = !options.postgresql.empty();
    Run run(std::move(options));
    auto const is_wanted = [&](std::string_view name) {
        return wanted.empty() || std::ranges::find(wanted, name) != wanted.end();
    };
    for (auto const& [name, scenario] : kScenarios)
        if (is_wanted(name)) {
            scenario(run);
            run.table().print();
        }
    if (postgresql && is_wanted("refresh")) {
        bench_refresh_postgresql(run);
        run.table().print();
    }
    return 0;
}

} // namespace

} // namespace gatehouse::bench

int main(int argc, char** argv)
{
    using namespace gatehouse;
    std::signal(SIGPIPE, SIG_IGN);
    log::configure(log::Level::warning, log::Format::text);
    CLI::App program("Benchmarks of Gatehouse; ./bench builds and calls this");
    bench::Options options;
    std::vector<std::string> wanted;
    std::uint16_t static_port = 0;
    std::size_t most_users = 0;
    int seconds = 5;
    auto* serve = program.add_subcommand("serve-static", "Serve 200 bytes of JSON");
    serve->add_option("port", static_port)->required();
    auto* run = program.add_subcommand("run", "Measure");
    run->add_option("--gatehouse", options.gatehouse)->required();
    run->add_option("--peer", options.peer);
    run->add_option("--scripts", options.scripts)->required();
    run->add_option("--folder", options.folder)->required();
    run->add_option("--postgresql", options.postgresql);
    run->add_option("--families", options.families);
    run->add_option("--most-users", most_users);
    run->add_option("--seconds", seconds);
    run->add_option("scenarios", wanted);
    program.require_subcommand(1);
    CLI11_PARSE(program, argc, argv);
    try {
        if (*serve)
            bench::serve_static(static_port);
        options.duration = std::chrono::seconds(seconds);
        if (most_users > options.user_counts.back())
            options.user_counts.push_back(most_users);
        return bench::run_all(std::move(options), wanted);
    } catch (std::exception const& failed) {
        fmt::print(stderr, "bench: {}\n", failed.what());
        return 1;
    }
}
