#include "credentials/test_support/software_authenticator.hpp"

#include "crypto/digest.hpp"

#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

namespace gatehouse::credentials {

namespace json = boost::json;
using webauthn::Algorithm;

namespace {

void append(Bytes& out, ByteView more)
{
    out.insert(out.end(), more.begin(), more.end());
}

// The head of a CBOR item (RFC 8949 section 3).
Bytes head(std::uint8_t major, std::uint64_t number)
{
    auto const kind = static_cast<std::uint8_t>(major << 5);
    if (number < 24)
        return {static_cast<std::uint8_t>(kind | number)};
    if (number < 0x100)
        return {static_cast<std::uint8_t>(kind | 24), static_cast<std::uint8_t>(number)};
    return {static_cast<std::uint8_t>(kind | 25), static_cast<std::uint8_t>(number >> 8),
            static_cast<std::uint8_t>(number)};
}
Bytes integer(std::int64_t number)
{
    return number >= 0 ? head(0, static_cast<std::uint64_t>(number)) : head(1, static_cast<std::uint64_t>(-1 - number));
}
Bytes byte_string(ByteView bytes)
{
    auto out = head(2, bytes.size());
    append(out, bytes);
    return out;
}
Bytes text(std::string_view characters)
{
    auto out = head(3, characters.size());
    append(out, as_bytes(characters));
    return out;
}
Bytes joined(std::initializer_list<ByteView> parts)
{
    Bytes out;
    for (auto const part : parts)
        append(out, part);
    return out;
}

Bytes big_number(EVP_PKEY* key, char const* name, std::size_t size)
{
    BIGNUM* raw = nullptr;
    crypto::demand(EVP_PKEY_get_bn_param(key, name, &raw) == 1, "EVP_PKEY_get_bn_param");
    crypto::BigNumber const number(raw);
    Bytes out(size == 0 ? static_cast<std::size_t>(BN_num_bytes(raw)) : size);
    BN_bn2binpad(raw, out.data(), static_cast<int>(out.size()));
    return out;
}

crypto::EvpKey make_key(Algorithm algorithm)
{
    switch (algorithm) {
    case Algorithm::es256:
        return crypto::EvpKey(EVP_EC_gen("P-256"));
    case Algorithm::es384:
        return crypto::EvpKey(EVP_EC_gen("P-384"));
    case Algorithm::eddsa:
        return crypto::EvpKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    case Algorithm::rs256:
        return crypto::EvpKey(EVP_RSA_gen(2048));
    }
    return nullptr;
}

Bytes to_cose(EVP_PKEY* key, Algorithm algorithm)
{
    auto const alg = integer(static_cast<std::int64_t>(algorithm));
    switch (algorithm) {
    case Algorithm::es256:
    case Algorithm::es384: {
        std::size_t const size = algorithm == Algorithm::es256 ? 32 : 48;
        return joined({head(5, 5), integer(1), integer(2), integer(3), alg, integer(-1),
                       integer(algorithm == Algorithm::es256 ? 1 : 2), integer(-2),
                       byte_string(big_number(key, OSSL_PKEY_PARAM_EC_PUB_X, size)), integer(-3),
                       byte_string(big_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, size))});
    }
    case Algorithm::eddsa: {
        Bytes raw(32);
        std::size_t size = raw.size();
        EVP_PKEY_get_raw_public_key(key, raw.data(), &size);
        return joined({head(5, 4), integer(1), integer(1), integer(3), alg, integer(-1), integer(6), integer(-2),
                       byte_string(raw)});
    }
    case Algorithm::rs256:
        return joined({head(5, 4), integer(1), integer(3), integer(3), alg, integer(-1),
                       byte_string(big_number(key, OSSL_PKEY_PARAM_RSA_N, 0)), integer(-2),
                       byte_string(big_number(key, OSSL_PKEY_PARAM_RSA_E, 0))});
    }
    return {};
}

std::string client_data(Ceremony const& ceremony, std::string_view type)
{
    json::object object{{"type", ceremony.type.empty() ? type : std::string_view(ceremony.type)},
                        {"challenge", base64url_encode(ceremony.challenge)},
                        {"origin", ceremony.origin},
                        {"crossOrigin", false}};
    for (auto const& [name, value] : ceremony.client_data)
        object[name] = value;
    return json::serialize(object);
}

Bytes number(std::uint32_t value, std::size_t size)
{
    Bytes out(size);
    for (auto i = size; i > 0; --i, value >>= 8)
        out[i - 1] = static_cast<std::uint8_t>(value);
    return out;
}
// A buffer as TPMs write it: its size in front.
Bytes sized(ByteView content)
{
    return joined({number(static_cast<std::uint32_t>(content.size()), 2), content});
}
// An element of DER of less than 256 bytes.
Bytes element(std::uint8_t tag, ByteView content)
{
    auto const size = static_cast<std::uint8_t>(content.size());
    return joined({content.size() < 128 ? Bytes{tag, size} : Bytes{tag, 0x81, size}, content});
}
Bytes sha1_signed(EVP_PKEY* key, ByteView message)
{
    crypto::EvpMdContext const context(EVP_MD_CTX_new());
    crypto::demand(EVP_DigestSignInit(context.get(), nullptr, EVP_sha1(), nullptr, key) == 1, "EVP_DigestSignInit");
    std::size_t size = 0;
    EVP_DigestSign(context.get(), nullptr, &size, message.data(), message.size());
    Bytes signature(size);
    crypto::demand(EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) == 1,
                   "EVP_DigestSign");
    return signature;
}

void add_extension(X509* certificate, char const* oid, ByteView value, bool critical)
{
    auto* const object = OBJ_txt2obj(oid, 1);
    auto* const octets = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(octets, value.data(), static_cast<int>(value.size()));
    auto* const extension = X509_EXTENSION_create_by_OBJ(nullptr, object, critical ? 1 : 0, octets);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(octets);
    ASN1_OBJECT_free(object);
}

} // namespace

SoftwareAuthenticator::SoftwareAuthenticator(Algorithm algorithm)
    : algorithm_(algorithm), key_(make_key(algorithm)), attestation_key_(make_key(Algorithm::es256))
{
    cose = to_cose(key_.get(), algorithm);
}

Bytes const& SoftwareAuthenticator::anchor()
{
    if (anchor_.empty())
        anchor_ = make_certificate(attestation_key_.get(), aaguid, {});
    return anchor_;
}

Bytes SoftwareAuthenticator::authenticator_data(Ceremony const& ceremony, bool with_credential) const
{
    auto const flags = (ceremony.user_present ? 0x01 : 0) | (ceremony.user_verified ? 0x04 : 0) |
                       (ceremony.backup_eligible ? 0x08 : 0) | (ceremony.backed_up ? 0x10 : 0) |
                       (with_credential ? 0x40 : 0);
    Bytes data = to_bytes(ByteView(crypto::sha256(ceremony.rp_id)));
    data.push_back(static_cast<std::uint8_t>(flags));
    for (int shift = 24; shift >= 0; shift -= 8)
        data.push_back(static_cast<std::uint8_t>(counter >> shift));
    if (with_credential) {
        append(data, aaguid);
        data.push_back(static_cast<std::uint8_t>(credential_id.size() >> 8));
        data.push_back(static_cast<std::uint8_t>(credential_id.size()));
        append(data, credential_id);
        append(data, cose);
    }
    append(data, ceremony.behind_data);
    return data;
}

Bytes SoftwareAuthenticator::signed_by(EVP_PKEY* key, Algorithm algorithm, ByteView message, bool broken) const
{
    crypto::EvpMdContext const context(EVP_MD_CTX_new());
    EVP_MD const* digest = algorithm == Algorithm::eddsa   ? nullptr
                           : algorithm == Algorithm::es384 ? EVP_sha384()
                                                           : EVP_sha256();
    crypto::demand(EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key) == 1, "EVP_DigestSignInit");
    std::size_t size = 0;
    EVP_DigestSign(context.get(), nullptr, &size, message.data(), message.size());
    Bytes signature(size);
    crypto::demand(EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) == 1,
                   "EVP_DigestSign");
    signature.resize(size);
    if (broken)
        signature.back() ^= 1;
    return signature;
}

Bytes SoftwareAuthenticator::make_certificate(EVP_PKEY* subject_key, std::vector<Extension> const& extensions,
                                              bool named) const
{
    std::unique_ptr<X509, crypto::OpensslDeleter<X509_free>> const certificate(X509_new());
    auto* const x = certificate.get();
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    ASN1_TIME_set_string(X509_getm_notBefore(x), "20200101000000Z");
    ASN1_TIME_set_string(X509_getm_notAfter(x), "20400101000000Z");
    auto* const name = X509_get_issuer_name(x);
    auto const add = [&](char const* field, char const* value) {
        X509_NAME_add_entry_by_txt(name, field, MBSTRING_ASC, reinterpret_cast<unsigned char const*>(value), -1, -1, 0);
    };
    add("C", "SE");
    add("O", "Gatehouse Tests");
    add("OU", "Authenticator Attestation");
    add("CN", "Software Authenticator");
    if (named)
        X509_set_subject_name(x, name);
    X509_set_pubkey(x, subject_key);
    auto* const constraints = X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints, "critical,CA:FALSE");
    X509_add_ext(x, constraints, -1);
    X509_EXTENSION_free(constraints);
    for (auto const& extension : extensions)
        add_extension(x, extension.oid.c_str(), extension.value, extension.critical);
    X509_sign(x, attestation_key_.get(), EVP_sha256());
    unsigned char* der = nullptr;
    int const size = i2d_X509(x, &der);
    Bytes const out(der, der + size);
    OPENSSL_free(der);
    return out;
}

Bytes SoftwareAuthenticator::make_certificate(EVP_PKEY* subject_key, webauthn::Aaguid const& model,
                                              ByteView apple_nonce) const
{
    std::vector<Extension> extensions{{.oid = "1.3.6.1.4.1.45724.1.1.4", .value = joined({Bytes{0x04, 0x10}, model})}};
    if (!apple_nonce.empty())
        extensions.push_back({.oid = "1.2.840.113635.100.8.2",
                              .value = joined({Bytes{0x30, 0x24, 0xa1, 0x22, 0x04, 0x20}, apple_nonce})});
    return make_certificate(subject_key, extensions);
}

Bytes SoftwareAuthenticator::tpm_statement(Ceremony const& ceremony, ByteView message) const
{
    auto const tampers = [&](std::string_view what) { return ceremony.tampers == what; };
    bool const rsa = algorithm_ == Algorithm::rs256;
    // TPMT_PUBLIC: a signing key of SHA-256, without policy.
    auto area = rsa ? joined({Bytes{0x00, 0x01}, Bytes{0x00, 0x0b}, number(0x00060472, 4), Bytes{0x00, 0x00},
                              Bytes{0x00, 0x10}, Bytes{0x00, 0x10}, number(2048, 2), number(0, 4),
                              sized(big_number(key_.get(), OSSL_PKEY_PARAM_RSA_N, 0))})
                    : joined({Bytes{0x00, 0x23}, Bytes{0x00, 0x0b}, number(0x00060472, 4), Bytes{0x00, 0x00},
                              Bytes{0x00, 0x10}, Bytes{0x00, 0x10}, Bytes{0x00, 0x03}, Bytes{0x00, 0x10},
                              sized(big_number(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X, 32)),
                              sized(big_number(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, 32))});
    if (tampers("public-area"))
        area.back() ^= 1;
    auto extra = to_bytes(ByteView(crypto::sha256(message)));
    if (ceremony.sha1) {
        extra.resize(20);
        EVP_Digest(message.data(), message.size(), extra.data(), nullptr, EVP_sha1(), nullptr);
    }
    if (tampers("extra-data"))
        extra.front() ^= 1;
    auto name = joined({Bytes{0x00, 0x0b}, crypto::sha256(ByteView(area))});
    if (tampers("name"))
        name.back() ^= 1;
    // TPMS_ATTEST of TPM2_Certify.
    auto const info = joined({number(tampers("magic") ? 0xff544348 : 0xff544347, 4), Bytes{0x80, 0x17}, sized({}),
                              sized(extra), Bytes(17, 0x01), Bytes(8, 0x02), sized(name), sized({})});
    // SubjectAltName with a directoryName of manufacturer, model and version; one RDN each.
    auto const attribute = [](std::uint8_t last, std::string_view value) {
        auto const type_and_value = joined({Bytes{0x06, 0x05, 0x67, 0x81, 0x05, 0x02, last},
                                            Bytes{0x0c, static_cast<std::uint8_t>(value.size())}, as_bytes(value)});
        return element(0x31, element(0x30, type_and_value));
    };
    auto const names =
        element(0x30, element(0xa4, element(0x30, joined({attribute(1, "id:414D4400"), attribute(2, "fTPM"),
                                                          attribute(3, "id:00010203")}))));
    Bytes const identity{0x30, 0x07, 0x06, 0x05, 0x67, 0x81, 0x05, 0x08, 0x03};
    Bytes const server{0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01};
    auto const identity_key = make_key(Algorithm::rs256);
    auto const certificate =
        make_certificate(ceremony.sha1 ? identity_key.get() : attestation_key_.get(),
                         {{.oid = "2.5.29.17", .value = names, .critical = true},
                          {.oid = "2.5.29.37", .value = tampers("usage") ? server : identity},
                          {.oid = "1.3.6.1.4.1.45724.1.1.4",
                           .value = joined({Bytes{0x04, 0x10}, ceremony.certified_model.value_or(aaguid)})}},
                         tampers("subject"));
    auto const signature = ceremony.sha1
                               ? sha1_signed(identity_key.get(), info)
                               : signed_by(attestation_key_.get(), Algorithm::es256, info, ceremony.breaks_signature);
    return joined({head(5, 6), text("ver"), text("2.0"), text("alg"), integer(ceremony.sha1 ? -65535 : -7), text("x5c"),
                   head(4, 1), byte_string(certificate), text("sig"), byte_string(signature), text("certInfo"),
                   byte_string(info), text("pubArea"), byte_string(area)});
}

Bytes SoftwareAuthenticator::android_statement(Ceremony const& ceremony, ByteView message,
                                               ByteView client_data_hash) const
{
    auto const tampers = [&](std::string_view what) { return ceremony.tampers == what; };
    auto const small = [](std::uint8_t value) { return Bytes{0x02, 0x01, value}; };
    auto challenge = to_bytes(client_data_hash);
    if (tampers("challenge"))
        challenge.front() ^= 1;
    auto hardware = joined({element(0xa1, element(0x31, small(tampers("purpose") ? 3 : 2))),
                            Bytes{0xbf, 0x85, 0x3e, 0x03}, small(tampers("origin") ? 2 : 0)});
    auto const software = tampers("applications") ? Bytes{0xbf, 0x84, 0x58, 0x02, 0x05, 0x00} : Bytes{};
    auto const description = element(
        0x30, joined({small(3), Bytes{0x0a, 0x01, 0x01}, small(4), Bytes{0x0a, 0x01, 0x01}, element(0x04, challenge),
                      element(0x04, {}), element(0x30, software), element(0x30, hardware)}));
    auto* const certified = tampers("key") ? attestation_key_.get() : key_.get();
    auto const certificate = make_certificate(certified, {{.oid = "1.3.6.1.4.1.11129.2.1.17", .value = description}});
    auto const algorithm = tampers("key") ? Algorithm::es256 : algorithm_;
    return joined({head(5, 3), text("alg"), integer(static_cast<std::int64_t>(algorithm)), text("sig"),
                   byte_string(signed_by(certified, algorithm, message, ceremony.breaks_signature)), text("x5c"),
                   head(4, 1), byte_string(certificate)});
}

Bytes SoftwareAuthenticator::statement(Ceremony const& ceremony, ByteView data, ByteView client_data_hash)
{
    auto const message = joined({data, client_data_hash});
    auto const certificate = [&] {
        return ceremony.certified_model ? make_certificate(attestation_key_.get(), *ceremony.certified_model, {})
                                        : anchor();
    };
    auto const list_of = [](Bytes const& der) { return joined({head(4, 1), byte_string(der)}); };
    if (ceremony.format == "packed")
        return joined({head(5, 2), text("alg"), integer(static_cast<std::int64_t>(algorithm_)), text("sig"),
                       byte_string(signed_by(key_.get(), algorithm_, message, ceremony.breaks_signature))});
    if (ceremony.format == "packed-x5c")
        return joined(
            {head(5, 3), text("alg"), integer(-7), text("sig"),
             byte_string(signed_by(attestation_key_.get(), Algorithm::es256, message, ceremony.breaks_signature)),
             text("x5c"), list_of(certificate())});
    if (ceremony.format == "fido-u2f") {
        auto const signed_part = joined({Bytes{0x00}, crypto::sha256(ceremony.rp_id), client_data_hash, credential_id,
                                         Bytes{0x04}, big_number(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X, 32),
                                         big_number(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, 32)});
        return joined(
            {head(5, 2), text("sig"),
             byte_string(signed_by(attestation_key_.get(), Algorithm::es256, signed_part, ceremony.breaks_signature)),
             text("x5c"), list_of(certificate())});
    }
    if (ceremony.format == "tpm")
        return tpm_statement(ceremony, message);
    if (ceremony.format == "android-key")
        return android_statement(ceremony, message, client_data_hash);
    if (ceremony.format == "apple") {
        auto nonce = crypto::sha256(ByteView(message));
        nonce[0] ^= ceremony.breaks_signature ? 1 : 0;
        return joined({head(5, 1), text("x5c"), list_of(make_certificate(key_.get(), aaguid, nonce))});
    }
    return head(5, 0);
}

json::object SoftwareAuthenticator::create(Ceremony const& ceremony)
{
    auto const client = client_data(ceremony, "webauthn.create");
    auto const data = authenticator_data(ceremony, true);
    auto const format = ceremony.format == "packed-x5c" ? std::string("packed") : ceremony.format;
    auto const object = joined({head(5, 3), text("fmt"), text(format), text("attStmt"),
                                statement(ceremony, data, crypto::sha256(client)), text("authData"), byte_string(data),
                                ceremony.behind_object});
    auto const id = base64url_encode(credential_id);
    json::object response{{"clientDataJSON", base64url_encode(as_bytes(client))},
                          {"attestationObject", base64url_encode(object)}};
    response["transports"] = json::array{"internal", "hybrid"};
    return {{"id", id},
            {"rawId", id},
            {"type", "public-key"},
            {"authenticatorAttachment", "platform"},
            {"clientExtensionResults", {{"credProps", {{"rk", true}}}}},
            {"response", std::move(response)}};
}

json::object SoftwareAuthenticator::get(Ceremony const& ceremony)
{
    if (counts)
        ++counter;
    auto const client = client_data(ceremony, "webauthn.get");
    auto const data = authenticator_data(ceremony, false);
    auto const message = joined({data, crypto::sha256(client)});
    auto const id = base64url_encode(credential_id);
    json::object response{
        {"clientDataJSON", base64url_encode(as_bytes(client))},
        {"authenticatorData", base64url_encode(data)},
        {"signature", base64url_encode(signed_by(key_.get(), algorithm_, message, ceremony.breaks_signature))}};
    if (ceremony.user_handle)
        response["userHandle"] = base64url_encode(*ceremony.user_handle);
    return {{"id", id},
            {"rawId", id},
            {"type", "public-key"},
            {"clientExtensionResults", json::object()},
            {"response", std::move(response)}};
}

} // namespace gatehouse::credentials
