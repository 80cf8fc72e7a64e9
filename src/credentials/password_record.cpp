#include "credentials/password_record.hpp"

#include "credentials/credential_store.hpp"
#include "events/types.hpp"

#include <boost/json.hpp>

namespace gatehouse::credentials {

namespace {

// As passwords.cpp: its row carries the user's own id.
CredentialId password_of(UserId user)
{
    return CredentialId{user.value};
}

} // namespace

Result<std::optional<PasswordRecord>> password_record(storage::Tx& tx, TenantId tenant, UserId user)
{
    TRY(auto const times, select_times(tx, tenant, user, password_of(user)));
    if (!times)
        return std::nullopt;
    return PasswordRecord{.id = password_of(user), .set_at = times->updated_at, .last_used_at = times->last_used_at};
}

Result<void> remove_password(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user, std::int64_t keep,
                             events::Origin const& origin, TimePoint now)
{
    if (keep > 0) {
        TRY_DO(insert_history(tx, tenant, user, password_of(user), keep, now));
    } else {
        TRY_DO(delete_history(tx, tenant, user));
    }
    TRY(bool const gone, delete_password(tx, tenant, user, password_of(user)));
    if (!gone)
        return refuse(ErrorKind::not_found, "credential_not_found", "There is no such credential. It may be removed.");
    TRY_DO(events::append(tx, vault,
                          {.type = &events::kCredentialRemoved,
                           .tenant = tenant,
                           .user = user,
                           .origin = origin,
                           .data = {{"kind", "password"}}},
                          now));
    return {};
}

} // namespace gatehouse::credentials
