#include "tokens/grant_store.hpp"

#include "base/words.hpp"

namespace gatehouse::tokens::store {

using storage::Row;
using storage::Statement;
using storage::Tx;

namespace {

constexpr Statement kFind{"SELECT application_id, scopes, granted_at, updated_at FROM grants WHERE tenant_id = :tenant "
                          "AND user_id = :user AND application_id = :application AND revoked_at IS NULL"};
constexpr Statement kList{"SELECT application_id, scopes, granted_at, updated_at FROM grants WHERE tenant_id = :tenant "
                          "AND user_id = :user AND revoked_at IS NULL ORDER BY updated_at DESC, application_id"};
constexpr Statement kPut{
    "INSERT INTO grants (tenant_id, user_id, application_id, scopes, granted_at, updated_at) "
    "VALUES (:tenant, :user, :application, :scopes, :now, :now) "
    "ON CONFLICT (tenant_id, user_id, application_id) DO UPDATE SET scopes = :scopes, updated_at = :now, "
    "granted_at = CASE WHEN grants.revoked_at IS NULL THEN grants.granted_at ELSE :now END, revoked_at = NULL"};
constexpr Statement kRevoke{"UPDATE grants SET revoked_at = :now, updated_at = :now WHERE tenant_id = :tenant "
                            "AND user_id = :user AND application_id = :application AND revoked_at IS NULL"};

Grant make_grant(Row const& row)
{
    return {.application = row.id<ApplicationId>(0),
            .scopes = split_words(row.text(1)),
            .granted_at = row.time(2),
            .updated_at = row.time(3)};
}

} // namespace

Result<std::optional<Grant>> find_grant(Tx& tx, TenantId tenant, UserId user, ApplicationId application)
{
    return tx.maybe(kFind, {{"tenant", tenant}, {"user", user}, {"application", application}}, make_grant);
}

Result<std::vector<Grant>> list_grants(Tx& tx, TenantId tenant, UserId user)
{
    return tx.all(kList, {{"tenant", tenant}, {"user", user}}, make_grant);
}

Result<void> put_grant(Tx& tx, TenantId tenant, UserId user, ApplicationId application, std::string_view scopes,
                       TimePoint now)
{
    return tx.execute_later(
        kPut, {{"tenant", tenant}, {"user", user}, {"application", application}, {"scopes", scopes}, {"now", now}});
}

Result<bool> revoke_grant(Tx& tx, TenantId tenant, UserId user, ApplicationId application, TimePoint now)
{
    TRY(auto revoked,
        tx.execute(kRevoke, {{"tenant", tenant}, {"user", user}, {"application", application}, {"now", now}}));
    return revoked == 1;
}

} // namespace gatehouse::tokens::store
