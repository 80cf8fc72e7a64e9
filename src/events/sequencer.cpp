#include "events/sequencer.hpp"

#include "events/event_store.hpp"

namespace gatehouse::events {

namespace {

constexpr std::string_view kLease = "events/sequencer";
constexpr Duration kLeaseLasts = std::chrono::seconds(15);
constexpr int kTenantsAtOnce = 100;
constexpr int kBatch = 1000;

} // namespace

Sequencer::Sequencer(storage::Database& database, storage::Leases const& leases) : database_(database), leases_(leases)
{
}

Result<std::int64_t> Sequencer::run()
{
    std::int64_t positioned = 0;
    for (;;) {
        TRY(auto const tenants,
            database_.read_now([](storage::Tx& tx) { return select_unpositioned_tenants(tx, kTenantsAtOnce); }));
        if (tenants.empty())
            return positioned;
        TRY(bool const mine, hold());
        if (!mine)
            return positioned;
        std::int64_t round = 0;
        for (auto const tenant : tenants) {
            TRY(auto const count, position_batch(tenant));
            round += count;
        }
        positioned += round;
        if (round == 0)
            return positioned;
    }
}

Result<bool> Sequencer::hold()
{
    TRY(lease_, database_.write_now([&](storage::Tx& tx) { return leases_.acquire(tx, Uuid{}, kLease, kLeaseLasts); }));
    return lease_.has_value();
}

// Positions are given to committed events only, so an event that commits later gets a later position, whatever its id
// is. The lease is confirmed in the same transaction, and the head refuses the token of an older holder: were both to
// slip through on two nodes, the unique index on positions would stop the second.
Result<std::int64_t> Sequencer::position_batch(TenantId tenant)
{
    return database_.write_now([&](storage::Tx& tx) -> Result<std::int64_t> {
        TRY_DO(leases_.confirm(tx, *lease_));
        TRY(auto const before, select_head(tx, tenant));
        TRY(auto const count, position_events(tx, tenant, before, kBatch));
        if (count == 0)
            return 0;
        TRY(bool const advanced, advance_head(tx, tenant, before + count, lease_->token));
        if (!advanced)
            return refuse(ErrorKind::conflict, "lease_lost", "Another node does this work now.");
        return count;
    });
}

Result<void> Sequencer::release()
{
    if (!lease_)
        return {};
    TRY_DO(database_.write_now([&](storage::Tx& tx) { return leases_.release(tx, *lease_); }));
    lease_.reset();
    return {};
}

} // namespace gatehouse::events
