// applications: the relying parties of a tenant and the APIs that they call.
//
// In:  what an administrator, an `apply` file or a registration says about an application or API.
// Out: validated values, rows, client secrets (shown once), events "application.*" and "api.*" in the same transaction;
//      and the Registry (registry.hpp), which holds them all in memory for the hot paths.
#pragma once

#include "base/clock.hpp"
#include "identity/tenant.hpp"
#include "view/theme_tokens.hpp"

#include <boost/json/object.hpp>
#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse {
using ApiId = Id<struct ApiTag>;
using SecretId = Id<struct SecretTag>;
} // namespace gatehouse

namespace gatehouse::applications {

enum class Kind : std::uint8_t { web, spa, native, service };
enum class GrantType : std::uint8_t { authorization_code, refresh_token, client_credentials };
// How the client proves itself at the token endpoint (RFC 7591 section 2). `none`: a public client.
enum class ClientAuthentication : std::uint8_t { client_secret_basic, client_secret_post, none };
enum class TokenAlgorithm : std::uint8_t { ES256, RS256 };

constexpr std::string_view choices_of(Kind const*)
{
    return "web|spa|native|service";
}
constexpr std::string_view choices_of(GrantType const*)
{
    return "authorization_code|refresh_token|client_credentials";
}
constexpr std::string_view choices_of(ClientAuthentication const*)
{
    return "client_secret_basic|client_secret_post|none";
}
constexpr std::string_view choices_of(TokenAlgorithm const*)
{
    return "ES256|RS256";
}

std::string_view to_string(Kind kind);
std::string_view to_string(GrantType type);

// Which permissions of an API the application may ask for: on its own behalf (client_credentials) or a user's.
struct ApiAccess {
    std::string audience;
    std::vector<std::string> scopes;
    friend bool operator==(ApiAccess const&, ApiAccess const&) = default;
};

// Where they are not set, the tenant's (identity::TokenSettings). An API's own access_token_lifetime wins over both.
struct TokenLifetimes {
    std::optional<std::chrono::seconds> access_token;
    std::optional<std::chrono::seconds> id_token;
    std::optional<std::chrono::seconds> refresh_idle;     // between two uses
    std::optional<std::chrono::seconds> refresh_absolute; // from the sign-in
    friend bool operator==(TokenLifetimes const&, TokenLifetimes const&) = default;
};

struct Application {
    ApplicationId id;
    std::string client_id; // unique in the tenant
    std::string name;      // shown to people
    Kind kind = Kind::web;
    bool enabled = true;

    std::string logo;         // https URL, or ""
    bool first_party = false; // one's own application: people are not asked for consent
    std::vector<std::string> redirect_uris;
    std::vector<std::string> post_logout_redirect_uris;
    // Where the links of sign-in mails lead when the app itself draws the sign-in: an app link of its own; "": such
    // mails carry a code only.
    std::string sign_in_link_uri;
    std::vector<GrantType> grant_types = {GrantType::authorization_code, GrantType::refresh_token};
    ClientAuthentication authentication = ClientAuthentication::client_secret_basic;
    std::vector<std::string> scopes = {"openid", "profile", "email", "phone", "offline_access"}; // may be asked for
    std::vector<ApiAccess> apis;
    TokenLifetimes lifetimes;
    TokenAlgorithm id_token_algorithm = TokenAlgorithm::ES256;
    identity::ApplicationSignIn signin; // what differs from the tenant's sign-in policy
    view::ThemeTokens theme; // of the pages that people see on the way to it; what it does not name is the tenant's

    TimePoint created_at;
    TimePoint updated_at;
    std::int64_t version = 0; // grows with every change; the ETag

    bool is_public() const { return authentication == ClientAuthentication::none; }
    bool allows(GrantType type) const;
    ApiAccess const* access_to(std::string_view audience) const; // or null
    friend bool operator==(Application const&, Application const&) = default;
};

// Defaults that fit the kind: grant types, authentication (none for spa and native).
Application defaults_for(Kind kind);

// The rules of registration (RFC 7591, RFC 9700, RFC 8252), e.g. redirect URIs exact and safe
// (http::check_redirect_uri), no secret for clients that cannot keep one, no client_credentials for them, no person's
// grants for services. Error: invalid, with the JSON pointer of the field: "invalid_redirect_uri",
// "invalid_client_metadata", "required".
Result<void> validate(Application const& application);

// Fills `onto` with the members that `json` has, as RFC 7396 merges them (null puts back the default). Refuses unknown
// members and wrong types (JSON pointer). For a new application `onto` is defaults_for(kind). The JSON form is declared
// in application_shape.hpp. Does not call validate(). Errors: those of read_shape.
Result<Application> apply_json(Application onto, boost::json::object const& json);

// An API (resource server): an audience and the permissions it defines.
struct Permission {
    std::string name; // a scope token (RFC 6749 section 3.3)
    std::string description;
    friend bool operator==(Permission const&, Permission const&) = default;
};
struct Api {
    ApiId id;
    std::string audience; // an absolute URI without fragment (RFC 8707)
    std::string name;
    std::vector<Permission> permissions;
    // People get only the permissions that were given to them (user_permissions); otherwise all that the application
    // may ask for and was granted.
    bool restrict_users = false;
    std::optional<std::chrono::seconds> access_token_lifetime; // none: the application's
    TokenAlgorithm signing_algorithm = TokenAlgorithm::ES256;
    TimePoint created_at;
    TimePoint updated_at;
    std::int64_t version = 0;

    bool defines(std::string_view permission) const;
    friend bool operator==(Api const&, Api const&) = default;
};
Result<void> validate(Api const& api);
Result<Api> apply_json(Api onto, boost::json::object const& json);

// The scopes about a person that there are: openid, profile, email, phone, address, offline_access, and the tenant's own,
// which begin with "claims:".
bool is_person_scope(std::string_view text);

// One token of a scope (RFC 6749 section 3.3): printable ASCII without space, quote and backslash, at most 128 bytes.
bool is_scope_token(std::string_view text);

} // namespace gatehouse::applications
