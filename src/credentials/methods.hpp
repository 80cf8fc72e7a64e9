// The ways to prove who one is, and what they amount to together.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::credentials {

// The values are stored in journeys: new ones go to the end.
enum class Method : std::uint8_t {
    password,
    email_code,    // a code that was sent to a verified address
    totp,          // an authenticator app (RFC 6238)
    recovery_code, // one of a printed list
    security_key,  // WebAuthn without user verification: possession alone
    passkey,       // WebAuthn with user verification: possession, and what unlocks the authenticator
};
inline constexpr Method kEveryMethod[] = {Method::password,      Method::email_code,   Method::totp,
                                          Method::recovery_code, Method::security_key, Method::passkey};
std::string_view to_string(Method method); // "password", "email_code" ...
std::optional<Method> parse_method(std::string_view name);

// A set of methods.
class Methods {
public:
    constexpr Methods() = default;
    constexpr Methods(std::initializer_list<Method> methods)
    {
        for (auto const method : methods)
            add(method);
    }
    static constexpr Methods from_bits(std::uint32_t bits)
    {
        Methods methods;
        methods.bits_ = bits;
        return methods;
    }
    constexpr std::uint32_t bits() const { return bits_; }
    constexpr bool has(Method method) const { return (bits_ & bit(method)) != 0; }
    constexpr bool empty() const { return bits_ == 0; }
    constexpr void add(Method method) { bits_ |= bit(method); }
    constexpr void remove(Method method) { bits_ &= ~bit(method); }
    constexpr Methods operator|(Methods other) const { return from_bits(bits_ | other.bits_); }
    constexpr Methods operator&(Methods other) const { return from_bits(bits_ & other.bits_); }
    constexpr Methods operator-(Methods other) const { return from_bits(bits_ & ~other.bits_); }
    friend constexpr bool operator==(Methods, Methods) = default;

private:
    static constexpr std::uint32_t bit(Method method) { return std::uint32_t{1} << static_cast<unsigned>(method); }
    std::uint32_t bits_ = 0;
};

// How strongly somebody is known to be who they say.
enum class Level : std::uint8_t {
    none,
    single,             // one factor
    multi,              // two factors of different kinds, or a passkey that was unlocked
    phishing_resistant, // multi, with a credential that is bound to our origin
};
Level level_of(Methods proven);

// The acr of ID tokens: "urn:gatehouse:acr:1fa", "urn:gatehouse:acr:2fa", and "phr" of OpenID Connect EAP ACR Values
// 1.0; "" for none.
std::string_view acr_of(Level level);
std::optional<Level> level_of_acr(std::string_view acr);
// The amr of ID tokens (RFC 8176): "pwd", "otp", "pop", "user", "mfa". Without repetition.
std::vector<std::string> amr_of(Methods proven);
// Methods of the same factors as those that an amr of ours was made of: what a session was opened with.
Methods methods_of_amr(std::vector<std::string> const& amr);

// What `method` would add to what is proven: it belongs to a factor that is not proven yet. A mailbox that reset the
// password and its own code are one factor; so are two codes of devices.
bool adds_factor(Methods proven, Method method);

} // namespace gatehouse::credentials
