#include "identity/deletions.hpp"

#include "events/types.hpp"
#include "identity/deletion_store.hpp"

namespace gatehouse::identity {

Result<Deletion> ask_deletion(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user, TimePoint due_at,
                              events::Origin const& origin, TimePoint now)
{
    TRY(auto const asked, store::insert_deletion(tx, tenant, user, due_at, now));
    if (asked)
        TRY_DO(events::append(
            tx, vault, {.type = &events::kUserDeletionAsked, .tenant = tenant, .user = user, .origin = origin}, now));
    TRY(auto const deletion, store::select_deletion(tx, tenant, user));
    if (!deletion)
        return fault("a deletion that was written is not there");
    return *deletion;
}

Result<bool> cancel_deletion(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user,
                             events::Origin const& origin, TimePoint now)
{
    TRY(auto const removed, store::remove_deletion(tx, tenant, user));
    if (removed)
        TRY_DO(events::append(
            tx, vault, {.type = &events::kUserDeletionCancelled, .tenant = tenant, .user = user, .origin = origin},
            now));
    return removed;
}

Result<std::optional<Deletion>> find_deletion(storage::Tx& tx, TenantId tenant, UserId user)
{
    return store::select_deletion(tx, tenant, user);
}

Result<std::vector<UserId>> due_deletions(storage::Tx& tx, TenantId tenant, TimePoint now, int limit)
{
    return store::select_due(tx, tenant, now, limit);
}

Result<bool> begin_erasure(storage::Tx& tx, TenantId tenant, UserId user, TimePoint now)
{
    return store::remove_due_deletion(tx, tenant, user, now);
}

Result<void> forget_deletion(storage::Tx& tx, TenantId tenant, UserId user)
{
    TRY_DO(store::remove_deletion(tx, tenant, user));
    return {};
}

} // namespace gatehouse::identity
