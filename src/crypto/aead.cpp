#include "crypto/aead.hpp"

#include "crypto/openssl.hpp"
#include "crypto/random.hpp"

#include <openssl/err.h>
#include <stdexcept>

namespace gatehouse::crypto {

namespace {

EVP_CIPHER const* fetched_aes_256_gcm()
{
    // Kept until the process ends, like the digests of openssl.cpp.
    static auto const* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    demand(cipher != nullptr, "AES-256-GCM");
    return cipher;
}

// One context a thread and direction, made once; each use gives it a key and a nonce.
struct Context {
    explicit Context(bool encrypts) : context(EVP_CIPHER_CTX_new())
    {
        demand(context &&
                   EVP_CipherInit_ex2(context.get(), fetched_aes_256_gcm(), nullptr, nullptr, encrypts, nullptr) == 1,
               "AES-256-GCM");
    }
    EvpCipherContext context;
};
EVP_CIPHER_CTX* encryption()
{
    thread_local Context const context(true);
    return context.context.get();
}
EVP_CIPHER_CTX* decryption()
{
    thread_local Context const context(false);
    return context.context.get();
}

int length_of(ByteView view)
{
    if (view.size() > 1 << 30)
        throw std::logic_error("more than 1 GiB to encrypt at once");
    return static_cast<int>(view.size());
}

Refusal unreadable()
{
    return refuse(ErrorKind::invalid, "decryption_failed", "The value was changed or belongs somewhere else.");
}

// A call with data even for no bytes at all: OpenSSL takes a null pointer for another request.
constexpr std::uint8_t kNothing = 0;
std::uint8_t const* pointer_to(ByteView view)
{
    return view.empty() ? &kNothing : view.data();
}

} // namespace

AeadKey::AeadKey(ByteView key)
{
    if (key.size() != kSize)
        throw std::logic_error("an AES-256 key has 32 bytes");
    std::copy(key.begin(), key.end(), key_.begin());
}

AeadKey AeadKey::generate()
{
    auto bytes = random_array<kSize>();
    AeadKey key{ByteView(bytes)};
    wipe(bytes.data(), bytes.size());
    return key;
}

AeadKey::AeadKey(AeadKey&& other) noexcept : key_(other.key_)
{
    wipe(other.key_.data(), kSize);
}

AeadKey& AeadKey::operator=(AeadKey&& other) noexcept
{
    if (this != &other) {
        key_ = other.key_;
        wipe(other.key_.data(), kSize);
    }
    return *this;
}

AeadKey::~AeadKey()
{
    wipe(key_.data(), kSize);
}

Bytes AeadKey::seal(ByteView plaintext, ByteView associated_data) const
{
    Bytes out;
    out.reserve(plaintext.size() + kOverhead);
    seal_onto(out, plaintext, associated_data);
    return out;
}

void AeadKey::seal_onto(Bytes& out, ByteView plaintext, ByteView associated_data) const
{
    auto const nonce = random_array<kNonceSize>();
    out.insert(out.end(), nonce.begin(), nonce.end());
    seal_onto(out, nonce, plaintext, associated_data);
}

void AeadKey::seal_onto(Bytes& out, ByteView nonce, ByteView plaintext, ByteView associated_data) const
{
    if (nonce.size() != kNonceSize)
        throw std::logic_error("an AES-GCM nonce has 12 bytes");
    auto* const context = encryption();
    auto const start = out.size();
    out.resize(start + plaintext.size() + kTagSize);
    int written = 0;
    auto const worked =
        EVP_EncryptInit_ex2(context, nullptr, key_.data(), nonce.data(), nullptr) == 1 &&
        EVP_EncryptUpdate(context, nullptr, &written, pointer_to(associated_data), length_of(associated_data)) == 1 &&
        EVP_EncryptUpdate(context, out.data() + start, &written, pointer_to(plaintext), length_of(plaintext)) == 1 &&
        EVP_EncryptFinal_ex(context, out.data() + start + plaintext.size(), &written) == 1 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTagSize, out.data() + start + plaintext.size()) == 1;
    demand(worked, "AES-256-GCM encryption");
}

Result<Bytes> AeadKey::open(ByteView sealed, ByteView associated_data) const
{
    if (sealed.size() < kOverhead)
        return unreadable();
    return open(sealed.first(kNonceSize), sealed.subspan(kNonceSize), associated_data);
}

Result<Bytes> AeadKey::open(ByteView nonce, ByteView sealed, ByteView associated_data) const
{
    if (nonce.size() != kNonceSize || sealed.size() < kTagSize)
        return unreadable();
    auto* const context = decryption();
    auto const ciphertext = sealed.first(sealed.size() - kTagSize);
    std::array<std::uint8_t, kTagSize> tag;
    std::copy(sealed.end() - kTagSize, sealed.end(), tag.begin());
    Bytes plaintext(ciphertext.size());
    std::uint8_t none = 0;
    auto* const out = plaintext.empty() ? &none : plaintext.data();
    int written = 0;
    auto const prepared =
        EVP_DecryptInit_ex2(context, nullptr, key_.data(), nonce.data(), nullptr) == 1 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kTagSize, tag.data()) == 1 &&
        EVP_DecryptUpdate(context, nullptr, &written, pointer_to(associated_data), length_of(associated_data)) == 1 &&
        EVP_DecryptUpdate(context, out, &written, pointer_to(ciphertext), length_of(ciphertext)) == 1;
    demand(prepared, "AES-256-GCM decryption");
    if (EVP_DecryptFinal_ex(context, &none, &written) != 1) {
        wipe(plaintext.data(), plaintext.size()); // unauthenticated
        ERR_clear_error();
        return unreadable();
    }
    return plaintext;
}

} // namespace gatehouse::crypto
