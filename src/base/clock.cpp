#include "base/clock.hpp"

#include <fmt/format.h>

namespace gatehouse {

using namespace std::chrono;

TimePoint SystemClock::now() const
{
    return time_point_cast<Duration>(system_clock::now());
}

std::string to_rfc3339(TimePoint time)
{
    auto const day = floor<days>(time);
    year_month_day const date{day};
    hh_mm_ss const clock{floor<milliseconds>(time - day)};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

namespace {

// Reads exactly `digits` digits at the front of `text` and drops them; nullopt when they are not there.
std::optional<int> take_number(std::string_view& text, std::size_t digits)
{
    if (text.size() < digits)
        return std::nullopt;
    int number = 0;
    for (auto character : text.substr(0, digits)) {
        if (character < '0' || character > '9')
            return std::nullopt;
        number = number * 10 + (character - '0');
    }
    text.remove_prefix(digits);
    return number;
}

bool take_character(std::string_view& text, char upper)
{
    if (text.empty() || (text.front() != upper && text.front() != (upper | 0x20)))
        return false;
    text.remove_prefix(1);
    return true;
}

std::optional<Duration> take_fraction(std::string_view& text)
{
    if (text.empty() || text.front() != '.')
        return Duration{0};
    text.remove_prefix(1);
    Duration::rep micros = 0;
    int digits = 0;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), ++digits)
        if (digits < 6)
            micros = micros * 10 + (text.front() - '0');
    for (int i = digits; i < 6; ++i)
        micros *= 10;
    return digits > 0 ? std::optional(Duration{micros}) : std::nullopt;
}

std::optional<minutes> take_offset(std::string_view& text)
{
    if (take_character(text, 'Z'))
        return minutes{0};
    if (text.empty() || (text.front() != '+' && text.front() != '-'))
        return std::nullopt;
    auto const sign = text.front() == '-' ? -1 : 1;
    text.remove_prefix(1);
    auto const hour = take_number(text, 2);
    auto const colon = take_character(text, ':');
    auto const minute = take_number(text, 2);
    if (!hour || !colon || !minute || *hour > 23 || *minute > 59)
        return std::nullopt;
    return minutes{sign * (*hour * 60 + *minute)};
}

std::optional<TimePoint> read_rfc3339(std::string_view text)
{
    auto const y = take_number(text, 4);
    auto const dash = y && take_character(text, '-');
    auto const m = dash ? take_number(text, 2) : std::nullopt;
    auto const dash2 = m && take_character(text, '-');
    auto const d = dash2 ? take_number(text, 2) : std::nullopt;
    if (!d || !take_character(text, 'T'))
        return std::nullopt;
    auto const hour = take_number(text, 2);
    auto const colon = hour && take_character(text, ':');
    auto const minute = colon ? take_number(text, 2) : std::nullopt;
    auto const colon2 = minute && take_character(text, ':');
    auto const second = colon2 ? take_number(text, 2) : std::nullopt;
    auto const fraction = second ? take_fraction(text) : std::nullopt;
    auto const offset = fraction ? take_offset(text) : std::nullopt;
    year_month_day const date{year{*y}, month{static_cast<unsigned>(*m)}, day{static_cast<unsigned>(*d)}};
    if (!offset || !text.empty() || !date.ok() || *hour > 23 || *minute > 59 || *second > 60)
        return std::nullopt;
    return TimePoint(sys_days{date}) + hours{*hour} + minutes{*minute} + seconds{*second} + *fraction - *offset;
}

} // namespace

Result<TimePoint> parse_rfc3339(std::string_view text)
{
    if (auto time = read_rfc3339(text))
        return *time;
    return refuse(ErrorKind::invalid, "invalid_time", "This is not a time; write it like 2026-11-23T15:04:05Z.");
}

} // namespace gatehouse
