#include "journey/person.hpp"

namespace gatehouse::journey {

namespace {
constexpr storage::Statement kBegin{
    "INSERT INTO second_factor_graces (tenant_id, user_id, began_at) VALUES (:tenant, :user, :now) "
    "ON CONFLICT (tenant_id, user_id) DO NOTHING"};
constexpr storage::Statement kFind{
    "SELECT began_at FROM second_factor_graces WHERE tenant_id = :tenant AND user_id = :user"};
constexpr storage::Statement kErase{"DELETE FROM second_factor_graces WHERE tenant_id = :tenant AND user_id = :user"};
} // namespace

Result<void> begin_grace(storage::Tx& tx, TenantId tenant, UserId user, TimePoint now)
{
    return tx.execute_later(kBegin, {{"tenant", tenant}, {"user", user}, {"now", now}});
}

Result<std::optional<TimePoint>> grace_began(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.maybe(kFind, {{"tenant", tenant}, {"user", user}}, [](storage::Row const& row) { return row.time(0); });
}

Result<void> erase_grace(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.execute_later(kErase, {{"tenant", tenant}, {"user", user}});
}

} // namespace gatehouse::journey
