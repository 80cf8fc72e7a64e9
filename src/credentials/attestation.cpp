#include "credentials/attestation.hpp"

#include <algorithm>
#include <openssl/asn1.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace gatehouse::credentials::webauthn {

namespace {

using Certificate = std::unique_ptr<X509, crypto::OpensslDeleter<X509_free>>;
using CertificateStore = std::unique_ptr<X509_STORE, crypto::OpensslDeleter<X509_STORE_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, crypto::OpensslDeleter<X509_STORE_CTX_free>>;
using Object = std::unique_ptr<ASN1_OBJECT, crypto::OpensslDeleter<ASN1_OBJECT_free>>;
// A stack that does not own its certificates.
using Untrusted = std::unique_ptr<STACK_OF(X509), decltype([](STACK_OF(X509) * stack) { sk_X509_free(stack); })>;

constexpr std::size_t kMostCertificates = 6;
constexpr std::size_t kLargestCertificate = 8192;
constexpr char const* kAaguidExtension = "1.3.6.1.4.1.45724.1.1.4"; // id-fido-gen-ce-aaguid, section 8.2.1
constexpr char const* kAppleNonceExtension = "1.2.840.113635.100.8.2";

struct Proof {
    Attestation attestation = Attestation::none;
    std::vector<Certificate> chain; // the attestation certificate first
};

Refusal not_taken(std::string why)
{
    return refuse(ErrorKind::invalid, "passkey_attestation",
                  "This kind of passkey or security key is not accepted here. Please use another one.")
        .because("attestation: " + std::move(why));
}

Result<Certificate> parse_certificate(ByteView der)
{
    auto const* at = der.data();
    Certificate certificate(der.size() > kLargestCertificate ? nullptr
                                                             : d2i_X509(nullptr, &at, static_cast<long>(der.size())));
    if (!certificate || at != der.data() + der.size()) {
        crypto::openssl_error();
        return malformed("attestation: an unreadable certificate");
    }
    return certificate;
}

Result<std::vector<Certificate>> certificates_of(cbor::Value const& statement)
{
    auto const* const x5c = statement.find("x5c");
    auto const* const list = x5c ? x5c->if_array() : nullptr;
    if (!list || list->empty() || list->size() > kMostCertificates)
        return malformed("attestation: x5c is no list of certificates");
    std::vector<Certificate> chain;
    for (auto const& entry : *list) {
        auto const* const der = entry.if_bytes();
        if (!der)
            return malformed("attestation: x5c holds something else than certificates");
        TRY(auto certificate, parse_certificate(*der));
        chain.push_back(std::move(certificate));
    }
    return chain;
}

Result<ByteView> signature_of(cbor::Value const& statement)
{
    auto const* const value = statement.find("sig");
    auto const* const signature = value ? value->if_bytes() : nullptr;
    if (!signature)
        return malformed("attestation: no signature");
    return *signature;
}

Result<void> check_members(cbor::Value const& statement, std::size_t count)
{
    auto const* const map = statement.if_map();
    if (!map || map->size() != count)
        return malformed("attestation: not the members of its format");
    return {};
}

// The value of an extension; empty when there is none. `critical` ones are not what section 8 allows.
std::optional<ByteView> extension_of(X509* certificate, char const* oid)
{
    Object const object(OBJ_txt2obj(oid, 1));
    int const at = X509_get_ext_by_OBJ(certificate, object.get(), -1);
    if (at < 0)
        return std::nullopt;
    auto* const extension = X509_get_ext(certificate, at);
    auto const* const data = X509_EXTENSION_get_data(extension);
    if (X509_EXTENSION_get_critical(extension) != 0 || X509_get_ext_by_OBJ(certificate, object.get(), at) >= 0)
        return ByteView();
    return ByteView(ASN1_STRING_get0_data(data), static_cast<std::size_t>(ASN1_STRING_length(data)));
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
    if ((X509_get_extension_flags(certificate) & (EXFLAG_BCONS | EXFLAG_CA | EXFLAG_INVALID)) != EXFLAG_BCONS)
        return refused("packed: the certificate is an authority's");
    if (auto const model = extension_of(certificate, kAaguidExtension)) {
        Bytes wrapped{V_ASN1_OCTET_STRING, 16};
        wrapped.insert(wrapped.end(), aaguid.begin(), aaguid.end());
        if (!std::ranges::equal(*model, wrapped))
            return refused("packed: the certificate is of another model");
    }
    return {};
}

Bytes joined(std::initializer_list<ByteView> parts)
{
    Bytes all;
    for (auto const part : parts)
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

// Section 8.2.
Result<Proof> verify_packed(Statement const& statement)
{
    TRY(auto const signature, signature_of(statement.content));
    auto const* const number = statement.content.find("alg");
    auto const* const alg = number ? number->if_integer() : nullptr;
    auto const algorithm = alg ? algorithm_of(*alg) : std::nullopt;
    if (!algorithm)
        return malformed("packed: signed with an unknown algorithm");
    auto const message = joined({statement.data.raw, statement.client_data_hash});
    if (!statement.content.find("x5c")) {
        TRY_DO(check_members(statement.content, 2));
        if (*algorithm != statement.key.algorithm)
            return refused("packed: self attestation with another algorithm than the key's");
        if (!is_signed_by(statement.key.key.get(), *algorithm, signature, message))
            return refused("packed: the signature is wrong");
        return Proof{.attestation = Attestation::self, .chain = {}};
    }
    TRY_DO(check_members(statement.content, 3));
    TRY(auto chain, certificates_of(statement.content));
    if (!is_signed_by(X509_get0_pubkey(chain.front().get()), *algorithm, signature, message))
        return refused("packed: the signature is wrong");
    TRY_DO(check_packed_certificate(chain.front().get(), statement.data.credential->aaguid));
    return Proof{.attestation = Attestation::unproven, .chain = std::move(chain)};
}

// Section 8.6.
Result<Proof> verify_u2f(Statement const& statement)
{
    TRY_DO(check_members(statement.content, 2));
    TRY(auto const signature, signature_of(statement.content));
    TRY(auto chain, certificates_of(statement.content));
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

// Section 8.8.
Result<Proof> verify_apple(Statement const& statement)
{
    TRY_DO(check_members(statement.content, 1));
    TRY(auto chain, certificates_of(statement.content));
    auto const nonce = crypto::sha256({statement.data.raw, statement.client_data_hash});
    // SEQUENCE { [1] EXPLICIT OCTET STRING }
    Bytes const head{0x30, 0x24, 0xa1, 0x22, 0x04, 0x20};
    auto const extension = extension_of(chain.front().get(), kAppleNonceExtension);
    if (!extension || !std::ranges::equal(*extension, joined({head, nonce})))
        return refused("apple: the certificate is of another ceremony");
    auto const* const certified = X509_get0_pubkey(chain.front().get());
    if (!certified || EVP_PKEY_eq(certified, statement.key.key.get()) != 1) {
        crypto::openssl_error();
        return refused("apple: the certificate is of another key");
    }
    return Proof{.attestation = Attestation::unproven, .chain = std::move(chain)};
}

Result<Proof> verify_statement(Statement const& statement)
{
    if (statement.format == "none") { // section 8.7
        TRY_DO(check_members(statement.content, 0));
        return Proof{};
    }
    if (statement.format == "packed")
        return verify_packed(statement);
    if (statement.format == "fido-u2f")
        return verify_u2f(statement);
    if (statement.format == "apple")
        return verify_apple(statement);
    return refuse(ErrorKind::invalid, "passkey_unsupported",
                  "This kind of passkey or security key is not known here. Please use another one.")
        .because("attestation: an unknown format");
}

// Section 7.1 step 24: does the chain lead to an anchor?
Result<bool> leads_to_anchor(std::vector<Certificate> const& chain, AttestationPolicy const& policy, TimePoint now)
{
    CertificateStore const store(X509_STORE_new());
    StoreContext const context(X509_STORE_CTX_new());
    Untrusted const between(sk_X509_new_null());
    crypto::demand(store && context && between, "X509_STORE_new");
    for (auto const& der : policy.anchors) {
        TRY(auto const anchor, parse_certificate(der));
        crypto::demand(X509_STORE_add_cert(store.get(), anchor.get()) == 1, "X509_STORE_add_cert");
    }
    for (auto const& certificate : std::span(chain).subspan(1))
        sk_X509_push(between.get(), certificate.get());
    crypto::demand(X509_STORE_CTX_init(context.get(), store.get(), chain.front().get(), between.get()) == 1,
                   "X509_STORE_CTX_init");
    // An anchor may be an intermediate, or the attestation certificate itself.
    X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_PARTIAL_CHAIN);
    X509_STORE_CTX_set_time(context.get(), 0, to_seconds(now));
    bool const leads = X509_verify_cert(context.get()) == 1;
    if (!leads)
        crypto::openssl_error();
    return leads;
}

} // namespace

Result<Attestation> verify_attestation(Expected const& expected, Statement const& statement)
{
    TRY(auto const proof, verify_statement(statement));
    auto attestation = proof.attestation;
    if (!expected.attestation)
        return attestation;
    auto const& policy = *expected.attestation;
    auto const& aaguid = statement.data.credential->aaguid;
    if (is_one_of(policy.deny, aaguid))
        return not_taken("a model on the list of refused ones");
    if (!policy.allow.empty() && !is_one_of(policy.allow, aaguid))
        return not_taken("a model that is not on the list");
    if (!proof.chain.empty() && !policy.anchors.empty()) {
        TRY(bool const leads, leads_to_anchor(proof.chain, policy, expected.now));
        if (leads)
            attestation = Attestation::trusted;
    }
    if (policy.require_trusted && attestation != Attestation::trusted)
        return not_taken("no chain to an anchor");
    return attestation;
}

} // namespace gatehouse::credentials::webauthn
