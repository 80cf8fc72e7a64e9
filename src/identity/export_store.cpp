#include "identity/export_store.hpp"

namespace gatehouse::identity::store {

using storage::Row;
using storage::Statement;

namespace {

constexpr Statement kPermissions{"SELECT audience, permissions FROM user_permissions "
                                 "WHERE tenant_id = :tenant AND user_id = :user ORDER BY audience"};
constexpr Statement kSubjects{
    "SELECT sector, subject FROM subjects WHERE tenant_id = :tenant AND user_id = :user ORDER BY sector"};
constexpr Statement kInvited{
    "SELECT redeemed_at FROM invitations WHERE tenant_id = :tenant AND user_id = :user AND redeemed_at IS NOT NULL"};

} // namespace

Result<std::vector<HeldPermissions>> select_all_permissions(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.all(kPermissions, {{"tenant", tenant}, {"user", user}}, [](Row const& row) {
        return HeldPermissions{.audience = row.string(0), .permissions = row.string(1)};
    });
}

Result<std::vector<NamedSubject>> select_all_subjects(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.all(kSubjects, {{"tenant", tenant}, {"user", user}},
                  [](Row const& row) { return NamedSubject{.sector = row.string(0), .subject = row.string(1)}; });
}

Result<std::optional<TimePoint>> select_invited_at(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.maybe(kInvited, {{"tenant", tenant}, {"user", user}}, [](Row const& row) { return row.time(0); });
}

} // namespace gatehouse::identity::store
