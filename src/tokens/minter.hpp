// Minter: writes and signs access tokens (RFC 9068) and ID tokens (OpenID Connect Core section 2).
#pragma once

#include "tokens/key_ring.hpp"

#include <boost/json/object.hpp>
#include <span>

namespace gatehouse::tokens {

// How the person was authenticated; absent from tokens of machines.
struct AuthenticationClaims {
    TimePoint time;
    std::string_view acr;             // "": left out
    std::span<std::string const> amr; // ID token only
};

struct AccessTokenClaims {
    std::string_view issuer;
    std::string_view subject; // the client_id for tokens of machines
    std::string_view audience;
    std::string_view client_id;
    std::string_view scope;    // separated by spaces; "": left out
    std::string_view token_id; // jti
    std::string_view sid;      // "": left out
    AuthenticationClaims const* authentication = nullptr;
    TimePoint issued_at;
    TimePoint expires_at;
};

struct IdTokenClaims {
    std::string_view issuer;
    std::string_view subject;
    std::string_view client_id; // aud
    std::string_view nonce;     // "": left out
    std::string_view sid;
    std::string_view access_token; // for at_hash; "": left out
    AuthenticationClaims const* authentication = nullptr;
    TimePoint issued_at;
    TimePoint expires_at;
    boost::json::object const* person = nullptr; // claims about them; none of the above
};

// Error: "internal_error".
Result<std::string> mint_access_token(SigningKey const& key, AccessTokenClaims const& claims);
Result<std::string> mint_id_token(SigningKey const& key, IdTokenClaims const& claims);

} // namespace gatehouse::tokens
