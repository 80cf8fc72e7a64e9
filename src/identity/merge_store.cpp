#include "identity/merge_store.hpp"

namespace gatehouse::identity::store {

using storage::Row;
using storage::Statement;

namespace {

constexpr Statement kFind{"SELECT into_user_id FROM account_merges WHERE tenant_id = :tenant AND user_id = :user"};
constexpr Statement kInsert{"INSERT INTO account_merges (tenant_id, user_id, into_user_id, merged_at) "
                            "VALUES (:tenant, :from, :into, :now)"};
constexpr Statement kRedirect{
    "UPDATE account_merges SET into_user_id = :into WHERE tenant_id = :tenant AND into_user_id = :from"};
constexpr Statement kDelete{
    "DELETE FROM account_merges WHERE tenant_id = :tenant AND into_user_id = :user"};
constexpr Statement kGiveIdentifier{"UPDATE identifiers SET user_id = :into, value = :value, is_primary = :primary "
                                    "WHERE tenant_id = :tenant AND user_id = :from AND identifier_id = :identifier"};
constexpr Statement kGiveClaims{"UPDATE identifier_lookups SET user_id = :into "
                                "WHERE tenant_id = :tenant AND user_id = :from AND identifier_id = :identifier"};
constexpr Statement kPlaces{
    "SELECT acceptance_id, place FROM acceptances WHERE tenant_id = :tenant AND user_id = :user"};
constexpr Statement kGiveAcceptance{"UPDATE acceptances SET user_id = :into, place = :place "
                                    "WHERE tenant_id = :tenant AND user_id = :from AND acceptance_id = :acceptance"};

} // namespace

Result<std::optional<UserId>> select_merged_into(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.maybe(kFind, {{"tenant", tenant}, {"user", user}}, [](Row const& row) { return row.id<UserId>(0); });
}

Result<void> insert_merge(storage::Tx& tx, TenantId tenant, Joined const& joined, TimePoint now)
{
    TRY_DO(tx.execute(kInsert, {{"tenant", tenant}, {"from", joined.from}, {"into", joined.into}, {"now", now}}));
    return {};
}

Result<void> redirect_merges(storage::Tx& tx, TenantId tenant, Joined const& joined)
{
    TRY_DO(tx.execute(kRedirect, {{"tenant", tenant}, {"from", joined.from}, {"into", joined.into}}));
    return {};
}

Result<void> delete_merges(storage::Tx& tx, TenantId tenant, UserId user)
{
    TRY_DO(tx.execute(kDelete, {{"tenant", tenant}, {"user", user}}));
    return {};
}

Result<void> give_identifier(storage::Tx& tx, TenantId tenant, Joined const& joined, Identifier const& identifier,
                             ByteView value)
{
    TRY_DO(tx.execute(kGiveIdentifier, {{"tenant", tenant},
                                        {"from", joined.from},
                                        {"into", joined.into},
                                        {"identifier", identifier.id},
                                        {"value", value},
                                        {"primary", identifier.primary}}));
    TRY_DO(
        tx.execute(kGiveClaims,
                   {{"tenant", tenant}, {"from", joined.from}, {"into", joined.into}, {"identifier", identifier.id}}));
    return {};
}

Result<std::vector<PlaceRow>> select_places(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.all(kPlaces, {{"tenant", tenant}, {"user", user}},
                  [](Row const& row) { return PlaceRow{.acceptance = row.uuid(0), .place = row.blob(1)}; });
}

Result<void> give_acceptance(storage::Tx& tx, TenantId tenant, Joined const& joined, PlaceRow const& row)
{
    TRY_DO(tx.execute(kGiveAcceptance, {{"tenant", tenant},
                                        {"from", joined.from},
                                        {"into", joined.into},
                                        {"acceptance", row.acceptance},
                                        {"place", row.place}}));
    return {};
}

} // namespace gatehouse::identity::store
