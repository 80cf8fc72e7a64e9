// /metrics: what an operator watches, in the Prometheus text format.
#pragma once

#include "http/message.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace prometheus {
struct MetricFamily;
}

namespace gatehouse::app {

// Counts of one route. Counting costs a few uncontended atomic additions.
class RouteMeter {
public:
    RouteMeter(std::string method, std::string pattern) : method_(std::move(method)), pattern_(std::move(pattern)) {}
    void count(int status, std::chrono::nanoseconds took);

    static constexpr std::array<double, 10> kBounds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5};

private:
    friend class Metrics;
    std::string method_, pattern_;
    std::array<std::atomic<std::uint64_t>, 6> by_class_{}; // 1xx .. 5xx, at index status / 100
    std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> buckets_{};
    std::atomic<std::uint64_t> nanoseconds_{0};
};

class Metrics {
public:
    // Lives as long as the Metrics.
    RouteMeter& add_route(std::string method, std::string pattern);
    // A value read when /metrics is asked for. Names follow Prometheus' conventions ("gatehouse_hash_queue_jobs").
    void add_gauge(std::string name, std::string help, std::function<double()> read);
    void add_counter(std::string name, std::string help, std::function<double()> read);
    http::Response render() const;

private:
    struct Reading {
        std::string name, help;
        bool counter;
        std::function<double()> read;
    };
    std::vector<prometheus::MetricFamily> routes() const;
    std::deque<RouteMeter> meters_;
    std::vector<Reading> readings_;
};

// Gauges of this process: resident memory, CPU time, open files, start time.
void add_process_metrics(Metrics& metrics);

} // namespace gatehouse::app
