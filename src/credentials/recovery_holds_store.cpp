#include "credentials/recovery_holds.hpp"

namespace gatehouse::credentials {

using storage::Row;
using storage::Statement;

namespace {

constexpr Statement kInsert{
    "INSERT INTO recovery_holds (tenant_id, user_id, hold_id, stopped, started_at, ready_at, ends_at) "
    "VALUES (:tenant, :user, :hold, 0, :now, :ready, :ends)"};
constexpr Statement kSelect{"SELECT stopped, ready_at, ends_at FROM recovery_holds WHERE tenant_id = :tenant "
                            "AND user_id = :user AND hold_id = :hold AND ends_at > :now"};
constexpr Statement kStop{"UPDATE recovery_holds SET stopped = 1 WHERE tenant_id = :tenant AND user_id = :user "
                          "AND hold_id = :hold AND stopped = 0"};
constexpr Statement kDeleteOfUser{"DELETE FROM recovery_holds WHERE tenant_id = :tenant AND user_id = :user"};
constexpr Statement kDeleteEnded{
    "DELETE FROM recovery_holds WHERE tenant_id = :tenant AND hold_id IN (SELECT hold_id FROM recovery_holds "
    "WHERE tenant_id = :tenant AND ends_at <= :now ORDER BY ends_at LIMIT :limit)"};

} // namespace

Result<Hold> begin_hold(storage::Tx& tx, TenantId tenant, UserId user, Duration wait, TimePoint now)
{
    Hold const hold{.id = HoldId::generate(now), .ready_at = now + wait, .ends_at = now + wait + kHoldOpen};
    TRY_DO(tx.execute_later(kInsert, {{"tenant", tenant},
                                      {"user", user},
                                      {"hold", hold.id},
                                      {"now", now},
                                      {"ready", hold.ready_at},
                                      {"ends", hold.ends_at}}));
    return hold;
}

Result<std::optional<Hold>> find_hold(storage::Tx& tx, TenantId tenant, UserId user, HoldId hold, TimePoint now)
{
    return tx.maybe(kSelect, {{"tenant", tenant}, {"user", user}, {"hold", hold}, {"now", now}}, [&](Row const& row) {
        return Hold{.id = hold, .stopped = row.integer(0) != 0, .ready_at = row.time(1), .ends_at = row.time(2)};
    });
}

Result<bool> stop_hold(storage::Tx& tx, TenantId tenant, UserId user, HoldId hold)
{
    TRY(auto const changed, tx.execute(kStop, {{"tenant", tenant}, {"user", user}, {"hold", hold}}));
    return changed == 1;
}

Result<void> end_holds(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.execute_later(kDeleteOfUser, {{"tenant", tenant}, {"user", user}});
}

Result<std::int64_t> remove_ended_holds(storage::Tx& tx, TenantId tenant, TimePoint now, std::int64_t limit)
{
    return tx.execute(kDeleteEnded, {{"tenant", tenant}, {"now", now}, {"limit", limit}});
}

} // namespace gatehouse::credentials
