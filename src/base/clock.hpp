// Time is passed in. Only the composition root and the connection loop ask a Clock; rules take `TimePoint now`.
#pragma once

#include "base/result.hpp"

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>

namespace gatehouse {

using Duration = std::chrono::microseconds;
using TimePoint = std::chrono::time_point<std::chrono::system_clock, Duration>; // UTC

class Clock {
public:
    virtual ~Clock() = default;
    virtual TimePoint now() const = 0;
};

class SystemClock final : public Clock {
public:
    TimePoint now() const override;
};

// For tests: stands still until told to move.
class FixedClock final : public Clock {
public:
    explicit FixedClock(TimePoint start) : now_(start.time_since_epoch().count()) {}
    TimePoint now() const override { return TimePoint(Duration(now_.load())); }
    void advance(Duration by) { now_ += by.count(); }
    void set(TimePoint to) { now_ = to.time_since_epoch().count(); }

private:
    std::atomic<Duration::rep> now_;
};

// As stored: microseconds since 1970-01-01 UTC.
inline std::int64_t to_micros(TimePoint time)
{
    return time.time_since_epoch().count();
}
inline TimePoint from_micros(std::int64_t micros)
{
    return TimePoint(Duration(micros));
}
// As in tokens (NumericDate, RFC 7519 section 2): whole seconds, rounded down.
inline std::int64_t to_seconds(TimePoint time)
{
    return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}
inline TimePoint from_seconds(std::int64_t seconds)
{
    return TimePoint(std::chrono::seconds(seconds));
}
// RFC 3339 in UTC, "2026-11-23T15:04:05.123Z".
std::string to_rfc3339(TimePoint time);
// Takes any offset. Error: "invalid_time".
Result<TimePoint> parse_rfc3339(std::string_view text);

} // namespace gatehouse
