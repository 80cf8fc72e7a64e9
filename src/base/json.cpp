#include "base/json.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <cmath>

namespace gatehouse {

namespace {

namespace json = boost::json;

// RFC 6901 section 3.
std::string escape_pointer(std::string_view key)
{
    std::string escaped;
    for (auto const character : key) {
        if (character == '~')
            escaped += "~0";
        else if (character == '/')
            escaped += "~1";
        else
            escaped += character;
    }
    return escaped;
}

// Receives the parser's events, builds the value, and notes the member names of every object that is open.
// The names of the methods are Boost.JSON's.
struct StrictHandler {
    static constexpr std::size_t max_object_size = std::size_t(-1);
    static constexpr std::size_t max_array_size = std::size_t(-1);
    static constexpr std::size_t max_key_size = std::size_t(-1);
    static constexpr std::size_t max_string_size = std::size_t(-1);

    struct Level {
        bool is_object;
        std::vector<std::string> keys; // of an object, in order; the last is the one whose value is read
        std::size_t index = 0;         // of an array
    };

    json::value_stack stack;
    std::vector<Level> levels;
    std::string key;
    std::string duplicate; // JSON pointer

    bool next_value()
    {
        if (!levels.empty() && !levels.back().is_object)
            ++levels.back().index;
        return true;
    }
    std::string pointer_to(std::string_view last) const
    {
        std::string pointer;
        for (std::size_t i = 0; i + 1 < levels.size(); ++i)
            pointer +=
                "/" + (levels[i].is_object ? escape_pointer(levels[i].keys.back()) : std::to_string(levels[i].index));
        return pointer + "/" + escape_pointer(last);
    }

    bool on_document_begin(json::error_code&) { return true; }
    bool on_document_end(json::error_code&) { return true; }
    bool on_array_begin(json::error_code&)
    {
        levels.push_back({.is_object = false, .keys = {}});
        return true;
    }
    bool on_array_end(std::size_t size, json::error_code&)
    {
        levels.pop_back();
        stack.push_array(size);
        return next_value();
    }
    bool on_object_begin(json::error_code&)
    {
        levels.push_back({.is_object = true, .keys = {}});
        return true;
    }
    bool on_object_end(std::size_t size, json::error_code& error)
    {
        auto& keys = levels.back().keys;
        std::sort(keys.begin(), keys.end());
        if (auto const twice = std::adjacent_find(keys.begin(), keys.end()); twice != keys.end()) {
            duplicate = pointer_to(*twice);
            error = json::error::extra_data; // any error stops the parser; `duplicate` says which it was
            return false;
        }
        levels.pop_back();
        stack.push_object(size);
        return next_value();
    }
    bool on_key_part(json::string_view part, std::size_t, json::error_code&)
    {
        key.append(part.data(), part.size());
        stack.push_chars(part);
        return true;
    }
    bool on_key(json::string_view part, std::size_t, json::error_code&)
    {
        key.append(part.data(), part.size());
        levels.back().keys.push_back(std::exchange(key, {}));
        stack.push_key(part);
        return true;
    }
    bool on_string_part(json::string_view part, std::size_t, json::error_code&)
    {
        stack.push_chars(part);
        return true;
    }
    bool on_string(json::string_view part, std::size_t, json::error_code&)
    {
        stack.push_string(part);
        return next_value();
    }
    bool on_number_part(json::string_view, json::error_code&) { return true; }
    bool on_int64(std::int64_t number, json::string_view, json::error_code&)
    {
        stack.push_int64(number);
        return next_value();
    }
    bool on_uint64(std::uint64_t number, json::string_view, json::error_code&)
    {
        stack.push_uint64(number);
        return next_value();
    }
    bool on_double(double number, json::string_view, json::error_code& error)
    {
        if (!std::isfinite(number)) { // Boost.JSON makes infinity, and even NaN, of exponents that are too large
            error = json::error::exponent_overflow;
            return false;
        }
        stack.push_double(number);
        return next_value();
    }
    bool on_bool(bool value, json::error_code&)
    {
        stack.push_bool(value);
        return next_value();
    }
    bool on_null(json::error_code&)
    {
        stack.push_null();
        return next_value();
    }
    bool on_comment_part(json::string_view, json::error_code&) { return true; }
    bool on_comment(json::string_view, json::error_code&) { return true; }
};

} // namespace

Result<json::value> parse_json_strict(std::string_view text, JsonLimits limits)
{
    if (text.size() > limits.size)
        return refuse(ErrorKind::too_large, "json_too_large", "The JSON text is too long.")
            .with("limit", std::to_string(limits.size));
    json::parse_options options;
    options.max_depth = limits.depth;
    json::basic_parser<StrictHandler> parser(options);
    parser.handler().stack.reset();
    json::error_code error;
    auto const used = parser.write_some(false, text.data(), text.size(), error);
    auto& handler = parser.handler();
    if (!handler.duplicate.empty())
        return refuse(ErrorKind::invalid, "json_duplicate_key", "The JSON object names a member twice.")
            .at(handler.duplicate);
    if (error == json::error::too_deep)
        return refuse(ErrorKind::invalid, "json_too_deep", "The JSON text is nested too deeply.")
            .with("limit", std::to_string(limits.depth));
    auto const rest = text.substr(std::min(used, text.size()));
    if (error || rest.find_first_not_of(" \t\r\n") != std::string_view::npos)
        return refuse(ErrorKind::invalid, "json_invalid", "The text is not valid JSON.")
            .because(error ? error.message() : "more text behind the value");
    return handler.stack.release();
}

Result<json::object> parse_json_object_strict(std::string_view text, JsonLimits limits)
{
    TRY(auto value, parse_json_strict(text, limits));
    if (!value.is_object())
        return refuse(ErrorKind::invalid, "json_not_an_object", "A JSON object is expected.");
    return std::move(value.get_object());
}

void append_json_string(std::string& out, std::string_view text)
{
    constexpr std::string_view digits = "0123456789abcdef";
    out.push_back('"');
    for (auto const character : text) {
        switch (character) {
        case '"':
            out += "\\\"";
            break;
        case '\\':
            out += "\\\\";
            break;
        case '\n':
            out += "\\n";
            break;
        case '\r':
            out += "\\r";
            break;
        case '\t':
            out += "\\t";
            break;
        default:
            if (static_cast<unsigned char>(character) < 0x20) {
                out += "\\u00";
                out.push_back(digits[static_cast<unsigned char>(character) >> 4]);
                out.push_back(digits[character & 15]);
            } else {
                out.push_back(character);
            }
        }
    }
    out.push_back('"');
}

} // namespace gatehouse
