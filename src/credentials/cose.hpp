// COSE keys (RFC 9052, RFC 9053 section 7) of the algorithms that are taken, and signatures by them.
#pragma once

#include "credentials/cbor.hpp"
#include "credentials/webauthn.hpp"
#include "crypto/openssl.hpp"

namespace gatehouse::credentials::webauthn {

std::optional<Algorithm> algorithm_of(std::int64_t cose_number);

struct PublicKey {
    Algorithm algorithm;
    crypto::EvpKey key;
    // Of an elliptic curve: the uncompressed point, 0x04 x y; else empty.
    Bytes point;
};
// With exactly the parameters that its type needs (WebAuthn level 3 section 6.5.1.1). Error: "passkey_algorithm" when
// it is of none of the algorithms, "passkey_malformed".
Result<PublicKey> public_key(cbor::Value const& cose);
Result<PublicKey> parse_public_key(ByteView cose);

// The forms of signatures are those of section 6.5.5: ECDSA in DER.
bool is_signed_by(EVP_PKEY* key, Algorithm algorithm, ByteView signature, ByteView message);

} // namespace gatehouse::credentials::webauthn
