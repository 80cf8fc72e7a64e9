#include "storage/lease_store.hpp"

namespace gatehouse::storage {

namespace {

// The one question that the two dialects ask differently: what the time is.
constexpr Statement kSqliteTime{"SELECT CAST((julianday('now') - 2440587.5) * 86400000000.0 AS BIGINT)"};
constexpr Statement kPostgresqlTime{"SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)"};

// A holder that renews in time keeps its token; whoever takes the lease after it ran out gets the next.
constexpr Statement kUpsertLease{
    "INSERT INTO leases (tenant_id, name, holder, token, expires_at) VALUES (:scope, :name, :holder, 1, :expires_at) "
    "ON CONFLICT (tenant_id, name) DO UPDATE SET "
    "token = CASE WHEN leases.holder = :holder AND leases.expires_at > :now THEN leases.token ELSE leases.token + 1 "
    "END, "
    "holder = :holder, expires_at = :expires_at "
    "WHERE leases.holder = :holder OR leases.expires_at <= :now RETURNING token"};
constexpr Statement kLeaseRuns{"SELECT 1 FROM leases WHERE tenant_id = :scope AND name = :name AND holder = :holder "
                               "AND token = :token AND expires_at > :now"};
constexpr Statement kExpireLease{"UPDATE leases SET expires_at = 0 WHERE tenant_id = :scope AND name = :name "
                                 "AND holder = :holder AND token = :token"};

} // namespace

Result<TimePoint> select_database_time(Tx& tx, Engine engine)
{
    TRY(auto const* row, tx.one(engine == Engine::sqlite ? kSqliteTime : kPostgresqlTime, {}));
    return row->time(0);
}

Result<std::optional<std::int64_t>> upsert_lease(Tx& tx, Lease const& wanted, TimePoint now)
{
    return tx.maybe(kUpsertLease,
                    {{"scope", wanted.scope},
                     {"name", wanted.name},
                     {"holder", wanted.holder},
                     {"now", now},
                     {"expires_at", wanted.expires_at}},
                    [](Row const& row) { return row.integer(0); });
}

Result<bool> lease_runs(Tx& tx, Lease const& lease, TimePoint now)
{
    TRY(auto const* row, tx.one(kLeaseRuns, {{"scope", lease.scope},
                                             {"name", lease.name},
                                             {"holder", lease.holder},
                                             {"token", lease.token},
                                             {"now", now}}));
    return row != nullptr;
}

Result<void> expire_lease(Tx& tx, Lease const& lease)
{
    return tx.execute_later(
        kExpireLease, {{"scope", lease.scope}, {"name", lease.name}, {"holder", lease.holder}, {"token", lease.token}});
}

} // namespace gatehouse::storage
