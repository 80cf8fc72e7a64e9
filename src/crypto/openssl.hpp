// Owners for OpenSSL's objects, and the algorithms that are fetched once (an implicit fetch takes a lock and gets
// slower with every thread). Only crypto/, jose/ and credentials/ (WebAuthn) include
// this.
#pragma once

#include "base/result.hpp"

#include <memory>
#include <openssl/bn.h>
#include <openssl/evp.h>

namespace gatehouse::crypto {

template <auto Free>
struct OpensslDeleter {
    template <class T>
    void operator()(T* object) const
    {
        Free(object);
    }
};
using EvpMdContext = std::unique_ptr<EVP_MD_CTX, OpensslDeleter<EVP_MD_CTX_free>>;
using EvpCipherContext = std::unique_ptr<EVP_CIPHER_CTX, OpensslDeleter<EVP_CIPHER_CTX_free>>;
using EvpKey = std::unique_ptr<EVP_PKEY, OpensslDeleter<EVP_PKEY_free>>;
using EvpKeyContext = std::unique_ptr<EVP_PKEY_CTX, OpensslDeleter<EVP_PKEY_CTX_free>>;
using BigNumber = std::unique_ptr<BIGNUM, OpensslDeleter<BN_clear_free>>;

EVP_MD const* fetched_sha256();
EVP_MD const* fetched_sha384();
EVP_MD const* fetched_sha512();

// The newest entry of OpenSSL's error queue as text, which is then emptied.
std::string openssl_error();
// Throws std::runtime_error with that text: for calls that fail only for lack of memory.
void demand(bool worked, char const* what);

} // namespace gatehouse::crypto
