// The SQL of passkeys: rows of kind 'passkey' in credentials, and whose credential id is whose.
#pragma once

#include "credentials/credential_row_store.hpp"
#include "credentials/passkeys.hpp"

namespace gatehouse::credentials {

// False when the credential id is somebody's already.
Result<bool> insert_passkey_id(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, ByteView digest,
                               std::string_view rp_id);
Result<std::vector<BoundPasskeys>> select_rp_ids(storage::Tx& tx);
Result<void> insert_passkey(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, ByteView data,
                            std::int64_t counter, TimePoint now);
Result<std::int64_t> count_passkeys(storage::Tx& tx, TenantId tenant, UserId user);
Result<std::vector<KeyedCredentialRow>> select_passkeys(storage::Tx& tx, TenantId tenant, UserId user);
Result<std::optional<KeyedCredentialRow>> select_passkey(storage::Tx& tx, TenantId tenant, UserId user,
                                                         CredentialId id);
Result<std::optional<KeyedCredentialRow>> select_passkey_by_digest(storage::Tx& tx, TenantId tenant, ByteView digest);
// Only if it is still of this version, and the counter grows (or is zero and stays so). `data`: empty to keep it.
Result<bool> update_passkey_use(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, std::int64_t version,
                                std::int64_t counter, std::optional<Bytes> const& data, TimePoint now);
// The version grows.
Result<bool> update_passkey_data(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, std::int64_t version,
                                 ByteView data, TimePoint now);
Result<bool> delete_passkey(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id);
Result<void> delete_passkey_ids(storage::Tx& tx, TenantId tenant, UserId user);

} // namespace gatehouse::credentials
