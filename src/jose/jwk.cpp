#include "jose/jwk.hpp"

#include "base/json.hpp"
#include "crypto/digest.hpp"
#include "jose/algorithm.hpp"
#include "jose/key_material.hpp"

#include <boost/json/serialize.hpp>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

namespace gatehouse::jose {

namespace json = boost::json;

namespace {

using Bio = std::unique_ptr<BIO, crypto::OpensslDeleter<BIO_free>>;

Bio read_only(std::string_view text)
{
    return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// OpenSSL would ask at the terminal for the passphrase of an encrypted key.
int no_passphrase(char*, int, int, void*)
{
    return -1;
}

Refusal invalid_pem(std::string why)
{
    return refuse(ErrorKind::invalid, "invalid_pem", "This is not a key in PEM form that can be used here.")
        .because(std::move(why));
}

// What a JWK says of itself beside its type's members. RFC 7517 sections 4.2 to 4.5.
struct Description {
    std::string kid;
    std::optional<Algorithm> algorithm;
};

Result<Description> description_of(json::object const& jwk, std::string_view operation)
{
    Description description;
    if (auto const* const kid = jwk.if_contains("kid")) {
        if (!kid->is_string() || kid->get_string().size() > 256)
            return invalid_jwk("/kid", "not a string of at most 256 characters");
        description.kid = kid->get_string();
    }
    if (auto const* const use = jwk.if_contains("use"); use && (!use->is_string() || use->get_string() != "sig"))
        return invalid_jwk("/use", "not a key for signatures");
    if (auto const* const operations = jwk.if_contains("key_ops")) {
        if (!operations->is_array() ||
            std::find(operations->get_array().begin(), operations->get_array().end(),
                      json::value(json::string_view(operation))) == operations->get_array().end())
            return invalid_jwk("/key_ops", "not a key to " + std::string(operation));
    }
    if (auto const* const algorithm = jwk.if_contains("alg")) {
        if (algorithm->is_string())
            description.algorithm = algorithm_named(algorithm->get_string());
        if (!description.algorithm)
            return invalid_jwk("/alg", "not a known signature algorithm");
    }
    return description;
}

} // namespace

struct VerificationKey::Impl {
    crypto::EvpKey key;
    KeyType type;
    std::string kid;
    std::optional<Algorithm> algorithm;
    json::object members;
    // For each algorithm that the key supports, ready to be copied.
    std::array<crypto::EvpMdContext, kAlgorithmCount> prepared;

    static Result<std::shared_ptr<Impl const>> make(KeyMaterial material, Description description)
    {
        auto impl = std::make_shared<Impl>();
        impl->key = std::move(material.key);
        impl->type = material.type;
        impl->kid = std::move(description.kid);
        impl->algorithm = description.algorithm;
        impl->members = public_members(impl->key.get(), impl->type);
        if (impl->algorithm && facts_of(*impl->algorithm).key != impl->type)
            return invalid_jwk("/alg", "the algorithm needs another type of key");
        for (std::size_t i = 0; i < kAlgorithmCount; ++i) {
            auto const algorithm = static_cast<Algorithm>(i);
            if (facts_of(algorithm).key != impl->type || (impl->algorithm && *impl->algorithm != algorithm))
                continue;
            TRY(impl->prepared.at(i), prepare(impl->key.get(), algorithm, false));
        }
        return impl;
    }
};

Result<VerificationKey> VerificationKey::from_jwk(json::object const& jwk)
{
    TRY(auto description, description_of(jwk, "verify"));
    TRY(auto material, material_from_jwk(jwk, Part::public_only));
    TRY(auto impl, Impl::make(std::move(material), std::move(description)));
    return VerificationKey(std::move(impl));
}

Result<VerificationKey> VerificationKey::from_jwk(std::string_view text)
{
    auto const jwk = parse_json_object_strict(text, {.size = 16 * 1024, .depth = 8});
    if (!jwk)
        return invalid_jwk(jwk.error().pointer, jwk.error().code);
    return from_jwk(*jwk);
}

Result<VerificationKey> VerificationKey::from_pem(std::string_view pem)
{
    if (pem.size() > 16 * 1024)
        return invalid_pem("too long");
    crypto::EvpKey key{PEM_read_bio_PUBKEY(read_only(pem).get(), nullptr, no_passphrase, nullptr)};
    if (!key)
        return invalid_pem(crypto::openssl_error());
    auto const type = type_of(key.get());
    if (!type)
        return invalid_pem("unsupported type or size");
    TRY(auto impl, Impl::make({.key = std::move(key), .type = *type}, {}));
    return VerificationKey(std::move(impl));
}

KeyType VerificationKey::type() const
{
    return impl_->type;
}
std::string const& VerificationKey::kid() const
{
    return impl_->kid;
}
std::optional<Algorithm> VerificationKey::algorithm() const
{
    return impl_->algorithm;
}

bool VerificationKey::supports(Algorithm algorithm) const
{
    return impl_->prepared.at(static_cast<std::size_t>(algorithm)) != nullptr;
}

json::object VerificationKey::to_jwk() const
{
    auto jwk = impl_->members;
    if (!impl_->kid.empty())
        jwk["kid"] = impl_->kid;
    if (impl_->algorithm)
        jwk["alg"] = name_of(*impl_->algorithm);
    jwk["use"] = "sig";
    return jwk;
}

std::string VerificationKey::thumbprint() const
{
    // public_members names exactly the required members, in lexicographic order, and base64url needs no escaping.
    return base64url_encode(crypto::sha256(json::serialize(impl_->members)));
}

Result<void> VerificationKey::verify(Algorithm algorithm, ByteView message, ByteView signature) const
{
    auto const invalid = [] {
        return refuse(ErrorKind::invalid, "invalid_signature", "The signature does not verify.");
    };
    if (!supports(algorithm))
        return invalid().because("the key does not support the algorithm");
    auto const size = facts_of(algorithm).coordinate_size;
    if (size != 0 && signature.size() != 2 * size)
        return invalid().because("wrong size");
    Bytes der;
    if (size != 0) {
        der = ecdsa_to_der(signature);
        signature = der;
    }
    auto* const context = copy_of(impl_->prepared.at(static_cast<std::size_t>(algorithm)));
    if (EVP_DigestVerify(context, signature.data(), signature.size(), message.data(), message.size()) != 1)
        return invalid().because(crypto::openssl_error());
    return {};
}

struct SigningKey::Impl {
    crypto::EvpKey key;
    Algorithm algorithm;
    crypto::EvpMdContext prepared;
    VerificationKey public_key;
    std::size_t signature_size; // at most

    static Result<std::shared_ptr<Impl const>> make(KeyMaterial material, Algorithm algorithm, std::string kid)
    {
        if (facts_of(algorithm).key != material.type)
            return invalid_jwk("/alg", "the algorithm needs another type of key");
        if (EVP_PKEY_up_ref(material.key.get()) != 1)
            return fault("EVP_PKEY_up_ref failed");
        crypto::EvpKey key{material.key.get()};
        TRY(auto prepared, prepare(key.get(), algorithm, true));
        TRY(auto nameless,
            VerificationKey::Impl::make(std::move(material), {.kid = std::move(kid), .algorithm = algorithm}));
        VerificationKey public_key(nameless);
        if (public_key.kid().empty()) {
            auto const jwk = public_key.thumbprint();
            if (EVP_PKEY_up_ref(key.get()) != 1)
                return fault("EVP_PKEY_up_ref failed");
            TRY(auto named, VerificationKey::Impl::make({.key = crypto::EvpKey(key.get()), .type = public_key.type()},
                                                        {.kid = jwk, .algorithm = algorithm}));
            public_key = VerificationKey(std::move(named));
        }
        auto const size = static_cast<std::size_t>(EVP_PKEY_get_size(key.get()));
        return std::make_shared<Impl const>(Impl{.key = std::move(key),
                                                 .algorithm = algorithm,
                                                 .prepared = std::move(prepared),
                                                 .public_key = std::move(public_key),
                                                 .signature_size = size});
    }
};

Result<SigningKey> SigningKey::generate(Algorithm algorithm, int rsa_bits)
{
    crypto::EvpKey key;
    auto const type = facts_of(algorithm).key;
    switch (type) {
    case KeyType::rsa:
        key.reset(EVP_RSA_gen(static_cast<unsigned>(rsa_bits)));
        break;
    case KeyType::ec_p256:
        key.reset(EVP_EC_gen("P-256"));
        break;
    case KeyType::ec_p384:
        key.reset(EVP_EC_gen("P-384"));
        break;
    case KeyType::ec_p521:
        key.reset(EVP_EC_gen("P-521"));
        break;
    case KeyType::ed25519:
        key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
        break;
    }
    if (!key)
        return fault("a key could not be generated: " + crypto::openssl_error());
    TRY_DO(type_of(key.get())); // the size of an RSA key
    TRY(auto impl, Impl::make({.key = std::move(key), .type = type}, algorithm, {}));
    return SigningKey(std::move(impl));
}

Result<SigningKey> SigningKey::from_jwk(json::object const& jwk, std::optional<Algorithm> algorithm)
{
    TRY(auto description, description_of(jwk, "sign"));
    if (algorithm && description.algorithm && *algorithm != *description.algorithm)
        return invalid_jwk("/alg", "not the algorithm that was asked for");
    if (!algorithm)
        algorithm = description.algorithm;
    if (!algorithm)
        return invalid_jwk("/alg", "missing");
    TRY(auto material, material_from_jwk(jwk, Part::with_private));
    TRY(auto impl, Impl::make(std::move(material), *algorithm, std::move(description.kid)));
    SigningKey key(std::move(impl));
    // The halves of a key that was made up may not belong together; a signature shows it.
    auto const probe = as_bytes("gatehouse");
    auto const signature = key.sign(probe);
    if (!signature || !key.public_key().verify(*algorithm, probe, *signature))
        return invalid_jwk("/d", "the private members do not belong to the public ones");
    return key;
}

Result<SigningKey> SigningKey::from_jwk(Secret const& text, std::optional<Algorithm> algorithm)
{
    auto const jwk = parse_json_object_strict(text.expose_text(), {.size = 16 * 1024, .depth = 8});
    if (!jwk)
        return invalid_jwk(jwk.error().pointer, jwk.error().code);
    return from_jwk(*jwk, algorithm);
}

Result<SigningKey> SigningKey::from_pem(Secret const& pem, Algorithm algorithm)
{
    if (pem.size() > 16 * 1024)
        return invalid_pem("too long");
    crypto::EvpKey key{PEM_read_bio_PrivateKey(read_only(pem.expose_text()).get(), nullptr, no_passphrase, nullptr)};
    if (!key)
        return invalid_pem(crypto::openssl_error());
    auto const type = type_of(key.get());
    if (!type || facts_of(algorithm).key != *type)
        return invalid_pem("unsupported type or size, or not for the algorithm");
    TRY(auto impl, Impl::make({.key = std::move(key), .type = *type}, algorithm, {}));
    return SigningKey(std::move(impl));
}

Algorithm SigningKey::algorithm() const
{
    return impl_->algorithm;
}
std::string const& SigningKey::kid() const
{
    return impl_->public_key.kid();
}
VerificationKey const& SigningKey::public_key() const
{
    return impl_->public_key;
}

Result<Secret> SigningKey::to_private_jwk() const
{
    auto text = json::serialize(public_key().to_jwk());
    text.reserve(8 * 1024); // so that no reallocation leaves private members behind
    text.pop_back();
    append_private_members(text, impl_->key.get(), public_key().type());
    text.push_back('}');
    return Secret::take(text);
}

Result<Bytes> SigningKey::sign(ByteView message) const
{
    auto* const context = copy_of(impl_->prepared);
    Bytes signature(impl_->signature_size);
    auto size = signature.size();
    if (EVP_DigestSign(context, signature.data(), &size, message.data(), message.size()) != 1)
        return fault("signing failed: " + crypto::openssl_error());
    signature.resize(size);
    auto const coordinate_size = facts_of(impl_->algorithm).coordinate_size;
    return coordinate_size == 0 ? Result<Bytes>(std::move(signature)) : ecdsa_to_raw(signature, coordinate_size);
}

Result<KeySet> KeySet::parse(std::string_view text)
{
    auto const invalid = [](std::string why) {
        return refuse(ErrorKind::invalid, "invalid_jwks", "This is not a JSON Web Key Set.").because(std::move(why));
    };
    auto const document = parse_json_object_strict(text, {.size = 256 * 1024, .depth = 8});
    if (!document)
        return invalid(document.error().code + " " + document.error().pointer);
    auto const* const keys = document->if_contains("keys");
    if (!keys || !keys->is_array() || keys->get_array().size() > 100)
        return invalid("no array \"keys\" of at most 100");
    std::vector<VerificationKey> usable;
    for (auto const& item : keys->get_array()) {
        if (!item.is_object())
            return invalid("a key is not an object");
        if (auto key = VerificationKey::from_jwk(item.get_object()))
            usable.push_back(std::move(*key));
    }
    return KeySet(std::move(usable));
}

std::string KeySet::to_json() const
{
    json::array keys;
    for (auto const& key : keys_)
        keys.push_back(key.to_jwk());
    return json::serialize(json::object{{"keys", std::move(keys)}});
}

} // namespace gatehouse::jose
