#include "http/test_support/certificate_folder.hpp"

#include <cstdio>
#include <cstdlib>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace gatehouse::http::test {

CertificateFolder::CertificateFolder()
{
    auto pattern = (std::filesystem::temp_directory_path() / "gatehouse-tls-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
    write(1);
}

CertificateFolder::~CertificateFolder()
{
    std::filesystem::remove_all(path_);
}

void CertificateFolder::write(long serial) const
{
    auto* key_pair = EVP_EC_gen("P-256");
    auto* x509 = X509_new();
    X509_set_version(x509, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), serial);
    X509_gmtime_adj(X509_getm_notBefore(x509), -60);
    X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
    X509_set_pubkey(x509, key_pair);
    auto* name = X509_get_subject_name(x509);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<unsigned char const*>("localhost"), -1, -1,
                               0);
    X509_set_issuer_name(x509, name);
    auto* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost");
    X509_add_ext(x509, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(x509, key_pair, EVP_sha256());
    auto* file = std::fopen(key().c_str(), "w");
    PEM_write_PrivateKey(file, key_pair, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    file = std::fopen(certificate().c_str(), "w");
    PEM_write_X509(file, x509);
    std::fclose(file);
    X509_free(x509);
    EVP_PKEY_free(key_pair);
}

} // namespace gatehouse::http::test
