// JSON Web Token validation (RFC 7519, with the practices of RFC 8725). Tokens are made with jose::Signer.
#pragma once

#include "base/clock.hpp"
#include "jose/jws.hpp"

namespace gatehouse::jose {

// What a token must say to be taken. Everything that is set is required of the token.
struct Expectations {
    AlgorithmSet algorithms;
    TimePoint now;
    // The media type, compared without case and without "application/". Empty: any typ, also none.
    std::string_view type;
    std::string_view issuer;   // empty: not checked
    std::string_view audience; // must be among the token's; empty: not checked
    // For clocks that differ; 0 to 60 s.
    std::chrono::seconds leeway{0};
    bool require_expiry = true;
    // If set: "iat" must be there and not older.
    std::optional<std::chrono::seconds> maximum_age;
    // A payload that names these claims not, or as null, is refused.
    std::vector<std::string_view> required_claims;
};

struct Jwt {
    Header header;
    boost::json::object claims;
    std::string issuer; // the registered claims, empty or nullopt where absent
    std::string subject;
    std::vector<std::string> audience;
    std::string id; // jti
    std::optional<TimePoint> expires_at;
    std::optional<TimePoint> not_before;
    std::optional<TimePoint> issued_at;
};

// Verifies the signature, then the claims. Errors: those of jose::verify, "invalid_jwt" (payload is no object, members
// twice, registered claims of the wrong type), "wrong_token_type", "wrong_issuer", "wrong_audience", "token_expired",
// "token_not_yet_valid" (nbf, or iat in the future), "token_too_old", "missing_claim" (pointer names it).
Result<Jwt> verify_jwt(std::string_view compact, KeySet const& keys, Expectations const& expectations);

// The claims checks alone, for a payload whose signature was verified otherwise.
Result<Jwt> check_claims(Header header, ByteView payload, Expectations const& expectations);

} // namespace gatehouse::jose
