// Reading the log: positioned events of one tenant, in order, from where a reader last stood.
#pragma once

#include "base/ids.hpp"
#include "events/event.hpp"

#include <vector>

namespace gatehouse::events {

struct StoredEvent {
    EventId id;
    std::int64_t position; // 1, 2, 3 ... without gaps
    std::string type;      // may be one that a newer version wrote
    TimePoint occurred_at;
    std::optional<UserId> user;
    Origin origin;
    boost::json::object data;
    Bytes personal; // sealed; empty when there is none
};

// Up to `limit` events behind `position` (0: from the start).
Result<std::vector<StoredEvent>> read_after(storage::Tx& tx, TenantId tenant, std::int64_t position, int limit);
// A person's own, newest first, with and without position.
struct Newest {
    std::optional<EventId> before = {}; // older than this one
    int limit = 100;
};
Result<std::vector<StoredEvent>> newest_of(storage::Tx& tx, TenantId tenant, UserId user, Newest const& which);
// The newest 10,000 of them, readable; "activity_complete" says whether those are all: for the person (identity::Users::add_exporter).
Result<boost::json::object> export_events(storage::Tx& tx, vault::Vault const& vault, TenantId tenant, UserId user);
// The position of the newest event; 0 when there is none.
Result<std::int64_t> head(storage::Tx& tx, TenantId tenant);
// The personal part. Empty when there is none, or when the person was erased. `key`: the person's, where the caller has
// it open.
Result<boost::json::object> open_personal(storage::Tx& tx, vault::Vault const& vault, TenantId tenant,
                                          StoredEvent const& event, vault::PersonKey const* key = nullptr);

} // namespace gatehouse::events
