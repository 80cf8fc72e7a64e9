// Identifiers as people write them, and the normalized forms by which they are found.
//
// email:    the domain by IDNA (UTS 46) to lower-case ASCII; the local part by NFC and lower-case ASCII letters only,
//           because other foldings would make one of two different mailboxes. Mail always goes to what is stored.
// phone:    a number that exists in its region's plan (phone/), as E.164: "+4930901820".
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
// `region` ("DE"): where a number without "+" would be dialled; without one, such a number is refused.
Result<NormalizedIdentifier> normalize_phone(std::string_view text, std::string_view region = {});
Result<NormalizedIdentifier> normalize_username(std::string_view text);
Result<NormalizedIdentifier> normalize_identifier(IdentifierKind kind, std::string_view text,
                                                  std::string_view region = {});
// What was accepted once: a phone number is not asked again whether it exists, because plans change.
Result<NormalizedIdentifier> normalize_stored(IdentifierKind kind, std::string_view value);
// What was typed into a sign-in field: with "@" an email address, a phone number if it can be read as one, else a
// username.
Result<NormalizedIdentifier> read_identifier(std::string_view text, std::string_view region = {});

} // namespace gatehouse::identity
