// What was added to an account since a moment goes: after a change that its owner takes back.
#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "storage/database.hpp"

namespace gatehouse::credentials {

// Removes every credential that was made since, and a password or recovery codes that were replaced since. Returns the
// kinds of those removed ("password", "passkey"). The caller raises the security epoch and ends sessions.
Result<std::vector<std::string>> remove_since(storage::Tx& tx, TenantId tenant, UserId user, TimePoint since);

} // namespace gatehouse::credentials
