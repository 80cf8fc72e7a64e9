// JSON Web Signature, compact serialization (RFC 7515 section 7.1).
#pragma once

#include "jose/jwk.hpp"

namespace gatehouse::jose {

// Makes compact signatures with one key and one protected header, which is encoded once.
class Signer {
public:
    // Header: alg, kid, and typ and cty if they are not empty. `type` e.g. "at+jwt" (RFC 9068), "JWT", "logout+jwt".
    Signer(SigningKey key, std::string_view type, std::string_view content_type = {});

    // The compact text. For a token, `payload` is the claims as JSON text.
    Result<std::string> sign(std::string_view payload) const;
    SigningKey const& key() const { return key_; }

private:
    SigningKey key_;
    std::string encoded_header_; // with the dot behind it
};

struct Header {
    Algorithm algorithm;
    std::string kid; // empty if absent
    std::string typ; // as it stands
    std::string cty;
    boost::json::object parameters; // everything
};

struct VerifiedJws {
    Header header;
    Bytes payload;
    VerificationKey key; // the one that verified
};

inline constexpr std::size_t kMaximumCompactSize = 64 * 1024;

// Reads the header without believing anything: to find out whose keys to fetch. Errors: "invalid_jws" (malformed, too
// large, duplicate members, unknown critical headers), "unsupported_algorithm".
Result<Header> read_header(std::string_view compact);

// Verifies with the keys of `keys` that fit: those with the header's kid, or those without one and, for a header
// without kid, all; of them at most 8 that support the algorithm are tried. Errors: those of read_header,
// "algorithm_not_allowed" (not in `allowed`), "unknown_key" (no key fits), "invalid_signature".
Result<VerifiedJws> verify(std::string_view compact, KeySet const& keys, AlgorithmSet allowed);

} // namespace gatehouse::jose
