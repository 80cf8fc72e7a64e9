#include "credentials/certificates.hpp"

#include <openssl/asn1.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace gatehouse::credentials::webauthn {

namespace {

using CertificateStore = std::unique_ptr<X509_STORE, crypto::OpensslDeleter<X509_STORE_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, crypto::OpensslDeleter<X509_STORE_CTX_free>>;
using Object = std::unique_ptr<ASN1_OBJECT, crypto::OpensslDeleter<ASN1_OBJECT_free>>;
using Memory = std::unique_ptr<BIO, crypto::OpensslDeleter<BIO_free>>;
// A stack that does not own its certificates.
using Untrusted = std::unique_ptr<STACK_OF(X509), decltype([](STACK_OF(X509) * stack) { sk_X509_free(stack); })>;

constexpr std::size_t kLargestCertificate = 8192;

Refusal unreadable()
{
    return refuse(ErrorKind::invalid, "certificate_unreadable", "This is no certificate.")
        .because(crypto::openssl_error());
}

Bytes to_der(X509* certificate)
{
    unsigned char* der = nullptr;
    int const size = i2d_X509(certificate, &der);
    crypto::demand(size > 0, "i2d_X509");
    Bytes bytes(der, der + size);
    OPENSSL_free(der);
    return bytes;
}

} // namespace

Result<Certificate> parse_certificate(ByteView der)
{
    auto const* at = der.data();
    Certificate certificate(der.size() > kLargestCertificate ? nullptr
                                                             : d2i_X509(nullptr, &at, static_cast<long>(der.size())));
    if (!certificate || at != der.data() + der.size())
        return unreadable();
    return certificate;
}

Result<std::vector<Bytes>> certificates_of_pem(std::string_view pem)
{
    Memory const file(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    crypto::demand(file != nullptr, "BIO_new_mem_buf");
    std::vector<Bytes> certificates;
    while (Certificate const next{PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr)})
        certificates.push_back(to_der(next.get()));
    auto refusal = unreadable(); // empties the queue: the end of the file is an error, too
    if (certificates.empty())
        return refusal;
    return certificates;
}

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

Bytes key_identifier_of(X509* certificate)
{
    Bytes digest(20);
    unsigned size = 0;
    crypto::demand(X509_pubkey_digest(certificate, EVP_sha1(), digest.data(), &size) == 1 && size == digest.size(),
                   "X509_pubkey_digest");
    return digest;
}

bool is_end_entity(X509* certificate)
{
    return (X509_get_extension_flags(certificate) & (EXFLAG_BCONS | EXFLAG_CA | EXFLAG_INVALID)) == EXFLAG_BCONS;
}

bool leads_to(Chain const& chain, std::vector<Bytes> const& anchors, TimePoint now)
{
    CertificateStore const store(X509_STORE_new());
    StoreContext const context(X509_STORE_CTX_new());
    Untrusted const between(sk_X509_new_null());
    crypto::demand(store && context && between, "X509_STORE_new");
    for (auto const& der : anchors)
        if (auto const anchor = parse_certificate(der))
            crypto::demand(X509_STORE_add_cert(store.get(), anchor->get()) == 1, "X509_STORE_add_cert");
    for (auto const& certificate : std::span(chain).subspan(1))
        sk_X509_push(between.get(), certificate.get());
    crypto::demand(X509_STORE_CTX_init(context.get(), store.get(), chain.front().get(), between.get()) == 1,
                   "X509_STORE_CTX_init");
    X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_PARTIAL_CHAIN);
    X509_STORE_CTX_set_time(context.get(), 0, to_seconds(now));
    bool const leads = X509_verify_cert(context.get()) == 1;
    if (!leads)
        crypto::openssl_error();
    return leads;
}

} // namespace gatehouse::credentials::webauthn
