// HMAC with the digests that one-time codes are made with (RFC 4226 section 5.2, RFC 6238 section 1.2). SHA-1 is here
// for them alone: what HOTP needs of it is not broken by collisions.
#pragma once

#include "base/bytes.hpp"

namespace gatehouse::crypto {

enum class OneTimeDigest : std::uint8_t { sha1, sha256, sha512 };

// 20, 32 or 64 bytes.
Bytes hmac(OneTimeDigest digest, ByteView key, ByteView message);

} // namespace gatehouse::crypto
