#include "identity/identifier_store.hpp"

namespace gatehouse::identity {

using storage::Row;
using storage::Statement;

namespace {

constexpr Statement kInsertIdentifier{
    "INSERT INTO identifiers (tenant_id, user_id, identifier_id, kind, value, verified_at, is_primary, created_at) "
    "VALUES (:tenant, :user, :identifier, :kind, :value, :verified_at, :primary, :created_at)"};
constexpr Statement kSelectIdentifiers{
    "SELECT identifier_id, kind, value, verified_at, is_primary, created_at FROM identifiers "
    "WHERE tenant_id = :tenant AND user_id = :user ORDER BY identifier_id"};
constexpr Statement kUpdateVerified{"UPDATE identifiers SET verified_at = :now "
                                    "WHERE tenant_id = :tenant AND user_id = :user AND identifier_id = :identifier"};
constexpr Statement kUpdatePrimary{
    "UPDATE identifiers SET is_primary = CASE WHEN identifier_id = :identifier THEN 1 ELSE 0 END "
    "WHERE tenant_id = :tenant AND user_id = :user AND kind = :kind"};
constexpr Statement kDeleteIdentifier{
    "DELETE FROM identifiers WHERE tenant_id = :tenant AND user_id = :user AND identifier_id = :identifier"};
constexpr Statement kDeleteAllIdentifiers{"DELETE FROM identifiers WHERE tenant_id = :tenant AND user_id = :user"};

constexpr Statement kClaim{
    "INSERT INTO identifier_lookups (tenant_id, kind, index_version, digest, user_id, identifier_id) "
    "VALUES (:tenant, :kind, :version, :digest, :user, :identifier) "
    "ON CONFLICT (tenant_id, kind, index_version, digest) DO UPDATE SET user_id = :user, "
    "identifier_id = :identifier, quarantined_until = NULL "
    "WHERE identifier_lookups.user_id IS NULL AND identifier_lookups.quarantined_until <= :now"};
constexpr Statement kRelease{
    "UPDATE identifier_lookups SET user_id = NULL, identifier_id = NULL, quarantined_until = :until "
    "WHERE tenant_id = :tenant AND kind = :kind AND index_version = :version AND digest = :digest AND user_id = :user"};
constexpr Statement kSelectClaim{
    "SELECT u.user_id, u.state, u.security_epoch, i.identifier_id, i.value, k.version, k.wrapped_by, k.wrapped "
    "FROM identifier_lookups l "
    "JOIN users u ON u.tenant_id = l.tenant_id AND u.user_id = l.user_id "
    "JOIN identifiers i ON i.tenant_id = l.tenant_id AND i.user_id = l.user_id AND i.identifier_id = l.identifier_id "
    "JOIN vault_person_keys k ON k.tenant_id = l.tenant_id AND k.user_id = l.user_id "
    "WHERE l.tenant_id = :tenant AND l.kind = :kind AND l.index_version = :version AND l.digest = :digest"};
constexpr Statement kDeleteEndedQuarantines{
    "DELETE FROM identifier_lookups WHERE (tenant_id, kind, index_version, digest) IN "
    "(SELECT tenant_id, kind, index_version, digest FROM identifier_lookups "
    "WHERE tenant_id = :tenant AND quarantined_until <= :now LIMIT :limit)"};

Result<IdentifierRow> make_identifier_row(Row const& row)
{
    TRY(auto const kind, parse_identifier_kind(row.text(1)));
    return IdentifierRow{.id = row.id<IdentifierId>(0),
                         .kind = kind,
                         .value = row.blob(2),
                         .verified_at = row.optional_time(3),
                         .primary = row.boolean(4),
                         .created_at = row.time(5)};
}

} // namespace

Result<void> insert_identifier(storage::Tx& tx, TenantId tenant, UserId user, Identifier const& identifier,
                               ByteView value)
{
    return tx.execute_later(kInsertIdentifier, {{"tenant", tenant},
                                                {"user", user},
                                                {"identifier", identifier.id},
                                                {"kind", to_string(identifier.kind)},
                                                {"value", value},
                                                {"verified_at", identifier.verified_at},
                                                {"primary", identifier.primary},
                                                {"created_at", identifier.created_at}});
}

Result<std::vector<IdentifierRow>> select_identifiers(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.all(kSelectIdentifiers, {{"tenant", tenant}, {"user", user}}, make_identifier_row);
}

Result<void> update_verified(storage::Tx& tx, TenantId tenant, UserId user, IdentifierId identifier, TimePoint now)
{
    return tx.execute_later(kUpdateVerified,
                            {{"tenant", tenant}, {"user", user}, {"identifier", identifier}, {"now", now}});
}

Result<void> update_primary(storage::Tx& tx, TenantId tenant, UserId user, IdentifierKind kind, IdentifierId identifier)
{
    return tx.execute_later(
        kUpdatePrimary, {{"tenant", tenant}, {"user", user}, {"kind", to_string(kind)}, {"identifier", identifier}});
}

Result<void> delete_identifier(storage::Tx& tx, TenantId tenant, UserId user, IdentifierId identifier)
{
    return tx.execute_later(kDeleteIdentifier, {{"tenant", tenant}, {"user", user}, {"identifier", identifier}});
}

Result<void> delete_all_identifiers(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.execute_later(kDeleteAllIdentifiers, {{"tenant", tenant}, {"user", user}});
}

Result<bool> claim_lookup(storage::Tx& tx, TenantId tenant, IdentifierKind kind, vault::LookupDigest const& digest,
                          UserId user, IdentifierId identifier, TimePoint now)
{
    TRY(auto const changed, tx.execute(kClaim, {{"tenant", tenant},
                                                {"kind", to_string(kind)},
                                                {"version", digest.index_version},
                                                {"digest", ByteView(digest.digest)},
                                                {"user", user},
                                                {"identifier", identifier},
                                                {"now", now}}));
    return changed == 1;
}

Result<void> release_lookup(storage::Tx& tx, TenantId tenant, IdentifierKind kind, vault::LookupDigest const& digest,
                            UserId user, TimePoint quarantined_until)
{
    return tx.execute_later(kRelease, {{"tenant", tenant},
                                       {"kind", to_string(kind)},
                                       {"version", digest.index_version},
                                       {"digest", ByteView(digest.digest)},
                                       {"user", user},
                                       {"until", quarantined_until}});
}

Result<std::optional<ClaimRow>> select_claim(storage::Tx& tx, TenantId tenant, IdentifierKind kind,
                                             vault::LookupDigest const& digest)
{
    return tx.maybe(kSelectClaim,
                    {{"tenant", tenant},
                     {"kind", to_string(kind)},
                     {"version", digest.index_version},
                     {"digest", ByteView(digest.digest)}},
                    [](Row const& row) {
                        return ClaimRow{
                            .user = {row.id<UserId>(0), row.text(1) == "active", row.integer(2)},
                            .identifier = row.id<IdentifierId>(3),
                            .value = row.blob(4),
                            .key = {.version = row.integer(5), .wrapped_by = row.integer(6), .wrapped = row.blob(7)}};
                    });
}

Result<std::int64_t> delete_ended_quarantines(storage::Tx& tx, TenantId tenant, TimePoint now, int limit)
{
    return tx.execute(kDeleteEndedQuarantines, {{"tenant", tenant}, {"now", now}, {"limit", limit}});
}

} // namespace gatehouse::identity
