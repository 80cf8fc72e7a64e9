// The SQL of authenticator apps and recovery codes.
#pragma once

#include "credentials/credential_row_store.hpp"

namespace gatehouse::credentials {

// -- authenticator apps
// Oldest first, with the person's key.
Result<std::vector<KeyedCredentialRow>> select_authenticators(storage::Tx& tx, TenantId tenant, UserId user);
Result<std::optional<KeyedCredentialRow>> select_authenticator(storage::Tx& tx, TenantId tenant, UserId user,
                                                               CredentialId id);
Result<std::int64_t> count_authenticators(storage::Tx& tx, TenantId tenant, UserId user);
// False when the id is there already.
Result<bool> insert_authenticator(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, ByteView data,
                                  std::int64_t step, TimePoint now);
// False when this step or a later one was taken before.
Result<bool> take_step(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, std::int64_t step,
                       TimePoint now);
Result<bool> replace_authenticator(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, std::int64_t version,
                                   ByteView data, TimePoint now);
Result<bool> delete_authenticator(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id);

// -- recovery codes
Result<std::optional<KeyedCredentialRow>> select_recovery_codes(storage::Tx& tx, TenantId tenant, UserId user);
// Returns the version: 1 for a user's first list.
Result<std::int64_t> upsert_recovery_codes(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id,
                                           ByteView data, int left, TimePoint now);
// False when another use came in between.
Result<bool> strike_recovery_code(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, std::int64_t version,
                                  ByteView data, int left, TimePoint now);
Result<bool> delete_recovery_codes(storage::Tx& tx, TenantId tenant, UserId user);
// Only when the user has no credential but these and a password.
Result<bool> delete_recovery_codes_without_factor(storage::Tx& tx, TenantId tenant, UserId user);

} // namespace gatehouse::credentials
