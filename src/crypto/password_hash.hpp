// Password hashing: Argon2id (RFC 9106) by libsodium, kept as PHC strings
// ("$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>", base64 without padding).
//
// These calls take tens of milliseconds on purpose. Requests go through HashPool; only the command line and tests call
// them directly.
//
// Wiping: the arena never is a part of the heap. A worker of the pool wipes its own after each hash (HashArena);
// elsewhere libsodium maps one and unmaps it, and the kernel clears the pages before anyone gets them again. Our copies
// are Secrets.
#pragma once

#include "base/bytes.hpp"
#include "base/secret.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::crypto {

// What new hashes cost. One lane: libsodium computes with one.
struct Argon2Parameters {
    std::uint32_t memory_kib = 19456; // 19 MiB
    std::uint32_t passes = 2;
    friend bool operator==(Argon2Parameters const&, Argon2Parameters const&) = default;
};

// The most that a stored or imported hash may demand. A hash beyond is refused before any memory is touched.
inline constexpr std::uint32_t kMaximumMemoryKib = 256 * 1024;
inline constexpr std::uint32_t kMaximumPasses = 16;
inline constexpr std::uint32_t kMaximumLanes = 16;
// Longer passwords are refused, never cut.
inline constexpr std::size_t kMaximumPasswordSize = 4096;

enum class PasswordVerdict : std::uint8_t {
    differs,
    matches,
    matches_rehash, // and the hash was made with other parameters than today's: store a new one
};
inline bool matches(PasswordVerdict verdict)
{
    return verdict != PasswordVerdict::differs;
}

// Error: "password_too_long" (invalid), "internal_error" (no memory).
Result<std::string> hash_password(Secret const& password, Argon2Parameters parameters = {});
// Errors: "password_hash_invalid" (invalid: not Argon2id, malformed, or demands more than the limits above),
// "password_too_long", "internal_error".
Result<PasswordVerdict> verify_password(Secret const& password, std::string_view phc, Argon2Parameters parameters = {});
// For imports: whether verify_password would take this hash. Error: "password_hash_invalid".
Result<void> check_password_hash(std::string_view phc);

// A key of `size` bytes (16 to 64) from a passphrase, with a salt of 16 bytes. Errors: "password_too_long",
// "internal_error" (no memory, or parameters beyond the limits above).
Result<Secret> derive_key(Secret const& passphrase, ByteView salt, Argon2Parameters parameters, std::size_t size);

} // namespace gatehouse::crypto
