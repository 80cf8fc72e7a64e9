#include "scenarios.hpp"

#include <cstdio>

namespace gatehouse::bench {

double Run::signature()
{
    if (!signature_)
        signature_ = signature_cpu();
    return *signature_;
}

HashLimit const& Run::hash()
{
    if (!hash_) {
        say("the raw hash pool");
        hash_ = hash_pool_limit(options_.duration);
    }
    return *hash_;
}

Seeded& Run::house(std::size_t users)
{
    auto& house = houses_[users];
    if (!house) {
        say(fmt::format("seeding {} users", users));
        house = std::make_unique<Seeded>(Place{.data = fmt::format("{}/users-{}", options_.folder, users),
                                               .database = "",
                                               .port = free_port(),
                                               .gatehouse = options_.gatehouse},
                                         users);
    }
    return *house;
}

void say(std::string_view what)
{
    fmt::print(stderr, "... {}\n", what);
}

void tell_failures(std::string_view what, Report const& report)
{
    if (report.failures + report.broken > 0)
        fmt::print(stderr, "{}: {} of the answers were not what they should be ({} connections broke); the first: {}\n",
                   what, report.failures, report.broken, report.first_failure);
}

std::string post(std::uint16_t port, std::string_view path, std::string_view fields, std::string_view body)
{
    return fmt::format("POST {} HTTP/1.1\r\nHost: localhost:{}\r\n{}Content-Type: application/x-www-form-urlencoded\r\n"
                       "Content-Length: {}\r\n\r\n{}",
                       path, port, fields, body.size(), body);
}

TokenClient::TokenClient(std::uint16_t port, std::string_view path, std::chrono::nanoseconds pause)
    : request_(post(port, path, fmt::format("Authorization: {}\r\n", basic_authorization(kMachineClient)),
                    "grant_type=client_credentials&resource=https%3A%2F%2Fapi.bench.example&scope=things%3Aread")),
      pause_(pause)
{
}

bool TokenClient::next(std::string& request)
{
    request = request_;
    return true;
}

bool TokenClient::answered(Answer const& answer, std::chrono::nanoseconds took)
{
    times.add(took);
    return answer.status == 200 && answer.body.find("\"access_token\":\"ey") != std::string_view::npos;
}

} // namespace gatehouse::bench
