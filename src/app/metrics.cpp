#include "app/metrics.hpp"

#include <filesystem>
#include <fstream>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

namespace gatehouse::app {

void RouteMeter::count(int status, std::chrono::nanoseconds took)
{
    auto const seconds = std::chrono::duration<double>(took).count();
    auto const bucket = std::lower_bound(kBounds.begin(), kBounds.end(), seconds) - kBounds.begin();
    by_class_[static_cast<std::size_t>(std::clamp(status / 100, 1, 5))].fetch_add(1, std::memory_order_relaxed);
    buckets_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
    nanoseconds_.fetch_add(static_cast<std::uint64_t>(took.count()), std::memory_order_relaxed);
}

RouteMeter& Metrics::add_route(std::string method, std::string pattern)
{
    return meters_.emplace_back(std::move(method), std::move(pattern));
}

void Metrics::add_gauge(std::string name, std::string help, std::function<double()> read)
{
    readings_.push_back({std::move(name), std::move(help), false, std::move(read)});
}

void Metrics::add_counter(std::string name, std::string help, std::function<double()> read)
{
    readings_.push_back({std::move(name), std::move(help), true, std::move(read)});
}

std::vector<prometheus::MetricFamily> Metrics::routes() const
{
    prometheus::MetricFamily requests{"gatehouse_http_requests_total",
                                      "Requests answered, by route and status.",
                                      prometheus::MetricType::Counter,
                                      {}};
    prometheus::MetricFamily durations{"gatehouse_http_request_seconds",
                                       "Time from the request's arrival to its answer.",
                                       prometheus::MetricType::Histogram,
                                       {}};
    for (auto const& meter : meters_) {
        std::uint64_t total = 0;
        for (std::size_t status = 1; status < meter.by_class_.size(); ++status) {
            auto const count = meter.by_class_[status].load(std::memory_order_relaxed);
            total += count;
            if (count == 0)
                continue;
            prometheus::ClientMetric metric;
            metric.label = {
                {"method", meter.method_}, {"route", meter.pattern_}, {"status", fmt::format("{}xx", status)}};
            metric.counter.value = static_cast<double>(count);
            requests.metric.push_back(std::move(metric));
        }
        if (total == 0)
            continue;
        prometheus::ClientMetric metric;
        metric.label = {{"method", meter.method_}, {"route", meter.pattern_}};
        metric.histogram.sample_sum = static_cast<double>(meter.nanoseconds_.load(std::memory_order_relaxed)) / 1e9;
        std::uint64_t cumulative = 0;
        for (std::size_t i = 0; i < meter.buckets_.size(); ++i) {
            cumulative += meter.buckets_[i].load(std::memory_order_relaxed);
            auto const bound =
                i < RouteMeter::kBounds.size() ? RouteMeter::kBounds[i] : std::numeric_limits<double>::infinity();
            metric.histogram.bucket.push_back({cumulative, bound});
        }
        metric.histogram.sample_count = cumulative;
        durations.metric.push_back(std::move(metric));
    }
    return {std::move(requests), std::move(durations)};
}

http::Response Metrics::render() const
{
    auto families = routes();
    for (auto const& reading : readings_) {
        prometheus::ClientMetric metric;
        (reading.counter ? metric.counter.value : metric.gauge.value) = reading.read();
        families.push_back({reading.name,
                            reading.help,
                            reading.counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge,
                            {std::move(metric)}});
    }
    http::Response response;
    response.headers.add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    response.headers.add("Cache-Control", "no-store");
    response.body = prometheus::TextSerializer{}.Serialize(families);
    return response;
}

namespace {

double resident_bytes()
{
    std::ifstream statm("/proc/self/statm");
    double total = 0, resident = 0;
    statm >> total >> resident;
    return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double cpu_seconds()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    auto const seconds = [](timeval time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double open_files()
{
    std::error_code ignored;
    auto const folder = std::filesystem::directory_iterator("/proc/self/fd", ignored);
    return static_cast<double>(std::distance(begin(folder), end(folder)));
}

} // namespace

void add_process_metrics(Metrics& metrics)
{
    auto const started = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    metrics.add_gauge("process_resident_memory_bytes", "Memory of this process that is in use.", resident_bytes);
    metrics.add_counter("process_cpu_seconds_total", "CPU time spent, in user and system mode.", cpu_seconds);
    metrics.add_gauge("process_open_fds", "Open files and sockets.", open_files);
    metrics.add_gauge("process_start_time_seconds", "When this process started, in Unix time.",
                      [started] { return started; });
}

} // namespace gatehouse::app
