// The SQL of events.
#pragma once

#include "events/reader.hpp"

namespace gatehouse::events {

struct EventRow {
    EventId id;
    Event const& event;
    TimePoint at;
    std::string const& data; // JSON
    Bytes const& personal;   // sealed or empty
};
Result<void> insert_event(storage::Tx& tx, EventRow const& row);

Result<std::vector<StoredEvent>> select_events_after(storage::Tx& tx, TenantId tenant, std::int64_t position,
                                                     int limit);
Result<std::vector<StoredEvent>> select_events_of(storage::Tx& tx, TenantId tenant, UserId user,
                                                  std::optional<EventId> before, int limit);
Result<std::int64_t> select_head(storage::Tx& tx, TenantId tenant);

// -- the sequencer
// Tenants that have events without a position, at most `limit`.
Result<std::vector<TenantId>> select_unpositioned_tenants(storage::Tx& tx, int limit);
// Positions up to `limit` events, in the order of their ids, behind `head`. Returns how many.
Result<std::int64_t> position_events(storage::Tx& tx, TenantId tenant, std::int64_t head, int limit);
// Raises the head, unless a newer holder of the lease has written it. Returns whether it did.
Result<bool> advance_head(storage::Tx& tx, TenantId tenant, std::int64_t head, std::int64_t fencing_token);

} // namespace gatehouse::events
