// Randomness: bytes, codes and tokens from OpenSSL's generator.
//
// Bytes are drawn in blocks per thread (one call into the generator for many small requests) and each is wiped from the
// block as it is handed out. A generator that fails is a broken machine, not an answer: these functions throw
// std::runtime_error then and never return weak values.
#pragma once

#include "base/bytes.hpp"
#include "base/secret.hpp"

#include <array>

namespace gatehouse::crypto {

void random_fill(std::span<std::uint8_t> out);

template <std::size_t Size>
std::array<std::uint8_t, Size> random_array()
{
    std::array<std::uint8_t, Size> bytes;
    random_fill(bytes);
    return bytes;
}
Bytes random_bytes(std::size_t size);
Secret random_secret(std::size_t size);

// `size` random bytes as base64url text: 32 give 43 characters.
std::string random_token(std::size_t size);
// A number below `limit` (at least 1), each equally likely.
std::uint32_t random_below(std::uint32_t limit);
// A code that people type: `length` characters of `alphabet` (1 to 256 of them), each equally likely.
std::string random_code(std::size_t length, std::string_view alphabet = "0123456789");

} // namespace gatehouse::crypto
