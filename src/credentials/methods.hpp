// What the ways to prove who one is (identity/method.hpp) amount to together.
#pragma once

#include "identity/signin_policy.hpp"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::credentials {

using identity::Channel;
using identity::Factor;
using identity::kMethodTraits;
using identity::Method;
using identity::parse_method;
using identity::to_string;
using identity::traits_of;

// A set of methods.
class Methods {
public:
    constexpr Methods() = default;
    constexpr Methods(std::initializer_list<Method> methods)
    {
        for (auto const method : methods)
            add(method);
    }
    static constexpr Methods of(std::vector<Method> const& list)
    {
        Methods methods;
        for (auto const method : list)
            methods.add(method);
        return methods;
    }
    static constexpr Methods from_bits(std::uint32_t bits)
    {
        Methods methods;
        methods.bits_ = bits;
        return methods;
    }
    // All whose traits say so: Methods::where([](auto const& traits) { return traits.begins; }).
    template <class Wanted>
    static constexpr Methods where(Wanted&& wanted)
    {
        Methods methods;
        for (auto const& traits : kMethodTraits)
            if (wanted(traits))
                methods.add(traits.method);
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
// What the factors of `proven` amount to by their kinds. What a policy makes of them is journey::Policy::level_of.
Level level_of(Methods proven);

// The acr of ID tokens, by the names that the tenant gave to the levels; "" for none.
std::string acr_of(Level level, identity::AcrNames const& names);
std::optional<Level> level_of_acr(std::string_view acr, identity::AcrNames const& names);
// The amr of ID tokens (RFC 8176): "pwd", "otp", "pop", "user", and "mfa" from `level` multi on. Without repetition.
std::vector<std::string> amr_of(Methods proven, Level level);

// What `method` would add to what is proven: it belongs to a factor that is not proven yet. A mailbox that reset the
// password and its own code are one factor; so are two codes of devices.
bool adds_factor(Methods proven, Method method);

} // namespace gatehouse::credentials
