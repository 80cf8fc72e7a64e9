// Authorization codes: sealed values, bound to the client, that live for a minute. Issuing one writes nothing;
// redeeming one leaves a marker (families.hpp), so that of many redemptions one succeeds.
#pragma once

#include "identity/tenant.hpp"
#include "session/session.hpp"
#include "vault/vault.hpp"

namespace gatehouse::tokens {

inline constexpr std::chrono::seconds kCodeLifetime{60};

struct AuthorizationCode {
    Uuid id; // also the id of the family that it starts
    ApplicationId application;
    std::string redirect_uri;       // as the authorization request had it
    bool redirect_uri_given = true; // with a single registered one it may be left out (RFC 6749 section 3.1.2.3)
    std::string code_challenge;     // S256
    UserId user;
    SessionId session;
    std::int64_t security_epoch = 0;
    session::Authentication authentication;
    std::vector<std::string> scopes; // granted, the API's permissions among them
    std::string audience;            // the API that was named (RFC 8707), or ""
    std::string nonce;
    std::string claims = {}; // asked for by name: oauth's own text, kept with the family
};

// Its text, for the redirect.
Result<std::string> seal_code(vault::Vault const& vault, TenantId tenant, AuthorizationCode const& code, TimePoint now);
// Errors: "invalid_grant" for anything that is not a living code of this tenant and application.
Result<AuthorizationCode> open_code(vault::Vault const& vault, TenantId tenant, ApplicationId application,
                                    std::string_view text, TimePoint now);

// base64url(SHA-256(verifier)) == challenge, and the verifier is 43 to 128 unreserved characters (RFC 7636
// section 4.1).
bool pkce_matches(std::string_view code_challenge, std::string_view code_verifier);
// 43 base64url characters: what an S256 challenge looks like.
bool is_s256_challenge(std::string_view text);

} // namespace gatehouse::tokens
