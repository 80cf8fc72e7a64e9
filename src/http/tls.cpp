#include "http/tls.hpp"

#include "base/log.hpp"

#include <openssl/ssl.h>
#include <sys/stat.h>

namespace gatehouse::http {

namespace ssl = boost::asio::ssl;

namespace {

// HTTP/1.1 is all we speak; a client that offers nothing we know goes on without (RFC 7301 section 3.2 would allow to
// refuse; curl and browsers always offer http/1.1).
int choose_protocol(SSL*, unsigned char const** out, unsigned char* size, unsigned char const* offered,
                    unsigned int offered_size, void*)
{
    static constexpr unsigned char ours[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, size, ours, sizeof ours, offered, offered_size) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

} // namespace

Result<void> check_authorities(std::string const& file)
{
    ssl::context context(ssl::context::tls_client);
    boost::system::error_code error;
    context.load_verify_file(file, error);
    if (error)
        return refuse(ErrorKind::invalid, "certificate_unreadable",
                      fmt::format("{} holds no certificate authority that can be read: {}.", file, error.message()));
    return {};
}

CertificateFiles::CertificateFiles(std::string certificate, std::string private_key)
    : certificate_(std::move(certificate)), private_key_(std::move(private_key))
{
}

std::string CertificateFiles::stamp() const
{
    std::string text;
    for (auto const* file : {&certificate_, &private_key_}) {
        struct stat info{};
        if (stat(file->c_str(), &info) == 0)
            text += fmt::format("{}.{}.{}.{};", info.st_mtim.tv_sec, info.st_mtim.tv_nsec, info.st_ino, info.st_size);
    }
    return text;
}

Result<void> CertificateFiles::reload()
{
    auto const stamp_before = stamp();
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    context->set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 | ssl::context::no_sslv3 |
                         ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1 | ssl::context::single_dh_use);
    auto* native = context->native_handle();
    SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_cipher_list(native, "ECDHE+AESGCM:ECDHE+CHACHA20");
    SSL_CTX_set_alpn_select_cb(native, choose_protocol, nullptr);

    auto const unreadable = [](std::string const& file, std::string const& reason) {
        return refuse(ErrorKind::internal, "certificate_unreadable",
                      fmt::format("The certificate cannot be used: {}: {}.", file, reason));
    };
    boost::system::error_code error;
    context->use_certificate_chain_file(certificate_, error);
    if (error)
        return unreadable(certificate_, error.message());
    context->use_private_key_file(private_key_, ssl::context::pem, error);
    if (error)
        return unreadable(private_key_, error.message());
    if (SSL_CTX_check_private_key(native) != 1)
        return unreadable(private_key_, "the key does not belong to the certificate");

    std::lock_guard const lock(mutex_);
    context_ = std::move(context);
    stamp_ = stamp_before;
    return {};
}

void CertificateFiles::reload_if_changed()
{
    auto const now = stamp();
    {
        std::lock_guard const lock(mutex_);
        if (now == stamp_)
            return;
    }
    if (auto const done = reload(); !done) {
        // Not tried again until a file changes once more: certificate and key are often replaced one after the other.
        log::warning("the new certificate cannot be used; the old one stays", {{"reason", done.error().message}});
        std::lock_guard const lock(mutex_);
        stamp_ = now;
        return;
    }
    log::info("the certificate was read again", {{"file", certificate_}});
}

std::shared_ptr<ssl::context> CertificateFiles::current() const
{
    std::lock_guard const lock(mutex_);
    return context_;
}

} // namespace gatehouse::http
