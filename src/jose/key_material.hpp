// OpenSSL keys from JWK members and back. Only jose/ uses this.
#pragma once

#include "crypto/openssl.hpp"
#include "jose/jwk.hpp"

namespace gatehouse::jose {

enum class Part : std::uint8_t { public_only, with_private };

struct KeyMaterial {
    crypto::EvpKey key;
    KeyType type;
};
// Error: "invalid_jwk".
Result<KeyMaterial> material_from_jwk(boost::json::object const& jwk, Part part);
// Refuses keys of other types and sizes. Error: "unsupported_key".
Result<KeyType> type_of(EVP_PKEY* key);

// kty and the members that make the public key, in the order of RFC 7638.
boost::json::object public_members(EVP_PKEY* key, KeyType type);
// Appends `,"d":"..."` and the other private members of the type.
void append_private_members(std::string& json, EVP_PKEY* key, KeyType type);

Refusal invalid_jwk(std::string pointer, std::string why);

} // namespace gatehouse::jose
