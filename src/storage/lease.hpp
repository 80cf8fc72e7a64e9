// Leases: work that only one node does at a time, with fencing tokens.
//
// A holder that was asleep may wake after its lease ran out and another node took it. So a lease carries a token that
// grows with every new holder, and what is done under it is checked in the transaction that does it: `confirm` refuses
// when the lease is no longer this one.
//
// Time is the database's own clock, because nodes' clocks differ: this is the one place that does not take `now`.
#pragma once

#include "storage/database.hpp"

#include <optional>
#include <string>

namespace gatehouse::storage {

struct Lease {
    Uuid scope; // a tenant, or nil for the whole installation
    std::string name;
    std::string holder;
    std::int64_t token = 0;
    TimePoint expires_at; // by the database's clock
};

class Leases {
public:
    // `holder` names this process: random, never shared by two.
    Leases(Database& database, std::string holder);

    // Takes the lease, or lengthens it when it is ours already (the token stays). Empty when somebody else holds it.
    Result<std::optional<Lease>> acquire(Tx& tx, Uuid const& scope, std::string_view name, Duration lasts) const;
    // Error: "lease_lost" (conflict) unless this lease, with this token, still runs.
    Result<void> confirm(Tx& tx, Lease const& lease) const;
    // Gives it up early. Nothing happens when it was lost already.
    Result<void> release(Tx& tx, Lease const& lease) const;
    // What the database's clock says; a node more than 2 s off is not ready.
    Result<TimePoint> database_time(Tx& tx) const;

private:
    Engine engine_;
    std::string holder_;
};

} // namespace gatehouse::storage
