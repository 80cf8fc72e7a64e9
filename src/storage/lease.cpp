#include "storage/lease.hpp"

#include "storage/lease_store.hpp"

namespace gatehouse::storage {

Leases::Leases(Database& database, std::string holder) : engine_(database.engine()), holder_(std::move(holder)) {}

Result<std::optional<Lease>> Leases::acquire(Tx& tx, Uuid const& scope, std::string_view name, Duration lasts) const
{
    TRY(auto const now, select_database_time(tx, engine_));
    Lease lease{.scope = scope, .name = std::string(name), .holder = holder_, .token = 0, .expires_at = now + lasts};
    TRY(auto const token, upsert_lease(tx, lease, now));
    if (!token)
        return std::nullopt;
    lease.token = *token;
    return lease;
}

Result<void> Leases::confirm(Tx& tx, Lease const& lease) const
{
    TRY(auto const now, select_database_time(tx, engine_));
    TRY(bool const runs, lease_runs(tx, lease, now));
    if (!runs)
        return refuse(ErrorKind::conflict, "lease_lost", "Another node does this work now.").because(lease.name);
    return {};
}

Result<void> Leases::release(Tx& tx, Lease const& lease) const
{
    return expire_lease(tx, lease);
}

Result<TimePoint> Leases::database_time(Tx& tx) const
{
    return select_database_time(tx, engine_);
}

} // namespace gatehouse::storage
