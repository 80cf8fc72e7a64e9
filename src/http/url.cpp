// https://url.spec.whatwg.org/, the parts that concern absolute URLs.
#include "http/url.hpp"

#include "http/address.hpp"
#include "http/message.hpp"

#include <charconv>

namespace gatehouse::http {

namespace {

using Text = std::string_view;

constexpr bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
constexpr bool is_control(char c)
{
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}
constexpr bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

Refusal bad_url(std::string why)
{
    return refuse(ErrorKind::invalid, "invalid_url", std::move(why));
}

std::optional<std::uint16_t> default_port(Text scheme)
{
    if (scheme == "http" || scheme == "ws")
        return 80;
    if (scheme == "https" || scheme == "wss")
        return 443;
    if (scheme == "ftp")
        return 21;
    return std::nullopt;
}

// "Special" schemes; file is one too, and refused.
bool is_special(Text scheme)
{
    return default_port(scheme).has_value();
}

// Characters that a browser percent-encodes, beside controls and everything outside ASCII.
constexpr Text kPathSet = " \"#<>?`{}^";
constexpr Text kUserSet = " \"#<>?`{}/:;=@[\\]^|";
constexpr Text kQuerySet = " \"#<>";
constexpr Text kSpecialQuerySet = " \"#<>'";
constexpr Text kFragmentSet = " \"<>`";

void append_encoded(std::string& out, Text text, Text set)
{
    constexpr char digits[] = "0123456789ABCDEF";
    for (auto const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        if (is_control(c) || byte > 0x7e || set.find(c) != Text::npos) {
            out += '%';
            out += digits[byte >> 4];
            out += digits[byte & 15];
        } else {
            out += c;
        }
    }
}

// "0x7f", "0177", "127"; nullopt when it is no number. Numbers that do not fit are cut to 2^40: too large anyway.
std::optional<std::uint64_t> parse_ipv4_number(Text text)
{
    if (text.empty())
        return std::nullopt;
    unsigned base = 10;
    if (text.size() >= 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text.remove_prefix(2);
    } else if (text.size() >= 2 && text[0] == '0') {
        base = 8;
        text.remove_prefix(1);
    }
    std::uint64_t value = 0;
    for (auto const c : text) {
        unsigned digit = 99;
        if (is_digit(c))
            digit = static_cast<unsigned>(c - '0');
        else if (is_hex(c))
            digit = static_cast<unsigned>((c | 32) - 'a') + 10;
        if (digit >= base)
            return std::nullopt;
        value = std::min<std::uint64_t>(value * base + digit, std::uint64_t{1} << 40);
    }
    return value;
}

std::vector<Text> split(Text text, char separator)
{
    std::vector<Text> parts;
    for (;;) {
        auto const end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == Text::npos)
            return parts;
        text.remove_prefix(end + 1);
    }
}

bool ends_in_number(Text host)
{
    auto parts = split(host, '.');
    if (parts.back().empty()) {
        if (parts.size() == 1)
            return false;
        parts.pop_back();
    }
    auto const last = parts.back();
    return (!last.empty() && std::all_of(last.begin(), last.end(), is_digit)) || parse_ipv4_number(last).has_value();
}

Result<std::string> parse_ipv4(Text host)
{
    auto const bad = [] { return bad_url("The host of the URL is not a valid IPv4 address."); };
    auto parts = split(host, '.');
    if (parts.back().empty() && parts.size() > 1)
        parts.pop_back();
    if (parts.size() > 4)
        return bad();
    std::uint64_t address = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        auto const number = parse_ipv4_number(parts[i]);
        auto const last = i + 1 == parts.size();
        auto const limit = last ? std::uint64_t{1} << (8 * (5 - parts.size())) : std::uint64_t{256};
        if (!number || *number >= limit)
            return bad();
        address |= last ? *number : *number << (24 - 8 * i);
    }
    return Address::v4(static_cast<std::uint32_t>(address)).to_string();
}

// Lower-case hexadecimal groups, the longest run of two or more zero groups shortened, never dotted.
std::string serialize_ipv6(Address const& address)
{
    std::array<unsigned, 8> groups{};
    for (std::size_t i = 0; i < 8; ++i)
        groups[i] = static_cast<unsigned>(address.bytes[2 * i]) << 8 | address.bytes[2 * i + 1];
    std::size_t best = 8;
    std::size_t best_length = 1;
    for (std::size_t i = 0; i < 8;) {
        std::size_t end = i;
        while (end < 8 && groups[end] == 0)
            ++end;
        if (end - i > best_length) {
            best = i;
            best_length = end - i;
        }
        i = std::max(end, i + 1);
    }
    std::string text = "[";
    for (std::size_t i = 0; i < 8; ++i) {
        if (i == best) {
            text += i == 0 ? "::" : ":";
            i += best_length - 1;
            continue;
        }
        text += fmt::format("{:x}", groups[i]);
        if (i != 7)
            text += ':';
    }
    return text + "]";
}

Result<std::string> parse_domain(Text text)
{
    auto decoded = percent_decode(text);
    if (!decoded)
        return bad_url("The host of the URL holds a bad percent escape.");
    auto host = lower_case(*decoded);
    for (auto const c : host) {
        if (static_cast<unsigned char>(c) > 0x7e)
            return bad_url("The host of the URL must be in ASCII. Write international names in their xn-- form.");
        if (is_control(c) || Text(" #/:<>?@[\\]^|%").find(c) != Text::npos)
            return bad_url("The host of the URL holds a character that no host name has.");
    }
    if (host.empty())
        return bad_url("The URL has no host.");
    if (ends_in_number(host))
        return parse_ipv4(host);
    return host;
}

Result<std::string> parse_host(Text text, bool special)
{
    if (text.starts_with('[')) {
        auto const address = text.ends_with(']') ? Address::parse(text) : Result<Address>(bad_url(""));
        if (!address)
            return bad_url("The host of the URL is not a valid IPv6 address.");
        return serialize_ipv6(*address);
    }
    if (special)
        return parse_domain(text);
    std::string host;
    for (auto const c : text)
        if (c == '\0' || Text("\t\n\r #/:<>?@[\\]^|").find(c) != Text::npos)
            return bad_url("The host of the URL holds a character that no host name has.");
    append_encoded(host, text, "");
    return host;
}

Result<void> parse_authority(Url& url, Text authority)
{
    auto const special = is_special(url.scheme);
    if (auto const at = authority.rfind('@'); at != Text::npos) {
        auto const user = authority.substr(0, at);
        authority.remove_prefix(at + 1);
        if (authority.empty())
            return bad_url("The URL has no host.");
        auto const colon = user.find(':');
        append_encoded(url.username, user.substr(0, colon), kUserSet);
        if (colon != Text::npos)
            append_encoded(url.password, user.substr(colon + 1), kUserSet);
    }
    auto const colon =
        authority.find(':', authority.starts_with('[') ? std::min(authority.find(']'), authority.size()) : 0);
    TRY(auto host, parse_host(authority.substr(0, colon), special));
    if (host.empty() && (special || colon != Text::npos))
        return bad_url("The URL has no host.");
    url.host = std::move(host);
    if (colon == Text::npos || colon + 1 == authority.size())
        return {};
    auto const digits = authority.substr(colon + 1);
    std::uint32_t port = 0;
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc{} || end != digits.data() + digits.size() || port > 65535)
        return bad_url("The port of the URL is not a number from 0 to 65535.");
    if (default_port(url.scheme) != port)
        url.port = static_cast<std::uint16_t>(port);
    return {};
}

// 1 for ".", 2 for "..", also with dots spelled "%2e"; 0 otherwise.
int dots(Text segment)
{
    int count = 0;
    while (!segment.empty()) {
        if (segment[0] == '.')
            segment.remove_prefix(1);
        else if (segment.size() >= 3 && segment[0] == '%' && segment[1] == '2' && (segment[2] | 32) == 'e')
            segment.remove_prefix(3);
        else
            return 0;
        if (++count > 2)
            return 0;
    }
    return count;
}

std::string parse_path(Text text, bool special)
{
    std::vector<std::string> segments;
    if (!text.empty() && (text[0] == '/' || (special && text[0] == '\\')))
        text.remove_prefix(1);
    for (;;) {
        auto const end = std::min(special ? text.find_first_of("/\\") : text.find('/'), text.size());
        auto const segment = text.substr(0, end);
        auto const last = end == text.size();
        switch (dots(segment)) {
        case 2:
            if (!segments.empty())
                segments.pop_back();
            [[fallthrough]];
        case 1:
            if (last)
                segments.emplace_back();
            break;
        default:
            append_encoded(segments.emplace_back(), segment, kPathSet);
        }
        if (last)
            break;
        text.remove_prefix(end + 1);
    }
    std::string path;
    for (auto const& segment : segments) {
        path += '/';
        path += segment;
    }
    return path;
}

// What a browser does before it parses: white space and controls go from the ends, tabs and line ends from everywhere.
std::string cleaned(Text text)
{
    auto const outer = [](char c) { return static_cast<unsigned char>(c) <= 0x20; };
    while (!text.empty() && outer(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && outer(text.back()))
        text.remove_suffix(1);
    std::string result(text);
    std::erase_if(result, [](char c) { return c == '\t' || c == '\n' || c == '\r'; });
    return result;
}

// After the scheme's colon, without query and fragment.
Result<void> parse_hierarchy(Url& url, Text rest)
{
    auto const special = is_special(url.scheme);
    auto authority = special;
    if (special) {
        while (!rest.empty() && (rest[0] == '/' || rest[0] == '\\'))
            rest.remove_prefix(1);
    } else if (rest.starts_with("//")) {
        rest.remove_prefix(2);
        authority = true;
    }
    if (authority) {
        auto const end = std::min(special ? rest.find_first_of("/\\") : rest.find('/'), rest.size());
        TRY_DO(parse_authority(url, rest.substr(0, end)));
        rest.remove_prefix(end);
    } else if (!rest.starts_with('/')) {
        append_encoded(url.path, rest, ""); // opaque: "mailto:someone@example.com"
        return {};
    }
    if (special || !rest.empty())
        url.path = parse_path(rest, special);
    return {};
}

} // namespace

Result<Url> Url::parse(std::string_view text)
{
    auto const clean = cleaned(text);
    auto const colon = clean.find(':');
    auto const scheme = Text(clean).substr(0, colon == std::string::npos ? 0 : colon);
    auto const scheme_character = [](char c) { return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; };
    if (scheme.empty() || !is_alpha(scheme[0]) || !std::all_of(scheme.begin(), scheme.end(), scheme_character))
        return bad_url("This is not an absolute URL: it must begin with a scheme such as https:");

    Url url;
    url.scheme = lower_case(scheme);
    if (url.scheme == "file")
        return bad_url("URLs of files are not accepted.");
    auto rest = Text(clean).substr(colon + 1);
    if (auto const hash = rest.find('#'); hash != Text::npos) {
        append_encoded(url.fragment.emplace(), rest.substr(hash + 1), kFragmentSet);
        rest = rest.substr(0, hash);
    }
    if (auto const mark = rest.find('?'); mark != Text::npos) {
        append_encoded(url.query.emplace(), rest.substr(mark + 1),
                       is_special(url.scheme) ? kSpecialQuerySet : kQuerySet);
        rest = rest.substr(0, mark);
    }
    TRY_DO(parse_hierarchy(url, rest));
    return url;
}

std::string Url::serialize() const
{
    auto text = scheme + ":";
    if (!host.empty()) {
        text += "//";
        if (has_credentials()) {
            text += username;
            if (!password.empty())
                text += ":" + password;
            text += "@";
        }
        text += host;
        if (port)
            text += fmt::format(":{}", *port);
    } else if (path.starts_with("//")) {
        text += "/."; // keeps the path from being read as a host
    }
    text += path;
    if (query)
        text += "?" + *query;
    if (fragment)
        text += "#" + *fragment;
    return text;
}

std::string Url::origin() const
{
    if (!is_web())
        return "null";
    return port ? fmt::format("{}://{}:{}", scheme, host, *port) : scheme + "://" + host;
}

std::uint16_t Url::effective_port() const
{
    return port.value_or(default_port(scheme).value_or(0));
}

bool Url::is_loopback() const
{
    if (host == "localhost" || host.ends_with(".localhost"))
        return true;
    auto const address = Address::parse(host);
    if (!address)
        return false;
    return address->is_v4() ? address->bytes[12] == 127 : address->to_string() == "::1";
}

} // namespace gatehouse::http
