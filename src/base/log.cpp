#include "base/log.hpp"

#include "base/clock.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>
#include <vector>

namespace gatehouse::log {

namespace {

struct Settings {
    std::atomic<Level> level{Level::info};
    std::atomic<bool> json{false};
    std::shared_ptr<spdlog::logger> logger;
    std::mutex capture_mutex;
    std::vector<std::string> captures; // the innermost last
};

Settings& settings()
{
    static Settings instance;
    return instance;
}

constexpr std::string_view name_of(Level level)
{
    constexpr std::string_view names[] = {"debug", "info", "warning", "error"};
    return names[static_cast<std::size_t>(level)];
}

void append_json_string(std::string& line, std::string_view text)
{
    line += boost::json::serialize(boost::json::string_view(text.data(), text.size()));
}

void append_json_value(std::string& line, Field const& field)
{
    if (auto const* text = std::get_if<std::string>(&field.value))
        append_json_string(line, *text);
    else if (auto const* number = std::get_if<std::int64_t>(&field.value))
        fmt::format_to(std::back_inserter(line), "{}", *number);
    else if (auto const* real = std::get_if<double>(&field.value))
        fmt::format_to(std::back_inserter(line), "{}", *real);
    else
        line += std::get<bool>(field.value) ? "true" : "false";
}

std::string json_line(Level level, std::string_view message, Fields fields, TimePoint now)
{
    auto line = fmt::format(R"({{"time":"{}","level":"{}","message":)", to_rfc3339(now), name_of(level));
    append_json_string(line, message);
    for (auto const& field : fields) {
        line += ',';
        append_json_string(line, field.name);
        line += ':';
        append_json_value(line, field);
    }
    line += '}';
    return line;
}

// Values are quoted as in JSON where they hold anything but plain characters, so that no input can fake a line.
std::string text_line(Level level, std::string_view message, Fields fields, TimePoint now)
{
    auto line = fmt::format("{} {:7} {}", to_rfc3339(now), name_of(level), message);
    for (auto const& field : fields) {
        fmt::format_to(std::back_inserter(line), " {}=", field.name);
        auto const* text = std::get_if<std::string>(&field.value);
        auto const plain = [](char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '='; };
        if (text && !text->empty() && std::all_of(text->begin(), text->end(), plain))
            line += *text;
        else
            append_json_value(line, field);
    }
    return line;
}

} // namespace

void configure(Level level, Format format)
{
    auto& s = settings();
    s.level = level;
    s.json = format == Format::json || (format == Format::automatic && isatty(STDOUT_FILENO) == 0);
    auto sink = std::make_shared<spdlog::sinks::stdout_sink_mt>();
    s.logger = std::make_shared<spdlog::logger>("gatehouse", std::move(sink));
    s.logger->set_pattern("%v");
    s.logger->flush_on(spdlog::level::trace);
}

bool enabled(Level level)
{
    return level >= settings().level.load(std::memory_order_relaxed);
}

void write(Level level, std::string_view message, Fields fields)
{
    auto& s = settings();
    if (!enabled(level))
        return;
    auto const now = SystemClock{}.now();
    auto const line = s.json ? json_line(level, message, fields, now) : text_line(level, message, fields, now);
    {
        std::lock_guard const lock(s.capture_mutex);
        if (!s.captures.empty()) {
            s.captures.back().append(line).push_back('\n');
            return;
        }
    }
    if (s.logger)
        s.logger->log(spdlog::level::info, "{}", line);
    else
        fmt::print(stderr, "{}\n", line);
}

Capture::Capture()
{
    auto& s = settings();
    std::lock_guard const lock(s.capture_mutex);
    s.captures.emplace_back();
}

Capture::~Capture()
{
    auto& s = settings();
    std::lock_guard const lock(s.capture_mutex);
    s.captures.pop_back();
}

std::string Capture::text() const
{
    auto& s = settings();
    std::lock_guard const lock(s.capture_mutex);
    return s.captures.back();
}

} // namespace gatehouse::log
