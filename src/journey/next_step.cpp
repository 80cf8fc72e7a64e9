#include "journey/next_step.hpp"

#include "credentials/passkeys.hpp"
#include "identity/tenant.hpp"

#include <algorithm>

namespace gatehouse::journey {

using credentials::Level;
using credentials::Method;
using credentials::Methods;
using identity::SecondFactor;

namespace {

// In the order in which they are offered.
constexpr Method kByPreference[] = {Method::passkey, Method::security_key, Method::password,
                                    Method::totp,    Method::email_code,   Method::recovery_code};
// What makes somebody a person with a second factor. Recovery codes only stand in for one.
constexpr Methods kSecondFactors{Method::passkey, Method::security_key, Method::totp};

// Whom the facts name, if the journey may end with them.
bool is_right_user(Journey const& journey)
{
    auto const& wanted = journey.requirements.user;
    return journey.facts.user && (!wanted || *wanted == *journey.facts.user);
}

bool session_counts(Journey const& journey, Situation const& situation, TimePoint now)
{
    auto const& [facts, requirements] = std::tie(journey.facts, journey.requirements);
    if (!facts.session || !situation.session_alive || requirements.fresh)
        return false;
    return !requirements.max_age || now - facts.session_at <= *requirements.max_age;
}

Level level_needed(Journey const& journey, Policy const& policy, Situation const& situation)
{
    auto const needed = level_for_session(journey.requirements, policy);
    auto const has_second = !(situation.usable & policy.second & kSecondFactors).empty();
    auto const asks = policy.second_factor == SecondFactor::if_enrolled && has_second && !journey.facts.proven.empty();
    return asks ? std::max(needed, Level::multi) : needed;
}

// Another factor of a person who is known by one.
Methods further_factors(Journey const& journey, Policy const& policy, Situation const& situation, Methods counts)
{
    auto candidates = situation.usable & (policy.second | Methods{Method::password});
    // The mailbox has made the new password, or the account: its next code proves nothing that is new.
    if (journey.facts.mailbox)
        candidates.remove(Method::email_code);
    for (auto const method : credentials::kEveryMethod)
        if (!adds_factor(counts, method))
            candidates.remove(method);
    return candidates;
}

Step step_for(Method method, Facts const& facts)
{
    switch (method) {
    case Method::password:
        return Step::password;
    case Method::email_code:
        return facts.challenge ? Step::email_code : Step::email_send;
    case Method::totp:
        return Step::totp;
    case Method::recovery_code:
        return Step::recovery_code;
    case Method::security_key:
    case Method::passkey:
        return Step::passkey;
    }
    return Step::password;
}

Step step_of_second_factor(Journey const& journey, Policy const& policy, Situation const& situation, TimePoint now)
{
    auto const ways = ways_on(journey, policy, situation, now);
    if (ways.empty()) {
        auto const counts = what_counts(journey, situation, now);
        auto const enrols = policy.second.has(Method::totp) && adds_factor(counts, Method::totp);
        auto const needed = level_needed(journey, policy, situation);
        return enrols && needed <= Level::multi ? Step::enrol_totp : Step::too_weak;
    }
    auto const& wanted = journey.facts.wanted;
    auto const chosen = wanted && std::ranges::find(ways, *wanted) != ways.end() ? *wanted : ways.front();
    return step_for(chosen, journey.facts);
}

Step step_of_registration(Facts const& facts, Policy const& policy)
{
    if (!policy.registration_open)
        return Step::registration_closed;
    return facts.challenge ? Step::register_code : Step::register_details;
}

Step step_of_recovery(Journey const& journey, Situation const& situation)
{
    auto const& facts = journey.facts;
    if (!facts.challenge)
        return Step::recover_identifier;
    if (!facts.mailbox)
        return Step::recover_code;
    // The code was right, but the account changed since: whoever was first has the newer word.
    return situation.user_active && is_right_user(journey) ? Step::new_password : Step::recover_identifier;
}

Step step_of_sign_in(Journey const& journey, Policy const& policy, Situation const& situation)
{
    auto const& requirements = journey.requirements;
    auto const anyone_will_do = !requirements.user && !requirements.fresh;
    if (anyone_will_do && situation.live_sessions > 0 && !journey.facts.account_settled)
        return Step::choose_account;
    auto const& wanted = journey.facts.wanted;
    return step_for(wanted && policy.first.has(*wanted) ? *wanted : Method::password, journey.facts);
}

Step step_of_first_factor(Journey const& journey, Policy const& policy, Situation const& situation)
{
    switch (journey.purpose) {
    case Purpose::registration:
        return step_of_registration(journey.facts, policy);
    case Purpose::recovery:
        return step_of_recovery(journey, situation);
    case Purpose::sign_in:
        break;
    }
    return step_of_sign_in(journey, policy, situation);
}

} // namespace

std::string_view to_string(Step step)
{
    switch (step) {
    case Step::choose_account:
        return "choose_account";
    case Step::password:
        return "password";
    case Step::email_send:
        return "email_send";
    case Step::email_code:
        return "email_code";
    case Step::totp:
        return "totp";
    case Step::recovery_code:
        return "recovery_code";
    case Step::passkey:
        return "passkey";
    case Step::enrol_totp:
        return "enrol_totp";
    case Step::too_weak:
        return "too_weak";
    case Step::keep_recovery_codes:
        return "keep_recovery_codes";
    case Step::few_recovery_codes:
        return "few_recovery_codes";
    case Step::register_details:
        return "register";
    case Step::register_code:
        return "register_code";
    case Step::recover_identifier:
        return "recover";
    case Step::recover_code:
        return "recover_code";
    case Step::new_password:
        return "new_password";
    case Step::consent:
        return "consent";
    case Step::registration_closed:
        return "registration_closed";
    case Step::finish:
        return "finish";
    case Step::cancel:
        return "cancel";
    }
    return "";
}

Policy Policy::of(identity::Tenant const& tenant)
{
    auto const& settings = tenant.settings.signin;
    Policy policy{.registration_open = tenant.settings.registration.open,
                  .second = {Method::totp, Method::recovery_code, Method::security_key, Method::passkey},
                  .second_factor = settings.second_factor};
    if (credentials::relying_party(tenant))
        policy.first.add(Method::passkey);
    if (settings.email_code)
        policy.first.add(Method::email_code);
    if (settings.email_code_as_second_factor)
        policy.second.add(Method::email_code);
    return policy;
}

Methods what_counts(Journey const& journey, Situation const& situation, TimePoint now)
{
    auto const& facts = journey.facts;
    return session_counts(journey, situation, now) ? facts.proven | facts.session_methods : facts.proven;
}

Level level_for_session(Requirements const& requirements, Policy const& policy)
{
    auto const least = policy.second_factor == SecondFactor::required ? Level::multi : Level::single;
    return std::max(requirements.level, least);
}

bool is_authenticated(Journey const& journey, Policy const& policy, Situation const& situation, TimePoint now)
{
    return is_right_user(journey) && situation.user_active &&
           level_of(what_counts(journey, situation, now)) >= level_needed(journey, policy, situation);
}

std::vector<Method> ways_on(Journey const& journey, Policy const& policy, Situation const& situation, TimePoint now)
{
    auto const counts = what_counts(journey, situation, now);
    auto const candidates = counts.empty() ? policy.first : further_factors(journey, policy, situation, counts);
    std::vector<Method> ways;
    for (auto const method : kByPreference)
        if (candidates.has(method))
            ways.push_back(method);
    return ways;
}

Step next_step(Journey const& journey, Policy const& policy, Situation const& situation, TimePoint now)
{
    auto const& [facts, requirements] = std::tie(journey.facts, journey.requirements);
    if (facts.cancelled)
        return Step::cancel;
    if (!is_authenticated(journey, policy, situation, now)) {
        auto const stands = is_right_user(journey) && situation.user_active;
        if (stands && !what_counts(journey, situation, now).empty())
            return step_of_second_factor(journey, policy, situation, now);
        // Something was proven that no longer stands, or by another person: sign in again.
        if (!facts.proven.empty())
            return Step::password;
        return step_of_first_factor(journey, policy, situation);
    }
    if (!facts.new_recovery_codes.empty())
        return Step::keep_recovery_codes;
    if (facts.recovery_codes_left)
        return Step::few_recovery_codes;
    auto const consent_wanted =
        !requirements.consent_scopes.empty() && (situation.consent_missing || requirements.ask_consent);
    if (consent_wanted && !facts.consented)
        return Step::consent;
    return Step::finish;
}

} // namespace gatehouse::journey
