// Resets of a password that were proven and wait for some hours (settings.recovery.waiting_hours), so that the owner of
// the account hears of them and can stop them. A hold belongs to one person and one device, which keeps a ticket for it.
#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "storage/database.hpp"

#include <optional>

namespace gatehouse::credentials {

using HoldId = Id<struct HoldTag>;

// How long after the wait a reset may be finished.
inline constexpr Duration kHoldOpen = std::chrono::hours(72);

struct Hold {
    HoldId id;
    bool stopped = false;
    TimePoint ready_at{};
    TimePoint ends_at{};

    bool is_over(TimePoint now) const { return !stopped && now >= ready_at && now < ends_at; }
};

Result<Hold> begin_hold(storage::Tx& tx, TenantId tenant, UserId user, Duration wait, TimePoint now);
// Nothing when there is none of this id that still stands, stopped or not.
Result<std::optional<Hold>> find_hold(storage::Tx& tx, TenantId tenant, UserId user, HoldId hold, TimePoint now);
// False when there was nothing to stop.
Result<bool> stop_hold(storage::Tx& tx, TenantId tenant, UserId user, HoldId hold);
// All of a person: a new password is set, or the person is erased.
Result<void> end_holds(storage::Tx& tx, TenantId tenant, UserId user);
// Deletes what has ended, at most `limit`. Returns how many. For a background job.
Result<std::int64_t> remove_ended_holds(storage::Tx& tx, TenantId tenant, TimePoint now, std::int64_t limit);

} // namespace gatehouse::credentials
