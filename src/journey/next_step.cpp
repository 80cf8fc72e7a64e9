#include "journey/next_step.hpp"

#include "identity/tenant.hpp"

namespace gatehouse::journey {

namespace {

// Whom the facts name, if the journey may end with them.
bool is_right_user(Journey const& journey)
{
    auto const& wanted = journey.requirements.user;
    return journey.facts.user && (!wanted || *wanted == *journey.facts.user);
}

bool session_suffices(Journey const& journey, Situation const& situation, TimePoint now)
{
    auto const& [facts, requirements] = std::tie(journey.facts, journey.requirements);
    if (!facts.session || !situation.session_alive || requirements.fresh)
        return false;
    return !requirements.max_age || now - facts.authenticated_at <= *requirements.max_age;
}

// Which factor the policy still wants from the person, in the order of asking.
bool factors_are_missing(Journey const& journey, Situation const& situation, TimePoint now)
{
    return !journey.facts.password && !session_suffices(journey, situation, now);
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

Step step_of_sign_in(Journey const& journey, Situation const& situation)
{
    auto const& requirements = journey.requirements;
    auto const anyone_will_do = !requirements.user && !requirements.fresh;
    if (anyone_will_do && situation.live_sessions > 0 && !journey.facts.account_settled)
        return Step::choose_account;
    return Step::password;
}

} // namespace

std::string_view to_string(Step step)
{
    switch (step) {
    case Step::choose_account:
        return "choose_account";
    case Step::password:
        return "password";
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
    return {.registration_open = tenant.settings.registration.open};
}

bool is_authenticated(Journey const& journey, Situation const& situation, TimePoint now)
{
    return is_right_user(journey) && situation.user_active && !factors_are_missing(journey, situation, now);
}

Step next_step(Journey const& journey, Policy const& policy, Situation const& situation, TimePoint now)
{
    auto const& [facts, requirements] = std::tie(journey.facts, journey.requirements);
    if (facts.cancelled)
        return Step::cancel;
    if (!is_authenticated(journey, situation, now)) {
        // A password was given, and what it proved no longer stands, or it was another person's: sign in again.
        if (facts.password)
            return Step::password;
        switch (journey.purpose) {
        case Purpose::registration:
            return step_of_registration(facts, policy);
        case Purpose::recovery:
            return step_of_recovery(journey, situation);
        case Purpose::sign_in:
            return step_of_sign_in(journey, situation);
        }
    }
    auto const consent_wanted =
        !requirements.consent_scopes.empty() && (situation.consent_missing || requirements.ask_consent);
    if (consent_wanted && !facts.consented)
        return Step::consent;
    return Step::finish;
}

} // namespace gatehouse::journey
