#include "journey/people.hpp"

#include "credentials/authenticators.hpp"
#include "credentials/export.hpp"
#include "events/reader.hpp"
#include "identity/agreements.hpp"
#include "identity/avatars.hpp"
#include "identity/deletions.hpp"
#include "identity/export.hpp"
#include "identity/merges.hpp"
#include "identity/profile_prompts.hpp"
#include "journey/notices.hpp"
#include "journey/person.hpp"
#include "messages/export.hpp"
#include "messages/outbox.hpp"
#include "session/trusted_devices.hpp"
#include "tokens/families.hpp"
#include "tokens/grants.hpp"

namespace gatehouse::journey {

void connect_people(identity::Users& users, vault::Vault& vault)
{
    users.add_eraser(credentials::erase_credentials);
    users.add_eraser([](storage::Tx& tx, TenantId tenant, UserId user, TimePoint) -> Result<void> {
        TRY_DO(session::erase_sessions(tx, tenant, user));
        TRY_DO(session::erase_trusted_devices(tx, tenant, user));
        TRY_DO(tokens::erase_tokens(tx, tenant, user));
        TRY_DO(erase_grace(tx, tenant, user));
        TRY_DO(identity::forget_deletion(tx, tenant, user));
        TRY_DO(identity::forget_merges(tx, tenant, user));
        TRY_DO(identity::erase_avatar(tx, tenant, user));
        TRY_DO(identity::forget_acceptances(tx, tenant, user));
        TRY_DO(identity::forget_prompts(tx, tenant, user));
        return messages::forget_messages(tx, tenant, user);
    });
    users.add_exporter([&users, &vault](storage::Tx& tx, TenantId tenant, UserId user, TimePoint) {
        return credentials::export_credentials(tx, vault, users, tenant, user);
    });
    users.add_exporter([&vault](storage::Tx& tx, TenantId tenant, UserId user, TimePoint now) {
        return session::export_sessions(tx, vault, tenant, user, now);
    });
    users.add_exporter([&vault](storage::Tx& tx, TenantId tenant, UserId user, TimePoint) {
        return identity::export_avatar(tx, vault, tenant, user);
    });
    users.add_exporter([](storage::Tx& tx, TenantId tenant, UserId user, TimePoint) {
        return tokens::export_grants(tx, tenant, user);
    });
    users.add_exporter([&vault](storage::Tx& tx, TenantId tenant, UserId user, TimePoint) {
        return identity::export_identity(tx, vault, tenant, user);
    });
    users.add_exporter([](storage::Tx& tx, TenantId tenant, UserId user, TimePoint) -> Result<boost::json::object> {
        TRY(auto const began, grace_began(tx, tenant, user));
        return began ? boost::json::object{{"second_factor_grace_since", to_rfc3339(*began)}} : boost::json::object{};
    });
    users.add_exporter([&vault](storage::Tx& tx, TenantId tenant, UserId user, TimePoint) {
        return messages::export_messages(tx, vault, tenant, user);
    });
    users.add_exporter([&vault](storage::Tx& tx, TenantId tenant, UserId user, TimePoint) {
        return events::export_events(tx, vault, tenant, user);
    });
}

Result<bool> erase_if_due(storage::Tx& tx, messages::Outbox const& outbox, identity::Users const& users,
                          identity::Tenant const& tenant, UserId user, TimePoint now)
{
    TRY(auto const still, identity::begin_erasure(tx, tenant.id, user, now));
    if (!still)
        return false;
    TRY_DO(tell_everywhere(
        tx, outbox, users, tenant, user,
        {.kind = messages::Kind::account_deleted, .arguments = {{"when", now}}, .outlives_person = true}, now));
    TRY_DO(users.erase(tx, tenant, user, "self_service", {}, now));
    return true;
}

} // namespace gatehouse::journey
