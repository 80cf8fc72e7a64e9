// The SQL of account deletions.
#pragma once

#include "identity/deletions.hpp"
#include "storage/database.hpp"

namespace gatehouse::identity::store {

// False: there was one already.
Result<bool> insert_deletion(storage::Tx& tx, TenantId tenant, UserId user, TimePoint due_at, TimePoint now);
Result<std::optional<Deletion>> select_deletion(storage::Tx& tx, TenantId tenant, UserId user);
Result<std::vector<UserId>> select_due(storage::Tx& tx, TenantId tenant, TimePoint now, int limit);
Result<bool> remove_deletion(storage::Tx& tx, TenantId tenant, UserId user);
Result<bool> remove_due_deletion(storage::Tx& tx, TenantId tenant, UserId user, TimePoint now);

} // namespace gatehouse::identity::store
