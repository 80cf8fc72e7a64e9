// `gatehouse breached`: the file of passwords that are known from breaches.
#include "app/commands.hpp"
#include "app/options.hpp"
#include "credentials/breached_passwords.hpp"
#include "credentials/password_policy.hpp"

#include <fstream>
#include <iostream>
#include <unistd.h>

namespace gatehouse::app {

namespace {

constexpr double kMillion = 1e6;
constexpr int kBarWidth = 30;

// A line on the terminal that is written over; nothing where nobody watches.
class ProgressLine {
public:
    explicit ProgressLine(std::uint64_t size) : size_(size), watched_(isatty(STDERR_FILENO) != 0) {}
    ~ProgressLine()
    {
        if (shown_)
            std::cerr << '\n';
    }
    ProgressLine(ProgressLine const&) = delete;
    ProgressLine& operator=(ProgressLine const&) = delete;

    void show(std::uint64_t bytes, std::uint64_t taken)
    {
        if (!watched_)
            return;
        shown_ = true;
        auto const millions = static_cast<double>(taken) / kMillion;
        if (size_ == 0) {
            std::cerr << fmt::format("\r{:.1f} million passwords", millions) << std::flush;
            return;
        }
        auto const share = std::min(1.0, static_cast<double>(bytes) / static_cast<double>(size_));
        auto const seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
        auto const left = share > 0 ? seconds / share - seconds : 0.0;
        auto const full = static_cast<std::size_t>(share * kBarWidth);
        std::cerr << fmt::format("\r[{}{}] {:3.0f} %  {:.1f} million passwords, {:.0f} s left   ",
                                 std::string(full, '#'), std::string(kBarWidth - full, '.'), share * 100, millions,
                                 left)
                  << std::flush;
    }

private:
    std::uint64_t size_;
    bool watched_;
    bool shown_ = false;
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

} // namespace

Result<void> breached_build(Words const& words)
{
    std::ifstream file;
    std::uint64_t size = 0;
    if (words.from != "-") {
        std::error_code failed;
        size = std::filesystem::file_size(words.from, failed);
        file.open(words.from, std::ios::binary);
        if (failed || !file)
            return refuse(ErrorKind::invalid, "file_unusable", fmt::format("{} cannot be read.", words.from));
    }
    credentials::BreachedBuilt built;
    {
        ProgressLine line(size);
        TRY(built, credentials::build_breached_file(
                       words.from == "-" ? std::cin : file, words.to,
                       {.minimum_count = words.minimum_count, .size = size, .progress = [&](auto bytes, auto taken) {
                            line.show(bytes, taken);
                        }}));
    }
    fmt::print("{} of {} passwords in {} ({:.1f} MB).\n", built.taken, built.read, words.to,
               static_cast<double>(built.bytes) / kMillion);
    fmt::print("Set passwords.breached_file to it; a server that uses it already takes the new one by itself.\n");
    return {};
}

Result<void> breached_check(config::Settings const& settings)
{
    credentials::BreachedPasswords breached;
    auto const file = settings.get(options::kBreachedFile);
    if (!file.empty())
        TRY_DO(breached.use_file(file));
    TRY(auto const typed, read_secret("GATEHOUSE_PASSWORD", "Password: ", false));
    TRY(auto const password, credentials::normalize_password(typed));
    auto const found = breached.knows(password);
    fmt::print("{}{}\n", found ? "This password is known from breaches." : "This password is not in the list.",
               file.empty() ? " Only the built-in list was asked: passwords.breached_file is not set." : "");
    return {};
}

} // namespace gatehouse::app
