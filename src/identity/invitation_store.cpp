#include "identity/invitation_store.hpp"

namespace gatehouse::identity {

using storage::Row;
using storage::Statement;

namespace {

constexpr Statement kInsert{
    "INSERT INTO invitations (tenant_id, invitation_id, secret_digest, content, bound, created_at, expires_at) "
    "VALUES (:tenant, :id, :digest, :content, :bound, :created_at, :expires_at)"};
constexpr Statement kSelect{
    "SELECT invitation_id, secret_digest, content, bound, created_at, expires_at, redeemed_at, user_id "
    "FROM invitations WHERE tenant_id = :tenant AND invitation_id = :id"};
constexpr Statement kList{
    "SELECT invitation_id, secret_digest, content, bound, created_at, expires_at, redeemed_at, user_id "
    "FROM invitations WHERE tenant_id = :tenant AND invitation_id > :after ORDER BY invitation_id LIMIT :limit"};
constexpr Statement kUpdate{"UPDATE invitations SET secret_digest = :digest, content = :content, "
                            "expires_at = :expires_at WHERE tenant_id = :tenant AND invitation_id = :id "
                            "AND redeemed_at IS NULL"};
constexpr Statement kRedeem{"UPDATE invitations SET redeemed_at = :now, user_id = :user WHERE tenant_id = :tenant "
                            "AND invitation_id = :id AND redeemed_at IS NULL AND expires_at > :now"};
constexpr Statement kDelete{"DELETE FROM invitations WHERE tenant_id = :tenant AND invitation_id = :id"};
constexpr Statement kDeleteExpired{
    "DELETE FROM invitations WHERE tenant_id = :tenant AND invitation_id IN (SELECT invitation_id FROM invitations "
    "WHERE tenant_id = :tenant AND expires_at <= :before LIMIT :limit)"};

InvitationRow make(Row const& row)
{
    return {.invitation = {.id = row.id<InvitationId>(0),
                           .email = {},
                           .locale = {},
                           .profile = {},
                           .bound = row.boolean(3),
                           .created_at = row.time(4),
                           .expires_at = row.time(5),
                           .redeemed_at = row.optional_time(6),
                           .user = row.optional_id<UserId>(7)},
            .secret_digest = row.blob(1),
            .content = row.blob(2)};
}

} // namespace

Result<void> insert_invitation(storage::Tx& tx, TenantId tenant, InvitationRow const& row)
{
    return tx.execute_later(kInsert, {{"tenant", tenant},
                                      {"id", row.invitation.id},
                                      {"digest", row.secret_digest},
                                      {"content", row.content},
                                      {"bound", row.invitation.bound},
                                      {"created_at", row.invitation.created_at},
                                      {"expires_at", row.invitation.expires_at}});
}

Result<std::optional<InvitationRow>> select_invitation(storage::Tx& tx, TenantId tenant, InvitationId id)
{
    return tx.maybe(kSelect, {{"tenant", tenant}, {"id", id}}, make);
}

Result<std::vector<InvitationRow>> select_invitations(storage::Tx& tx, TenantId tenant,
                                                      storage::PageRequest const& page)
{
    return tx.all(kList, {{"tenant", tenant}, {"after", page.after}, {"limit", page.fetch()}}, make);
}

Result<bool> update_invitation(storage::Tx& tx, TenantId tenant, InvitationRow const& row)
{
    TRY(auto const changed, tx.execute(kUpdate, {{"tenant", tenant},
                                                 {"id", row.invitation.id},
                                                 {"digest", row.secret_digest},
                                                 {"content", row.content},
                                                 {"expires_at", row.invitation.expires_at}}));
    return changed == 1;
}

Result<bool> redeem_invitation(storage::Tx& tx, TenantId tenant, InvitationId id, UserId user, TimePoint now)
{
    TRY(auto const changed, tx.execute(kRedeem, {{"tenant", tenant}, {"id", id}, {"user", user}, {"now", now}}));
    return changed == 1;
}

Result<bool> delete_invitation(storage::Tx& tx, TenantId tenant, InvitationId id)
{
    TRY(auto const changed, tx.execute(kDelete, {{"tenant", tenant}, {"id", id}}));
    return changed == 1;
}

Result<std::int64_t> delete_expired_invitations(storage::Tx& tx, TenantId tenant, TimePoint before, int limit)
{
    return tx.execute(kDeleteExpired, {{"tenant", tenant}, {"before", before}, {"limit", limit}});
}

} // namespace gatehouse::identity
