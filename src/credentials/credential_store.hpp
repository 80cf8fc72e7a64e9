// The SQL of credentials.
#pragma once

#include "credentials/passwords.hpp"

namespace gatehouse::credentials {

struct PasswordRow {
    CredentialId id;
    Bytes data; // sealed
    std::int64_t version = 0;
    std::string change_reason = {};
    std::int64_t key_version = 0; // the person's key, as stored; empty where the caller did not ask for it
    std::int64_t key_wrapped_by = 0;
    Bytes key_wrapped;
};

Result<void> insert_password(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, ByteView data,
                             TimePoint now);
// Inserts or replaces; the new version. With `expected` another version in between leaves all as it is: empty.
Result<std::optional<std::int64_t>> upsert_password(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id,
                                                    ByteView data, std::optional<std::int64_t> expected, TimePoint now);
Result<std::optional<PasswordRow>> select_credential(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id);
Result<std::optional<PasswordRow>> select_credential_with_key(storage::Tx& tx, TenantId tenant, UserId user,
                                                              CredentialId id);
// When it was set, and used.
struct PasswordTimes {
    TimePoint updated_at;
    std::optional<TimePoint> last_used_at;
};
Result<std::optional<PasswordTimes>> select_times(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id);
// False when there is none.
Result<bool> delete_password(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id);
Result<std::optional<TimePoint>> select_updated_at(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id);
Result<bool> update_last_used(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, std::int64_t version,
                              TimePoint now);
// Another form of the same: when it was set stays.
Result<void> update_data(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, std::int64_t version,
                         ByteView data);
// Which kinds of credential the user has; recovery codes while some are left. What is of interest of a password beside.
struct UsableKind {
    std::string kind;
    std::string change_reason;
    TimePoint updated_at;
};
Result<std::vector<UsableKind>> select_usable_kinds(storage::Tx& tx, TenantId tenant, UserId user);
// Marks it; false when it has this reason already, or another version.
Result<bool> update_change_reason(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id,
                                  std::optional<std::int64_t> version, std::string_view reason);
// Keeps the password of now as an earlier one, and of those the `keep` newest.
Result<void> insert_history(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, std::int64_t keep,
                            TimePoint now);
// Sealed, newest first.
Result<std::vector<Bytes>> select_history(storage::Tx& tx, TenantId tenant, UserId user, std::int64_t limit);
Result<void> delete_history(storage::Tx& tx, TenantId tenant, UserId user);
Result<void> delete_credentials(storage::Tx& tx, TenantId tenant, UserId user);

} // namespace gatehouse::credentials
