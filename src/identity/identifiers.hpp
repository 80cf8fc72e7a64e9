// Identifiers as people write them, and the normalized forms by which they are found.
//
// email:    the domain by IDNA (UTS 46) to lower-case ASCII; the local part by NFC and lower-case ASCII letters only,
//           because other foldings would make one of two different mailboxes. Mail always goes to what is stored.
// phone:    E.164: "+" and 7 to 15 digits; spaces and punctuation between them are dropped.
// username: NFKC and case folding, then ICU's confusable skeleton; it must hold a letter and no "@".
#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>

namespace gatehouse::identity {

using IdentifierId = Id<struct IdentifierTag>;

enum class IdentifierKind : std::uint8_t { email, phone, username };
std::string_view to_string(IdentifierKind kind);
// Error: "identifier_kind_invalid".
Result<IdentifierKind> parse_identifier_kind(std::string_view text);

struct NormalizedIdentifier {
    IdentifierKind kind = IdentifierKind::email;
    std::string value;  // as it is shown and written to: trimmed; a phone number in E.164
    std::string folded; // equal for spellings of the same identifier
    std::string lookup; // what is digested: `folded`, for usernames its confusable skeleton
};

// Errors (invalid): "email_invalid", "phone_invalid", "username_invalid", with a sentence that says what is wrong.
Result<NormalizedIdentifier> normalize_email(std::string_view text);
Result<NormalizedIdentifier> normalize_phone(std::string_view text);
Result<NormalizedIdentifier> normalize_username(std::string_view text);
Result<NormalizedIdentifier> normalize_identifier(IdentifierKind kind, std::string_view text);
// What was typed into a sign-in field: with "@" an email address, with digits and "+" a phone number, else a username.
Result<NormalizedIdentifier> read_identifier(std::string_view text);

} // namespace gatehouse::identity
