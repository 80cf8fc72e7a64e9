#include "credentials/push_store.hpp"

namespace gatehouse::credentials {

using storage::Row;
using storage::Statement;

namespace {

constexpr Statement kSpendInvitation{"INSERT INTO spent_markers (tenant_id, kind, marker_id, expires_at) "
                                     "VALUES (:tenant, 'push_invitation', :invitation, :expires_at) ON CONFLICT "
                                     "(tenant_id, kind, marker_id) DO NOTHING"};
constexpr Statement kInsertDevice{
    "INSERT INTO credentials (tenant_id, user_id, credential_id, kind, data, version, created_at, updated_at) "
    "VALUES (:tenant, :user, :credential, 'push', :data, 1, :now, :now)"};
constexpr Statement kSelectDevices{
    "SELECT c.credential_id, c.user_id, c.data, c.version, c.created_at, c.last_used_at, k.version, k.wrapped_by, "
    "k.wrapped FROM credentials c JOIN vault_person_keys k ON k.tenant_id = c.tenant_id AND k.user_id = c.user_id "
    "WHERE c.tenant_id = :tenant AND c.user_id = :user AND c.kind = 'push' ORDER BY c.credential_id"};
constexpr Statement kSelectDevice{
    "SELECT c.credential_id, c.user_id, c.data, c.version, c.created_at, c.last_used_at, k.version, k.wrapped_by, "
    "k.wrapped FROM credentials c JOIN vault_person_keys k ON k.tenant_id = c.tenant_id AND k.user_id = c.user_id "
    "WHERE c.tenant_id = :tenant AND c.user_id = :user AND c.credential_id = :credential AND c.kind = 'push'"};
constexpr Statement kUpdateDevice{
    "UPDATE credentials SET data = :data, version = version + 1 WHERE tenant_id = :tenant AND user_id = :user "
    "AND credential_id = :credential AND kind = 'push' AND version = :version"};
constexpr Statement kUpdateDeviceUse{"UPDATE credentials SET last_used_at = :now WHERE tenant_id = :tenant "
                                     "AND user_id = :user AND credential_id = :credential AND kind = 'push'"};
constexpr Statement kDeleteDevice{"DELETE FROM credentials WHERE tenant_id = :tenant AND user_id = :user "
                                  "AND credential_id = :credential AND kind = 'push'"};
constexpr Statement kInsertRequest{
    "INSERT INTO push_requests (tenant_id, request_id, user_id, journey_id, nonce, number, details, state, created_at, "
    "expires_at, removes_at, unproven) VALUES (:tenant, :request, :user, :journey, :nonce, :number, :details, :state, "
    ":created_at, :expires_at, :removes_at, :unproven)"};
constexpr Statement kSelectRequest{
    "SELECT request_id, user_id, journey_id, nonce, number, details, state, credential_id, created_at, expires_at, "
    "unproven FROM push_requests WHERE tenant_id = :tenant AND request_id = :request"};
constexpr Statement kSelectWaiting{
    "SELECT request_id, user_id, journey_id, nonce, number, details, state, credential_id, created_at, expires_at, "
    "unproven FROM push_requests WHERE tenant_id = :tenant AND user_id = :user AND state = 'waiting' AND expires_at > "
    ":now "
    "ORDER BY created_at DESC LIMIT 1"};
constexpr Statement kMoveRequest{
    "UPDATE push_requests SET state = :to, credential_id = COALESCE(:device, credential_id) "
    "WHERE tenant_id = :tenant AND request_id = :request AND state = :from AND expires_at > :now"};
constexpr Statement kReplaceRequests{"UPDATE push_requests SET state = 'replaced' WHERE tenant_id = :tenant "
                                     "AND user_id = :user AND state IN ('waiting', 'approved')"};
constexpr Statement kCountRequests{"SELECT count(*) FROM push_requests WHERE tenant_id = :tenant AND user_id = :user "
                                   "AND unproven = :unproven AND created_at > :since"};
constexpr Statement kSelectReported{"SELECT 1 FROM push_requests WHERE tenant_id = :tenant AND user_id = :user "
                                    "AND created_at > :since AND state = 'reported' LIMIT 1"};
constexpr Statement kDeleteOldRequests{
    "DELETE FROM push_requests WHERE (tenant_id, request_id) IN (SELECT tenant_id, request_id FROM push_requests "
    "WHERE tenant_id = :tenant AND removes_at <= :now LIMIT :limit)"};
constexpr Statement kDeleteRequests{"DELETE FROM push_requests WHERE tenant_id = :tenant AND user_id = :user"};
constexpr Statement kSelectKey{"SELECT private_key FROM push_keys WHERE tenant_id = :tenant"};
constexpr Statement kInsertKey{
    "INSERT INTO push_keys (tenant_id, private_key, created_at) VALUES (:tenant, :key, :now) "
    "ON CONFLICT (tenant_id) DO NOTHING"};

PushDeviceRow read_device(Row const& row)
{
    return {.id = row.id<CredentialId>(0),
            .user = row.id<UserId>(1),
            .data = row.blob(2),
            .version = row.integer(3),
            .created_at = row.time(4),
            .last_used_at = row.optional_time(5),
            .key_version = row.integer(6),
            .key_wrapped_by = row.integer(7),
            .key_wrapped = row.blob(8)};
}

PushRequestRow read_request(Row const& row)
{
    return {.id = row.id<PushRequestId>(0),
            .user = row.id<UserId>(1),
            .journey = row.id<PushRequestId>(2).value,
            .nonce = row.blob(3),
            .number = row.integer(4),
            .details = row.blob(5),
            .state = row.string(6),
            .device = row.optional_id<CredentialId>(7),
            .created_at = row.time(8),
            .expires_at = row.time(9),
            .unproven = row.integer(10) != 0};
}

} // namespace

Result<bool> spend_invitation(storage::Tx& tx, TenantId tenant, Uuid const& invitation, TimePoint expires_at)
{
    TRY(auto const inserted,
        tx.execute(kSpendInvitation,
                   {{"tenant", tenant}, {"invitation", PushRequestId{invitation}}, {"expires_at", expires_at}}));
    return inserted == 1;
}

Result<void> insert_push_device(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, ByteView data,
                                TimePoint now)
{
    return tx.execute_later(kInsertDevice,
                            {{"tenant", tenant}, {"user", user}, {"credential", id}, {"data", data}, {"now", now}});
}

Result<std::vector<PushDeviceRow>> select_push_devices(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.all(kSelectDevices, {{"tenant", tenant}, {"user", user}}, read_device);
}

Result<std::optional<PushDeviceRow>> select_push_device(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id)
{
    return tx.maybe(kSelectDevice, {{"tenant", tenant}, {"user", user}, {"credential", id}}, read_device);
}

Result<bool> update_push_device(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, std::int64_t version,
                                ByteView data)
{
    TRY(auto const changed,
        tx.execute(kUpdateDevice,
                   {{"tenant", tenant}, {"user", user}, {"credential", id}, {"version", version}, {"data", data}}));
    return changed == 1;
}

Result<void> update_push_device_use(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, TimePoint now)
{
    return tx.execute_later(kUpdateDeviceUse, {{"tenant", tenant}, {"user", user}, {"credential", id}, {"now", now}});
}

Result<bool> delete_push_device(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id)
{
    TRY(auto const deleted, tx.execute(kDeleteDevice, {{"tenant", tenant}, {"user", user}, {"credential", id}}));
    return deleted == 1;
}

Result<void> insert_push_request(storage::Tx& tx, TenantId tenant, PushRequestRow const& row, TimePoint removes_at)
{
    return tx.execute_later(kInsertRequest, {{"tenant", tenant},
                                             {"request", row.id},
                                             {"user", row.user},
                                             {"journey", PushRequestId{row.journey}},
                                             {"nonce", row.nonce},
                                             {"number", row.number},
                                             {"details", row.details},
                                             {"state", row.state},
                                             {"created_at", row.created_at},
                                             {"expires_at", row.expires_at},
                                             {"removes_at", removes_at},
                                             {"unproven", row.unproven ? 1 : 0}});
}

Result<std::optional<PushRequestRow>> select_push_request(storage::Tx& tx, TenantId tenant, PushRequestId id)
{
    return tx.maybe(kSelectRequest, {{"tenant", tenant}, {"request", id}}, read_request);
}

Result<std::optional<PushRequestRow>> select_waiting_push_request(storage::Tx& tx, TenantId tenant, UserId user,
                                                                  TimePoint now)
{
    return tx.maybe(kSelectWaiting, {{"tenant", tenant}, {"user", user}, {"now", now}}, read_request);
}

Result<bool> move_push_request(storage::Tx& tx, TenantId tenant, PushRequestId id, std::string_view from,
                               std::string_view to, std::optional<CredentialId> device, TimePoint now)
{
    TRY(auto const changed,
        tx.execute(
            kMoveRequest,
            {{"tenant", tenant}, {"request", id}, {"from", from}, {"to", to}, {"device", device}, {"now", now}}));
    return changed == 1;
}

Result<void> replace_push_requests(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.execute_later(kReplaceRequests, {{"tenant", tenant}, {"user", user}});
}

Result<std::int64_t> count_push_requests(storage::Tx& tx, TenantId tenant, UserId user, bool unproven, TimePoint since)
{
    TRY(auto const count,
        tx.maybe(kCountRequests, {{"tenant", tenant}, {"user", user}, {"unproven", unproven ? 1 : 0}, {"since", since}},
                 [](Row const& row) { return row.integer(0); }));
    return count.value_or(0);
}

Result<bool> was_push_reported(storage::Tx& tx, TenantId tenant, UserId user, TimePoint since)
{
    TRY(auto const row, tx.one(kSelectReported, {{"tenant", tenant}, {"user", user}, {"since", since}}));
    return row != nullptr;
}

Result<std::int64_t> delete_old_push_requests(storage::Tx& tx, TenantId tenant, TimePoint now, std::int64_t limit)
{
    return tx.execute(kDeleteOldRequests, {{"tenant", tenant}, {"now", now}, {"limit", limit}});
}

Result<void> delete_push_requests(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.execute_later(kDeleteRequests, {{"tenant", tenant}, {"user", user}});
}

Result<std::optional<Bytes>> select_push_key(storage::Tx& tx, TenantId tenant)
{
    return tx.maybe(kSelectKey, {{"tenant", tenant}}, [](Row const& row) { return row.blob(0); });
}

Result<void> insert_push_key(storage::Tx& tx, TenantId tenant, ByteView wrapped, TimePoint now)
{
    return tx.execute_later(kInsertKey, {{"tenant", tenant}, {"key", wrapped}, {"now", now}});
}

} // namespace gatehouse::credentials
