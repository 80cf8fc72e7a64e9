#include "identity/avatar_store.hpp"

namespace gatehouse::identity {

using storage::Row;
using storage::Statement;

namespace {

constexpr Statement kReplace{
    "INSERT INTO avatars (tenant_id, user_id, name, small, large, created_at) VALUES (:tenant, :user, :name, :small, "
    ":large, :created_at) ON CONFLICT (tenant_id, user_id) DO UPDATE SET name = excluded.name, small = excluded.small, "
    "large = excluded.large, created_at = excluded.created_at"};
constexpr Statement kDelete{"DELETE FROM avatars WHERE tenant_id = :tenant AND user_id = :user"};
constexpr Statement kSelect{"SELECT name, created_at FROM avatars WHERE tenant_id = :tenant AND user_id = :user"};
constexpr Statement kSelectSmall{"SELECT a.user_id, a.small FROM avatars a JOIN users u ON u.tenant_id = a.tenant_id "
                                 "AND u.user_id = a.user_id WHERE a.tenant_id = :tenant AND a.name = :name "
                                 "AND u.state = 'active'"};
constexpr Statement kSelectLarge{"SELECT a.user_id, a.large FROM avatars a JOIN users u ON u.tenant_id = a.tenant_id "
                                 "AND u.user_id = a.user_id WHERE a.tenant_id = :tenant AND a.name = :name "
                                 "AND u.state = 'active'"};

} // namespace

Result<void> replace_avatar(storage::Tx& tx, TenantId tenant, AvatarRow const& row)
{
    return tx.execute_later(kReplace, {{"tenant", tenant},
                                       {"user", row.user},
                                       {"name", row.name},
                                       {"small", ByteView(row.small)},
                                       {"large", ByteView(row.large)},
                                       {"created_at", row.created_at}});
}

Result<bool> delete_avatar(storage::Tx& tx, TenantId tenant, UserId user)
{
    TRY(auto const deleted, tx.execute(kDelete, {{"tenant", tenant}, {"user", user}}));
    return deleted == 1;
}

Result<std::optional<Avatar>> select_avatar(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.maybe(kSelect, {{"tenant", tenant}, {"user", user}},
                    [](Row const& row) { return Avatar{.name = row.id<AvatarName>(0), .created_at = row.time(1)}; });
}

Result<std::optional<AvatarFile>> select_avatar_file(storage::Tx& tx, TenantId tenant, AvatarName name, bool large)
{
    return tx.maybe(large ? kSelectLarge : kSelectSmall, {{"tenant", tenant}, {"name", name}},
                    [](Row const& row) { return AvatarFile{.user = row.id<UserId>(0), .sealed = row.blob(1)}; });
}

} // namespace gatehouse::identity
