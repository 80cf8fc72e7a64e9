#include "config/values.hpp"

#include <algorithm>
#include <array>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <limits>
#include <ranges>
#include <unistd.h>

namespace gatehouse::config {

namespace {

Refusal invalid(std::string reason)
{
    return refuse(ErrorKind::invalid, "value_invalid", std::move(reason));
}

struct Unit {
    std::string_view name;
    std::int64_t factor;
};
// From large to small, so that the first exact one is the shortest way to write a value.
constexpr std::array kTimeUnits{Unit{"d", 86'400'000'000}, Unit{"h", 3'600'000'000}, Unit{"m", 60'000'000},
                                Unit{"s", 1'000'000},      Unit{"ms", 1'000},        Unit{"us", 1}};
constexpr std::array kSizeUnits{Unit{"GB", 1LL << 30}, Unit{"MB", 1LL << 20}, Unit{"KB", 1LL << 10}, Unit{"B", 1}};

std::string_view trim(std::string_view text)
{
    auto const first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator)
{
    std::vector<std::string_view> parts;
    for (auto part : std::views::split(text, separator))
        parts.emplace_back(part.begin(), part.end());
    return parts;
}

Result<std::int64_t> parse_integer(std::string_view text)
{
    std::int64_t value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::result_out_of_range)
        return invalid("is too large a number");
    if (error != std::errc{} || end != text.data() + text.size())
        return invalid("must be a whole number");
    return value;
}

// Digits and unit, as often as they come: "1h30m". `bare` is the factor of a number without a unit; 0 refuses one.
Result<std::int64_t> parse_measure(std::string_view text, std::span<Unit const> units, std::int64_t bare,
                                   std::string_view complaint)
{
    std::int64_t total = 0;
    auto rest = trim(text);
    if (rest.empty())
        return invalid(std::string(complaint));
    while (!rest.empty()) {
        std::int64_t number = 0;
        auto const [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
        if (error != std::errc{} || number < 0)
            return invalid(std::string(complaint));
        rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
        auto const length =
            std::min(rest.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"), rest.size());
        auto const name = rest.substr(0, length);
        auto const unit = std::ranges::find(units, name, &Unit::name);
        auto const factor = unit != units.end() ? unit->factor : name.empty() ? bare : 0;
        std::int64_t part = 0;
        if (factor == 0)
            return invalid(std::string(complaint));
        if (__builtin_mul_overflow(number, factor, &part) || __builtin_add_overflow(total, part, &total))
            return invalid("is too large");
        rest.remove_prefix(length);
        rest = trim(rest);
    }
    return total;
}

Result<std::int64_t> parse_duration(std::string_view text)
{
    return parse_measure(text, kTimeUnits, 0, R"(must be a time with its unit (ms, s, m, h or d), such as "15m")");
}

Result<std::int64_t> parse_size(std::string_view text)
{
    return parse_measure(text, kSizeUnits, 1,
                         R"(must be a size in bytes, or with a unit (KB, MB or GB), such as "64KB")");
}

Result<std::int64_t> parse_number(Type type, std::string_view text)
{
    return type == Type::duration ? parse_duration(text) : type == Type::size ? parse_size(text) : parse_integer(text);
}

Result<std::int64_t> parse_in_range(Option const& option, std::string_view text)
{
    TRY(auto value, parse_number(option.type, text));
    if (!option.minimum.empty()) {
        TRY(auto least, parse_number(option.type, option.minimum));
        if (value < least)
            return invalid(fmt::format("must be at least {}", option.minimum));
    }
    if (!option.maximum.empty()) {
        TRY(auto most, parse_number(option.type, option.maximum));
        if (value > most)
            return invalid(fmt::format("must be at most {}", option.maximum));
    }
    return value;
}

Result<void> check_choice(Option const& option, std::string_view value)
{
    if (option.choices.empty())
        return {};
    auto const choices = split(option.choices, '|');
    if (std::ranges::find(choices, value) != choices.end())
        return {};
    return invalid(fmt::format("must be one of {}", fmt::join(choices, ", ")));
}

Result<void> check_url(Option const& option, std::string_view text)
{
    auto const parsed = boost::urls::parse_uri(text);
    if (!parsed)
        return invalid("must be a complete address");
    auto const schemes = split(option.choices.empty() ? "http|https" : option.choices, '|');
    if (std::ranges::find(schemes, std::string_view(parsed->scheme())) == schemes.end())
        return invalid(fmt::format("must begin with {}", fmt::join(schemes, ":// or ")) + "://");
    if (parsed->host().empty())
        return invalid("must name a host");
    if (parsed->has_userinfo())
        return invalid("must not contain a user name or password");
    if (parsed->has_query() || parsed->has_fragment())
        return invalid("must not contain a query or fragment");
    return {};
}

std::string quoted(std::string_view text)
{
    std::string out = "\"";
    for (char const c : text) {
        if (c == '"' || c == '\\')
            (out += '\\') += c;
        else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
        else
            out += c;
    }
    return out + '"';
}

std::string measure_text(std::int64_t value, std::span<Unit const> units)
{
    for (auto const& unit : units)
        if (value != 0 && value % unit.factor == 0)
            return fmt::format("{}{}", value / unit.factor, unit.name);
    return {};
}

} // namespace

Result<Value> parse_value(Option const& option, std::string_view text)
{
    switch (option.type) {
    case Type::text:
        if (!text.empty())
            TRY_DO(check_choice(option, text));
        return Value(std::string(text));
    case Type::integer:
    case Type::size: {
        TRY(auto value, parse_in_range(option, trim(text)));
        return Value(value);
    }
    case Type::boolean:
        if (text == "true" || text == "false")
            return Value(text == "true");
        return invalid("must be true or false");
    case Type::duration: {
        TRY(auto value, parse_in_range(option, text));
        return Value(Duration(value));
    }
    case Type::list: {
        std::vector<std::string> items;
        for (auto const part : split(text, ','))
            if (auto const item = trim(part); !item.empty())
                items.emplace_back(item);
        return parse_items(option, std::move(items));
    }
    case Type::secret:
        return Value(Secret(text));
    case Type::url:
        if (!text.empty())
            TRY_DO(check_url(option, text));
        return Value(std::string(text));
    case Type::file:
        if (!text.empty() && ::access(std::string(text).c_str(), R_OK) != 0)
            return invalid("names a file that does not exist or cannot be read");
        return Value(std::string(text));
    case Type::path:
        return Value(std::string(text));
    }
    return fault("an option without a type");
}

Result<Value> parse_items(Option const& option, std::vector<std::string> items)
{
    for (auto const& item : items)
        TRY_DO(check_choice(option, item));
    return Value(std::move(items));
}

std::string duration_text(Duration duration)
{
    auto const text = measure_text(duration.count(), kTimeUnits);
    return text.empty() ? "0s" : text;
}

std::string size_text(std::int64_t bytes)
{
    auto const text = measure_text(bytes, kSizeUnits);
    return text.empty() ? "0B" : text;
}

std::string toml_text(Option const& option, Value const& value)
{
    switch (option.type) {
    case Type::integer:
        return std::to_string(std::get<std::int64_t>(value));
    case Type::boolean:
        return std::get<bool>(value) ? "true" : "false";
    case Type::duration:
        return quoted(duration_text(std::get<Duration>(value)));
    case Type::size:
        return quoted(size_text(std::get<std::int64_t>(value)));
    case Type::list:
        return fmt::format("[{}]", fmt::join(std::get<std::vector<std::string>>(value) |
                                                 std::views::transform([](auto const& item) { return quoted(item); }),
                                             ", "));
    case Type::secret:
        return std::get<Secret>(value).empty() ? "\"\"" : "\"********\"";
    default:
        return quoted(std::get<std::string>(value));
    }
}

} // namespace gatehouse::config
