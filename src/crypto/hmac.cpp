#include "crypto/hmac.hpp"

#include "crypto/openssl.hpp"

#include <openssl/hmac.h>

namespace gatehouse::crypto {

namespace {

EVP_MD const* algorithm_of(OneTimeDigest digest)
{
    switch (digest) {
    case OneTimeDigest::sha1:
        return EVP_sha1();
    case OneTimeDigest::sha256:
        return fetched_sha256();
    case OneTimeDigest::sha512:
        return fetched_sha512();
    }
    return nullptr;
}

} // namespace

Bytes hmac(OneTimeDigest digest, ByteView key, ByteView message)
{
    Bytes mac(EVP_MAX_MD_SIZE);
    unsigned int size = 0;
    demand(HMAC(algorithm_of(digest), key.data(), static_cast<int>(key.size()), message.data(), message.size(),
                mac.data(), &size) != nullptr,
           "HMAC");
    mac.resize(size);
    return mac;
}

} // namespace gatehouse::crypto
