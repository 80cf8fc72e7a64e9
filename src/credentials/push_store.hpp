// The SQL of push devices (rows of kind 'push' in credentials), of requests to approve, and of the key they are sent
// by.
#pragma once

#include "credentials/push_requests.hpp"

namespace gatehouse::credentials {

struct PushDeviceRow {
    CredentialId id;
    UserId user;
    Bytes data; // sealed
    std::int64_t version = 0;
    TimePoint created_at;
    std::optional<TimePoint> last_used_at;
    std::int64_t key_version = 0; // the person's key, as stored
    std::int64_t key_wrapped_by = 0;
    Bytes key_wrapped;
};
// False when the invitation was used before.
Result<bool> spend_invitation(storage::Tx& tx, TenantId tenant, Uuid const& invitation, TimePoint expires_at);
Result<void> insert_push_device(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, ByteView data,
                                TimePoint now);
Result<std::vector<PushDeviceRow>> select_push_devices(storage::Tx& tx, TenantId tenant, UserId user);
Result<std::optional<PushDeviceRow>> select_push_device(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id);
// The version grows.
Result<bool> update_push_device(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, std::int64_t version,
                                ByteView data);
Result<void> update_push_device_use(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, TimePoint now);
Result<bool> delete_push_device(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id);

struct PushRequestRow {
    PushRequestId id;
    UserId user;
    Uuid journey;
    Bytes nonce;
    std::int64_t number = 0;
    Bytes details; // sealed
    std::string state;
    std::optional<CredentialId> device;
    TimePoint created_at;
    TimePoint expires_at;
    bool unproven = false;
};
Result<void> insert_push_request(storage::Tx& tx, TenantId tenant, PushRequestRow const& row, TimePoint removes_at);
Result<std::optional<PushRequestRow>> select_push_request(storage::Tx& tx, TenantId tenant, PushRequestId id);
// The one that waits, not yet expired.
Result<std::optional<PushRequestRow>> select_waiting_push_request(storage::Tx& tx, TenantId tenant, UserId user,
                                                                  TimePoint now);
// Of a state, not yet expired, to another; false when somebody was faster.
Result<bool> move_push_request(storage::Tx& tx, TenantId tenant, PushRequestId id, std::string_view from,
                               std::string_view to, std::optional<CredentialId> device, TimePoint now);
Result<void> replace_push_requests(storage::Tx& tx, TenantId tenant, UserId user);
// Those of strangers, or those of people who had proven something.
Result<std::int64_t> count_push_requests(storage::Tx& tx, TenantId tenant, UserId user, bool unproven, TimePoint since);
Result<bool> was_push_reported(storage::Tx& tx, TenantId tenant, UserId user, TimePoint since);
Result<std::int64_t> delete_old_push_requests(storage::Tx& tx, TenantId tenant, TimePoint now, std::int64_t limit);
Result<void> delete_push_requests(storage::Tx& tx, TenantId tenant, UserId user);

Result<std::optional<Bytes>> select_push_key(storage::Tx& tx, TenantId tenant); // wrapped
Result<void> insert_push_key(storage::Tx& tx, TenantId tenant, ByteView wrapped, TimePoint now);

} // namespace gatehouse::credentials
