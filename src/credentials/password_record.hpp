// A password as its owner and administrators see it: when it was set and used, and how it goes.
#pragma once

#include "credentials/passwords.hpp"

namespace gatehouse::credentials {

struct PasswordRecord {
    CredentialId id;
    TimePoint set_at;
    std::optional<TimePoint> last_used_at; // with this password or one before it
};
// Empty when the user has no password. One statement.
Result<std::optional<PasswordRecord>> password_record(storage::Tx& tx, TenantId tenant, UserId user);

// Takes it away. Of `keep` > 0 (settings.password.history) it stays among those that are not taken again. The caller
// raises the security epoch and ends sessions. Event "credential.removed". Error: "credential_not_found".
Result<void> remove_password(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user, std::int64_t keep,
                             events::Origin const& origin, TimePoint now);

} // namespace gatehouse::credentials
