// The ways to prove who one is: the one table that policies, journeys and tokens read. A further method is a value
// at the end of `Method`, a row of `kMethodTraits`, and a Step that proves it (journey/next_step.hpp).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>

namespace gatehouse::identity {

// The values are stored in journeys and sessions: new ones go to the end.
enum class Method : std::uint8_t {
    password,
    email_code,    // a code that was sent to a verified address
    totp,          // an authenticator app (RFC 6238)
    recovery_code, // one of a printed list
    security_key,  // WebAuthn without user verification: possession alone
    passkey,       // WebAuthn with user verification: possession, and what unlocks the authenticator
    magic_link,    // a link that was sent to a verified address, or the code beside it
    push,          // a registered device that approves (credentials/push_requests.hpp)
    sms_code,      // a code that was texted to a verified phone number, or said in a call to it
    sms_link,      // a link that was texted to a verified phone number, or the code beside it
};

// The kinds of authentication factors (NIST SP 800-63-4): what one knows, what one has, and both in one device.
enum class Factor : std::uint8_t { knowledge, possession, both };
// What a method rests on beside itself: who reads the mailbox answers all that is sent there, resets included.
enum class Channel : std::uint8_t { none, mail, phone };

struct MethodTraits {
    Method method;
    std::string_view name; // in policies, forms and the API
    Factor factor;
    std::string_view amr; // RFC 8176
    Channel channel = Channel::none;
    bool bound_to_origin = false; // nothing that a person can be talked into typing elsewhere
    bool begins = false;          // may stand in a policy's `first`
    bool second = true;           // may stand in a policy's `second`
    bool set_up = true;           // the person sets it up: may stand in `enrol`
    bool stands_in = false;       // only for another method that the person has: no second factor of its own
};

// In the order of the enumeration.
inline constexpr MethodTraits kMethodTraits[] = {
    {.method = Method::password, .name = "password", .factor = Factor::knowledge, .amr = "pwd", .begins = true},
    {.method = Method::email_code,
     .name = "email_code",
     .factor = Factor::possession,
     .amr = "otp",
     .channel = Channel::mail,
     .begins = true,
     .set_up = false},
    {.method = Method::totp, .name = "totp", .factor = Factor::possession, .amr = "otp"},
    {.method = Method::recovery_code,
     .name = "recovery_code",
     .factor = Factor::possession,
     .amr = "otp",
     .stands_in = true},
    {.method = Method::security_key,
     .name = "security_key",
     .factor = Factor::possession,
     .amr = "pop",
     .bound_to_origin = true},
    {.method = Method::passkey,
     .name = "passkey",
     .factor = Factor::both,
     .amr = "pop",
     .bound_to_origin = true,
     .begins = true},
    {.method = Method::magic_link,
     .name = "magic_link",
     .factor = Factor::possession,
     .amr = "otp",
     .channel = Channel::mail,
     .begins = true,
     .set_up = false},
    // To begin with it is what a tenant must choose: whoever knows an address can have its owner asked, within limits.
    {.method = Method::push, .name = "push", .factor = Factor::possession, .amr = "swk", .begins = true},
    {.method = Method::sms_code,
     .name = "sms_code",
     .factor = Factor::possession,
     .amr = "sms",
     .channel = Channel::phone,
     .begins = true},
    {.method = Method::sms_link,
     .name = "sms_link",
     .factor = Factor::possession,
     .amr = "sms",
     .channel = Channel::phone,
     .begins = true,
     .set_up = false},
};

constexpr MethodTraits const& traits_of(Method method)
{
    return kMethodTraits[static_cast<std::size_t>(method)];
}
constexpr std::string_view to_string(Method method)
{
    return traits_of(method).name;
}
constexpr std::optional<Method> parse_method(std::string_view name)
{
    for (auto const& traits : kMethodTraits)
        if (traits.name == name)
            return traits.method;
    return std::nullopt;
}

namespace details {
constexpr auto method_choices()
{
    std::array<char, 512> text{};
    std::size_t size = 0;
    for (auto const& traits : kMethodTraits) {
        if (size > 0)
            text[size++] = '|';
        for (auto const c : traits.name)
            text[size++] = c;
    }
    return std::pair(text, size);
}
inline constexpr auto kMethodChoices = method_choices();
} // namespace details

constexpr std::string_view choices_of(Method const*)
{
    return {details::kMethodChoices.first.data(), details::kMethodChoices.second};
}

} // namespace gatehouse::identity
