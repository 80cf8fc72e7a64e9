// Attestation by a TPM (WebAuthn level 3 section 8.3; TCG TPM 2.0 Library, part 2: Structures).
#include "credentials/attestation_formats.hpp"

#include <algorithm>
#include <openssl/core_names.h>
#include <openssl/x509v3.h>

namespace gatehouse::credentials::webauthn {

namespace {

using GeneralNames = std::unique_ptr<GENERAL_NAMES, crypto::OpensslDeleter<GENERAL_NAMES_free>>;
using KeyUsages = std::unique_ptr<EXTENDED_KEY_USAGE, crypto::OpensslDeleter<EXTENDED_KEY_USAGE_free>>;

// Part 2 sections 6 and 8.
constexpr std::uint32_t kGenerated = 0xff544347; // TPM_GENERATED_VALUE: made inside, not handed in to be signed
constexpr std::uint16_t kCertify = 0x8017;       // TPM_ST_ATTEST_CERTIFY
constexpr std::uint16_t kNull = 0x0010;          // TPM_ALG_NULL
constexpr std::uint16_t kRsa = 0x0001;
constexpr std::uint16_t kEcc = 0x0023;
constexpr std::int64_t kRs1 = -65535; // RSASSA-PKCS1-v1_5 with SHA-1 (RFC 8812 section 2): what many TPMs sign with

char const* const kIdentityKeyUsage = "2.23.133.8.3";                                   // tcg-kp-AIKCertificate
char const* const kNameAttributes[] = {"2.23.133.2.1", "2.23.133.2.2", "2.23.133.2.3"}; // manufacturer, model, version

// TPM structures: big-endian numbers and buffers with their size in front. Reading behind the end gives zeros and is
// remembered.
class Reader {
public:
    explicit Reader(ByteView input) : rest_(input) {}
    ByteView take(std::size_t size)
    {
        if (size > rest_.size()) {
            short_ = true;
            rest_ = {};
            return {};
        }
        auto const taken = rest_.first(size);
        rest_ = rest_.subspan(size);
        return taken;
    }
    std::uint32_t number(std::size_t size)
    {
        std::uint32_t value = 0;
        for (auto const byte : take(size))
            value = value << 8 | byte;
        return value;
    }
    std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
    ByteView sized() { return take(u16()); }
    bool ended_well() const { return !short_ && rest_.empty(); }

private:
    ByteView rest_;
    bool short_ = false;
};

EVP_MD const* digest_of_tpm(std::uint16_t algorithm)
{
    switch (algorithm) {
    case 0x0004:
        return EVP_sha1();
    case 0x000b:
        return crypto::fetched_sha256();
    case 0x000c:
        return crypto::fetched_sha384();
    case 0x000d:
        return crypto::fetched_sha512();
    default:
        return nullptr;
    }
}

Bytes digest(EVP_MD const* algorithm, ByteView message)
{
    Bytes out(static_cast<std::size_t>(EVP_MD_get_size(algorithm)));
    crypto::demand(EVP_Digest(message.data(), message.size(), out.data(), nullptr, algorithm, nullptr) == 1,
                   "EVP_Digest");
    return out;
}

ByteView without_zeros(ByteView number)
{
    while (!number.empty() && number.front() == 0)
        number = number.subspan(1);
    return number;
}

bool is_number(EVP_PKEY* key, char const* name, ByteView expected)
{
    BIGNUM* raw = nullptr;
    if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) {
        crypto::openssl_error();
        return false;
    }
    crypto::BigNumber const number(raw);
    Bytes bytes(static_cast<std::size_t>(BN_num_bytes(raw)));
    BN_bn2bin(raw, bytes.data());
    return std::ranges::equal(bytes, without_zeros(expected));
}

// A scheme of TPMT_SYM_DEF_OBJECT, TPMT_RSA_SCHEME ... : nothing, or its parameters.
void skip_scheme(Reader& reader, std::size_t parameters)
{
    if (reader.u16() != kNull)
        reader.take(parameters);
}

struct PublicArea {
    EVP_MD const* name_digest = nullptr;
    bool is_the_key = false;
};
// TPMT_PUBLIC (part 2 section 12.2.4).
Result<PublicArea> read_public_area(ByteView raw, PublicKey const& key)
{
    Reader reader(raw);
    PublicArea area;
    auto const type = reader.u16();
    area.name_digest = digest_of_tpm(reader.u16());
    reader.number(4); // objectAttributes
    reader.sized();   // authPolicy
    skip_scheme(reader, 4);
    skip_scheme(reader, 2);
    if (type == kRsa) {
        reader.number(2); // keyBits
        auto const exponent = reader.take(4);
        Bytes const usual{0x01, 0x00, 0x01};
        auto const n = reader.sized();
        area.is_the_key =
            key.algorithm == Algorithm::rs256 && is_number(key.key.get(), OSSL_PKEY_PARAM_RSA_N, n) &&
            is_number(key.key.get(), OSSL_PKEY_PARAM_RSA_E, without_zeros(exponent).empty() ? usual : exponent);
    } else if (type == kEcc) {
        auto const curve = reader.u16();
        skip_scheme(reader, 2); // kdf
        auto const x = reader.sized();
        auto const y = reader.sized();
        bool const fits = (curve == 0x0003 && key.algorithm == Algorithm::es256) ||
                          (curve == 0x0004 && key.algorithm == Algorithm::es384);
        area.is_the_key = fits && is_number(key.key.get(), OSSL_PKEY_PARAM_EC_PUB_X, x) &&
                          is_number(key.key.get(), OSSL_PKEY_PARAM_EC_PUB_Y, y);
    }
    if (!reader.ended_well() || !area.name_digest)
        return malformed("tpm: pubArea is not read");
    return area;
}

// TPMS_ATTEST (part 2 section 10.12.12) of a certified object.
struct Certified {
    ByteView extra_data;
    ByteView name;
};
Result<Certified> read_certificate_info(ByteView raw)
{
    Reader reader(raw);
    auto const magic = reader.number(4);
    auto const type = reader.u16();
    reader.sized(); // qualifiedSigner
    Certified certified{.extra_data = reader.sized(), .name = {}};
    reader.take(17 + 8); // clockInfo, firmwareVersion
    certified.name = reader.sized();
    reader.sized(); // qualifiedName
    if (!reader.ended_well())
        return malformed("tpm: certInfo is not read");
    if (magic != kGenerated || type != kCertify)
        return refused("tpm: certInfo is no certification made by a TPM");
    return certified;
}

bool names_the_tpm(X509* certificate)
{
    GeneralNames const names(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        auto const* const name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type != GEN_DIRNAME)
            continue;
        return std::ranges::all_of(kNameAttributes, [&](char const* attribute) {
            std::unique_ptr<ASN1_OBJECT, crypto::OpensslDeleter<ASN1_OBJECT_free>> const oid(OBJ_txt2obj(attribute, 1));
            return X509_NAME_get_index_by_OBJ(name->d.directoryName, oid.get(), -1) >= 0;
        });
    }
    crypto::openssl_error();
    return false;
}

bool is_for_identity_keys(X509* certificate)
{
    KeyUsages const usages(
        static_cast<EXTENDED_KEY_USAGE*>(X509_get_ext_d2i(certificate, NID_ext_key_usage, nullptr, nullptr)));
    for (int i = 0; usages && i < sk_ASN1_OBJECT_num(usages.get()); ++i) {
        char oid[32] = {};
        OBJ_obj2txt(oid, sizeof(oid), sk_ASN1_OBJECT_value(usages.get(), i), 1);
        if (std::string_view(oid) == kIdentityKeyUsage)
            return true;
    }
    crypto::openssl_error();
    return false;
}

// Section 8.3.1.
Result<void> check_certificate(X509* certificate, Aaguid const& aaguid)
{
    if (X509_get_version(certificate) != X509_VERSION_3)
        return refused("tpm: the certificate is not of version 3");
    if (X509_NAME_entry_count(X509_get_subject_name(certificate)) != 0)
        return refused("tpm: the certificate has a subject");
    if (!names_the_tpm(certificate))
        return refused("tpm: the certificate does not name manufacturer, model and version");
    if (!is_for_identity_keys(certificate))
        return refused("tpm: the certificate is not one of an attestation identity key");
    if (!is_end_entity(certificate))
        return refused("tpm: the certificate is an authority's");
    return check_certified_model(certificate, aaguid);
}

bool is_signed_with_sha1(EVP_PKEY* key, ByteView signature, ByteView message)
{
    crypto::EvpMdContext const context(EVP_MD_CTX_new());
    crypto::demand(context != nullptr, "EVP_MD_CTX_new");
    bool const right =
        key && EVP_PKEY_is_a(key, "RSA") == 1 &&
        EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha1(), nullptr, key) == 1 &&
        EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
    if (!right)
        crypto::openssl_error();
    return right;
}

} // namespace

Result<Proof> verify_tpm(Statement const& statement)
{
    TRY_DO(check_members(statement.content, 6));
    auto const* const version = statement.content.find("ver");
    if (!version || !version->if_text() || *version->if_text() != "2.0")
        return malformed("tpm: not of version 2.0");
    TRY(auto const signature, bytes_member(statement.content, "sig"));
    TRY(auto const certificate_info, bytes_member(statement.content, "certInfo"));
    TRY(auto const public_area, bytes_member(statement.content, "pubArea"));
    TRY(auto chain, x5c_of(statement.content));
    auto const* const alg = statement.content.find("alg");
    bool const sha1 = alg && alg->if_integer() && *alg->if_integer() == kRs1;
    auto algorithm = Algorithm::rs256;
    if (!sha1) {
        TRY(algorithm, algorithm_member(statement.content));
    }
    if (algorithm == Algorithm::eddsa)
        return malformed("tpm: signed with an algorithm that no TPM has");

    TRY(auto const area, read_public_area(public_area, statement.key));
    if (!area.is_the_key)
        return refused("tpm: pubArea is of another key");
    TRY(auto const certified, read_certificate_info(certificate_info));
    auto const* const used = sha1                            ? EVP_sha1()
                             : algorithm == Algorithm::es384 ? crypto::fetched_sha384()
                                                             : crypto::fetched_sha256();
    if (!constant_time_equal(certified.extra_data,
                             digest(used, joined({statement.data.raw, statement.client_data_hash}))))
        return refused("tpm: certInfo is of another ceremony");
    // The name of an object is its digest, with the digest's algorithm in front (part 1 section 16).
    if (!std::ranges::equal(certified.name, joined({public_area.subspan(2, 2), digest(area.name_digest, public_area)})))
        return refused("tpm: certInfo certifies another object");
    auto* const signer = X509_get0_pubkey(chain.front().get());
    if (sha1 ? !is_signed_with_sha1(signer, signature, certificate_info)
             : !is_signed_by(signer, algorithm, signature, certificate_info))
        return refused("tpm: the signature is wrong");
    TRY_DO(check_certificate(chain.front().get(), statement.data.credential->aaguid));
    return Proof{.attestation = Attestation::unproven, .chain = std::move(chain)};
}

} // namespace gatehouse::credentials::webauthn
