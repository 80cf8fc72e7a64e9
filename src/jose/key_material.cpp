#include "jose/key_material.hpp"

#include <openssl/core_names.h>
#include <openssl/param_build.h>

namespace gatehouse::jose {

namespace json = boost::json;

namespace {

using ParameterBuilder = std::unique_ptr<OSSL_PARAM_BLD, crypto::OpensslDeleter<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, crypto::OpensslDeleter<OSSL_PARAM_free>>;

struct Curve {
    KeyType type;
    std::string_view name; // as in "crv"
    char const* group;     // as OpenSSL calls it
    std::size_t size;      // of a coordinate
};
constexpr std::array<Curve, 3> kCurves{{{KeyType::ec_p256, "P-256", "prime256v1", 32},
                                        {KeyType::ec_p384, "P-384", "secp384r1", 48},
                                        {KeyType::ec_p521, "P-521", "secp521r1", 66}}};
Curve const* curve_of(KeyType type)
{
    for (auto const& curve : kCurves)
        if (curve.type == type)
            return &curve;
    return nullptr;
}

struct RsaMember {
    char const* name;
    char const* parameter;
};
constexpr std::array<RsaMember, 6> kRsaPrivate{{{"d", OSSL_PKEY_PARAM_RSA_D},
                                                {"p", OSSL_PKEY_PARAM_RSA_FACTOR1},
                                                {"q", OSSL_PKEY_PARAM_RSA_FACTOR2},
                                                {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1},
                                                {"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2},
                                                {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1}}};
constexpr int kMinimumRsaBits = 2048;
constexpr int kMaximumRsaBits = 8192; // larger ones only cost us time

Result<std::string_view> text_member(json::object const& jwk, std::string_view name)
{
    auto const* const value = jwk.if_contains(name);
    if (!value || !value->is_string())
        return invalid_jwk("/" + std::string(name), "missing or not a string");
    return std::string_view(value->get_string());
}

// The bytes of a base64url member; `size` 0 allows any up to 1024.
Result<Secret> bytes_member(json::object const& jwk, std::string_view name, std::size_t size)
{
    TRY(auto const text, text_member(jwk, name));
    auto bytes = base64url_decode(text);
    if (!bytes || bytes->empty() || bytes->size() > 1024 || (size != 0 && bytes->size() != size))
        return invalid_jwk("/" + std::string(name), "not base64url of the right size");
    return Secret(std::move(*bytes));
}

Result<crypto::BigNumber> number_member(json::object const& jwk, std::string_view name)
{
    TRY(auto const bytes, bytes_member(jwk, name, 0));
    crypto::BigNumber number{BN_bin2bn(bytes.expose().data(), static_cast<int>(bytes.size()), nullptr)};
    crypto::demand(number != nullptr, "BN_bin2bn");
    return number;
}

Result<crypto::EvpKey> build(char const* kind, ParameterBuilder const& builder, Part part)
{
    Parameters const parameters{OSSL_PARAM_BLD_to_param(builder.get())};
    crypto::EvpKeyContext const context{EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr)};
    EVP_PKEY* key = nullptr;
    if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, part == Part::with_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
                          parameters.get()) != 1)
        return invalid_jwk("", "OpenSSL refuses it: " + crypto::openssl_error());
    return crypto::EvpKey(key);
}

Result<KeyMaterial> rsa_from(json::object const& jwk, Part part)
{
    ParameterBuilder const builder{OSSL_PARAM_BLD_new()};
    TRY(auto const n, number_member(jwk, "n"));
    TRY(auto const e, number_member(jwk, "e"));
    if (BN_num_bits(n.get()) < kMinimumRsaBits || BN_num_bits(n.get()) > kMaximumRsaBits || !BN_is_odd(n.get()))
        return invalid_jwk("/n", "not an odd modulus of 2048 to 8192 bits");
    if (!BN_is_odd(e.get()) || BN_is_one(e.get()) || BN_num_bits(e.get()) > 32)
        return invalid_jwk("/e", "not an odd exponent of 3 to 2^32");
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
    std::vector<crypto::BigNumber> numbers; // must outlive `builder`'s use of them
    if (part == Part::with_private) {
        if (jwk.contains("oth"))
            return invalid_jwk("/oth", "keys of more than two primes are not supported");
        for (auto const& member : kRsaPrivate) {
            TRY(auto number, number_member(jwk, member.name));
            OSSL_PARAM_BLD_push_BN(builder.get(), member.parameter, number.get());
            numbers.push_back(std::move(number));
        }
    }
    TRY(auto key, build("RSA", builder, part));
    return KeyMaterial{.key = std::move(key), .type = KeyType::rsa};
}

Result<KeyMaterial> ec_from(json::object const& jwk, Part part)
{
    TRY(auto const name, text_member(jwk, "crv"));
    auto const* const curve =
        std::find_if(kCurves.begin(), kCurves.end(), [&](auto const& c) { return c.name == name; });
    if (curve == kCurves.end())
        return invalid_jwk("/crv", "unknown curve");
    // RFC 7518 section 6.2.1.2: coordinates have the full size of the field.
    TRY(auto const x, bytes_member(jwk, "x", curve->size));
    TRY(auto const y, bytes_member(jwk, "y", curve->size));
    Bytes point{0x04};
    point.insert(point.end(), x.expose().begin(), x.expose().end());
    point.insert(point.end(), y.expose().begin(), y.expose().end());
    ParameterBuilder const builder{OSSL_PARAM_BLD_new()};
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve->group, 0);
    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
    crypto::BigNumber d;
    if (part == Part::with_private) {
        TRY(auto const bytes, bytes_member(jwk, "d", curve->size));
        d.reset(BN_bin2bn(bytes.expose().data(), static_cast<int>(bytes.size()), nullptr));
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, d.get());
    }
    TRY(auto key, build("EC", builder, part)); // checks that the point is on the curve
    return KeyMaterial{.key = std::move(key), .type = curve->type};
}

Result<KeyMaterial> okp_from(json::object const& jwk, Part part)
{
    TRY(auto const name, text_member(jwk, "crv"));
    if (name != "Ed25519")
        return invalid_jwk("/crv", "unknown curve");
    TRY(auto const x, bytes_member(jwk, "x", 32));
    crypto::EvpKey key;
    if (part == Part::with_private) {
        TRY(auto const d, bytes_member(jwk, "d", 32));
        key.reset(EVP_PKEY_new_raw_private_key_ex(nullptr, "ED25519", nullptr, d.expose().data(), 32));
        Bytes derived(32);
        std::size_t size = derived.size();
        if (!key || EVP_PKEY_get_raw_public_key(key.get(), derived.data(), &size) != 1 ||
            !constant_time_equal(derived, x.expose()))
            return invalid_jwk("/x", "does not belong to d");
    } else {
        key.reset(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, x.expose().data(), 32));
        if (!key)
            return invalid_jwk("/x", "OpenSSL refuses it: " + crypto::openssl_error());
    }
    return KeyMaterial{.key = std::move(key), .type = KeyType::ed25519};
}

// `size` 0: as many bytes as the number has.
std::string encoded_number(EVP_PKEY* key, char const* parameter, std::size_t size)
{
    BIGNUM* raw = nullptr;
    crypto::demand(EVP_PKEY_get_bn_param(key, parameter, &raw) == 1, parameter);
    crypto::BigNumber const number{raw};
    Bytes bytes(size != 0 ? size : static_cast<std::size_t>(BN_num_bytes(number.get())));
    crypto::demand(BN_bn2binpad(number.get(), bytes.data(), static_cast<int>(bytes.size())) >= 0, parameter);
    Secret const secret{std::move(bytes)};
    return base64url_encode(secret.expose());
}

void append_member(std::string& out, std::string_view name, std::string value)
{
    out.append(",\"").append(name).append("\":\"").append(value).append("\"");
    wipe(value.data(), value.size());
}

} // namespace

Refusal invalid_jwk(std::string pointer, std::string why)
{
    return refuse(ErrorKind::invalid, "invalid_jwk", "This is not a key (JWK) that can be used here.")
        .at(std::move(pointer))
        .because(std::move(why));
}

Result<KeyMaterial> material_from_jwk(json::object const& jwk, Part part)
{
    TRY(auto const kind, text_member(jwk, "kty"));
    if (kind == "RSA")
        return rsa_from(jwk, part);
    if (kind == "EC")
        return ec_from(jwk, part);
    if (kind == "OKP")
        return okp_from(jwk, part);
    return invalid_jwk("/kty", "unknown type");
}

Result<KeyType> type_of(EVP_PKEY* key)
{
    auto const unsupported = [] {
        return refuse(ErrorKind::invalid, "unsupported_key",
                      "The key must be RSA of 2048 to 8192 bits, EC P-256, P-384 or P-521, or Ed25519.");
    };
    if (EVP_PKEY_is_a(key, "ED25519") == 1)
        return KeyType::ed25519;
    if (EVP_PKEY_is_a(key, "RSA") == 1) {
        auto const bits = EVP_PKEY_get_bits(key);
        if (bits < kMinimumRsaBits || bits > kMaximumRsaBits)
            return unsupported();
        return KeyType::rsa;
    }
    char group[64] = "";
    std::size_t size = 0;
    if (EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_group_name(key, group, sizeof group, &size) == 1)
        for (auto const& curve : kCurves)
            if (std::string_view(group, size) == curve.group)
                return curve.type;
    return unsupported();
}

json::object public_members(EVP_PKEY* key, KeyType type)
{
    if (type == KeyType::rsa)
        return {{"e", encoded_number(key, OSSL_PKEY_PARAM_RSA_E, 0)},
                {"kty", "RSA"},
                {"n", encoded_number(key, OSSL_PKEY_PARAM_RSA_N, 0)}};
    if (auto const* const curve = curve_of(type))
        return {{"crv", curve->name},
                {"kty", "EC"},
                {"x", encoded_number(key, OSSL_PKEY_PARAM_EC_PUB_X, curve->size)},
                {"y", encoded_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, curve->size)}};
    Bytes x(32);
    std::size_t size = x.size();
    crypto::demand(EVP_PKEY_get_raw_public_key(key, x.data(), &size) == 1, "EVP_PKEY_get_raw_public_key");
    return {{"crv", "Ed25519"}, {"kty", "OKP"}, {"x", base64url_encode(x)}};
}

void append_private_members(std::string& out, EVP_PKEY* key, KeyType type)
{
    if (type == KeyType::rsa) {
        for (auto const& member : kRsaPrivate)
            append_member(out, member.name, encoded_number(key, member.parameter, 0));
    } else if (auto const* const curve = curve_of(type)) {
        append_member(out, "d", encoded_number(key, OSSL_PKEY_PARAM_PRIV_KEY, curve->size));
    } else {
        Bytes d(32);
        std::size_t size = d.size();
        crypto::demand(EVP_PKEY_get_raw_private_key(key, d.data(), &size) == 1, "EVP_PKEY_get_raw_private_key");
        Secret const secret{std::move(d)};
        append_member(out, "d", base64url_encode(secret.expose()));
    }
}

} // namespace gatehouse::jose
