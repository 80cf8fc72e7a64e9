#include "journey/next_step.hpp"

#include "identity/tenant.hpp"
#include "session/trusted_devices.hpp"

#include <algorithm>

namespace gatehouse::journey {

using credentials::Level;
using credentials::Method;
using credentials::Methods;
using identity::SecondFactor;

namespace {

// What makes somebody a person with a second factor: set up by themselves, as a phone number is, and more than a
// stand-in for another.
constexpr Methods kSecondFactors = Methods::where([](auto const& traits) {
    return traits.factor != credentials::Factor::knowledge && !traits.stands_in &&
           (traits.set_up || traits.channel == credentials::Channel::phone);
});
constexpr Methods kByMail =
    Methods::where([](auto const& traits) { return traits.channel == credentials::Channel::mail; });
constexpr Methods kByPhone =
    Methods::where([](auto const& traits) { return traits.channel == credentials::Channel::phone; });

Methods with(Methods methods, Method further)
{
    methods.add(further);
    return methods;
}

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

// What has made the new password, or the account: what that mailbox or phone receives next proves nothing that is new,
// and whatever else did it does not count twice either.
Methods spent_by(Facts const& facts)
{
    auto spent = facts.recovered_by;
    if (facts.mailbox)
        spent = spent | kByMail;
    if (!(facts.recovered_by & kByPhone).empty())
        spent = spent | kByPhone;
    return spent;
}

// What a person who is known by one method may add to it.
Methods further_methods(Journey const& journey, Policy const& policy, Situation const& situation, Methods counts)
{
    return (situation.usable & policy.allowed()) - counts - spent_by(journey.facts);
}

// Whether a browser's trust may answer for the second factor here at all: it answers what the policy wishes for at a
// sign-in, no request for a level, and none for a recent sign-in, which is what sensitive changes ask for.
bool takes_trust(Requirements const& requirements, Policy const& policy)
{
    return policy.trusted_device > Duration::zero() && !requirements.max_age && requirements.level < Level::multi;
}

Level level_needed(Journey const& journey, Policy const& policy, Situation const& situation, TimePoint now)
{
    auto const& requirements = journey.requirements;
    auto const needed = level_for_session(requirements, policy);
    if (session::is_by_trust(what_counts(journey, situation, now))) {
        if (takes_trust(requirements, policy))
            return std::max(requirements.level, Level::single);
        // Trusted elsewhere, for a second factor that was due; here trust does not stand for it.
        if (policy.second_factor != SecondFactor::never)
            return std::max(needed, Level::multi);
    }
    // A live session may be of a time, or of pages, that asked for less.
    if (policy.second_factor == SecondFactor::if_enrolled && has_second_factor(policy, situation))
        return std::max(needed, Level::multi);
    if (!may_put_off(policy, situation, now))
        return needed;
    // Who could give a second factor without setting anything up is not excused from it.
    auto const counts = what_counts(journey, situation, now);
    auto const could = policy.level_of(counts | further_methods(journey, policy, situation, counts)) >= Level::multi;
    return could ? needed : requirements.level;
}

// The policy's methods in the order in which a known person is offered them.
std::vector<Method> by_preference(Policy const& policy)
{
    auto methods = policy.second;
    for (auto const method : policy.first)
        if (std::ranges::find(methods, method) == methods.end())
            methods.push_back(method);
    return methods;
}

// The message with a link carries a code as well: there is no need to offer one without.
std::vector<Method> one_message(std::vector<Method> ways)
{
    constexpr std::pair<Method, Method> kLinkAndCode[] = {{Method::magic_link, Method::email_code},
                                                          {Method::sms_link, Method::sms_code}};
    for (auto const& [link, code] : kLinkAndCode)
        if (std::ranges::find(ways, link) != ways.end())
            std::erase(ways, code);
    return ways;
}

Step step_for(Method method, Facts const& facts)
{
    switch (method) {
    case Method::password:
        return Step::password;
    case Method::email_code:
    case Method::magic_link:
        return facts.challenge ? Step::email_code : Step::email_send;
    case Method::sms_code:
    case Method::sms_link:
        return facts.challenge ? Step::text_code : Step::text_send;
    case Method::totp:
        return Step::totp;
    case Method::recovery_code:
        return Step::recovery_code;
    case Method::security_key:
    case Method::passkey:
        return Step::passkey;
    case Method::push:
        return facts.challenge ? Step::push_wait : Step::push_send;
    }
    return Step::password;
}

// Where methods can be set up in the middle of a sign-in, and under which name `enrol` lists them.
struct SetUp {
    Method method;
    Method listed;
    Step step;
};
constexpr SetUp kSetUp[] = {{Method::totp, Method::totp, Step::enrol_totp},
                            {Method::passkey, Method::passkey, Step::enrol_passkey},
                            {Method::security_key, Method::security_key, Step::enrol_passkey},
                            {Method::sms_code, Method::sms_code, Step::enrol_phone},
                            {Method::sms_link, Method::sms_code, Step::enrol_phone}};

SetUp const* set_up_of(Method method)
{
    auto const* const found = std::ranges::find(kSetUp, method, &SetUp::method);
    return found == std::end(kSetUp) ? nullptr : found;
}

// What could be set up that makes the level; the person has none of it yet.
std::vector<SetUp> set_ups(Journey const& journey, Policy const& policy, Situation const& situation, Methods counts,
                           Level needed)
{
    std::vector<SetUp> found;
    auto const spent = spent_by(journey.facts);
    // Whoever knows the password alone, or has reset it, does not get around the second factor that its owner has by
    // adding another. The phone that has just made the account is nobody else's.
    auto owned = situation;
    if (journey.purpose == Purpose::registration)
        owned.usable = owned.usable - spent;
    if (has_second_factor(policy, owned) && policy.level_of(counts) < Level::multi)
        return found;
    auto const barred = spent | situation.usable;
    for (auto const method : policy.second) {
        auto const* const set_up = set_up_of(method);
        if (!set_up || !policy.enrol.has(set_up->listed) || barred.has(method) ||
            policy.level_of(with(counts, method)) < needed ||
            std::ranges::find(found, set_up->step, &SetUp::step) != found.end())
            continue;
        // An app works in every browser, with script or without.
        found.insert(method == Method::totp ? found.begin() : found.end(), *set_up);
    }
    return found;
}

std::optional<Step> step_of_enrolment(Journey const& journey, Policy const& policy, Situation const& situation,
                                      Methods counts, Level needed)
{
    auto const possible = set_ups(journey, policy, situation, counts, needed);
    if (possible.empty())
        return std::nullopt;
    auto step = possible.front().step;
    auto const* const wanted = journey.facts.wanted ? set_up_of(*journey.facts.wanted) : nullptr;
    if (wanted && std::ranges::find(possible, wanted->step, &SetUp::step) != possible.end())
        step = wanted->step;
    return step == Step::enrol_phone && journey.facts.challenge ? Step::enrol_phone_code : step;
}

// A second factor will be demanded of them: it is offered at every sign-in until then.
std::optional<Step> step_of_offer(Journey const& journey, Policy const& policy, Situation const& situation,
                                  TimePoint now)
{
    auto const& facts = journey.facts;
    auto const counts = what_counts(journey, situation, now);
    auto const offered = !facts.proven.empty() && !facts.enrolment_put_off && may_put_off(policy, situation, now) &&
                         policy.level_of(counts) < Level::multi;
    return offered ? step_of_enrolment(journey, policy, situation, counts, Level::multi) : std::nullopt;
}

Step step_of_second_factor(Journey const& journey, Policy const& policy, Situation const& situation, TimePoint now)
{
    auto const ways = ways_on(journey, policy, situation, now);
    if (ways.empty()) {
        auto const counts = what_counts(journey, situation, now);
        return step_of_enrolment(journey, policy, situation, counts, level_needed(journey, policy, situation, now))
            .value_or(Step::too_weak);
    }
    auto const& wanted = journey.facts.wanted;
    auto const chosen = wanted && std::ranges::find(ways, *wanted) != ways.end() ? *wanted : ways.front();
    return step_for(chosen, journey.facts);
}

Step step_of_beginning(Facts const& facts, Policy const& policy)
{
    auto const& [first, wanted] = std::tie(policy.first, facts.wanted);
    return step_for(wanted && std::ranges::find(first, *wanted) != first.end() ? *wanted : first.front(), facts);
}

Step step_of_registration(Facts const& facts, Policy const& policy)
{
    if (!policy.registration_open && facts.invitation.empty())
        return Step::registration_closed;
    return facts.challenge ? Step::register_code : Step::register_details;
}

Step step_of_recovery(Journey const& journey, Policy const& policy, Situation const& situation)
{
    auto const& facts = journey.facts;
    if (!facts.mailbox && facts.recovered_by.empty()) {
        if (facts.wanted == Method::recovery_code && policy.recovery.has(Method::recovery_code))
            return Step::recover_by_code;
        if (facts.wanted == Method::passkey && policy.recovery.has(Method::passkey))
            return Step::passkey;
        if (policy.recovery.has(Method::sms_code) &&
            (facts.wanted == Method::sms_code || !policy.recovery.has(Method::email_code)))
            return facts.challenge ? Step::recover_text_code : Step::recover_text;
        if (!policy.recovery.has(Method::email_code)) // the page says what there is
            return Step::recover_identifier;
        return facts.challenge ? Step::recover_code : Step::recover_identifier;
    }
    // The proof was right, but the account changed since: whoever was first has the newer word.
    if (!situation.user_active || !is_right_user(journey))
        return Step::recover_identifier;
    auto const waits = policy.recovery_waits || (situation.reset_cautious && !is_proven_by_own(facts));
    return waits && !situation.hold_over ? Step::recovery_wait : Step::new_password;
}

Step step_of_sign_in(Journey const& journey, Policy const& policy, Situation const& situation)
{
    auto const& requirements = journey.requirements;
    auto const anyone_will_do = !requirements.user && !requirements.fresh;
    if (anyone_will_do && situation.live_sessions > 0 && !journey.facts.account_settled)
        return Step::choose_account;
    return step_of_beginning(journey.facts, policy);
}

Step step_of_first_factor(Journey const& journey, Policy const& policy, Situation const& situation)
{
    switch (journey.purpose) {
    case Purpose::registration:
        return step_of_registration(journey.facts, policy);
    case Purpose::recovery:
        return step_of_recovery(journey, policy, situation);
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
    case Step::text_send:
        return "text_send";
    case Step::text_code:
        return "text_code";
    case Step::totp:
        return "totp";
    case Step::recovery_code:
        return "recovery_code";
    case Step::passkey:
        return "passkey";
    case Step::push_send:
        return "push_send";
    case Step::push_wait:
        return "push_wait";
    case Step::enrol_totp:
        return "enrol_totp";
    case Step::enrol_passkey:
        return "enrol_passkey";
    case Step::enrol_phone:
        return "enrol_phone";
    case Step::enrol_phone_code:
        return "enrol_phone_code";
    case Step::too_weak:
        return "too_weak";
    case Step::keep_recovery_codes:
        return "keep_recovery_codes";
    case Step::offer_passkey:
        return "offer_passkey";
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
    case Step::recover_text:
        return "recover_text";
    case Step::recover_text_code:
        return "recover_text_code";
    case Step::recover_by_code:
        return "recover_by_code";
    case Step::recovery_wait:
        return "recovery_wait";
    case Step::new_password:
        return "new_password";
    case Step::change_password:
        return "change_password";
    case Step::keep_account:
        return "keep_account";
    case Step::agreements:
        return "agreements";
    case Step::profile:
        return "profile";
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

bool is_proven_by_own(Facts const& facts)
{
    return !(facts.recovered_by & Methods{Method::recovery_code, Method::passkey}).empty();
}

bool has_second_factor(Policy const& policy, Situation const& situation)
{
    return !(situation.usable & (Methods::of(policy.second) | policy.tenant_second) & kSecondFactors).empty();
}

bool may_put_off(Policy const& policy, Situation const& situation, TimePoint now)
{
    return policy.gives_grace() && !has_second_factor(policy, situation) &&
           (!situation.grace_began || now - *situation.grace_began < policy.grace);
}

namespace {

// Where it is offered and not yet demanded, it is two factors that it is about.
std::vector<SetUp> set_ups_now(Journey const& journey, Policy const& policy, Situation const& situation, TimePoint now)
{
    auto const needed = std::max(level_needed(journey, policy, situation, now), Level::multi);
    return set_ups(journey, policy, situation, what_counts(journey, situation, now), needed);
}

} // namespace

std::optional<Method> method_set_up_at(Step step, Journey const& journey, Policy const& policy,
                                       Situation const& situation, TimePoint now)
{
    auto const at = step == Step::enrol_phone_code ? Step::enrol_phone : step;
    for (auto const& set_up : set_ups_now(journey, policy, situation, now))
        if (set_up.step == at)
            return set_up.method;
    return std::nullopt;
}

std::vector<Method> ways_to_set_up(Journey const& journey, Policy const& policy, Situation const& situation,
                                   TimePoint now)
{
    std::vector<Method> ways;
    for (auto const& set_up : set_ups_now(journey, policy, situation, now))
        ways.push_back(set_up.method);
    return ways;
}

Methods what_counts(Journey const& journey, Situation const& situation, TimePoint now)
{
    auto const& facts = journey.facts;
    auto counts = session_counts(journey, situation, now) ? facts.proven | facts.session_methods : facts.proven;
    // Trust stands beside what is proven now. A session that rested on it says so itself.
    if (situation.trusted_device && !facts.proven.empty())
        counts = counts | session::kByTrust;
    return counts;
}

Level level_for_session(Requirements const& requirements, Policy const& policy)
{
    auto const least = policy.second_factor == SecondFactor::required ? Level::multi : Level::single;
    return std::max(requirements.level, least);
}

bool offers_trust(Step step, Journey const& journey, Policy const& policy, Situation const& situation, TimePoint now)
{
    constexpr Step kSecondFactorSteps[] = {Step::totp,      Step::recovery_code, Step::email_code,
                                           Step::text_code, Step::passkey,       Step::push_send};
    return journey.face == Face::pages && takes_trust(journey.requirements, policy) && is_right_user(journey) &&
           situation.user_active && policy.level_of(what_counts(journey, situation, now)) == Level::single &&
           std::ranges::find(kSecondFactorSteps, step) != std::end(kSecondFactorSteps);
}

bool is_authenticated(Journey const& journey, Policy const& policy, Situation const& situation, TimePoint now)
{
    return is_right_user(journey) && situation.user_active &&
           policy.level_of(what_counts(journey, situation, now)) >= level_needed(journey, policy, situation, now);
}

namespace {

std::vector<Method> ways_to(Level needed, Journey const& journey, Policy const& policy, Situation const& situation,
                            TimePoint now)
{
    auto const counts = what_counts(journey, situation, now);
    auto const candidates = further_methods(journey, policy, situation, counts);
    auto const suffices = [&](Methods further) { return policy.level_of(counts | further) >= needed; };
    std::vector<Method> ways;
    for (auto const method : by_preference(policy))
        if (candidates.has(method) && suffices({method}))
            ways.push_back(method);
    // Another beginning, with what may stand beside that one.
    for (auto const begun : policy.first) {
        if (!candidates.has(begun) || suffices({begun}))
            continue;
        auto const leads_on = [&](Method beside) {
            return candidates.has(beside) && !suffices({beside}) && suffices({begun, beside});
        };
        if (std::ranges::any_of(policy.second, leads_on))
            ways.push_back(begun);
    }
    return one_message(std::move(ways));
}

} // namespace

std::vector<Method> ways_on(Journey const& journey, Policy const& policy, Situation const& situation, TimePoint now)
{
    auto const counts = what_counts(journey, situation, now);
    if (policy.level_of(counts) == Level::none)
        return one_message(policy.first);
    auto const needed = level_needed(journey, policy, situation, now);
    auto ways = ways_to(needed, journey, policy, situation, now);
    // What is set up on the way stands beside what the person has, and does not replace it: that is asked for first.
    auto const further = counts | further_methods(journey, policy, situation, counts);
    if (ways.empty() && needed > Level::multi && !set_ups(journey, policy, situation, further, needed).empty())
        return ways_to(Level::multi, journey, policy, situation, now);
    return ways;
}

Step next_step(Journey const& journey, Policy const& policy, Situation const& situation, TimePoint now)
{
    auto const& [facts, requirements] = std::tie(journey.facts, journey.requirements);
    if (facts.cancelled)
        return Step::cancel;
    // A new password is what a recovery is about, however its person was proven.
    if (journey.purpose == Purpose::recovery && !facts.proven.has(Method::password))
        return step_of_recovery(journey, policy, situation);
    if (!is_authenticated(journey, policy, situation, now)) {
        auto const stands = is_right_user(journey) && situation.user_active;
        if (stands && policy.level_of(what_counts(journey, situation, now)) > Level::none)
            return step_of_second_factor(journey, policy, situation, now);
        // Something was proven that no longer stands, by another person, or that counts for nothing here: sign in
        // again.
        if (!facts.proven.empty())
            return step_of_beginning(facts, policy);
        return step_of_first_factor(journey, policy, situation);
    }
    if (situation.deletion_due && !facts.account_kept)
        return Step::keep_account;
    auto const change = facts.proven.has(Method::password) ? situation.password_change : PasswordChange::none;
    if (change == PasswordChange::required || (change == PasswordChange::offered && !facts.password_kept))
        return Step::change_password;
    if (auto const step = step_of_offer(journey, policy, situation, now))
        return *step;
    if (!facts.new_recovery_codes.empty())
        return Step::keep_recovery_codes;
    if (facts.recovery_codes_left)
        return Step::few_recovery_codes;
    if (situation.agreements_missing)
        return Step::agreements;
    if (situation.profile_missing && !facts.profile_asked)
        return Step::profile;
    if (situation.offer_passkey && facts.can_have_passkey && !facts.passkey_offered)
        return Step::offer_passkey;
    auto const consent_wanted =
        !requirements.consent_scopes.empty() && (situation.consent_missing || requirements.ask_consent);
    if (consent_wanted && !facts.consented)
        return Step::consent;
    return Step::finish;
}

} // namespace gatehouse::journey
