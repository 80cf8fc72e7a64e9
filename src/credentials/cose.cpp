#include "credentials/cose.hpp"

#include <algorithm>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

namespace gatehouse::credentials::webauthn {

namespace {

using ParameterBuilder = std::unique_ptr<OSSL_PARAM_BLD, crypto::OpensslDeleter<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, crypto::OpensslDeleter<OSSL_PARAM_free>>;

// Labels of a COSE_Key (RFC 9052 section 7.1, RFC 9053 section 7, RFC 8230 section 4).
constexpr std::int64_t kKeyType = 1;
constexpr std::int64_t kAlgorithm = 3;
constexpr std::int64_t kFirst = -1; // crv, or n of RSA
constexpr std::int64_t kSecond = -2;
constexpr std::int64_t kThird = -3;
constexpr std::int64_t kOctetKeyPair = 1;
constexpr std::int64_t kEllipticCurve = 2;
constexpr std::int64_t kRsa = 3;

constexpr std::size_t kSmallestModulus = 2048 / 8;
constexpr std::size_t kLargestModulus = 4096 / 8; // larger ones only cost us time

Refusal malformed(std::string why)
{
    return refuse(ErrorKind::invalid, "passkey_malformed", "This is not what a browser sends for a passkey.")
        .because("public key: " + std::move(why));
}

std::int64_t integer_at(cbor::Value const& map, std::int64_t label)
{
    auto const* const value = map.find(label);
    auto const* const number = value ? value->if_integer() : nullptr;
    return number ? *number : 0;
}

ByteView bytes_at(cbor::Value const& map, std::int64_t label)
{
    auto const* const value = map.find(label);
    auto const* const bytes = value ? value->if_bytes() : nullptr;
    return bytes ? *bytes : ByteView();
}

Result<crypto::EvpKey> key_from(char const* type, OSSL_PARAM_BLD* builder)
{
    Parameters const parameters(OSSL_PARAM_BLD_to_param(builder));
    crypto::EvpKeyContext const context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    crypto::demand(parameters && context && EVP_PKEY_fromdata_init(context.get()) == 1, "EVP_PKEY_fromdata_init");
    EVP_PKEY* made = nullptr;
    bool const worked = EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) == 1;
    crypto::EvpKey key(made);
    if (!worked)
        return malformed(crypto::openssl_error());
    // That the point is on the curve and is no point at infinity (NIST SP 800-56A section 5.6.2.3).
    crypto::EvpKeyContext const check(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
    crypto::demand(check != nullptr, "EVP_PKEY_CTX_new_from_pkey");
    if (EVP_PKEY_public_check_quick(check.get()) != 1)
        return malformed(crypto::openssl_error());
    return key;
}

Result<PublicKey> elliptic_key(cbor::Value const& cose, Algorithm algorithm)
{
    bool const p256 = algorithm == Algorithm::es256;
    std::size_t const size = p256 ? 32 : 48;
    auto const x = bytes_at(cose, kSecond);
    auto const y = bytes_at(cose, kThird);
    if (integer_at(cose, kFirst) != (p256 ? 1 : 2) || x.size() != size || y.size() != size)
        return malformed("not a point of the algorithm's curve");
    Bytes point{0x04};
    point.insert(point.end(), x.begin(), x.end());
    point.insert(point.end(), y.begin(), y.end());
    ParameterBuilder const builder(OSSL_PARAM_BLD_new());
    crypto::demand(
        builder &&
            OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                            p256 ? "prime256v1" : "secp384r1", 0) == 1 &&
            OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) == 1,
        "OSSL_PARAM_BLD_push");
    TRY(auto key, key_from("EC", builder.get()));
    return PublicKey{algorithm, std::move(key), std::move(point)};
}

Result<PublicKey> edwards_key(cbor::Value const& cose)
{
    auto const x = bytes_at(cose, kSecond);
    if (integer_at(cose, kFirst) != 6 || x.size() != 32)
        return malformed("not a key of Ed25519");
    crypto::EvpKey key(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, x.data(), x.size()));
    if (!key)
        return malformed(crypto::openssl_error());
    return PublicKey{Algorithm::eddsa, std::move(key), {}};
}

Result<PublicKey> rsa_key(cbor::Value const& cose)
{
    auto const n = bytes_at(cose, kFirst);
    auto const e = bytes_at(cose, kSecond);
    if (n.size() < kSmallestModulus || n.size() > kLargestModulus || (n.front() & 0x80) == 0 || (n.back() & 1) == 0)
        return malformed("a modulus of another size than 2048 to 4096 bits");
    if (e.empty() || e.size() > 4 || (e.back() & 1) == 0 || (e.size() == 1 && e.front() == 1))
        return malformed("no public exponent that is taken");
    crypto::BigNumber const modulus(BN_bin2bn(n.data(), static_cast<int>(n.size()), nullptr));
    crypto::BigNumber const exponent(BN_bin2bn(e.data(), static_cast<int>(e.size()), nullptr));
    ParameterBuilder const builder(OSSL_PARAM_BLD_new());
    crypto::demand(builder && modulus && exponent &&
                       OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) == 1 &&
                       OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) == 1,
                   "OSSL_PARAM_BLD_push");
    TRY(auto key, key_from("RSA", builder.get()));
    return PublicKey{Algorithm::rs256, std::move(key), {}};
}

EVP_MD const* digest_of(Algorithm algorithm)
{
    switch (algorithm) {
    case Algorithm::es256:
    case Algorithm::rs256:
        return crypto::fetched_sha256();
    case Algorithm::es384:
        return crypto::fetched_sha384();
    case Algorithm::eddsa:
        return nullptr;
    }
    return nullptr;
}

// So that a certificate's key is not used for an algorithm of another kind.
bool fits(EVP_PKEY* key, Algorithm algorithm)
{
    switch (algorithm) {
    case Algorithm::es256:
    case Algorithm::es384:
        return EVP_PKEY_is_a(key, "EC") == 1;
    case Algorithm::rs256:
        return EVP_PKEY_is_a(key, "RSA") == 1;
    case Algorithm::eddsa:
        return EVP_PKEY_is_a(key, "ED25519") == 1;
    }
    return false;
}

} // namespace

std::optional<Algorithm> algorithm_of(std::int64_t cose_number)
{
    auto const* const found = std::ranges::find(
        kEveryAlgorithm, cose_number, [](Algorithm algorithm) { return static_cast<std::int64_t>(algorithm); });
    return found == std::end(kEveryAlgorithm) ? std::nullopt : std::optional(*found);
}

Result<PublicKey> public_key(cbor::Value const& cose)
{
    auto const* const map = cose.if_map();
    if (!map)
        return malformed("not a map");
    auto const algorithm = algorithm_of(integer_at(cose, kAlgorithm));
    if (!algorithm)
        return refuse(ErrorKind::invalid, "passkey_algorithm",
                      "This authenticator made a key of a kind that is not accepted here.");
    auto const expect = [&](std::int64_t type, std::size_t members) {
        return integer_at(cose, kKeyType) == type && map->size() == members;
    };
    switch (*algorithm) {
    case Algorithm::es256:
    case Algorithm::es384:
        return expect(kEllipticCurve, 5) ? elliptic_key(cose, *algorithm) : malformed("not the members of an EC2 key");
    case Algorithm::eddsa:
        return expect(kOctetKeyPair, 4) ? edwards_key(cose) : malformed("not the members of an OKP key");
    case Algorithm::rs256:
        return expect(kRsa, 4) ? rsa_key(cose) : malformed("not the members of an RSA key");
    }
    return malformed("of no known algorithm");
}

Result<PublicKey> parse_public_key(ByteView cose)
{
    auto const value = cbor::parse(cose);
    if (!value)
        return malformed(value.error().detail);
    return public_key(*value);
}

bool is_signed_by(EVP_PKEY* key, Algorithm algorithm, ByteView signature, ByteView message)
{
    if (!key || !fits(key, algorithm) || signature.empty() || signature.size() > kLargestModulus)
        return false;
    crypto::EvpMdContext const context(EVP_MD_CTX_new());
    crypto::demand(context != nullptr, "EVP_MD_CTX_new");
    if (EVP_DigestVerifyInit(context.get(), nullptr, digest_of(algorithm), nullptr, key) != 1) {
        crypto::openssl_error();
        return false;
    }
    bool const right =
        EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
    if (!right)
        crypto::openssl_error();
    return right;
}

} // namespace gatehouse::credentials::webauthn
