#include "credentials/test_support/metadata_service.hpp"

#include "jose/jwk.hpp"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace gatehouse::credentials {

namespace json = boost::json;

namespace {

using Memory = std::unique_ptr<BIO, crypto::OpensslDeleter<BIO_free>>;

Bytes make(EVP_PKEY* key, char const* name, EVP_PKEY* issuer_key, char const* issuer, bool authority)
{
    webauthn::Certificate const certificate(X509_new());
    auto* const x = certificate.get();
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), authority ? 1 : 2);
    ASN1_TIME_set_string(X509_getm_notBefore(x), "20200101000000Z");
    ASN1_TIME_set_string(X509_getm_notAfter(x), "20400101000000Z");
    auto const add = [](X509_NAME* to, char const* value) {
        X509_NAME_add_entry_by_txt(to, "CN", MBSTRING_ASC, reinterpret_cast<unsigned char const*>(value), -1, -1, 0);
    };
    add(X509_get_subject_name(x), name);
    add(X509_get_issuer_name(x), issuer);
    X509_set_pubkey(x, key);
    auto const extend = [&](int nid, std::string const& value) {
        auto* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
        X509_add_ext(x, extension, -1);
        X509_EXTENSION_free(extension);
    };
    extend(NID_basic_constraints, authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (!authority)
        extend(NID_subject_alt_name, std::string("DNS:") + name);
    X509_sign(x, issuer_key, EVP_sha256());
    unsigned char* der = nullptr;
    int const size = i2d_X509(x, &der);
    Bytes out(der, der + size);
    OPENSSL_free(der);
    return out;
}

std::string text_of(BIO* memory)
{
    char* text = nullptr;
    auto const size = BIO_get_mem_data(memory, &text);
    return {text, static_cast<std::size_t>(size)};
}

} // namespace

MetadataService::MetadataService() : root_key_(EVP_EC_gen("P-256")), signer_key_(EVP_EC_gen("P-256"))
{
    root_ = make(root_key_.get(), "Metadata Root", root_key_.get(), "Metadata Root", true);
    signer_ = make(signer_key_.get(), "mds.example.com", root_key_.get(), "Metadata Root", false);
}

std::string MetadataService::root_pem() const
{
    Memory const out(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(out.get(), webauthn::parse_certificate(root_)->get());
    return text_of(out.get());
}

std::string MetadataService::blob(std::vector<MetadataEntry> const& entries, std::string_view algorithm) const
{
    json::array list;
    for (auto const& entry : entries) {
        json::array roots, reports;
        for (auto const& root : entry.roots)
            roots.emplace_back(base64_encode(root));
        for (auto const& [status, date] : entry.reports)
            reports.push_back({{"status", status}, {"effectiveDate", date}});
        json::object object;
        if (entry.model)
            object["aaguid"] = webauthn::to_text(*entry.model);
        if (!entry.key.empty())
            object["attestationCertificateKeyIdentifiers"] = json::array{entry.key};
        json::object statement{{"description", entry.description}};
        statement["attestationRootCertificates"] = std::move(roots);
        object["metadataStatement"] = std::move(statement);
        object["statusReports"] = std::move(reports);
        object["timeOfLastStatusChange"] = "2026-01-01";
        list.push_back(std::move(object));
    }
    json::object header{{"typ", "JWT"}, {"alg", algorithm}};
    header["x5c"] = json::array{base64_encode(signer_)};
    json::object payload{{"legalHeader", "For tests."}, {"no", 7}, {"nextUpdate", "2026-12-01"}};
    payload["entries"] = std::move(list);
    auto const signed_part = base64url_encode(as_bytes(json::serialize(header))) + "." +
                             base64url_encode(as_bytes(json::serialize(payload)));
    Memory const pem(BIO_new(BIO_s_mem()));
    PEM_write_bio_PKCS8PrivateKey(pem.get(), signer_key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    auto const key = jose::SigningKey::from_pem(Secret(text_of(pem.get())), jose::Algorithm::ES256);
    return signed_part + "." + base64url_encode(*key->sign(as_bytes(signed_part)));
}

} // namespace gatehouse::credentials
