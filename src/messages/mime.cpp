#include "messages/mime.hpp"

#include "base/bytes.hpp"
#include "base/id.hpp"

#include <algorithm>
#include <fmt/chrono.h>
#include <fmt/format.h>

namespace gatehouse::messages {
namespace {

bool has_control(std::string_view text)
{
    return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

bool is_ascii(std::string_view text)
{
    return std::ranges::all_of(text, [](unsigned char c) { return c < 0x80; });
}

// How many bytes of `text`, at most `limit`, end at the end of a character.
std::size_t whole_characters(std::string_view text, std::size_t limit)
{
    if (text.size() <= limit)
        return text.size();
    while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0) == 0x80)
        --limit;
    return limit;
}

// RFC 2047: base64 words of at most 75 characters, folded. 45 bytes give 60 characters of base64.
std::string encoded_words(std::string_view text)
{
    std::string out;
    while (!text.empty()) {
        auto const size = std::max<std::size_t>(whole_characters(text, 42), 1);
        if (!out.empty())
            out += "\r\n ";
        out += "=?UTF-8?B?" + base64_encode(as_bytes(text.substr(0, size))) + "?=";
        text.remove_prefix(size);
    }
    return out;
}

// A value for an unstructured header (Subject): as it is when it is short plain text.
std::string unstructured(std::string_view text)
{
    bool const plain = is_ascii(text) && text.size() <= 60 && text.find("=?") == text.npos;
    return plain ? std::string(text) : encoded_words(text);
}

// The words before an address: a quoted string (RFC 5322 section 3.2.4) or encoded words.
std::string display_name(std::string_view name)
{
    if (!is_ascii(name) || name.size() > 60)
        return encoded_words(name);
    std::string out = "\"";
    for (char const c : name) {
        if (c == '"' || c == '\\')
            out += '\\';
        out += c;
    }
    return out + "\"";
}

// RFC 2045 section 6.7: lines of at most 76 characters, line ends become CRLF, everything else is escaped.
std::string quoted_printable(std::string_view text)
{
    std::string out;
    std::size_t column = 0;
    auto const put = [&](std::string_view piece) {
        if (column + piece.size() > 75) {
            out += "=\r\n";
            column = 0;
        }
        out += piece;
        column += piece.size();
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto const c = static_cast<unsigned char>(text[i]);
        if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n')
            continue;
        if (c == '\n') {
            out += "\r\n";
            column = 0;
            continue;
        }
        bool const last = i + 1 == text.size() || text[i + 1] == '\n' || text[i + 1] == '\r';
        bool const plain = (c >= 33 && c <= 126 && c != '=') || ((c == ' ' || c == '\t') && !last);
        // A dot or "From" at the start of a line would be touched on the way.
        bool const fragile = column == 0 && (c == '.' || c == 'F');
        put(plain && !fragile ? std::string(1, text[i]) : fmt::format("={:02X}", c));
    }
    return out + "\r\n";
}

// RFC 5322 section 3.3, in UTC.
std::string mail_date(TimePoint time)
{
    constexpr std::array<char const*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<char const*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    auto const parts = fmt::gmtime(static_cast<std::time_t>(to_seconds(time)));
    return fmt::format("{}, {} {} {} {:02}:{:02}:{:02} +0000", kDays[static_cast<std::size_t>(parts.tm_wday)],
                       parts.tm_mday, kMonths[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900,
                       parts.tm_hour, parts.tm_min, parts.tm_sec);
}

} // namespace

Result<void> check_address(std::string_view address)
{
    auto const at = address.rfind('@');
    bool const shape = at != address.npos && at > 0 && at + 1 < address.size() && address.find('@') == at;
    if (!shape || address.size() > 254 || has_control(address) || address.find_first_of(" \"<>,:;()\\") != address.npos)
        return refuse(ErrorKind::invalid, "invalid_address", "This is not a mail address.");
    return {};
}

Result<std::string> build_mime(Mail const& mail)
{
    TRY_DO(check_address(mail.from));
    TRY_DO(check_address(mail.to));
    for (auto const* value : {&mail.from_name, &mail.subject, &mail.id})
        if (has_control(*value))
            return refuse(ErrorKind::invalid, "invalid_message", "A header of a mail holds a control character.");

    auto const boundary = "gatehouse-" + Uuid::generate(mail.date).to_string();
    auto const part = [&](std::string_view type, std::string_view content) {
        return fmt::format("--{}\r\nContent-Type: {}; charset=utf-8\r\n"
                           "Content-Transfer-Encoding: quoted-printable\r\n\r\n{}\r\n",
                           boundary, type, quoted_printable(content));
    };
    auto const domain = mail.from.substr(mail.from.rfind('@') + 1);
    auto const from = mail.from_name.empty() ? "<" + mail.from + ">"
                                             : fmt::format("{} <{}>", display_name(mail.from_name), mail.from);
    // RFC 3834: nobody's holiday notice answers this.
    return fmt::format("Date: {}\r\nFrom: {}\r\nTo: <{}>\r\nSubject: {}\r\nMessage-ID: <{}@{}>\r\n"
                       "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
                       "Content-Type: multipart/alternative;\r\n boundary=\"{}\"\r\n\r\n{}{}--{}--\r\n",
                       mail_date(mail.date), from, mail.to, unstructured(mail.subject), mail.id, domain, boundary,
                       part("text/plain", mail.text), part("text/html", mail.html), boundary);
}

} // namespace gatehouse::messages
