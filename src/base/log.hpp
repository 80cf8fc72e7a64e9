// Structured logging: a message that never varies, and fields that do.
//
//   log::info("session ended", {{"tenant", tenant.to_string()}, {"reason", "sign_out"}});
//
// A field takes text, numbers and booleans; a Secret does not compile. Written to standard output as JSON, or as text
// when that is a terminal.
// Lines that concern a request carry its request_id as a field.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace gatehouse {
class Secret;
}

namespace gatehouse::log {

enum class Level : std::uint8_t { debug, info, warning, error };
enum class Format : std::uint8_t { automatic, json, text };

struct Field {
    std::string_view name;
    std::variant<std::string, std::int64_t, double, bool> value;

    Field(std::string_view n, std::string_view v) : name(n), value(std::string(v)) {}
    Field(std::string_view n, char const* v) : name(n), value(std::string(v)) {}
    Field(std::string_view n, std::string v) : name(n), value(std::move(v)) {}
    Field(std::string_view n, bool v) : name(n), value(v) {}
    template <class T>
        requires(std::is_integral_v<T> && !std::is_same_v<T, bool>)
    Field(std::string_view n, T v) : name(n), value(static_cast<std::int64_t>(v))
    {
    }
    Field(std::string_view n, double v) : name(n), value(v) {}
    Field(std::string_view, Secret const&) = delete;
};
using Fields = std::initializer_list<Field>;

// Called once by the composition root. Until then, lines go to standard error as text.
void configure(Level level, Format format);
bool enabled(Level level);
void write(Level level, std::string_view message, Fields fields);

inline void debug(std::string_view message, Fields fields = {})
{
    write(Level::debug, message, fields);
}
inline void info(std::string_view message, Fields fields = {})
{
    write(Level::info, message, fields);
}
inline void warning(std::string_view message, Fields fields = {})
{
    write(Level::warning, message, fields);
}
inline void error(std::string_view message, Fields fields = {})
{
    write(Level::error, message, fields);
}

// For tests: while one lives, lines are collected here instead of written.
class Capture {
public:
    Capture();
    ~Capture();
    std::string text() const;
};

} // namespace gatehouse::log
