// The load generator: many keep-alive HTTP/1.1 connections on one thread and one epoll, so that it takes little of the
// processors that it shares with what it measures.
//
// In:  a Client for each connection, which says what to send next and looks at the answers.
// Out: how many answers came, how long each took, and what went wrong.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::bench {

using Steady = std::chrono::steady_clock;

struct Answer {
    int status = 0;
    std::string_view head; // status line and header fields
    std::string_view body;

    // The first field of this name (case-insensitive), or "".
    std::string_view header(std::string_view name) const;
    // All of them, in order.
    std::vector<std::string_view> headers(std::string_view name) const;
};

// One user of the server. Called on the thread of run().
class Client {
public:
    virtual ~Client() = default;
    // Writes the next request, whole, to `request`. Empty: not yet, ask again after pause(). False: there is none any
    // more.
    virtual bool next(std::string& request) = 0;
    // `took` is the time from the first byte sent to the last byte read. False: the answer was not what it should be.
    virtual bool answered(Answer const& answer, std::chrono::nanoseconds took) = 0;
    // How long to rest before the next request.
    virtual std::chrono::nanoseconds pause() { return {}; }
};

struct Load {
    std::uint16_t port = 0;
    std::chrono::nanoseconds duration{}; // no request is begun after it
    std::chrono::nanoseconds warm_up{};  // before it; Clients see these answers too
};

struct Report {
    std::uint64_t answers = 0; // within `duration`
    double seconds = 0;
    std::uint64_t failures = 0; // answers that were not what they should be
    std::uint64_t broken = 0;   // connections that ended before their answer
    std::string first_failure;  // status and the beginning of the body
    double rate() const { return seconds > 0 ? static_cast<double>(answers) / seconds : 0; }
};

// Called when the warm-up is over, and when the time is.
struct Watch {
    virtual ~Watch() = default;
    virtual void begin() {}
    virtual void end() {}
};

// Runs until the time is up and every begun request was answered, or the server broke every connection.
Report run(Load const& load, std::vector<Client*> const& clients, Watch* watch = nullptr);

// Times of answers, for percentiles. Exact: all of them are kept.
class Times {
public:
    void add(std::chrono::nanoseconds took) { samples_.push_back(static_cast<std::uint32_t>(took.count() / 1000)); }
    void add_all(Times const& others)
    {
        samples_.insert(samples_.end(), others.samples_.begin(), others.samples_.end());
    }
    void clear() { samples_.clear(); }
    std::size_t count() const { return samples_.size(); }
    // In milliseconds; `part` 0.99 is the 99th percentile.
    double percentile(double part);

private:
    std::vector<std::uint32_t> samples_; // microseconds
};

} // namespace gatehouse::bench
