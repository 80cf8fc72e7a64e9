#include "credentials/totp.hpp"

#include "base/digits.hpp"
#include "crypto/random.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace gatehouse::credentials {

namespace {

// All that is not unreserved (RFC 3986 section 2.3): a colon would end the issuer, a plus is read as a space by some.
std::string percent_encoded(std::string_view text)
{
    static constexpr std::string_view kUnreserved =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    std::string encoded;
    for (char const character : text) {
        if (kUnreserved.contains(character))
            encoded += character;
        else
            fmt::format_to(std::back_inserter(encoded), "%{:02X}", static_cast<unsigned char>(character));
    }
    return encoded;
}

std::string without_spaces(std::string_view code)
{
    std::string kept;
    std::ranges::copy_if(with_latin_digits(code), std::back_inserter(kept),
                         [](char c) { return c != ' ' && c != '\t'; });
    return kept;
}

} // namespace

Secret make_totp_secret(OneTimeDigest digest)
{
    switch (digest) {
    case OneTimeDigest::sha1:
        return crypto::random_secret(20);
    case OneTimeDigest::sha256:
        return crypto::random_secret(32);
    case OneTimeDigest::sha512:
        break;
    }
    return crypto::random_secret(64);
}

std::int64_t totp_step(TimePoint time)
{
    return to_micros(time) / std::chrono::duration_cast<std::chrono::microseconds>(kTotpPeriod).count();
}

// RFC 4226 section 5.3: four bytes of the digest, from the place that its last four bits name, without the sign.
std::string hotp(ByteView secret, std::int64_t counter, TotpForm form)
{
    std::array<std::uint8_t, 8> message;
    for (std::size_t i = 0; i < message.size(); ++i)
        message[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(counter) >> (56 - 8 * i));
    auto const mac = crypto::hmac(form.digest, secret, message);
    auto const offset = static_cast<std::size_t>(mac.back() & 0x0f);
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 4; ++i)
        number = number << 8 | mac[offset + i];
    number &= 0x7fffffff;
    return form.digits == 8 ? fmt::format("{:08}", number % 100'000'000) : fmt::format("{:06}", number % 1'000'000);
}

// The latest step that fits: were two steps to have the same code, taking the earlier would leave it usable again.
std::optional<std::int64_t> matching_totp_step(ByteView secret, TotpForm form, std::string_view code, TimePoint now)
{
    auto const typed = without_spaces(code);
    std::optional<std::int64_t> matching;
    for (auto step = totp_step(now) - kTotpDrift; step <= totp_step(now) + kTotpDrift; ++step)
        if (constant_time_equal(as_bytes(hotp(secret, step, form)), as_bytes(typed)))
            matching = step;
    return matching;
}

std::string base32_encode(ByteView bytes)
{
    static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    std::string text;
    text.reserve((bytes.size() * 8 + 4) / 5);
    std::uint32_t bits = 0;
    int held = 0;
    for (auto const byte : bytes) {
        bits = bits << 8 | byte;
        for (held += 8; held >= 5; held -= 5)
            text += kAlphabet[bits >> (held - 5) & 31];
    }
    if (held > 0)
        text += kAlphabet[bits << (5 - held) & 31];
    return text;
}

std::string totp_secret_text(Secret const& secret)
{
    std::string grouped;
    for (auto const character : base32_encode(secret.expose())) {
        if (grouped.size() % 5 == 4)
            grouped += ' ';
        grouped += character;
    }
    return grouped;
}

std::string totp_uri(Secret const& secret, TotpForm form, std::string_view issuer, std::string_view account)
{
    return fmt::format("otpauth://totp/{0}:{1}?secret={2}&issuer={0}&algorithm={3}&digits={4}&period={5}",
                       percent_encoded(issuer), percent_encoded(account), base32_encode(secret.expose()),
                       to_string(form.digest), form.digits, kTotpPeriod.count());
}

std::string_view to_string(OneTimeDigest digest)
{
    switch (digest) {
    case OneTimeDigest::sha1:
        return "SHA1";
    case OneTimeDigest::sha256:
        return "SHA256";
    case OneTimeDigest::sha512:
        return "SHA512";
    }
    return "";
}

std::optional<OneTimeDigest> parse_one_time_digest(std::string_view name)
{
    for (auto const digest : {OneTimeDigest::sha1, OneTimeDigest::sha256, OneTimeDigest::sha512})
        if (to_string(digest) == name)
            return digest;
    return std::nullopt;
}

} // namespace gatehouse::credentials
