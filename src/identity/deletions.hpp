// People delete their accounts themselves: after a time in which signing in once more takes it back.
#pragma once

#include "events/event.hpp"

#include <optional>
#include <vector>

namespace gatehouse::identity {

struct Deletion {
    TimePoint asked_at;
    TimePoint due_at;
};

// The first wish counts: asking again moves nothing. Event "user.deletion_asked".
Result<Deletion> ask_deletion(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user, TimePoint due_at,
                              events::Origin const& origin, TimePoint now);
// Whether there was one to take back. Event "user.deletion_cancelled".
Result<bool> cancel_deletion(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user,
                             events::Origin const& origin, TimePoint now);
Result<std::optional<Deletion>> find_deletion(storage::Tx& tx, TenantId tenant, UserId user);
// Whose time has come, the longest due first.
Result<std::vector<UserId>> due_deletions(storage::Tx& tx, TenantId tenant, TimePoint now, int limit);
// Takes the wish away if it is due; false when it was cancelled meanwhile. What erases asks this in its transaction.
Result<bool> begin_erasure(storage::Tx& tx, TenantId tenant, UserId user, TimePoint now);
// For Users::add_eraser.
Result<void> forget_deletion(storage::Tx& tx, TenantId tenant, UserId user);

} // namespace gatehouse::identity
