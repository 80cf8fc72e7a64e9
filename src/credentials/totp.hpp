// Time-based one-time codes (RFC 6238, on HOTP of RFC 4226): pure functions. Which user has which secret is
// credentials/authenticators.hpp.
#pragma once

#include "base/clock.hpp"
#include "base/secret.hpp"
#include "crypto/hmac.hpp"

#include <optional>

namespace gatehouse::credentials {

using crypto::OneTimeDigest;

// What every authenticator app understands is the default; SHA-256, SHA-512 and eight digits are for those that do.
struct TotpForm {
    OneTimeDigest digest = OneTimeDigest::sha1;
    int digits = 6; // or 8
};
inline constexpr std::chrono::seconds kTotpPeriod{30};
// How many steps a clock may be off, either way (RFC 6238 section 5.2 recommends one, for delays in transit).
inline constexpr std::int64_t kTotpDrift = 1;

// As long as the digest's output: 20, 32 or 64 random bytes (RFC 4226 section 4 R6).
Secret make_totp_secret(OneTimeDigest digest);

std::int64_t totp_step(TimePoint time);
std::string hotp(ByteView secret, std::int64_t counter, TotpForm form);
inline std::string totp(ByteView secret, TimePoint time, TotpForm form)
{
    return hotp(secret, totp_step(time), form);
}
// Which step `code` is of, among those that clocks may be off by; empty: of none. Compared in constant time. White
// space within the code (apps show "123 456") does not count.
std::optional<std::int64_t> matching_totp_step(ByteView secret, TotpForm form, std::string_view code, TimePoint now);

// RFC 4648 section 6, without padding.
std::string base32_encode(ByteView bytes);
// The secret for people who type it: base32 in groups of four, "JBSW Y3DP EHPK 3PXP".
std::string totp_secret_text(Secret const& secret);
// For the QR code ("Key Uri Format"): otpauth://totp/Issuer:account?secret=...&issuer=Issuer&algorithm=SHA1&...
std::string totp_uri(Secret const& secret, TotpForm form, std::string_view issuer, std::string_view account);

// "SHA1", "SHA256", "SHA512".
std::string_view to_string(OneTimeDigest digest);
std::optional<OneTimeDigest> parse_one_time_digest(std::string_view name);

} // namespace gatehouse::credentials
