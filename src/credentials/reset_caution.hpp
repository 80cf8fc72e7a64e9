// After a change of addresses was taken back, nobody knows yet who took it back: the owner, or somebody who reads a
// mailbox that the owner has left. For some days each reset of the password by a mailbox or phone waits, so that
// whoever else is reached by the account hears of it and can stop it (recovery_holds.hpp).
#pragma once

#include "credentials/challenges.hpp"

namespace gatehouse::credentials {

inline constexpr Duration kCautionLasts = std::chrono::days(7);
inline constexpr Duration kCautiousWait = std::chrono::hours(24);

Result<void> begin_caution(storage::Tx& tx, Challenges const& challenges, TenantId tenant, UserId user, TimePoint now);
// One statement.
Result<bool> is_cautious(storage::Tx& tx, TenantId tenant, UserId user, TimePoint now);

} // namespace gatehouse::credentials
