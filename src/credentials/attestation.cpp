#include "credentials/attestation.hpp"

#include "credentials/attestation_formats.hpp"
#include "credentials/metadata.hpp"

#include <algorithm>
#include <openssl/asn1.h>

namespace gatehouse::credentials::webauthn {

namespace {

constexpr std::size_t kMostCertificates = 6;
constexpr char const* kAppleNonceExtension = "1.2.840.113635.100.8.2";

Refusal not_taken(std::string why)
{
    return refuse(ErrorKind::invalid, "passkey_attestation",
                  "This kind of passkey or security key is not accepted here. Please use another one.")
        .because("attestation: " + std::move(why));
}

std::string subject_entry(X509* certificate, int nid)
{
    auto* const subject = X509_get_subject_name(certificate);
    int const at = X509_NAME_get_index_by_NID(subject, nid, -1);
    if (at < 0)
        return {};
    unsigned char* text = nullptr;
    int const size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    std::string const entry(reinterpret_cast<char const*>(text), size > 0 ? static_cast<std::size_t>(size) : 0);
    OPENSSL_free(text);
    return entry;
}

// Section 8.2.1.
Result<void> check_packed_certificate(X509* certificate, Aaguid const& aaguid)
{
    if (X509_get_version(certificate) != X509_VERSION_3)
        return refused("packed: the certificate is not of version 3");
    if (subject_entry(certificate, NID_countryName).size() != 2 ||
        subject_entry(certificate, NID_organizationName).empty() ||
        subject_entry(certificate, NID_commonName).empty() ||
        subject_entry(certificate, NID_organizationalUnitName) != "Authenticator Attestation")
        return refused("packed: the certificate's subject is not that of an authenticator");
    if (!is_end_entity(certificate))
        return refused("packed: the certificate is an authority's");
    return check_certified_model(certificate, aaguid);
}

} // namespace

Result<Chain> x5c_of(cbor::Value const& statement)
{
    auto const* const x5c = statement.find("x5c");
    auto const* const list = x5c ? x5c->if_array() : nullptr;
    if (!list || list->empty() || list->size() > kMostCertificates)
        return malformed("attestation: x5c is no list of certificates");
    Chain chain;
    for (auto const& entry : *list) {
        auto const* const der = entry.if_bytes();
        if (!der)
            return malformed("attestation: x5c holds something else than certificates");
        auto certificate = parse_certificate(*der);
        if (!certificate)
            return malformed("attestation: an unreadable certificate");
        chain.push_back(*std::move(certificate));
    }
    return chain;
}

Result<ByteView> bytes_member(cbor::Value const& statement, std::string_view name)
{
    auto const* const value = statement.find(name);
    auto const* const bytes = value ? value->if_bytes() : nullptr;
    if (!bytes)
        return malformed(fmt::format("attestation: no {}", name));
    return *bytes;
}

Result<Algorithm> algorithm_member(cbor::Value const& statement)
{
    auto const* const number = statement.find("alg");
    auto const* const value = number ? number->if_integer() : nullptr;
    auto const algorithm = value ? algorithm_of(*value) : std::nullopt;
    if (!algorithm)
        return malformed("attestation: signed with an unknown algorithm");
    return *algorithm;
}

Result<void> check_members(cbor::Value const& statement, std::size_t count)
{
    auto const* const map = statement.if_map();
    if (!map || map->size() != count)
        return malformed("attestation: not the members of its format");
    return {};
}

Result<void> check_certified_model(X509* certificate, Aaguid const& aaguid)
{
    if (auto const model = extension_of(certificate, kAaguidExtension)) {
        Bytes wrapped{V_ASN1_OCTET_STRING, 16};
        wrapped.insert(wrapped.end(), aaguid.begin(), aaguid.end());
        if (!std::ranges::equal(*model, wrapped))
            return refused("attestation: the certificate is of another model");
    }
    return {};
}

bool certifies(X509* certificate, PublicKey const& key)
{
    auto const* const certified = X509_get0_pubkey(certificate);
    bool const same = certified && EVP_PKEY_eq(certified, key.key.get()) == 1;
    if (!same)
        crypto::openssl_error();
    return same;
}

Bytes joined(std::initializer_list<ByteView> parts)
{
    Bytes all;
    for (auto const part : parts)
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

Result<Proof> verify_packed(Statement const& statement)
{
    TRY(auto const signature, bytes_member(statement.content, "sig"));
    TRY(auto const algorithm, algorithm_member(statement.content));
    auto const message = joined({statement.data.raw, statement.client_data_hash});
    if (!statement.content.find("x5c")) {
        TRY_DO(check_members(statement.content, 2));
        if (algorithm != statement.key.algorithm)
            return refused("packed: self attestation with another algorithm than the key's");
        if (!is_signed_by(statement.key.key.get(), algorithm, signature, message))
            return refused("packed: the signature is wrong");
        return Proof{.attestation = Attestation::self, .chain = {}};
    }
    TRY_DO(check_members(statement.content, 3));
    TRY(auto chain, x5c_of(statement.content));
    if (!is_signed_by(X509_get0_pubkey(chain.front().get()), algorithm, signature, message))
        return refused("packed: the signature is wrong");
    TRY_DO(check_packed_certificate(chain.front().get(), statement.data.credential->aaguid));
    return Proof{.attestation = Attestation::unproven, .chain = std::move(chain)};
}

Result<Proof> verify_u2f(Statement const& statement)
{
    TRY_DO(check_members(statement.content, 2));
    TRY(auto const signature, bytes_member(statement.content, "sig"));
    TRY(auto chain, x5c_of(statement.content));
    if (chain.size() != 1)
        return malformed("fido-u2f: not exactly one certificate");
    auto* const key = X509_get0_pubkey(chain.front().get());
    char group[32] = {};
    if (!key || EVP_PKEY_get_group_name(key, group, sizeof(group), nullptr) != 1 ||
        std::string_view(group) != "prime256v1") {
        crypto::openssl_error();
        return refused("fido-u2f: the certificate's key is not of P-256");
    }
    if (statement.key.algorithm != Algorithm::es256)
        return refused("fido-u2f: the new key is not of P-256");
    if (statement.data.credential->aaguid != Aaguid{})
        return refused("fido-u2f: with an AAGUID");
    std::uint8_t const reserved[] = {0x00};
    auto const message = joined({reserved, statement.data.rp_id_hash, statement.client_data_hash,
                                 statement.data.credential->id, statement.key.point});
    if (!is_signed_by(key, Algorithm::es256, signature, message))
        return refused("fido-u2f: the signature is wrong");
    return Proof{.attestation = Attestation::unproven, .chain = std::move(chain)};
}

Result<Proof> verify_apple(Statement const& statement)
{
    TRY_DO(check_members(statement.content, 1));
    TRY(auto chain, x5c_of(statement.content));
    auto const nonce = crypto::sha256({statement.data.raw, statement.client_data_hash});
    // SEQUENCE { [1] EXPLICIT OCTET STRING }
    Bytes const head{0x30, 0x24, 0xa1, 0x22, 0x04, 0x20};
    auto const extension = extension_of(chain.front().get(), kAppleNonceExtension);
    if (!extension || !std::ranges::equal(*extension, joined({head, nonce})))
        return refused("apple: the certificate is of another ceremony");
    if (!certifies(chain.front().get(), statement.key))
        return refused("apple: the certificate is of another key");
    return Proof{.attestation = Attestation::unproven, .chain = std::move(chain)};
}

namespace {

Result<Proof> verify_statement(Statement const& statement, Format format)
{
    switch (format) {
    case Format::none: // section 8.7
        TRY_DO(check_members(statement.content, 0));
        return Proof{};
    case Format::packed:
        return verify_packed(statement);
    case Format::tpm:
        return verify_tpm(statement);
    case Format::android_key:
        return verify_android_key(statement);
    case Format::apple:
        return verify_apple(statement);
    case Format::fido_u2f:
        return verify_u2f(statement);
    }
    return fault("an attestation of no format");
}

// What metadata says of the model; U2F keys are told apart by the key of their certificate.
Model const* model_of(Statement const& statement, Chain const& chain, Metadata const& metadata)
{
    if (auto const* const model = metadata.find(statement.data.credential->aaguid))
        return model;
    return chain.empty() ? nullptr : metadata.find_by_key(key_identifier_of(chain.front().get()));
}

// Section 7.1 step 24: does the chain lead to an anchor that is good for this model?
bool is_trusted(Model const* model, Chain const& chain, Metadata const& metadata, TimePoint now)
{
    if (chain.empty())
        return false;
    return leads_to(chain, metadata.further_roots(), now) || (model && leads_to(chain, model->roots, now));
}

} // namespace

std::optional<Format> format_named(std::string_view name)
{
    auto const* const found = std::ranges::find(kFormatNames, name);
    return found == std::end(kFormatNames) ? std::nullopt
                                           : std::optional(static_cast<Format>(found - std::begin(kFormatNames)));
}

Result<Attestation> verify_attestation(Expected const& expected, Statement const& statement)
{
    auto const format = format_named(statement.format);
    if (!format)
        return refuse(ErrorKind::invalid, "passkey_unsupported",
                      "This kind of passkey or security key is not known here. Please use another one.")
            .because("attestation: an unknown format");
    TRY(auto const proof, verify_statement(statement, *format));
    if (!expected.attestation)
        return proof.attestation;
    auto const& policy = *expected.attestation;
    auto const& aaguid = statement.data.credential->aaguid;
    if (!policy.formats.empty() && !is_one_of(policy.formats, *format))
        return not_taken("a format that is not accepted");
    if (is_one_of(policy.deny, aaguid))
        return not_taken("a model on the list of refused ones");
    if (!policy.allow.empty() && !is_one_of(policy.allow, aaguid))
        return not_taken("a model that is not on the list");
    auto const* const model = policy.metadata ? model_of(statement, proof.chain, *policy.metadata) : nullptr;
    if (model && !model->distrusted.empty())
        return not_taken("metadata says of this model: " + model->distrusted);
    bool const trusted = policy.metadata && is_trusted(model, proof.chain, *policy.metadata, expected.now);
    if (policy.require_trusted && !trusted)
        return not_taken("no chain to an anchor");
    return trusted ? Attestation::trusted : proof.attestation;
}

} // namespace gatehouse::credentials::webauthn
