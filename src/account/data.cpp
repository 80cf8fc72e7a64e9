#include "account/data.hpp"

#include "account/changes.hpp"
#include "identity/administrators.hpp"
#include "identity/deletions.hpp"
#include "journey/notices.hpp"
#include "tokens/families.hpp"

namespace gatehouse::account {

Result<std::optional<TimePoint>> delete_account(Services const& services, storage::Tx& tx, Context const& context,
                                                Visitor const& visitor)
{
    auto const& tenant = *context.tenant;
    auto const user = visitor.user.id;
    auto const origin = origin_of(context, visitor);
    if (!tenant.settings.account.deletion)
        return refuse(ErrorKind::forbidden, "deletion_closed",
                      "Accounts cannot be deleted here. Ask whoever runs the service.");
    TRY_DO(services.users.require_active(tx, tenant.id, user, visitor.session.security_epoch));
    TRY(auto const administers, identity::is_administrator(tx, services.users, tenant, user));
    if (administers)
        return refuse(ErrorKind::conflict, "administrator_account",
                      "This account administers the service. Another administrator must take that away first.");
    auto const days = tenant.settings.account.deletion_days;
    if (days == 0) {
        TRY_DO(journey::tell_everywhere(
            tx, services.outbox, services.users, tenant, user,
            {.kind = messages::Kind::account_deleted, .arguments = {{"when", context.now}}, .outlives_person = true},
            context.now));
        TRY_DO(services.users.erase(tx, tenant, user, "self_service", origin, context.now));
        return std::nullopt;
    }
    TRY(auto const deletion, identity::ask_deletion(tx, services.vault, tenant.id, user,
                                                    context.now + std::chrono::days(days), origin, context.now));
    // What was begun before must not end in a session, or in a token.
    TRY_DO(services.users.raise_security_epoch(tx, tenant.id, user, context.now));
    TRY_DO(session::end_all(tx, services.vault, tenant.id, user, std::nullopt, session::EndReason::revoked_by_user,
                            origin, context.now));
    TRY_DO(tokens::revoke_families(tx, services.vault, tenant.id, user, std::nullopt,
                                   tokens::RevokeReason::revoked_by_user, origin, context.now));
    TRY_DO(journey::tell_everywhere(tx, services.outbox, services.users, tenant, user,
                                    {.kind = messages::Kind::deletion_asked,
                                     .arguments = {{"until", deletion.due_at}, {"link", tenant.issuer + "/signin"}}},
                                    context.now));
    return deletion.due_at;
}

} // namespace gatehouse::account
