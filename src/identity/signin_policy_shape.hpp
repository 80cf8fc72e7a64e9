// The JSON form of sign-in policies: names, limits and texts.
#pragma once

#include "base/shape.hpp"
#include "identity/signin_policy.hpp"

namespace gatehouse::identity {

constexpr auto shape(AcrNames const*)
{
    constexpr Rules kName{.fallback = true, .min_length = 1, .max_length = 200};
    auto const rules = [&](std::string_view text) {
        auto named = kName;
        named.text = text;
        return named;
    };
    return Shape{"AcrNames", Member{"single", &AcrNames::single, rules("One factor.")},
                 Member{"multi", &AcrNames::multi, rules("Two factors of different kinds, or a passkey.")},
                 Member{"phishing_resistant", &AcrNames::phishing_resistant,
                        rules("Two factors of which one is a passkey or security key.")}};
}

constexpr auto shape(SignInSettings const*)
{
    return Shape{
        "SignInSettings",
        Member{"username",
               &SignInSettings::username,
               {.text = "Whether people may sign in with a username.", .fallback = true}},
        Member{"first",
               &SignInSettings::first,
               {.text = "What a sign-in may begin with; the first of them is shown first.",
                .fallback = true,
                .min_length = 1,
                .max_length = 20}},
        Member{"second",
               &SignInSettings::second,
               {.text = "What may be asked for beside it, in the order of preference.",
                .fallback = true,
                .max_length = 20}},
        Member{"second_factor",
               &SignInSettings::second_factor,
               {.text = "When a second factor is asked for: never, of people who have one, or of everybody.",
                .fallback = true}},
        Member{"grace_days",
               &SignInSettings::grace_days,
               {.text =
                    "With \"required\": for so many days from their first sign-in under the demand, people who have "
                    "no second factor may put off setting one up.",
                .fallback = true,
                .minimum = 0,
                .maximum = 365}},
        Member{"enrol",
               &SignInSettings::enrol,
               {.text = "What people may set up for themselves.", .fallback = true, .max_length = 20}},
        Member{"acr",
               &SignInSettings::acr,
               {.text = "What ID tokens call each level, and what acr_values may ask for.", .fallback = true}},
        Member{"trusted_device_days",
               &SignInSettings::trusted_device_days,
               {.text = "For so many days a browser that a person trusts stands for the second factor; 0: never.",
                .fallback = true,
                .minimum = 0,
                .maximum = 365}},
        Member{"user_verification",
               &SignInSettings::user_verification,
               {.text =
                    "Whether a passkey beside a password must be unlocked by finger, face or PIN. One that begins a "
                    "sign-in always is.",
                .fallback = true}}};
}

constexpr auto shape(ApplicationSignIn const*)
{
    return Shape{"ApplicationSignIn",
                 Member{"first",
                        &ApplicationSignIn::first,
                        {.text = "What a sign-in may begin with here.", .min_length = 1, .max_length = 20}},
                 Member{"second",
                        &ApplicationSignIn::second,
                        {.text = "What may be asked for beside it here.", .max_length = 20}},
                 Member{"second_factor",
                        &ApplicationSignIn::second_factor,
                        {.text = "When a second factor is asked for here, if that is more than the tenant asks for."}},
                 Member{"grace_days",
                        &ApplicationSignIn::grace_days,
                        {.text = "If that is fewer than the tenant's.", .minimum = 0, .maximum = 365}},
                 Member{"trusted_device_days",
                        &ApplicationSignIn::trusted_device_days,
                        {.text = "If that is fewer than the tenant's.", .minimum = 0, .maximum = 365}},
                 Member{"user_verification",
                        &ApplicationSignIn::user_verification,
                        {.text = "If that is stricter than the tenant's."}}};
}

} // namespace gatehouse::identity
