// Digests and what is built of them: SHA-2 (FIPS 180-4), HMAC (RFC 2104) and HKDF (RFC 5869).
//
// OpenSSL's objects are fetched once for the process and the working contexts are kept per thread; nothing here fails
// on any input. (A failure inside OpenSSL would be a lack of memory and throws std::runtime_error.)
#pragma once

#include "base/bytes.hpp"
#include "base/secret.hpp"

#include <array>
#include <initializer_list>
#include <memory>

namespace gatehouse::crypto {

using Digest256 = std::array<std::uint8_t, 32>;
using Digest384 = std::array<std::uint8_t, 48>;
using Digest512 = std::array<std::uint8_t, 64>;

Digest256 sha256(ByteView data);
Digest384 sha384(ByteView data);
Digest512 sha512(ByteView data);
// Of the parts one after the other. Give fixed sizes or put lengths in front where that would be ambiguous.
Digest256 sha256(std::initializer_list<ByteView> parts);

inline Digest256 sha256(std::string_view text)
{
    return sha256(as_bytes(text));
}

// HMAC-SHA-256 under one key. The key is mixed in once, when this is made; each message starts from a copy of that
// state. Any number of threads may use one at once. The states are wiped at the end.
class HmacSha256 {
public:
    explicit HmacSha256(ByteView key);
    HmacSha256(HmacSha256&&) noexcept;
    HmacSha256& operator=(HmacSha256&&) noexcept;
    ~HmacSha256();

    Digest256 mac(std::initializer_list<ByteView> parts) const;
    Digest256 mac(ByteView message) const { return mac({message}); }

private:
    struct State;
    std::unique_ptr<State> state_;
};

// HKDF with SHA-256. `size` is at most 8160 bytes. `expand` takes a key that is uniformly random already.
Secret hkdf_sha256(ByteView key_material, ByteView salt, std::string_view info, std::size_t size);
Secret hkdf_expand_sha256(HmacSha256 const& key, std::string_view info, std::size_t size);

} // namespace gatehouse::crypto
