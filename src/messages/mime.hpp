// A mail as it travels: RFC 5322 headers, text and HTML as multipart/alternative (RFC 2046), quoted-printable (RFC
// 2045), encoded words (RFC 2047).
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <string>

namespace gatehouse::messages {

struct Mail {
    std::string from;      // address
    std::string from_name; // may be any Unicode
    std::string to;        // address
    std::string subject;
    std::string text;
    std::string html;
    std::string id; // of Message-ID, without <> and domain
    TimePoint date;
};

// One address as Gatehouse sends to: something@domain, at most 254 bytes, without white space, control characters,
// quotes, angle brackets, commas, colons and semicolons. Error: "invalid_address".
Result<void> check_address(std::string_view address);

// The whole message, lines ended by CRLF. No value can add a header: control characters are refused.
// Errors: "invalid_address", "invalid_message".
Result<std::string> build_mime(Mail const& mail);

} // namespace gatehouse::messages
