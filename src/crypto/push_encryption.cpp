#include "crypto/push_encryption.hpp"

#include "crypto/digest.hpp"
#include "crypto/openssl.hpp"
#include "crypto/random.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>

namespace gatehouse::crypto {

namespace {

using ParameterBuilder = std::unique_ptr<OSSL_PARAM_BLD, OpensslDeleter<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, OpensslDeleter<OSSL_PARAM_free>>;
using Group = std::unique_ptr<EC_GROUP, OpensslDeleter<EC_GROUP_free>>;
using Point = std::unique_ptr<EC_POINT, OpensslDeleter<EC_POINT_free>>;

constexpr std::size_t kPointSize = 65;
constexpr std::size_t kAuthSize = 16;
constexpr std::uint32_t kRecordSize = 4096;

Refusal keys_invalid()
{
    return refuse(ErrorKind::invalid, "push_keys_invalid", "These are not the keys of a push subscription.")
        .because(openssl_error());
}

EvpKey key_of(OSSL_PARAM_BLD* builder, int selection)
{
    Parameters const parameters(OSSL_PARAM_BLD_to_param(builder));
    EvpKeyContext const context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    demand(parameters && context && EVP_PKEY_fromdata_init(context.get()) == 1, "EVP_PKEY_fromdata_init");
    EVP_PKEY* key = nullptr;
    EVP_PKEY_fromdata(context.get(), &key, selection, parameters.get());
    return EvpKey(key);
}

// Null when it is no point of the curve.
EvpKey public_key_of(ByteView point)
{
    if (point.size() != kPointSize || point.front() != 0x04)
        return nullptr;
    ParameterBuilder const builder(OSSL_PARAM_BLD_new());
    demand(
        builder && OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
            OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) == 1,
        "OSSL_PARAM_BLD_push");
    auto key = key_of(builder.get(), EVP_PKEY_PUBLIC_KEY);
    EvpKeyContext const check(key ? EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr) : nullptr);
    return check && EVP_PKEY_public_check(check.get()) == 1 ? std::move(key) : nullptr;
}

EvpKey private_key_of(ByteView secret)
{
    Group const group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
    BigNumber const number(BN_bin2bn(secret.data(), static_cast<int>(secret.size()), nullptr));
    Point const point(EC_POINT_new(group.get()));
    demand(group && number && point &&
               EC_POINT_mul(group.get(), point.get(), number.get(), nullptr, nullptr, nullptr) == 1,
           "EC_POINT_mul");
    Bytes encoded(kPointSize);
    demand(EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, encoded.data(), encoded.size(),
                              nullptr) == kPointSize,
           "EC_POINT_point2oct");
    ParameterBuilder const builder(OSSL_PARAM_BLD_new());
    demand(builder &&
               OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
               OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, number.get()) == 1 &&
               OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, encoded.data(),
                                                encoded.size()) == 1,
           "OSSL_PARAM_BLD_push");
    return key_of(builder.get(), EVP_PKEY_KEYPAIR);
}

Bytes point_of(EVP_PKEY* key)
{
    Bytes point(kPointSize);
    std::size_t size = 0;
    demand(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point.data(), point.size(),
                                           &size) == 1 &&
               size == kPointSize && point.front() == 0x04,
           "EVP_PKEY_get_octet_string_param");
    return point;
}

Bytes agree(EVP_PKEY* ours, EVP_PKEY* theirs)
{
    EvpKeyContext const context(EVP_PKEY_CTX_new_from_pkey(nullptr, ours, nullptr));
    Bytes shared(32);
    std::size_t size = shared.size();
    demand(context && EVP_PKEY_derive_init(context.get()) == 1 &&
               EVP_PKEY_derive_set_peer(context.get(), theirs) == 1 &&
               EVP_PKEY_derive(context.get(), shared.data(), &size) == 1 && size == shared.size(),
           "EVP_PKEY_derive");
    return shared;
}

// AES-128-GCM, the tag behind the ciphertext.
Bytes seal(ByteView key, ByteView nonce, ByteView plaintext)
{
    EvpCipherContext const context(EVP_CIPHER_CTX_new());
    Bytes out(plaintext.size() + 16);
    int size = 0, last = 0;
    demand(context && EVP_EncryptInit_ex2(context.get(), EVP_aes_128_gcm(), key.data(), nonce.data(), nullptr) == 1 &&
               EVP_EncryptUpdate(context.get(), out.data(), &size, plaintext.data(),
                                 static_cast<int>(plaintext.size())) == 1 &&
               EVP_EncryptFinal_ex(context.get(), out.data() + size, &last) == 1 &&
               EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, 16, out.data() + plaintext.size()) == 1,
           "EVP_EncryptUpdate");
    return out;
}

} // namespace

Result<void> check_push_keys(PushKeys const& keys)
{
    if (keys.auth.size() != kAuthSize || !public_key_of(keys.p256dh))
        return keys_invalid();
    return {};
}

Result<Bytes> encrypt_push(PushKeys const& keys, ByteView plaintext, std::optional<PushSecrets> const& secrets)
{
    if (plaintext.size() > kLargestPush)
        return refuse(ErrorKind::invalid, "push_too_large", "This is too long for a push message.");
    auto const theirs = public_key_of(keys.p256dh);
    if (!theirs || keys.auth.size() != kAuthSize)
        return keys_invalid();
    auto const ours = secrets ? private_key_of(secrets->private_key) : EvpKey(EVP_EC_gen("P-256"));
    demand(ours != nullptr, "EVP_EC_gen");
    auto const salt = secrets ? secrets->salt : random_array<16>();
    auto const our_point = point_of(ours.get());
    // RFC 8291 section 3.4.
    std::string info("WebPush: info\0", 14);
    info += as_text(keys.p256dh);
    info += as_text(our_point);
    auto const input = hkdf_sha256(agree(ours.get(), theirs.get()), keys.auth, info, 32);
    // RFC 8188 sections 2.2 and 2.3.
    auto const key = hkdf_sha256(input.expose(), salt, std::string_view("Content-Encoding: aes128gcm\0", 28), 16);
    auto const nonce = hkdf_sha256(input.expose(), salt, std::string_view("Content-Encoding: nonce\0", 24), 12);
    auto record = to_bytes(plaintext);
    record.push_back(0x02); // the last record
    Bytes body(salt.begin(), salt.end());
    for (int shift = 24; shift >= 0; shift -= 8)
        body.push_back(static_cast<std::uint8_t>(kRecordSize >> shift));
    body.push_back(static_cast<std::uint8_t>(our_point.size()));
    body.insert(body.end(), our_point.begin(), our_point.end());
    auto const sealed = seal(key.expose(), nonce.expose(), record);
    body.insert(body.end(), sealed.begin(), sealed.end());
    return body;
}

} // namespace gatehouse::crypto
