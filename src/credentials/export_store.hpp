// The SQL of what is kept for a while about a person's credentials.
#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "storage/database.hpp"

#include <string>
#include <vector>

namespace gatehouse::credentials::store {

// A code or link that was sent and still stands; the secret is no part of it.
struct Pending {
    std::string purpose;
    TimePoint created_at;
    TimePoint expires_at;
};
Result<std::vector<Pending>> select_pending(storage::Tx& tx, TenantId tenant, UserId user);
// When earlier passwords, of which hashes are kept, were replaced.
Result<std::vector<TimePoint>> select_earlier_passwords(storage::Tx& tx, TenantId tenant, UserId user);
// Resets that wait: from when they may be finished.
Result<std::vector<TimePoint>> select_holds(storage::Tx& tx, TenantId tenant, UserId user);
Result<std::optional<TimePoint>> select_passkey_offer(storage::Tx& tx, TenantId tenant, UserId user);
struct AskedDevice {
    Uuid id;
    Bytes details; // sealed
    std::string state;
    TimePoint created_at;
};
Result<std::vector<AskedDevice>> select_asked_devices(storage::Tx& tx, TenantId tenant, UserId user);

} // namespace gatehouse::credentials::store
