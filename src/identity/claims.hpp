// What the files of `Users` share: opening a person's key, storing an identifier, claiming and releasing it.
#pragma once

#include "identity/user_store.hpp"
#include "vault/vault.hpp"

namespace gatehouse::identity {

// What is sealed under a person's key beside the profile.
inline constexpr vault::FieldNumber kIdentifierValue{102};
inline constexpr vault::FieldNumber kAcceptancePlace{103};

Result<vault::PersonKey> unwrap(vault::Vault const& vault, TenantId tenant, UserId user, StoredKey const& key);

// Verified identifiers and usernames claim uniqueness; others may repeat.
inline bool claims_uniqueness(IdentifierKind kind, bool verified)
{
    return verified || kind == IdentifierKind::username;
}

// Writes the row, and the claim where there is one. Error: "identifier_taken" (conflict).
Result<Identifier> store_identifier(storage::Tx& tx, vault::Vault const& vault, vault::PersonKey const& key,
                                    NewIdentifier const& wanted, bool primary, TimePoint now);
// Under every index version. Error: "identifier_taken".
Result<void> claim_identifier(storage::Tx& tx, vault::Vault const& vault, TenantId tenant, UserId user,
                              IdentifierId identifier, NormalizedIdentifier const& normalized, TimePoint now);
// Puts the claims into quarantine. Nothing happens for identifiers that claim nothing.
Result<void> release_identifier(storage::Tx& tx, vault::Vault const& vault, Tenant const& tenant, UserId user,
                                Identifier const& identifier, TimePoint now);

} // namespace gatehouse::identity
