// Forms, queries and percent-encoding.
#include "http/message.hpp"

namespace gatehouse::http {

namespace {

int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

Refusal bad_encoding()
{
    return refuse(ErrorKind::invalid, "invalid_encoding",
                  "The request holds text that is not correctly encoded. Send UTF-8 with valid percent escapes.");
}

Result<std::string> decode(std::string_view text, bool plus_is_space)
{
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto c = text[i];
        if (c == '%') {
            if (i + 2 >= text.size())
                return bad_encoding();
            auto const high = hex_value(text[i + 1]);
            auto const low = hex_value(text[i + 2]);
            if (high < 0 || low < 0)
                return bad_encoding();
            c = static_cast<char>(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if (c == '\0')
            return bad_encoding();
        result.push_back(c);
    }
    if (!is_valid_utf8(result))
        return bad_encoding();
    return result;
}

// How many bytes a well-formed sequence starting at `p` takes (Unicode 15, table 3-7), or 0.
std::size_t sequence_length(std::uint8_t const* p, std::size_t left)
{
    auto const in = [&](std::size_t at, std::uint8_t low, std::uint8_t high) {
        return at < left && p[at] >= low && p[at] <= high;
    };
    auto const lead = p[0];
    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead <= 0xdf)
        return in(1, 0x80, 0xbf) ? 2 : 0;
    if (lead >= 0xe0 && lead <= 0xef) {
        std::uint8_t const low = lead == 0xe0 ? 0xa0 : 0x80;  // no overlong forms
        std::uint8_t const high = lead == 0xed ? 0x9f : 0xbf; // no surrogates
        return in(1, low, high) && in(2, 0x80, 0xbf) ? 3 : 0;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        std::uint8_t const low = lead == 0xf0 ? 0x90 : 0x80;
        std::uint8_t const high = lead == 0xf4 ? 0x8f : 0xbf; // nothing above U+10FFFF
        return in(1, low, high) && in(2, 0x80, 0xbf) && in(3, 0x80, 0xbf) ? 4 : 0;
    }
    return 0;
}

} // namespace

bool is_valid_utf8(std::string_view text)
{
    auto const* p = reinterpret_cast<std::uint8_t const*>(text.data());
    auto left = text.size();
    while (left > 0) {
        auto const length = sequence_length(p, left);
        if (length == 0)
            return false;
        p += length;
        left -= length;
    }
    return true;
}

std::optional<std::string_view> Fields::find(std::string_view name) const
{
    std::optional<std::string_view> found;
    for (auto const& [key, value] : pairs_) {
        if (key != name)
            continue;
        if (found)
            return std::nullopt;
        found = value;
    }
    return found;
}

std::vector<std::string_view> Fields::all(std::string_view name) const
{
    std::vector<std::string_view> values;
    for (auto const& [key, value] : pairs_)
        if (key == name)
            values.push_back(value);
    return values;
}

std::optional<std::string_view> Fields::repeated() const
{
    // Sorted views keep this n log n: a form of many fields must not cost its square.
    std::vector<std::string_view> names;
    names.reserve(pairs_.size());
    for (auto const& [key, value] : pairs_)
        names.push_back(key);
    std::sort(names.begin(), names.end());
    auto const found = std::adjacent_find(names.begin(), names.end());
    return found == names.end() ? std::nullopt : std::optional(*found);
}

Result<Fields> parse_form(std::string_view text, std::size_t limit)
{
    std::vector<Fields::Pair> pairs;
    while (!text.empty()) {
        auto const end = std::min(text.find('&'), text.size());
        auto const pair = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (pair.empty())
            continue;
        if (pairs.size() == limit)
            return refuse(ErrorKind::invalid, "too_many_fields", "The request holds too many fields.");
        auto const equals = std::min(pair.find('='), pair.size());
        TRY(auto name, decode(pair.substr(0, equals), true));
        TRY(auto value, decode(pair.substr(std::min(equals + 1, pair.size())), true));
        pairs.emplace_back(std::move(name), std::move(value));
    }
    return Fields(std::move(pairs));
}

std::string percent_encode(std::string_view text)
{
    constexpr char digits[] = "0123456789ABCDEF";
    std::string result;
    result.reserve(text.size() + text.size() / 4);
    for (auto const c : text) {
        auto const byte = static_cast<std::uint8_t>(c);
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
            c == '_' || c == '~') {
            result.push_back(c);
        } else {
            result.push_back('%');
            result.push_back(digits[byte >> 4]);
            result.push_back(digits[byte & 15]);
        }
    }
    return result;
}

Result<std::string> percent_decode(std::string_view text)
{
    return decode(text, false);
}

std::string encode_form(std::vector<Fields::Pair> const& pairs)
{
    std::string result;
    for (auto const& [name, value] : pairs) {
        if (!result.empty())
            result.push_back('&');
        result += percent_encode(name);
        result.push_back('=');
        result += percent_encode(value);
    }
    return result;
}

Result<Fields> Request::form() const
{
    auto const type = header("Content-Type");
    if (!equal_ignoring_case(trim(type.substr(0, type.find(';'))), "application/x-www-form-urlencoded") ||
        headers.count("Content-Type") != 1)
        return refuse(ErrorKind::unsupported, "unsupported_media_type",
                      "Send this request as application/x-www-form-urlencoded.");
    return parse_form(body);
}

} // namespace gatehouse::http
