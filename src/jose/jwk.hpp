// jose: JSON Web Keys, Signatures and Tokens (RFC 7515, 7517, 7518, 7519, 7638, 8037) on OpenSSL.
//
// In:  keys as JWK or PEM, payloads, compact texts from outside.
// Out: compact signatures and tokens; verified payloads. A text is believed only under an algorithm that the caller
//      listed and a key that the caller holds: headers that bring or point to keys (jwk, jku, x5u, x5c) are never
//      followed, "none" does not exist here, unknown critical headers are refused.
#pragma once

#include "base/secret.hpp"

#include <boost/json/object.hpp>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::jose {

enum class Algorithm : std::uint8_t { RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA };

std::string_view name_of(Algorithm algorithm);
// The algorithms that this library knows by name; anything else ("none", "HS256", "es256") is nothing.
std::optional<Algorithm> algorithm_named(std::string_view name);

// Which algorithms a caller accepts. There is no default: each use says its own.
class AlgorithmSet {
public:
    constexpr AlgorithmSet(std::initializer_list<Algorithm> algorithms)
    {
        for (auto const algorithm : algorithms)
            bits_ |= 1u << static_cast<unsigned>(algorithm);
    }
    constexpr bool contains(Algorithm algorithm) const { return (bits_ >> static_cast<unsigned>(algorithm) & 1) != 0; }

private:
    unsigned bits_ = 0;
};
inline constexpr AlgorithmSet kEveryAlgorithm{Algorithm::RS256, Algorithm::RS384, Algorithm::RS512, Algorithm::PS256,
                                              Algorithm::PS384, Algorithm::PS512, Algorithm::ES256, Algorithm::ES384,
                                              Algorithm::ES512, Algorithm::EdDSA};

enum class KeyType : std::uint8_t { rsa, ec_p256, ec_p384, ec_p521, ed25519 };

// The public half of a key: verifies. Cheap to copy, safe to share between threads.
class VerificationKey {
public:
    // RSA (2048 to 8192 bits), EC P-256, P-384, P-521 and OKP Ed25519. A JWK that holds private members is read too;
    // they are ignored. Error: "invalid_jwk" (invalid; pointer names the member).
    static Result<VerificationKey> from_jwk(boost::json::object const& jwk);
    static Result<VerificationKey> from_jwk(std::string_view json);
    // "-----BEGIN PUBLIC KEY-----". Error: "invalid_pem".
    static Result<VerificationKey> from_pem(std::string_view pem);

    KeyType type() const;
    // As in the JWK; empty if it had none.
    std::string const& kid() const;
    // The one algorithm this key may be used with, if its JWK names one.
    std::optional<Algorithm> algorithm() const;
    bool supports(Algorithm algorithm) const;
    // The public JWK with kty, its parameters, and kid, alg and use where known.
    boost::json::object to_jwk() const;
    // RFC 7638, SHA-256, base64url.
    std::string thumbprint() const;

    // `signature` as JWS has it: r and s side by side for ES*. Error: "invalid_signature" (also for an algorithm that
    // does not fit the key).
    Result<void> verify(Algorithm algorithm, ByteView message, ByteView signature) const;

private:
    friend class SigningKey;
    struct Impl;
    explicit VerificationKey(std::shared_ptr<Impl const> impl) : impl_(std::move(impl)) {}
    std::shared_ptr<Impl const> impl_;
};

// A private key with the one algorithm it signs with. Cheap to copy, safe to share between threads: each signature
// starts from a copy of a prepared state.
class SigningKey {
public:
    // The kid is the thumbprint. RSA keys get 2048 bits unless told otherwise.
    static Result<SigningKey> generate(Algorithm algorithm, int rsa_bits = 2048);
    // A private JWK. `algorithm` decides when the JWK has no alg; both must agree when it has. A JWK without kid gets
    // its thumbprint. Error: "invalid_jwk".
    static Result<SigningKey> from_jwk(boost::json::object const& jwk, std::optional<Algorithm> algorithm = {});
    static Result<SigningKey> from_jwk(Secret const& json, std::optional<Algorithm> algorithm = {});
    // "-----BEGIN PRIVATE KEY-----", not encrypted. Error: "invalid_pem".
    static Result<SigningKey> from_pem(Secret const& pem, Algorithm algorithm);

    Algorithm algorithm() const;
    std::string const& kid() const;
    VerificationKey const& public_key() const;
    // The private JWK as JSON text, to be wrapped by the vault.
    Result<Secret> to_private_jwk() const;

    Result<Bytes> sign(ByteView message) const;

private:
    struct Impl;
    explicit SigningKey(std::shared_ptr<Impl const> impl) : impl_(std::move(impl)) {}
    std::shared_ptr<Impl const> impl_;
};

// A JWK Set (RFC 7517 section 5): the public keys of one issuer or client.
class KeySet {
public:
    KeySet() = default;
    explicit KeySet(std::vector<VerificationKey> keys) : keys_(std::move(keys)) {}
    // Keys of unknown types, uses other than "sig", and keys that are invalid are left out, as the RFC demands. At most
    // 100 keys. Error: "invalid_jwks".
    static Result<KeySet> parse(std::string_view json);
    // {"keys":[...]} with public members only.
    std::string to_json() const;

    std::vector<VerificationKey> const& keys() const { return keys_; }
    bool empty() const { return keys_.empty(); }

private:
    std::vector<VerificationKey> keys_;
};

} // namespace gatehouse::jose
