#include "jose/algorithm.hpp"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

namespace gatehouse::jose {

namespace {

constexpr std::array<AlgorithmFacts, kAlgorithmCount> kFacts{{
    {Algorithm::RS256, "RS256", "SHA256", false, KeyType::rsa, 0},
    {Algorithm::RS384, "RS384", "SHA384", false, KeyType::rsa, 0},
    {Algorithm::RS512, "RS512", "SHA512", false, KeyType::rsa, 0},
    {Algorithm::PS256, "PS256", "SHA256", true, KeyType::rsa, 0},
    {Algorithm::PS384, "PS384", "SHA384", true, KeyType::rsa, 0},
    {Algorithm::PS512, "PS512", "SHA512", true, KeyType::rsa, 0},
    {Algorithm::ES256, "ES256", "SHA256", false, KeyType::ec_p256, 32},
    {Algorithm::ES384, "ES384", "SHA384", false, KeyType::ec_p384, 48},
    {Algorithm::ES512, "ES512", "SHA512", false, KeyType::ec_p521, 66},
    {Algorithm::EdDSA, "EdDSA", nullptr, false, KeyType::ed25519, 0},
}};

} // namespace

AlgorithmFacts const& facts_of(Algorithm algorithm)
{
    return kFacts.at(static_cast<std::size_t>(algorithm));
}

std::string_view name_of(Algorithm algorithm)
{
    return facts_of(algorithm).name;
}

std::optional<Algorithm> algorithm_named(std::string_view name)
{
    for (auto const& facts : kFacts)
        if (facts.name == name)
            return facts.algorithm;
    return std::nullopt;
}

Result<crypto::EvpMdContext> prepare(EVP_PKEY* key, Algorithm algorithm, bool signs)
{
    auto const& facts = facts_of(algorithm);
    crypto::EvpMdContext context{EVP_MD_CTX_new()};
    EVP_PKEY_CTX* key_context = nullptr; // belongs to `context`
    auto* const start = signs ? EVP_DigestSignInit_ex : EVP_DigestVerifyInit_ex;
    if (!context || start(context.get(), &key_context, facts.digest, nullptr, nullptr, key, nullptr) != 1)
        return fault("OpenSSL refused a key: " + crypto::openssl_error());
    // RFC 7518 section 3.5: MGF1 with the same digest (the default), salt as long as the digest.
    if (facts.pss && (EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING) != 1 ||
                      EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, RSA_PSS_SALTLEN_DIGEST) != 1))
        return fault("OpenSSL refused PSS: " + crypto::openssl_error());
    return context;
}

EVP_MD_CTX* copy_of(crypto::EvpMdContext const& prepared)
{
    thread_local crypto::EvpMdContext const working{EVP_MD_CTX_new()};
    crypto::demand(working && EVP_MD_CTX_copy_ex(working.get(), prepared.get()) == 1, "EVP_MD_CTX_copy_ex");
    return working.get();
}

// SEQUENCE { INTEGER r, INTEGER s } in DER. The lengths of P-521 take the two-byte form (0x81).
Result<Bytes> ecdsa_to_raw(ByteView der, std::size_t coordinate_size)
{
    auto const malformed = [] { return fault("OpenSSL gave a malformed ECDSA signature"); };
    std::size_t at = 2;
    if (der.size() < 8 || der[0] != 0x30)
        return malformed();
    if (der[1] == 0x81)
        at = 3;
    Bytes raw(2 * coordinate_size);
    for (std::size_t which = 0; which < 2; ++which) {
        if (at + 2 > der.size() || der[at] != 0x02)
            return malformed();
        std::size_t size = der[at + 1];
        at += 2;
        if (at + size > der.size())
            return malformed();
        auto number = der.subspan(at, size);
        at += size;
        while (!number.empty() && number.front() == 0)
            number = number.subspan(1);
        if (number.size() > coordinate_size)
            return malformed();
        std::copy(number.begin(), number.end(),
                  raw.begin() + static_cast<std::ptrdiff_t>((which + 1) * coordinate_size - number.size()));
    }
    return raw;
}

Bytes ecdsa_to_der(ByteView raw)
{
    auto const half = raw.size() / 2;
    Bytes body;
    body.reserve(raw.size() + 12);
    for (auto number : {raw.first(half), raw.subspan(half)}) {
        while (number.size() > 1 && number.front() == 0)
            number = number.subspan(1);
        auto const padded = (number.front() & 0x80) != 0; // or it would read as negative
        body.push_back(0x02);
        body.push_back(static_cast<std::uint8_t>(number.size() + (padded ? 1 : 0)));
        if (padded)
            body.push_back(0);
        body.insert(body.end(), number.begin(), number.end());
    }
    Bytes der{0x30};
    if (body.size() >= 0x80)
        der.push_back(0x81);
    der.push_back(static_cast<std::uint8_t>(body.size()));
    der.insert(der.end(), body.begin(), body.end());
    return der;
}

} // namespace gatehouse::jose
