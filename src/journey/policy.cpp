// The rules that hold, read from the settings of tenant and application. What follows from them: next_step.cpp.
#include "credentials/passkeys.hpp"
#include "identity/tenant.hpp"
#include "journey/next_step.hpp"

#include <algorithm>

namespace gatehouse::journey {

using credentials::Level;
using credentials::Method;
using credentials::Methods;

Policy Policy::of(identity::Tenant const& tenant, identity::ApplicationSignIn const* application)
{
    auto settings = identity::merged(tenant.settings.signin, application);
    // A security key is one that need not be unlocked.
    if (settings.user_verification == identity::UserVerification::required)
        std::erase(settings.second, Method::security_key);
    if (!credentials::relying_party(tenant)) {
        // Where there can be no passkeys, their lines do not hold. A sign-in begins with something all the same.
        std::erase(settings.first, Method::passkey);
        if (settings.first.empty())
            settings.first.push_back(Method::password);
    }
    Policy policy{.registration_open = tenant.settings.registration.open,
                  .first = std::move(settings.first),
                  .second = std::move(settings.second),
                  .tenant_second = Methods::of(tenant.settings.signin.second),
                  .second_factor = settings.second_factor,
                  .grace = std::chrono::days(settings.grace_days),
                  .enrol = Methods::of(settings.enrol),
                  .trusted_device = std::chrono::days(settings.trusted_device_days),
                  .user_verification = settings.user_verification,
                  .recovery = {},
                  .recovery_waits = tenant.settings.recovery.waiting_hours > 0};
    auto const& recovery = tenant.settings.recovery;
    if (recovery.email)
        policy.recovery.add(Method::email_code);
    if (recovery.recovery_code)
        policy.recovery.add(Method::recovery_code);
    if (recovery.passkey && policy.allowed().has(Method::passkey))
        policy.recovery.add(Method::passkey);
    if (recovery.phone)
        policy.recovery.add(Method::sms_code);
    if (!credentials::relying_party(tenant))
        policy.enrol = policy.enrol - Methods{Method::passkey, Method::security_key};
    return policy;
}

Methods Policy::allowed() const
{
    return Methods::of(first) | Methods::of(second);
}

Level Policy::level_of(Methods proven) const
{
    auto best = Level::none;
    for (auto const begun : first) {
        if (!proven.has(begun))
            continue;
        best = std::max(best, credentials::level_of({begun}));
        for (auto const beside : second)
            if (proven.has(beside))
                best = std::max(best, credentials::level_of({begun, beside}));
    }
    return best;
}

credentials::ChangeReason change_reason(identity::Tenant const& tenant, credentials::Enrolment const& enrolment,
                                        TimePoint now)
{
    auto const& rules = tenant.settings.password;
    if (enrolment.change_reason != credentials::ChangeReason::none || !enrolment.password_set_at)
        return enrolment.change_reason;
    auto const aged =
        rules.maximum_age_days > 0 && now - *enrolment.password_set_at >= std::chrono::days(rules.maximum_age_days);
    return aged ? credentials::ChangeReason::aged : credentials::ChangeReason::none;
}

PasswordChange password_change(identity::Tenant const& tenant, credentials::Enrolment const& enrolment, TimePoint now)
{
    auto const reason = change_reason(tenant, enrolment, now);
    if (reason == credentials::ChangeReason::none)
        return PasswordChange::none;
    if (reason != credentials::ChangeReason::breached ||
        tenant.settings.password.breached == identity::BreachedPassword::require)
        return PasswordChange::required;
    auto const prompts = tenant.settings.password.breached == identity::BreachedPassword::prompt;
    return prompts ? PasswordChange::offered : PasswordChange::none;
}

} // namespace gatehouse::journey
