#include "base/bytes.hpp"

#include "base/secret.hpp"

#include <openssl/crypto.h>

namespace gatehouse {

namespace {

constexpr std::string_view kUrlAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNone = 0xff;

constexpr std::array<std::uint8_t, 256> inverse(std::string_view alphabet)
{
    std::array<std::uint8_t, 256> table{};
    table.fill(kNone);
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        table[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::uint8_t>(i);
    return table;
}
constexpr auto kUrlInverse = inverse(kUrlAlphabet);
constexpr auto kInverse = inverse(kAlphabet);

Refusal bad_encoding(std::string message)
{
    return refuse(ErrorKind::invalid, "invalid_encoding", std::move(message));
}

// Tokens are made of this: it writes into place, three bytes at a time.
std::string encode64(ByteView bytes, std::string_view alphabet)
{
    std::string text((bytes.size() * 4 + 2) / 3, '\0');
    auto* out = text.data();
    std::size_t at = 0;
    for (; at + 3 <= bytes.size(); at += 3) {
        auto const group = static_cast<std::uint32_t>(bytes[at]) << 16 |
                           static_cast<std::uint32_t>(bytes[at + 1]) << 8 | bytes[at + 2];
        *out++ = alphabet[group >> 18];
        *out++ = alphabet[group >> 12 & 63];
        *out++ = alphabet[group >> 6 & 63];
        *out++ = alphabet[group & 63];
    }
    if (auto const left = bytes.size() - at; left != 0) {
        auto const group = static_cast<std::uint32_t>(bytes[at]) << 16 |
                           (left == 2 ? static_cast<std::uint32_t>(bytes[at + 1]) << 8 : 0u);
        *out++ = alphabet[group >> 18];
        *out++ = alphabet[group >> 12 & 63];
        if (left == 2)
            *out++ = alphabet[group >> 6 & 63];
    }
    return text;
}

Result<Bytes> decode64(std::string_view text, std::array<std::uint8_t, 256> const& table)
{
    if (text.size() % 4 == 1)
        return bad_encoding("The value is cut short: it is not base64.");
    Bytes bytes(text.size() * 3 / 4);
    auto* out = bytes.data();
    std::uint32_t buffer = 0;
    int bits = 0;
    for (auto character : text) {
        auto const digit = table[static_cast<std::uint8_t>(character)];
        if (digit == kNone)
            return bad_encoding("The value has a character that base64 does not.");
        buffer = buffer << 6 | digit;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            *out++ = static_cast<std::uint8_t>(buffer >> bits);
        }
    }
    if ((buffer & ((1u << bits) - 1)) != 0)
        return bad_encoding("The value ends in stray bits: it is not base64.");
    return bytes;
}

} // namespace

std::string base64url_encode(ByteView bytes)
{
    return encode64(bytes, kUrlAlphabet);
}
Result<Bytes> base64url_decode(std::string_view text)
{
    return decode64(text, kUrlInverse);
}

std::string base64_encode(ByteView bytes)
{
    auto text = encode64(bytes, kAlphabet);
    text.append((4 - text.size() % 4) % 4, '=');
    return text;
}

Result<Bytes> base64_decode(std::string_view text)
{
    if (text.size() % 4 != 0)
        return bad_encoding("The value is cut short: it is not base64.");
    if (text.ends_with("=="))
        text.remove_suffix(2);
    else if (text.ends_with('='))
        text.remove_suffix(1);
    return decode64(text, kInverse);
}

std::string hex_encode(ByteView bytes)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (auto byte : bytes) {
        text.push_back(digits[byte >> 4]);
        text.push_back(digits[byte & 15]);
    }
    return text;
}

Result<Bytes> hex_decode(std::string_view text)
{
    auto const digit = [](char c) -> int {
        if (c >= '0' && c <= '9')
            return c - '0';
        if (c >= 'a' && c <= 'f')
            return c - 'a' + 10;
        if (c >= 'A' && c <= 'F')
            return c - 'A' + 10;
        return -1;
    };
    if (text.size() % 2 != 0)
        return bad_encoding("The value is cut short: it is not hexadecimal.");
    Bytes bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        auto const high = digit(text[i]);
        auto const low = digit(text[i + 1]);
        if (high < 0 || low < 0)
            return bad_encoding("The value has a character that hexadecimal does not.");
        bytes.push_back(static_cast<std::uint8_t>(high << 4 | low));
    }
    return bytes;
}

bool constant_time_equal(ByteView a, ByteView b)
{
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void wipe(void* memory, std::size_t size)
{
    OPENSSL_cleanse(memory, size);
}

Secret Secret::take(std::string& text)
{
    Secret secret{std::string_view(text)};
    wipe(text.data(), text.size());
    text.clear();
    return secret;
}

Secret& Secret::operator=(Secret&& other) noexcept
{
    if (this != &other) {
        wipe(bytes_.data(), bytes_.size());
        bytes_ = std::exchange(other.bytes_, {});
    }
    return *this;
}

Secret::~Secret()
{
    wipe(bytes_.data(), bytes_.size());
}

} // namespace gatehouse
