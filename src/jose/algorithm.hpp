// What each algorithm is made of (RFC 7518 section 3, RFC 8037 section 3.1). Only jose/ uses this.
#pragma once

#include "crypto/openssl.hpp"
#include "jose/jwk.hpp"

#include <array>

namespace gatehouse::jose {

struct AlgorithmFacts {
    Algorithm algorithm;
    std::string_view name;
    char const* digest; // nullptr: the algorithm brings its own
    bool pss;
    // The one type of key that it works with.
    KeyType key;
    std::size_t coordinate_size; // of r and s for ES*, else 0
};
AlgorithmFacts const& facts_of(Algorithm algorithm);
inline constexpr std::size_t kAlgorithmCount = 10;

// A context ready to take a message, to be copied for each use.
Result<crypto::EvpMdContext> prepare(EVP_PKEY* key, Algorithm algorithm, bool signs);
// A context of this thread that starts as a copy of a prepared one.
EVP_MD_CTX* copy_of(crypto::EvpMdContext const& prepared);

// Between the two spellings of an ECDSA signature: DER (OpenSSL) and r, s side by side (RFC 7518 section 3.4).
Result<Bytes> ecdsa_to_raw(ByteView der, std::size_t coordinate_size);
Bytes ecdsa_to_der(ByteView raw);

} // namespace gatehouse::jose
