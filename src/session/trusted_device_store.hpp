// The SQL of trusted devices.
#pragma once

#include "session/trusted_devices.hpp"

namespace gatehouse::session::store {

struct TrustRow {
    TrustedDeviceId id;
    Bytes secret_digest;
    Bytes device; // sealed
    TimePoint created_at;
    TimePoint last_used_at;
    TimePoint expires_at;
};

Result<void> insert_trust(storage::Tx& tx, TenantId tenant, UserId user, std::int64_t epoch, TrustRow const& row);
// Lives, at this epoch, and was given after `not_before`.
Result<std::optional<TrustRow>> select_trust(storage::Tx& tx, TenantId tenant, UserId user, TrustedDeviceId id,
                                             std::int64_t epoch, TimePoint not_before, TimePoint now);
Result<void> update_trust_use(storage::Tx& tx, TenantId tenant, UserId user, TrustedDeviceId id, TimePoint now);
// Of the user's present epoch.
Result<std::vector<TrustRow>> select_trusts(storage::Tx& tx, TenantId tenant, UserId user, TimePoint now);
Result<std::int64_t> delete_trust(storage::Tx& tx, TenantId tenant, UserId user, TrustedDeviceId id);
Result<std::int64_t> delete_trusts(storage::Tx& tx, TenantId tenant, UserId user);
Result<std::int64_t> delete_expired_trusts(storage::Tx& tx, TenantId tenant, TimePoint now, std::int64_t limit);

} // namespace gatehouse::session::store
