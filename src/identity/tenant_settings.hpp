// What a tenant decides for itself: policies and look. Stored as JSON (identity/tenant_settings_shape.hpp declares its
// form, limits and texts); every member has a default, so that an empty object is valid.
#pragma once

#include "identity/signin_policy.hpp"
#include "messages/text_limits.hpp"
#include "view/theme_tokens.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::identity {

// What follows when somebody signs in with a password that is known from a breach. They are told by mail in any case.
enum class BreachedPassword : std::uint8_t { notify, prompt, require };
constexpr std::string_view choices_of(BreachedPassword const*)
{
    return "notify|prompt|require";
}
struct PasswordSettings {
    // 15 where the password is the only factor (NIST SP 800-63B-4 section 3.1.1.2); docs/decisions/ says why.
    std::int64_t minimum_length = 15;
    std::int64_t minimum_score = 2; // of zxcvbn, 0 to 4
    BreachedPassword breached = BreachedPassword::prompt;
    // For those who must; NIST advises against both.
    std::int64_t history = 0;          // how many earlier ones are not taken again
    std::int64_t maximum_age_days = 0; // 0: a password does not age
};
// What a new account is reached by: a verified mail address, a verified phone number, or whichever the person gives.
enum class RegisteredBy : std::uint8_t { email, phone, either };
constexpr std::string_view choices_of(RegisteredBy const*)
{
    return "email|phone|either";
}
struct RegistrationSettings {
    bool open = true; // whether anyone may make an account; invitations work all the same
    RegisteredBy identifier = RegisteredBy::email;
    // Mail domains, each with its subdomains, in lower-case ASCII. None allowed by name: all but the blocked ones.
    std::vector<std::string> allowed_domains = {};
    std::vector<std::string> blocked_domains = {};
};
// What authenticator apps that are added from now on compute (RFC 6238). Many apps know nothing but the default.
struct AuthenticatorAppSettings {
    std::string digest = "SHA1";
    std::int64_t digits = 6; // or 8
};
// Whether authenticators check who uses them (WebAuthn level 3 section 5.8.6). A passkey that signs in alone always
// does.
enum class PasskeyVerification : std::uint8_t { preferred, required, discouraged };
constexpr std::string_view choices_of(PasskeyVerification const*)
{
    return "preferred|required|discouraged";
}
// How much of a new authenticator is to be told (section 5.4.7).
enum class PasskeyAttestation : std::uint8_t { none, indirect, direct, enterprise };
constexpr std::string_view choices_of(PasskeyAttestation const*)
{
    return "none|indirect|direct|enterprise";
}
struct PasskeySettings {
    PasskeyVerification user_verification = PasskeyVerification::preferred;
    PasskeyAttestation attestation = PasskeyAttestation::none;
    std::vector<std::string> attestation_formats; // empty: all that are known
    bool require_trusted_attestation = false;
    std::vector<std::string> allowed_models; // AAGUIDs; empty: every model
    std::vector<std::string> denied_models;
    std::vector<std::string> related_origins; // further pages that may ask for our passkeys
    std::int64_t upgrade_prompt_days = 30;    // 0: nobody is asked
};
// How a lost password is replaced. Whatever proves the person here does not count again as a second factor.
struct RecoverySettings {
    bool email = true;         // by a code to the primary address
    bool recovery_code = true; // by one of the printed codes
    bool passkey = true;       // by a passkey that verifies its user
    bool phone = false;        // by a code to the primary phone number
    // So long a reset waits after the proof, while every address of the person tells how to stop it. 0: not at all.
    std::int64_t waiting_hours = 0;
};
struct AccountSettings {
    bool deletion = true;            // whether people may delete their accounts themselves
    std::int64_t deletion_days = 14; // in which signing in takes that back
    bool merging = true;             // whether people may join two accounts of theirs
    bool avatars = true;             // whether people may upload a picture of themselves
};
struct IdentifierSettings {
    std::int64_t quarantine_days = 90; // how long a released email address or username belongs to nobody
    bool phone = false;                // whether a phone number may be typed where an email address may
    std::string country;               // "DE": where phone numbers without "+" are dialled; "": they need one
    std::int64_t undo_days = 7;        // for which a change of identifier can be undone from the old one
};
struct SessionSettings {
    std::int64_t idle_seconds = 3 * 86400;
    std::int64_t absolute_seconds = 30 * 86400;
};
struct TokenSettings {
    std::int64_t access_token_seconds = 600;
    std::int64_t id_token_seconds = 600;
    std::int64_t refresh_idle_seconds = 30 * 86400;
    std::int64_t refresh_absolute_seconds = 180 * 86400;
};
struct LocaleSettings {
    std::string fallback = "en"; // when neither request nor account nor browser names a language that we speak
};

struct TenantSettings {
    PasswordSettings password;
    RegistrationSettings registration;
    SignInSettings signin;
    AuthenticatorAppSettings authenticator_app;
    PasskeySettings passkeys;
    RecoverySettings recovery;
    AccountSettings account;
    IdentifierSettings identifiers;
    messages::TextLimits texts;
    SessionSettings session;
    TokenSettings tokens;
    LocaleSettings locale;
    view::ThemeTokens theme;
};

} // namespace gatehouse::identity
