// The sequencer gives events their positions: dense, in one order, after they committed. One node does it at a time,
// under a lease; the lease's token is written with every batch and an older holder's batch is refused.
#pragma once

#include "base/ids.hpp"
#include "storage/lease.hpp"

namespace gatehouse::events {

class Sequencer {
public:
    Sequencer(storage::Database& database, storage::Leases const& leases);

    // Gives positions to all events that have none, in batches, and returns how many; 0 as well when another node holds
    // the lease. Blocks; app calls it from a background thread several times a second. Costs one read when there is
    // nothing to do.
    Result<std::int64_t> run();
    // Gives the lease up, so that another node need not wait for it to run out.
    Result<void> release();

private:
    Result<bool> hold();
    Result<std::int64_t> position_batch(TenantId tenant);

    storage::Database& database_;
    storage::Leases const& leases_;
    std::optional<storage::Lease> lease_;
};

} // namespace gatehouse::events
