// The rows of the throttle.
#pragma once

#include "risk/throttle.hpp"

namespace gatehouse::risk {

// Takes a slot if the limit allows it: one guarded statement. False: refused, and nothing was written.
Result<bool> take_slot(storage::Tx& tx, TenantId tenant, Slot const& slot, TimePoint now);

struct Count {
    std::int64_t attempts;
    TimePoint since; // window: its start. consecutive: the last attempt
};
Result<std::optional<Count>> find_count(storage::Tx& tx, TenantId tenant, Slot const& slot);
Result<void> delete_count(storage::Tx& tx, TenantId tenant, Slot const& slot);
Result<void> return_slot(storage::Tx& tx, TenantId tenant, Slot const& slot);
Result<std::int64_t> delete_expired(storage::Tx& tx, TenantId tenant, TimePoint now, std::int64_t limit);

} // namespace gatehouse::risk
