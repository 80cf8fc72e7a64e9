// Hosted pages: how many the server renders on a processor, what a visitor transfers for one, and how soon it paints.
#include "scenarios.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace gatehouse::bench {

namespace {

constexpr std::size_t kVisitors = 16;
constexpr std::chrono::seconds kWarmUp{1};
constexpr double kKilobyte = 1024;

// Opens a journey once, and asks for its page again and again: every answer is rendered anew.
class PageClient final : public Client {
public:
    explicit PageClient(std::uint16_t port) : port_(port) {}

    bool next(std::string& request) override
    {
        request = fmt::format("GET {} HTTP/1.1\r\nHost: localhost:{}\r\nAccept: text/html\r\nAccept-Language: en\r\n"
                              "Accept-Encoding: gzip, br\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) "
                              "Gecko/20100101 Firefox/128.0\r\n{}\r\n",
                              target_, port_, cookie_);
        return true;
    }
    bool answered(Answer const& answer, std::chrono::nanoseconds took) override
    {
        if (target_ == kStart) {
            auto const location = answer.header("Location");
            auto const cookie = answer.header("Set-Cookie");
            if (answer.status != 303 || location.find("/signin?journey=") == std::string_view::npos)
                return false;
            target_ = location.substr(location.find("/signin"));
            cookie_ = fmt::format("Cookie: {}\r\n", cookie.substr(0, cookie.find(';')));
            return true;
        }
        times.add(took);
        head_bytes_ = answer.head.size();
        body_ = answer.body;
        return answer.status == 200;
    }

    double bytes() const { return static_cast<double>(head_bytes_ + body_.size()); }
    std::string const& body() const { return body_; }
    Times times;

private:
    static constexpr std::string_view kStart = "/signin";
    std::uint16_t port_;
    std::string target_{kStart};
    std::string cookie_;
    std::size_t head_bytes_ = 0;
    std::string body_;
};

// One file that the page names.
class FileClient final : public Client {
public:
    FileClient(std::uint16_t port, std::string target) : port_(port), target_(std::move(target)) {}
    bool next(std::string& request) override
    {
        if (asked_)
            return false;
        asked_ = true;
        request =
            fmt::format("GET {} HTTP/1.1\r\nHost: localhost:{}\r\nAccept-Encoding: gzip, br\r\n\r\n", target_, port_);
        return true;
    }
    bool answered(Answer const& answer, std::chrono::nanoseconds) override
    {
        bytes = static_cast<double>(answer.head.size() + answer.body.size());
        return answer.status == 200;
    }
    double bytes = 0;

private:
    std::uint16_t port_;
    std::string target_;
    bool asked_ = false;
};

// Style sheets and scripts of our own: href="..." and src="..." below the host.
std::vector<std::string> files_of(std::string_view html)
{
    std::vector<std::string> files;
    for (std::string_view const tag : {"<link ", "<script "})
        for (auto at = html.find(tag); at != std::string_view::npos; at = html.find(tag, at + 1)) {
            auto const whole = html.substr(at, html.find('>', at) - at);
            if (tag == "<link " && whole.find("stylesheet") == std::string_view::npos)
                continue;
            for (std::string_view const name : {"href=\"", "src=\""})
                if (auto const found = whole.find(name); found != std::string_view::npos) {
                    auto const begin = found + name.size();
                    files.emplace_back(whole.substr(begin, whole.find('"', begin) - begin));
                }
        }
    return files;
}

// Milliseconds, sorted, as Chromium tells them; none where it cannot be asked.
std::vector<double> first_paints(Run& run, std::uint16_t port)
{
    auto const command = fmt::format("node {}/first_paint.mjs http://localhost:{}/signin 9 2>>{}",
                                     run.options().scripts, port, run.log_file("first-paint"));
    std::vector<double> times;
    auto* const output = popen(command.c_str(), "r");
    if (!output)
        return times;
    std::array<char, 64> line{};
    while (std::fgets(line.data(), line.size(), output))
        times.push_back(std::strtod(line.data(), nullptr));
    if (pclose(output) != 0)
        times.clear();
    std::ranges::sort(times);
    return times;
}

} // namespace

void bench_pages(Run& run)
{
    auto& table = run.table();
    table.heading("Hosted pages (the sign-in page, 16 connections)");
    auto& house = run.house(run.options().user_counts.front());
    auto const port = house.place().port;
    say("pages");
    auto const server = house.serve();
    std::vector<std::unique_ptr<PageClient>> visitors;
    std::vector<Client*> all;
    for (std::size_t i = 0; i < kVisitors; ++i)
        all.push_back(visitors.emplace_back(std::make_unique<PageClient>(port)).get());
    UsageWatch watch(*server);
    auto const report = bench::run({.port = port, .duration = run.options().duration, .warm_up = kWarmUp}, all, &watch);
    tell_failures("pages", report);
    auto const cpu = watch.total() / static_cast<double>(report.answers);
    table.add({.what = "Pages rendered per processor (one by its CPU time)",
               .measured = rate(1 / cpu),
               .beside = duration(cpu) + " a page",
               .goal = "at least 10,000/s",
               .verdict = verdict(1 / cpu >= 10'000)});
    table.add({.what = "  beside the load generator", .measured = rate(report.rate())});

    auto const& page = *visitors.front();
    auto transferred = page.bytes();
    for (auto const& file : files_of(page.body())) {
        FileClient client(port, file);
        tell_failures("files", bench::run({.port = port, .duration = std::chrono::seconds(1)}, {&client}));
        transferred += client.bytes;
    }
    table.add({.what = "Transferred for one, with style and script",
               .measured = fmt::format("{:.1f} KB", transferred / kKilobyte),
               .beside = fmt::format("{:.1f} KB are the page", page.bytes() / kKilobyte),
               .goal = "under 30 KB",
               .verdict = verdict(transferred < 30 * kKilobyte)});

    say("first paint");
    auto const paints = first_paints(run, port);
    if (paints.empty()) {
        table.add({.what = "First paint in Chromium", .measured = "not measured: no Chromium or playwright-core"});
    } else {
        auto const median = paints[paints.size() / 2];
        table.add({.what = fmt::format("First paint in Chromium, median of {}", paints.size()),
                   .measured = fmt::format("{:.0f} ms", median),
                   .beside = fmt::format("{:.0f} ms slowest", paints.back()),
                   .goal = "under 150 ms",
                   .verdict = verdict(median < 150)});
    }
    server->stop();
}

} // namespace gatehouse::bench
