#include "credentials/export_store.hpp"

namespace gatehouse::credentials::store {

using storage::Row;
using storage::Statement;

namespace {

constexpr Statement kPending{"SELECT purpose, created_at, expires_at FROM challenges "
                             "WHERE tenant_id = :tenant AND user_id = :user ORDER BY created_at, challenge_id"};
constexpr Statement kEarlier{"SELECT replaced_at FROM password_history "
                             "WHERE tenant_id = :tenant AND user_id = :user ORDER BY version"};
constexpr Statement kHolds{"SELECT ready_at FROM recovery_holds "
                           "WHERE tenant_id = :tenant AND user_id = :user ORDER BY ready_at, hold_id"};
constexpr Statement kOffer{"SELECT offered_at FROM passkey_offers WHERE tenant_id = :tenant AND user_id = :user"};
constexpr Statement kAsked{"SELECT request_id, details, state, created_at FROM push_requests "
                           "WHERE tenant_id = :tenant AND user_id = :user ORDER BY created_at, request_id"};

Result<std::vector<TimePoint>> times(storage::Tx& tx, Statement const& statement, TenantId tenant, UserId user)
{
    return tx.all(statement, {{"tenant", tenant}, {"user", user}}, [](Row const& row) { return row.time(0); });
}

} // namespace

Result<std::vector<Pending>> select_pending(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.all(kPending, {{"tenant", tenant}, {"user", user}}, [](Row const& row) {
        return Pending{.purpose = row.string(0), .created_at = row.time(1), .expires_at = row.time(2)};
    });
}

Result<std::vector<TimePoint>> select_earlier_passwords(storage::Tx& tx, TenantId tenant, UserId user)
{
    return times(tx, kEarlier, tenant, user);
}

Result<std::vector<TimePoint>> select_holds(storage::Tx& tx, TenantId tenant, UserId user)
{
    return times(tx, kHolds, tenant, user);
}

Result<std::optional<TimePoint>> select_passkey_offer(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.maybe(kOffer, {{"tenant", tenant}, {"user", user}}, [](Row const& row) { return row.time(0); });
}

Result<std::vector<AskedDevice>> select_asked_devices(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.all(kAsked, {{"tenant", tenant}, {"user", user}}, [](Row const& row) {
        return AskedDevice{
            .id = row.uuid(0), .details = row.blob(1), .state = row.string(2), .created_at = row.time(3)};
    });
}

} // namespace gatehouse::credentials::store
