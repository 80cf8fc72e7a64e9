// Message encryption for Web Push (RFC 8291) with the content coding aes128gcm (RFC 8188): what a push service carries
// to a browser without being able to read it.
#pragma once

#include "base/bytes.hpp"

#include <array>
#include <optional>

namespace gatehouse::crypto {

// What a browser's subscription says (Push API, PushSubscription.getKey).
struct PushKeys {
    Bytes p256dh; // an uncompressed point of P-256, 65 bytes
    Bytes auth;   // 16 bytes
};
// Error: "push_keys_invalid" (invalid: other sizes, or no point of the curve).
Result<void> check_push_keys(PushKeys const& keys);

// For the examples of the RFC; else both are random for each message.
struct PushSecrets {
    std::array<std::uint8_t, 16> salt;
    Bytes private_key; // 32 bytes
};
inline constexpr std::size_t kLargestPush = 3993; // bytes of plaintext in one record of 4096 (RFC 8291 section 4)

// The body of the request to the push service. Errors: "push_keys_invalid", "push_too_large" (invalid).
Result<Bytes> encrypt_push(PushKeys const& keys, ByteView plaintext, std::optional<PushSecrets> const& secrets = {});

} // namespace gatehouse::crypto
