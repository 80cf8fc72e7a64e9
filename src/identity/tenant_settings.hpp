// What a tenant decides for itself: policies and look. Stored as JSON (identity/tenant_settings_shape.hpp declares its
// form, limits and texts); every member has a default, so that an empty object is valid.
#pragma once

#include "identity/signin_policy.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::identity {

struct PasswordSettings {
    // 15 where the password is the only factor (NIST SP 800-63B-4 section 3.1.1.2); docs/decisions/ says why.
    std::int64_t minimum_length = 15;
};
struct RegistrationSettings {
    bool open = true; // whether anyone may make an account
};
// What authenticator apps that are added from now on compute (RFC 6238). Many apps know nothing but the default.
struct AuthenticatorAppSettings {
    std::string digest = "SHA1";
    std::int64_t digits = 6; // or 8
};
struct IdentifierSettings {
    std::int64_t quarantine_days = 90; // how long a released email address or username belongs to nobody
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
struct ThemeSettings {
    std::string accent = "#3b5bdb"; // "#rrggbb"
    std::string background;         // "" or "#rrggbb"
    std::string logo;               // "", an https URL or a path of this site
    std::int64_t radius = 10;
};

struct TenantSettings {
    PasswordSettings password;
    RegistrationSettings registration;
    SignInSettings signin;
    AuthenticatorAppSettings authenticator_app;
    IdentifierSettings identifiers;
    SessionSettings session;
    TokenSettings tokens;
    LocaleSettings locale;
    ThemeSettings theme;
};

} // namespace gatehouse::identity
