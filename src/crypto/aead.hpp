// Authenticated encryption: AES-256-GCM (NIST SP 800-38D) with random 96-bit nonces.
//
// What is sealed is nonce (12 bytes), ciphertext, tag (16 bytes). The associated data is not stored: whoever opens must
// give the same, which binds a value to its place. With random nonces one key may seal 2^32 values; a use that could
// exceed that derives a key for each value (vault/sealed.hpp).
#pragma once

#include "base/bytes.hpp"
#include "base/secret.hpp"

#include <array>

namespace gatehouse::crypto {

// 32 bytes; copying is asked for by name, and every copy is wiped. Any number of threads may use one at once.
class AeadKey {
public:
    static constexpr std::size_t kSize = 32;
    static constexpr std::size_t kNonceSize = 12;
    static constexpr std::size_t kTagSize = 16;
    static constexpr std::size_t kOverhead = kNonceSize + kTagSize;

    // Exactly 32 bytes; another size is a bug and throws std::logic_error.
    explicit AeadKey(ByteView key);
    static AeadKey generate();

    AeadKey(AeadKey const&) = delete;
    AeadKey& operator=(AeadKey const&) = delete;
    AeadKey(AeadKey&& other) noexcept;
    AeadKey& operator=(AeadKey&& other) noexcept;
    ~AeadKey();
    AeadKey clone() const { return AeadKey(ByteView(key_)); }

    Bytes seal(ByteView plaintext, ByteView associated_data) const;
    // The same behind what `out` holds already.
    void seal_onto(Bytes& out, ByteView plaintext, ByteView associated_data) const;
    // Error: "decryption_failed" (invalid) for anything that this key did not seal with this associated data.
    Result<Bytes> open(ByteView sealed, ByteView associated_data) const;

    // With the caller's nonce (12 bytes), which is not part of the output. Never twice the same under one key.
    void seal_onto(Bytes& out, ByteView nonce, ByteView plaintext, ByteView associated_data) const;
    Result<Bytes> open(ByteView nonce, ByteView sealed, ByteView associated_data) const;

    // For wrapping under another key.
    ByteView expose() const { return key_; }

private:
    std::array<std::uint8_t, kSize> key_;
};

} // namespace gatehouse::crypto
