// The SQL of identifiers and their claims of uniqueness.
#pragma once

#include "identity/user_store.hpp"
#include "vault/vault.hpp"

namespace gatehouse::identity {

struct IdentifierRow {
    IdentifierId id;
    IdentifierKind kind = IdentifierKind::email;
    Bytes value; // sealed
    std::optional<TimePoint> verified_at;
    bool primary = false;
    TimePoint created_at;
};
struct ClaimRow {
    UserState user;
    IdentifierId identifier;
    Bytes value; // sealed
    StoredKey key;
};

Result<void> insert_identifier(storage::Tx& tx, TenantId tenant, UserId user, Identifier const& identifier,
                               ByteView value);
Result<std::vector<IdentifierRow>> select_identifiers(storage::Tx& tx, TenantId tenant, UserId user);
Result<void> update_verified(storage::Tx& tx, TenantId tenant, UserId user, IdentifierId identifier, TimePoint now);
// Makes this one the primary of its kind, and the others not.
Result<void> update_primary(storage::Tx& tx, TenantId tenant, UserId user, IdentifierKind kind,
                            IdentifierId identifier);
Result<void> delete_identifier(storage::Tx& tx, TenantId tenant, UserId user, IdentifierId identifier);
Result<void> delete_all_identifiers(storage::Tx& tx, TenantId tenant, UserId user);

// -- claims
// True when it was free, or its quarantine ended by `now`.
Result<bool> claim_lookup(storage::Tx& tx, TenantId tenant, IdentifierKind kind, vault::LookupDigest const& digest,
                          UserId user, IdentifierId identifier, TimePoint now);
Result<void> release_lookup(storage::Tx& tx, TenantId tenant, IdentifierKind kind, vault::LookupDigest const& digest,
                            UserId user, TimePoint quarantined_until);
Result<std::optional<ClaimRow>> select_claim(storage::Tx& tx, TenantId tenant, IdentifierKind kind,
                                             vault::LookupDigest const& digest);
Result<std::int64_t> delete_ended_quarantines(storage::Tx& tx, TenantId tenant, TimePoint now, int limit);

} // namespace gatehouse::identity
