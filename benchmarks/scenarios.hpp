// What ./bench measures. Each function fills rows of the table; none of them judges by failing.
#pragma once

#include "limits.hpp"
#include "table.hpp"

#include <optional>

namespace gatehouse::bench {

struct Options {
    std::string gatehouse;  // the server's program
    std::string peer;       // folder of the npm peer; "" to leave it out
    std::string scripts;    // folder of first_paint.mjs
    std::string folder;     // for data and logs
    std::string postgresql; // address of a cluster's empty database, or ""
    std::chrono::seconds duration{5};
    std::vector<std::size_t> user_counts{1'000, 100'000};
    std::size_t families = 1'000'000;
};

// What the scenarios share: limits that are measured once, and houses that are seeded once.
class Run {
public:
    explicit Run(Options options) : options_(std::move(options)) {}

    Options const& options() const { return options_; }
    Table& table() { return table_; }
    double signature();               // CPU seconds of one ES256 signature
    HashLimit const& hash();          // the raw pool
    Seeded& house(std::size_t users); // on SQLite
    std::string log_file(std::string_view name) const { return options_.folder + "/" + std::string(name) + ".log"; }

private:
    Options options_;
    Table table_;
    std::optional<double> signature_;
    std::optional<HashLimit> hash_;
    std::map<std::size_t, std::unique_ptr<Seeded>> houses_;
};

void bench_tokens(Run& run);
void bench_signin(Run& run);
void bench_passwordless(Run& run);
void bench_start(Run& run);
void bench_pages(Run& run);
void bench_refresh(Run& run);            // on SQLite
void bench_refresh_postgresql(Run& run); // on options().postgresql

// Asks for tokens of the client credentials grant, one after the other.
class TokenClient : public Client {
public:
    explicit TokenClient(std::uint16_t port, std::string_view path = "/oauth2/token",
                         std::chrono::nanoseconds pause = {});
    bool next(std::string& request) override;
    bool answered(Answer const& answer, std::chrono::nanoseconds took) override;
    std::chrono::nanoseconds pause() override { return pause_; }
    Times times;

private:
    std::string request_;
    std::chrono::nanoseconds pause_;
};

// Reads what a process used while a load was on, warm-up left out.
class UsageWatch : public Watch {
public:
    explicit UsageWatch(Process& process) : process_(process) {}
    void begin() override { before_ = process_.usage(); }
    void end() override { after_ = process_.usage(); }
    double requests() const { return after_.requests - before_.requests; }
    double hashing() const { return after_.hashing - before_.hashing; }
    double total() const { return requests() + hashing(); }

private:
    Process& process_;
    Usage before_, after_;
};

// Says on standard error what is under way.
void say(std::string_view what);
// Tells failures of a load; they spoil a measurement, and are printed beside it.
void tell_failures(std::string_view what, Report const& report);

std::string post(std::uint16_t port, std::string_view path, std::string_view fields, std::string_view body);

} // namespace gatehouse::bench
