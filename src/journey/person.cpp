#include "journey/person.hpp"

#include "credentials/enrolled.hpp"
#include "identity/users.hpp"

namespace gatehouse::journey {

Result<void> look_up(storage::Tx& tx, People const& people, identity::Tenant const& tenant, Policy const& policy,
                     UserId user, TimePoint now, Situation& into)
{
    auto const& users = people.users;
    TRY(auto const enrolment, credentials::enrolment(tx, tenant.id, user));
    into.usable = enrolment.methods;
    into.password_change = password_change(tenant, enrolment, now);
    constexpr credentials::Methods kByMail{credentials::Method::email_code, credentials::Method::magic_link};
    if (!(policy.allowed() & kByMail).empty()) {
        TRY(auto const email, users.primary_email(tx, tenant.id, user));
        if (email)
            into.usable = into.usable | kByMail;
    }
    constexpr credentials::Methods kByPhone{credentials::Method::sms_code, credentials::Method::sms_link};
    if (people.texts && !(policy.allowed() & kByPhone).empty()) {
        TRY(auto const phone, users.primary_phone(tx, tenant.id, user));
        if (phone)
            into.usable = into.usable | kByPhone;
    }
    if (policy.gives_grace()) {
        TRY(into.grace_began, grace_began(tx, tenant.id, user));
    }
    return {};
}

Result<bool> satisfies(storage::Tx& tx, People const& people, identity::Tenant const& tenant, Policy const& policy,
                       session::Session const& session, Requirements const& requirements, TimePoint now)
{
    auto const& authentication = session.authentication;
    Journey const journey{.requirements = requirements,
                          .facts = {.session = session.id,
                                    .user = session.user,
                                    .security_epoch = session.security_epoch,
                                    .session_methods = authentication.methods,
                                    .session_at = authentication.time}};
    Situation situation;
    auto const held = policy.level_of(what_counts(journey, situation, now));
    auto const depends_on_person = policy.second_factor == identity::SecondFactor::if_enrolled || policy.gives_grace();
    if (held == credentials::Level::single && depends_on_person)
        TRY_DO(look_up(tx, people, tenant, policy, session.user, now, situation));
    return is_authenticated(journey, policy, situation, now);
}

} // namespace gatehouse::journey
