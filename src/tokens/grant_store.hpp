// The SQL of grants.
#pragma once

#include "tokens/grants.hpp"

namespace gatehouse::tokens::store {

// Not revoked ones only.
Result<std::optional<Grant>> find_grant(storage::Tx& tx, TenantId tenant, UserId user, ApplicationId application);
Result<std::vector<Grant>> list_grants(storage::Tx& tx, TenantId tenant, UserId user);
// Replaces the scopes; a revoked grant begins anew.
Result<void> put_grant(storage::Tx& tx, TenantId tenant, UserId user, ApplicationId application,
                       std::string_view scopes, TimePoint now);
Result<bool> revoke_grant(storage::Tx& tx, TenantId tenant, UserId user, ApplicationId application, TimePoint now);

} // namespace gatehouse::tokens::store
