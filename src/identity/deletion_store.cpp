#include "identity/deletion_store.hpp"

namespace gatehouse::identity::store {

using storage::Row;
using storage::Statement;

namespace {

constexpr Statement kInsert{
    "INSERT INTO account_deletions (tenant_id, user_id, asked_at, due_at) VALUES (:tenant, :user, :now, :due) "
    "ON CONFLICT (tenant_id, user_id) DO NOTHING"};
constexpr Statement kFind{
    "SELECT asked_at, due_at FROM account_deletions WHERE tenant_id = :tenant AND user_id = :user"};
constexpr Statement kDue{"SELECT user_id FROM account_deletions WHERE tenant_id = :tenant AND due_at <= :now "
                         "ORDER BY due_at, user_id LIMIT :limit"};
constexpr Statement kRemove{"DELETE FROM account_deletions WHERE tenant_id = :tenant AND user_id = :user"};
constexpr Statement kRemoveDue{
    "DELETE FROM account_deletions WHERE tenant_id = :tenant AND user_id = :user AND due_at <= :now"};

} // namespace

Result<bool> insert_deletion(storage::Tx& tx, TenantId tenant, UserId user, TimePoint due_at, TimePoint now)
{
    TRY(auto const inserted, tx.execute(kInsert, {{"tenant", tenant}, {"user", user}, {"now", now}, {"due", due_at}}));
    return inserted == 1;
}

Result<std::optional<Deletion>> select_deletion(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.maybe(kFind, {{"tenant", tenant}, {"user", user}},
                    [](Row const& row) { return Deletion{.asked_at = row.time(0), .due_at = row.time(1)}; });
}

Result<std::vector<UserId>> select_due(storage::Tx& tx, TenantId tenant, TimePoint now, int limit)
{
    return tx.all(kDue, {{"tenant", tenant}, {"now", now}, {"limit", limit}},
                  [](Row const& row) { return row.id<UserId>(0); });
}

Result<bool> remove_deletion(storage::Tx& tx, TenantId tenant, UserId user)
{
    TRY(auto const removed, tx.execute(kRemove, {{"tenant", tenant}, {"user", user}}));
    return removed == 1;
}

Result<bool> remove_due_deletion(storage::Tx& tx, TenantId tenant, UserId user, TimePoint now)
{
    TRY(auto const removed, tx.execute(kRemoveDue, {{"tenant", tenant}, {"user", user}, {"now", now}}));
    return removed == 1;
}

} // namespace gatehouse::identity::store
