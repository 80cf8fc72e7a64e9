// Bytes and the encodings they travel in.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<std::uint8_t const>;

inline ByteView as_bytes(std::string_view text)
{
    return {reinterpret_cast<std::uint8_t const*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes)
{
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}
inline Bytes to_bytes(std::string_view text)
{
    return {text.begin(), text.end()};
}
inline Bytes to_bytes(ByteView bytes)
{
    return {bytes.begin(), bytes.end()};
}

// base64url without padding (RFC 4648 section 5, RFC 7515 section 2). Decoding is strict: padding, white space, other
// characters and non-zero trailing bits are refused with "invalid_encoding", so that a value has one spelling.
std::string base64url_encode(ByteView bytes);
Result<Bytes> base64url_decode(std::string_view text);

// base64 with padding (RFC 4648 section 4), as strict.
std::string base64_encode(ByteView bytes);
Result<Bytes> base64_decode(std::string_view text);

// Lower-case hexadecimal; decoding takes both cases.
std::string hex_encode(ByteView bytes);
Result<Bytes> hex_decode(std::string_view text);

// Compares in time that depends on the lengths only.
bool constant_time_equal(ByteView a, ByteView b);

} // namespace gatehouse
