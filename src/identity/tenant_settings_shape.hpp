// The JSON form of a tenant's settings: names, limits and texts, for the API, `apply` and the stored row.
#pragma once

#include "base/shape.hpp"
#include "identity/signin_policy_shape.hpp"
#include "identity/tenant_settings.hpp"
#include "messages/text_limits_shape.hpp"
#include "view/locale_tags.hpp"
#include "view/theme_tokens_shape.hpp"

namespace gatehouse::identity {

constexpr auto shape(PasswordSettings const*)
{
    return Shape{
        "PasswordSettings",
        Member{"minimum_length",
               &PasswordSettings::minimum_length,
               {.text = "Fewest characters of a new password.", .fallback = true, .minimum = 8, .maximum = 64}},
        Member{
            "minimum_score",
            &PasswordSettings::minimum_score,
            {.text = "Least strength of a new password, from 0 (anything) to 4 (only strong ones), as zxcvbn rates it.",
             .fallback = true,
             .minimum = 0,
             .maximum = 4}},
        Member{"breached",
               &PasswordSettings::breached,
               {.text = "What follows when somebody signs in with a password that is known from a breach, besides the "
                        "mail that tells them: nothing, a prompt that may be skipped, or a change that must be made.",
                .fallback = true}},
        Member{"history",
               &PasswordSettings::history,
               {.text = "How many of a person's earlier passwords are not taken again.",
                .fallback = true,
                .minimum = 0,
                .maximum = 24}},
        Member{"maximum_age_days",
               &PasswordSettings::maximum_age_days,
               {.text = "After how many days a password must be changed; 0 for never, which is better.",
                .fallback = true,
                .minimum = 0,
                .maximum = 3650}}};
}
constexpr auto shape(RegistrationSettings const*)
{
    return Shape{
        "RegistrationSettings",
        Member{"open",
               &RegistrationSettings::open,
               {.text = "Whether anyone may make an account; the invited may in any case.", .fallback = true}},
        Member{"identifier",
               &RegistrationSettings::identifier,
               {.text = "What a new account is reached by, and proven at once: a mail address, a phone number, "
                        "or whichever the person gives.",
                .fallback = true}},
        Member{"allowed_domains",
               &RegistrationSettings::allowed_domains,
               {.text = "Only mail addresses of these domains and their subdomains may register; none: all.",
                .fallback = true,
                .max_length = 1000}},
        Member{"blocked_domains",
               &RegistrationSettings::blocked_domains,
               {.text = "Mail addresses of these domains and their subdomains may not register.",
                .fallback = true,
                .max_length = 10000}}};
}
constexpr auto shape(AuthenticatorAppSettings const*)
{
    return Shape{"AuthenticatorAppSettings",
                 Member{"digest",
                        &AuthenticatorAppSettings::digest,
                        {.text = "Digest of the codes. Many apps know SHA1 only, and show wrong codes for others.",
                         .fallback = true,
                         .choices = "SHA1|SHA256|SHA512"}},
                 Member{"digits",
                        &AuthenticatorAppSettings::digits,
                        {.text = "Length of the codes: 6, or 8 for apps that know it.",
                         .fallback = true,
                         .minimum = 6,
                         .maximum = 8}}};
}
constexpr auto shape(PasskeySettings const*)
{
    return Shape{
        "PasskeySettings",
        Member{"user_verification",
               &PasskeySettings::user_verification,
               {.text =
                    "Whether new passkeys, and those beside a password, must check who uses them. One that signs in "
                    "alone always must.",
                .fallback = true}},
        Member{"attestation",
               &PasskeySettings::attestation,
               {.text = "What browsers are asked to tell of a new authenticator (WebAuthn attestation conveyance).",
                .fallback = true}},
        Member{"attestation_formats",
               &PasskeySettings::attestation_formats,
               {.text = "Attestation statement formats that are accepted; empty for all that are known.",
                .fallback = true,
                .max_length = 6,
                .choices = "none|packed|tpm|android-key|apple|fido-u2f"}},
        Member{"require_trusted_attestation",
               &PasskeySettings::require_trusted_attestation,
               {.text = "Whether a new authenticator must prove its model by a certificate that leads to a known root.",
                .fallback = true}},
        Member{"allowed_models",
               &PasskeySettings::allowed_models,
               {.text = "AAGUIDs of the only models that are accepted; empty for all.",
                .fallback = true,
                .max_length = 500}},
        Member{"denied_models",
               &PasskeySettings::denied_models,
               {.text = "AAGUIDs of models that are not accepted.", .fallback = true, .max_length = 500}},
        Member{"related_origins",
               &PasskeySettings::related_origins,
               {.text = "Further https origins whose pages may ask for the passkeys of this tenant.",
                .fallback = true,
                .max_length = 20}},
        Member{"upgrade_prompt_days",
               &PasskeySettings::upgrade_prompt_days,
               {.text = "After a sign-in by password people are offered a passkey, and not again for so many days. 0: "
                        "never.",
                .fallback = true,
                .minimum = 0,
                .maximum = 3650}}};
}
constexpr auto shape(RecoverySettings const*)
{
    return Shape{
        "RecoverySettings",
        Member{"email",
               &RecoverySettings::email,
               {.text = "Whether a code to the primary address lets a person set a new password.", .fallback = true}},
        Member{"recovery_code",
               &RecoverySettings::recovery_code,
               {.text = "Whether a printed recovery code does.", .fallback = true}},
        Member{"passkey",
               &RecoverySettings::passkey,
               {.text = "Whether a passkey that verifies its user does.", .fallback = true}},
        Member{"phone",
               &RecoverySettings::phone,
               {.text = "Whether a code to the primary phone number does.", .fallback = true}},
        Member{"waiting_hours",
               &RecoverySettings::waiting_hours,
               {.text = "Hours that a reset waits after the proof, while a message to every address of the person says "
                        "how to stop it. 0 for none.",
                .fallback = true,
                .minimum = 0,
                .maximum = 720}}};
}
constexpr auto shape(AccountSettings const*)
{
    return Shape{"AccountSettings",
                 Member{"deletion",
                        &AccountSettings::deletion,
                        {.text = "Whether people may delete their accounts themselves.", .fallback = true}},
                 Member{"merging",
                        &AccountSettings::merging,
                        {.text = "Whether people may join two accounts of theirs.", .fallback = true}},
                 Member{"avatars",
                        &AccountSettings::avatars,
                        {.text = "Whether people may upload a picture of themselves.", .fallback = true}},
                 Member{"deletion_days",
                        &AccountSettings::deletion_days,
                        {.text = "Days between the wish and the erasure; signing in takes the wish back.",
                         .fallback = true,
                         .minimum = 0,
                         .maximum = 365}}};
}
constexpr auto shape(IdentifierSettings const*)
{
    return Shape{
        "IdentifierSettings",
        Member{"quarantine_days",
               &IdentifierSettings::quarantine_days,
               {.text = "Days for which a released email address, phone number or username is given to nobody.",
                .fallback = true,
                .minimum = 0,
                .maximum = 3650}},
        Member{"phone",
               &IdentifierSettings::phone,
               {.text = "Whether people may sign in with a phone number where an email address may be typed.",
                .fallback = true}},
        Member{"country",
               &IdentifierSettings::country,
               {.text = "Where phone numbers without + are dialled, as an ISO 3166 code such as DE; empty: they need "
                        "+ and the country's code.",
                .fallback = true,
                .max_length = 2}},
        Member{"undo_days",
               &IdentifierSettings::undo_days,
               {.text = "Days for which a change of email address or phone number can be undone from the old one.",
                .fallback = true,
                .minimum = 0,
                .maximum = 30}}};
}
constexpr auto shape(SessionSettings const*)
{
    return Shape{"SessionSettings",
                 Member{"idle_seconds",
                        &SessionSettings::idle_seconds,
                        {.text = "A session ends when it was not used for so long.",
                         .fallback = true,
                         .minimum = 300,
                         .maximum = 31536000}},
                 Member{"absolute_seconds",
                        &SessionSettings::absolute_seconds,
                        {.text = "A session ends so long after the person signed in.",
                         .fallback = true,
                         .minimum = 300,
                         .maximum = 31536000}}};
}
constexpr auto shape(TokenSettings const*)
{
    return Shape{"TokenSettings",
                 Member{"access_token_seconds",
                        &TokenSettings::access_token_seconds,
                        {.text = "Life of an access token, unless its API says otherwise.",
                         .fallback = true,
                         .minimum = 60,
                         .maximum = 86400}},
                 Member{"id_token_seconds",
                        &TokenSettings::id_token_seconds,
                        {.text = "Life of an ID token.", .fallback = true, .minimum = 60, .maximum = 86400}},
                 Member{"refresh_idle_seconds",
                        &TokenSettings::refresh_idle_seconds,
                        {.text = "A refresh token ends when it was not used for so long.",
                         .fallback = true,
                         .minimum = 300,
                         .maximum = 31536000}},
                 Member{"refresh_absolute_seconds",
                        &TokenSettings::refresh_absolute_seconds,
                        {.text = "All refresh tokens of a grant end so long after it began.",
                         .fallback = true,
                         .minimum = 300,
                         .maximum = 63072000}}};
}
constexpr auto shape(LocaleSettings const*)
{
    return Shape{"LocaleSettings", Member{"fallback",
                                          &LocaleSettings::fallback,
                                          {.text = "Language of pages and mail when nothing says otherwise.",
                                           .fallback = true,
                                           .choices = view::kLocaleTags}}};
}
constexpr auto shape(TenantSettings const*)
{
    return Shape{
        "TenantSettings",
        Member{"password", &TenantSettings::password, {.text = "Rules for passwords.", .fallback = true}},
        Member{"registration", &TenantSettings::registration, {.text = "Making accounts.", .fallback = true}},
        Member{"signin", &TenantSettings::signin, {.text = "Signing in.", .fallback = true}},
        Member{"account", &TenantSettings::account, {.text = "What people do with their accounts.", .fallback = true}},
        Member{"authenticator_app",
               &TenantSettings::authenticator_app,
               {.text = "Authenticator apps that are added from now on.", .fallback = true}},
        Member{"passkeys", &TenantSettings::passkeys, {.text = "Passkeys and security keys.", .fallback = true}},
        Member{"recovery", &TenantSettings::recovery, {.text = "Lost passwords.", .fallback = true}},
        Member{"identifiers", &TenantSettings::identifiers, {.text = "Identifiers.", .fallback = true}},
        Member{"texts", &TenantSettings::texts, {.text = "Text messages and calls.", .fallback = true}},
        Member{"session", &TenantSettings::session, {.text = "Life of sessions.", .fallback = true}},
        Member{"tokens", &TenantSettings::tokens, {.text = "Life of tokens.", .fallback = true}},
        Member{"locale", &TenantSettings::locale, {.text = "Languages.", .fallback = true}},
        Member{"theme", &TenantSettings::theme, {.text = "The look of pages.", .fallback = true}}};
}

// Reads and checks settings that came from outside. Errors: those of read_shape, and "settings_invalid", all with a
// pointer below `pointer`.
Result<TenantSettings> parse_settings(boost::json::object const& json, std::string const& pointer = "/settings");
// All members, defaults included.
boost::json::object write_settings(TenantSettings const& settings);

} // namespace gatehouse::identity
