#include "session/trusted_device_store.hpp"

namespace gatehouse::session::store {

using storage::Row;
using storage::Statement;

namespace {

constexpr Statement kInsert{
    "INSERT INTO trusted_devices (tenant_id, user_id, device_id, secret_digest, security_epoch, device, created_at, "
    "last_used_at, expires_at) VALUES (:tenant, :user, :device, :digest, :epoch, :sealed, :now, :now, :expires)"};
constexpr Statement kSelect{
    "SELECT device_id, secret_digest, device, created_at, last_used_at, expires_at FROM trusted_devices "
    "WHERE tenant_id = :tenant AND user_id = :user AND device_id = :device AND security_epoch = :epoch "
    "AND expires_at > :now AND created_at > :not_before"};
constexpr Statement kUse{"UPDATE trusted_devices SET last_used_at = :now "
                         "WHERE tenant_id = :tenant AND user_id = :user AND device_id = :device"};
constexpr Statement kList{
    "SELECT t.device_id, t.secret_digest, t.device, t.created_at, t.last_used_at, t.expires_at FROM trusted_devices t "
    "JOIN users u ON u.tenant_id = t.tenant_id AND u.user_id = t.user_id "
    "WHERE t.tenant_id = :tenant AND t.user_id = :user AND t.expires_at > :now "
    "AND t.security_epoch = u.security_epoch ORDER BY t.last_used_at DESC, t.device_id LIMIT 100"};
constexpr Statement kDelete{
    "DELETE FROM trusted_devices WHERE tenant_id = :tenant AND user_id = :user AND device_id = :device"};
constexpr Statement kDeleteAll{"DELETE FROM trusted_devices WHERE tenant_id = :tenant AND user_id = :user"};
constexpr Statement kDeleteExpired{
    "DELETE FROM trusted_devices WHERE tenant_id = :tenant AND (user_id, device_id) IN "
    "(SELECT user_id, device_id FROM trusted_devices WHERE tenant_id = :tenant AND expires_at <= :now LIMIT :limit)"};

TrustRow make_row(Row const& row)
{
    return {.id = row.id<TrustedDeviceId>(0),
            .secret_digest = row.blob(1),
            .device = row.blob(2),
            .created_at = row.time(3),
            .last_used_at = row.time(4),
            .expires_at = row.time(5)};
}

} // namespace

Result<void> insert_trust(storage::Tx& tx, TenantId tenant, UserId user, std::int64_t epoch, TrustRow const& row)
{
    return tx.execute_later(kInsert, {{"tenant", tenant},
                                      {"user", user},
                                      {"device", row.id},
                                      {"digest", row.secret_digest},
                                      {"epoch", epoch},
                                      {"sealed", row.device},
                                      {"now", row.created_at},
                                      {"expires", row.expires_at}});
}

Result<std::optional<TrustRow>> select_trust(storage::Tx& tx, TenantId tenant, UserId user, TrustedDeviceId id,
                                             std::int64_t epoch, TimePoint not_before, TimePoint now)
{
    return tx.maybe(kSelect,
                    {{"tenant", tenant},
                     {"user", user},
                     {"device", id},
                     {"epoch", epoch},
                     {"not_before", not_before},
                     {"now", now}},
                    make_row);
}

Result<void> update_trust_use(storage::Tx& tx, TenantId tenant, UserId user, TrustedDeviceId id, TimePoint now)
{
    return tx.execute_later(kUse, {{"tenant", tenant}, {"user", user}, {"device", id}, {"now", now}});
}

Result<std::vector<TrustRow>> select_trusts(storage::Tx& tx, TenantId tenant, UserId user, TimePoint now)
{
    return tx.all(kList, {{"tenant", tenant}, {"user", user}, {"now", now}}, make_row);
}

Result<std::int64_t> delete_trust(storage::Tx& tx, TenantId tenant, UserId user, TrustedDeviceId id)
{
    return tx.execute(kDelete, {{"tenant", tenant}, {"user", user}, {"device", id}});
}

Result<std::int64_t> delete_trusts(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.execute(kDeleteAll, {{"tenant", tenant}, {"user", user}});
}

Result<std::int64_t> delete_expired_trusts(storage::Tx& tx, TenantId tenant, TimePoint now, std::int64_t limit)
{
    return tx.execute(kDeleteExpired, {{"tenant", tenant}, {"now", now}, {"limit", limit}});
}

} // namespace gatehouse::session::store
