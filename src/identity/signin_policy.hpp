// The sign-in policy as administrators write it: a tenant's (settings.signin), and what an application changes of it
// (its member "signin"). What it means is decided by journey/next_step.hpp; docs/handbook/sign-in-policy.md explains
// it.
#pragma once

#include "base/result.hpp"
#include "identity/method.hpp"

#include <optional>
#include <string>
#include <vector>

namespace gatehouse::identity {

// When a second factor is asked for: never, of people who have one, or of everybody. From lax to strict.
enum class SecondFactor : std::uint8_t { never, if_enrolled, required };
constexpr std::string_view choices_of(SecondFactor const*)
{
    return "never|if_enrolled|required";
}
// Whether a passkey beside a password must be unlocked by finger, face or PIN. One that begins a sign-in always is.
enum class UserVerification : std::uint8_t { preferred, required };
constexpr std::string_view choices_of(UserVerification const*)
{
    return "preferred|required";
}

// What ID tokens call each level (`acr`), and what `acr_values` may ask for. "phr" is of OpenID Connect EAP ACR Values
// 1.0.
struct AcrNames {
    std::string single = "urn:gatehouse:acr:1fa";
    std::string multi = "urn:gatehouse:acr:2fa";
    std::string phishing_resistant = "phr";
    friend bool operator==(AcrNames const&, AcrNames const&) = default;
};

struct SignInSettings {
    bool username = true; // whether a username may be typed where an email address may
    // What a sign-in may begin with; the first of them is the page that people see.
    std::vector<Method> first = {Method::password, Method::passkey};
    // What may be asked for beside a method of `first`, in the order of preference. A mailbox resets passwords too, so
    // its codes add little beside one: they are not here by default.
    std::vector<Method> second = {Method::passkey, Method::security_key, Method::push, Method::totp,
                                  Method::recovery_code};
    SecondFactor second_factor = SecondFactor::if_enrolled;
    std::int64_t grace_days = 0; // for which people without a second factor may put off setting one up
    // What people may set up for themselves. What they have set up already stays usable.
    std::vector<Method> enrol = {Method::password, Method::passkey, Method::security_key,
                                 Method::push,     Method::totp,    Method::recovery_code};
    AcrNames acr;
    std::int64_t trusted_device_days = 0; // for which a browser stands for the second factor where people say so
    UserVerification user_verification = UserVerification::preferred;
};

// What an application changes: its lists stand instead of the tenant's; of everything else the stricter holds.
struct ApplicationSignIn {
    std::optional<std::vector<Method>> first;
    std::optional<std::vector<Method>> second;
    std::optional<SecondFactor> second_factor;
    std::optional<std::int64_t> grace_days;
    std::optional<std::int64_t> trusted_device_days;
    std::optional<UserVerification> user_verification;
    friend bool operator==(ApplicationSignIn const&, ApplicationSignIn const&) = default;
};

// The tenant's with an application's on top; null: the tenant's as it is.
SignInSettings merged(SignInSettings tenant, ApplicationSignIn const* application);

// Errors: "settings_invalid", with a pointer below `pointer`: a method that cannot stand where it does, one that is
// named twice, an empty `first`, names of levels that are empty, alike or no scope tokens.
Result<void> validate(SignInSettings const& settings, std::string const& pointer);
Result<void> validate(ApplicationSignIn const& settings, std::string const& pointer);

} // namespace gatehouse::identity
