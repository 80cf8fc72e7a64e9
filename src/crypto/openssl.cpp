#include "crypto/openssl.hpp"

#include <openssl/err.h>
#include <stdexcept>

namespace gatehouse::crypto {

namespace {

// Kept until the process ends: threads may still hash while static objects are destroyed.
EVP_MD const* fetch(char const* name)
{
    auto const* digest = EVP_MD_fetch(nullptr, name, nullptr);
    demand(digest != nullptr, name);
    return digest;
}

} // namespace

EVP_MD const* fetched_sha256()
{
    static auto const* const digest = fetch("SHA2-256");
    return digest;
}
EVP_MD const* fetched_sha384()
{
    static auto const* const digest = fetch("SHA2-384");
    return digest;
}
EVP_MD const* fetched_sha512()
{
    static auto const* const digest = fetch("SHA2-512");
    return digest;
}

std::string openssl_error()
{
    char text[256] = "";
    if (auto const code = ERR_peek_last_error(); code != 0)
        ERR_error_string_n(code, text, sizeof text);
    ERR_clear_error();
    return text;
}

void demand(bool worked, char const* what)
{
    if (!worked)
        throw std::runtime_error(std::string("OpenSSL failed: ") + what + ": " + openssl_error());
}

} // namespace gatehouse::crypto
