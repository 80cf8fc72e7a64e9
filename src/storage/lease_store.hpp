// The SQL of leases.
#pragma once

#include "storage/lease.hpp"

namespace gatehouse::storage {

Result<TimePoint> select_database_time(Tx& tx, Engine engine);
// Inserts, takes over (when it ran out by `now`) or lengthens (when it is this holder's). Empty: another holds it.
Result<std::optional<std::int64_t>> upsert_lease(Tx& tx, Lease const& wanted, TimePoint now);
Result<bool> lease_runs(Tx& tx, Lease const& lease, TimePoint now);
Result<void> expire_lease(Tx& tx, Lease const& lease);

} // namespace gatehouse::storage
