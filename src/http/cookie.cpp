#include "http/message.hpp"

#include <stdexcept>

namespace gatehouse::http {

namespace {

// RFC 6265 section 4.1.1; what else a browser would store is refused here, because a value we set is always our own.
bool is_cookie_name(std::string_view text)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return c > 0x20 && c < 0x7f && std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos;
    });
}

bool is_cookie_value(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) {
        return c > 0x20 && c < 0x7f && std::string_view("\",;\\").find(c) == std::string_view::npos;
    });
}

std::string_view name_of(SameSite same_site)
{
    switch (same_site) {
    case SameSite::strict:
        return "Strict";
    case SameSite::lax:
        return "Lax";
    case SameSite::none:
        return "None";
    }
    return "Lax";
}

} // namespace

std::optional<std::string_view> Request::cookie(std::string_view name) const
{
    for (auto const& [key, value] : headers) {
        if (!equal_ignoring_case(key, "Cookie"))
            continue;
        std::string_view rest = value;
        while (!rest.empty()) {
            auto const end = std::min(rest.find(';'), rest.size());
            auto const pair = trim(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
            auto const equals = pair.find('=');
            if (equals != std::string_view::npos && pair.substr(0, equals) == name)
                return pair.substr(equals + 1);
        }
    }
    return std::nullopt;
}

std::string to_string(Cookie const& cookie)
{
    if (!is_cookie_name(cookie.name) || !is_cookie_value(cookie.value) || cookie.path.empty() ||
        cookie.path.find(';') != std::string::npos)
        throw std::logic_error("a cookie with a name, value or path that cannot be sent: " + cookie.name);
    auto line = cookie.name + "=" + cookie.value + "; Path=" + cookie.path;
    if (cookie.max_age)
        line += "; Max-Age=" + std::to_string(std::max<std::int64_t>(0, cookie.max_age->count()));
    if (cookie.http_only)
        line += "; HttpOnly";
    if (cookie.secure)
        line += "; Secure";
    line += "; SameSite=";
    line += name_of(cookie.same_site);
    return line;
}

} // namespace gatehouse::http
