#include "identity/identifiers.hpp"

#include "identity/text.hpp"
#include "phone/phone_number.hpp"

#include <algorithm>

namespace gatehouse::identity {

namespace {

// RFC 5321 section 4.5.3.1 and RFC 3696 erratum 1690.
constexpr std::size_t kMaximumEmail = 254;
constexpr std::size_t kMaximumLocalPart = 64;
constexpr std::size_t kMaximumUsername = 64; // code points

Refusal email_invalid(std::string message)
{
    return refuse(ErrorKind::invalid, "email_invalid", std::move(message));
}
Refusal username_invalid(std::string message)
{
    return refuse(ErrorKind::invalid, "username_invalid", std::move(message));
}

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// RFC 5322 section 3.2.3 dot-atom, and everything beyond ASCII (RFC 6531). Quoted local parts, which hardly anybody has
// and which carry any character into mail headers, are refused.
bool is_local_part(std::string_view local)
{
    constexpr std::string_view kSymbols = "!#$%&'*+-/=?^_`{|}~.";
    bool const characters = std::ranges::all_of(local, [&](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               static_cast<unsigned char>(c) >= 0x80 || kSymbols.find(c) != std::string_view::npos;
    });
    return characters && !local.empty() && local.size() <= kMaximumLocalPart && local.front() != '.' &&
           local.back() != '.' && local.find("..") == std::string_view::npos;
}

} // namespace

std::string_view to_string(IdentifierKind kind)
{
    switch (kind) {
    case IdentifierKind::email:
        return "email";
    case IdentifierKind::phone:
        return "phone";
    case IdentifierKind::username:
        return "username";
    }
    return "";
}

Result<IdentifierKind> parse_identifier_kind(std::string_view text)
{
    for (auto const kind : {IdentifierKind::email, IdentifierKind::phone, IdentifierKind::username})
        if (text == to_string(kind))
            return kind;
    return refuse(ErrorKind::invalid, "identifier_kind_invalid", "An identifier is an email, a phone or a username.");
}

Result<NormalizedIdentifier> normalize_email(std::string_view text)
{
    auto const trimmed = trim(text);
    if (!is_utf8(trimmed) || has_invisible_characters(trimmed))
        return email_invalid("The email address holds a space or a character that cannot be seen. Write it anew.");
    auto const at = trimmed.find('@');
    if (at == std::string_view::npos || trimmed.find('@', at + 1) != std::string_view::npos)
        return email_invalid("An email address has one @ in it, such as ada@example.com.");
    auto const local = nfc(trimmed.substr(0, at));
    auto const domain = domain_to_ascii(trimmed.substr(at + 1));
    if (!local || !is_local_part(*local) || has_ascii_doubles(trimmed.substr(0, at)))
        return email_invalid("What stands before the @ is not the name of a mailbox.");
    if (!domain || domain->back() == '.' || domain->size() > 253)
        return email_invalid("What stands behind the @ is not the name of a mail domain.");
    auto folded = ascii_lower(*local) + "@" + ascii_lower(*domain);
    if (folded.size() > kMaximumEmail)
        return email_invalid("The email address is too long.");
    // The domain is stored as people read it; mail systems take both forms.
    return NormalizedIdentifier{
        .kind = IdentifierKind::email, .value = std::string(trimmed), .folded = folded, .lookup = folded};
}

Result<NormalizedIdentifier> normalize_phone(std::string_view text, std::string_view region)
{
    TRY(auto const parsed, phone::parse(trim(text), region));
    auto const number = parsed.e164();
    return NormalizedIdentifier{.kind = IdentifierKind::phone, .value = number, .folded = number, .lookup = number};
}

Result<NormalizedIdentifier> normalize_username(std::string_view text)
{
    auto const trimmed = trim(text);
    if (!is_utf8(trimmed) || has_invisible_characters(trimmed))
        return username_invalid("The username holds a space or a character that cannot be seen. Write it anew.");
    auto const folded = nfkc_casefold(trimmed);
    auto const length = folded ? count_code_points(*folded) : std::nullopt;
    if (!length || *length < 2 || *length > kMaximumUsername || *count_code_points(trimmed) > kMaximumUsername)
        return username_invalid("A username has 2 to 64 characters.");
    if (auto fault = check_username_characters(*folded); !fault.empty())
        return username_invalid(std::move(fault));
    if (!is_single_script(*folded))
        return username_invalid("The letters of a username come from one alphabet.");
    auto skeleton = confusable_skeleton(*folded);
    if (!skeleton || skeleton->empty())
        return username_invalid("This username cannot be used. Choose another.");
    return NormalizedIdentifier{.kind = IdentifierKind::username,
                                .value = std::string(trimmed),
                                .folded = *folded,
                                .lookup = *std::move(skeleton)};
}

Result<NormalizedIdentifier> normalize_identifier(IdentifierKind kind, std::string_view text, std::string_view region)
{
    switch (kind) {
    case IdentifierKind::email:
        return normalize_email(text);
    case IdentifierKind::phone:
        return normalize_phone(text, region);
    case IdentifierKind::username:
        return normalize_username(text);
    }
    return fault("no such kind of identifier");
}

Result<NormalizedIdentifier> normalize_stored(IdentifierKind kind, std::string_view value)
{
    if (kind != IdentifierKind::phone)
        return normalize_identifier(kind, value);
    std::string const number(value);
    return NormalizedIdentifier{.kind = kind, .value = number, .folded = number, .lookup = number};
}

Result<NormalizedIdentifier> read_identifier(std::string_view text, std::string_view region)
{
    auto const trimmed = trim(text);
    if (trimmed.find('@') != std::string_view::npos)
        return normalize_email(trimmed);
    if (auto number = normalize_phone(trimmed, region))
        return number;
    // A username holds a letter: what has none was meant as a number.
    return normalize_username(trimmed);
}

} // namespace gatehouse::identity
