#include "http/response_writer.hpp"

#include <ctime>

namespace gatehouse::http {

namespace {

bool is_sendable(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) {
        auto const byte = static_cast<unsigned char>(c);
        return (byte >= 0x20 && byte != 0x7f) || byte == '\t';
    });
}

void append_number(std::string& out, std::uint64_t number)
{
    fmt::format_int const text(number);
    out.append(text.data(), text.size());
}

bool may_have_body(int status)
{
    return status != 204 && status != 304 && status >= 200;
}

} // namespace

bool sends_body(Response const& response, Method method)
{
    return may_have_body(response.status) && method != Method::head;
}

bool append_head(std::string& out, Response const& response, WriteContext const& context)
{
    auto const start = out.size();
    out += "HTTP/1.1 ";
    append_number(out, static_cast<std::uint64_t>(response.status));
    out += ' ';
    out += reason_of(response.status);
    out += "\r\nDate: ";
    out += context.date;
    for (auto const& [name, value] : response.headers) {
        if (name.empty() || name.find(':') != std::string::npos || !is_sendable(name) || !is_sendable(value)) {
            out.resize(start);
            return false;
        }
        out += "\r\n";
        out += name;
        out += ": ";
        out += value;
    }
    if (may_have_body(response.status)) {
        out += "\r\nContent-Length: ";
        append_number(out, response.content().size());
    }
    if (!context.request_id.empty()) {
        out += "\r\nX-Request-Id: ";
        out += context.request_id;
    }
    out += context.keep_alive ? "\r\n\r\n" : "\r\nConnection: close\r\n\r\n";
    return true;
}

std::string_view DateCache::at(std::int64_t unix_seconds)
{
    if (unix_seconds != seconds_) {
        seconds_ = unix_seconds;
        auto const time = static_cast<std::time_t>(unix_seconds);
        std::tm parts{};
        gmtime_r(&time, &parts);
        static constexpr std::string_view days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
        static constexpr std::string_view months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        text_ = fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", days[parts.tm_wday], parts.tm_mday,
                            months[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
    }
    return text_;
}

} // namespace gatehouse::http
