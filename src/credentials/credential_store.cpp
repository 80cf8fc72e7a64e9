#include "credentials/credential_store.hpp"

namespace gatehouse::credentials {

using storage::Row;
using storage::Statement;

namespace {

constexpr Statement kInsertPassword{
    "INSERT INTO credentials (tenant_id, user_id, credential_id, kind, data, version, created_at, updated_at) "
    "VALUES (:tenant, :user, :credential, 'password', :data, 1, :now, :now)"};
constexpr Statement kUpsertPassword{
    "INSERT INTO credentials (tenant_id, user_id, credential_id, kind, data, version, created_at, updated_at) "
    "VALUES (:tenant, :user, :credential, 'password', :data, 1, :now, :now) "
    "ON CONFLICT (tenant_id, user_id, credential_id) DO UPDATE SET data = :data, version = credentials.version + 1, "
    "updated_at = :now, change_reason = '' RETURNING version"};
constexpr Statement kReplacePassword{
    "UPDATE credentials SET data = :data, version = version + 1, updated_at = :now, change_reason = '' "
    "WHERE tenant_id = :tenant AND user_id = :user AND credential_id = :credential AND version = :expected RETURNING "
    "version"};
constexpr Statement kInsertPasswordIfNone{
    "INSERT INTO credentials (tenant_id, user_id, credential_id, kind, data, version, created_at, updated_at) "
    "SELECT :tenant, :user, :credential, 'password', :data, COALESCE(MAX(version), 0) + 1, :now, :now "
    "FROM password_history WHERE tenant_id = :tenant AND user_id = :user "
    "ON CONFLICT DO NOTHING RETURNING version"};
constexpr Statement kSelectCredential{"SELECT credential_id, data, version, change_reason FROM credentials "
                                      "WHERE tenant_id = :tenant AND user_id = :user AND credential_id = :credential"};
constexpr Statement kSelectCredentialWithKey{
    "SELECT c.credential_id, c.data, c.version, c.change_reason, k.version, k.wrapped_by, k.wrapped FROM credentials c "
    "JOIN vault_person_keys k ON k.tenant_id = c.tenant_id AND k.user_id = c.user_id "
    "WHERE c.tenant_id = :tenant AND c.user_id = :user AND c.credential_id = :credential"};
constexpr Statement kSelectUpdatedAt{"SELECT updated_at FROM credentials "
                                     "WHERE tenant_id = :tenant AND user_id = :user AND credential_id = :credential"};
constexpr Statement kSelectTimes{"SELECT updated_at, last_used_at FROM credentials "
                                 "WHERE tenant_id = :tenant AND user_id = :user AND credential_id = :credential"};
constexpr Statement kDeletePassword{"DELETE FROM credentials WHERE tenant_id = :tenant AND user_id = :user "
                                    "AND credential_id = :credential AND kind = 'password'"};
constexpr Statement kUpdateLastUsed{
    "UPDATE credentials SET last_used_at = :now "
    "WHERE tenant_id = :tenant AND user_id = :user AND credential_id = :credential AND version = :version"};
constexpr Statement kUpdateData{
    "UPDATE credentials SET data = :data "
    "WHERE tenant_id = :tenant AND user_id = :user AND credential_id = :credential AND version = :version"};
constexpr Statement kSelectUsableKinds{
    "SELECT kind, MAX(change_reason), MAX(updated_at) FROM credentials WHERE tenant_id = :tenant AND user_id = :user "
    "AND (kind <> 'recovery_codes' OR counter > 0) GROUP BY kind"};
constexpr Statement kUpdateChangeReason{
    "UPDATE credentials SET change_reason = :reason WHERE tenant_id = :tenant AND user_id = :user "
    "AND credential_id = :credential AND version = :version AND change_reason <> :reason"};
constexpr Statement kUpdateAnyChangeReason{
    "UPDATE credentials SET change_reason = :reason WHERE tenant_id = :tenant AND user_id = :user "
    "AND credential_id = :credential"};
constexpr Statement kInsertHistory{
    "INSERT INTO password_history (tenant_id, user_id, version, data, replaced_at) "
    "SELECT tenant_id, user_id, version, data, :now FROM credentials "
    "WHERE tenant_id = :tenant AND user_id = :user AND credential_id = :credential ON CONFLICT DO NOTHING"};
constexpr Statement kTrimHistory{
    "DELETE FROM password_history WHERE tenant_id = :tenant AND user_id = :user AND version <= "
    "(SELECT MAX(version) FROM password_history WHERE tenant_id = :tenant AND user_id = :user) - :keep"};
constexpr Statement kSelectHistory{"SELECT data FROM password_history WHERE tenant_id = :tenant AND user_id = :user "
                                   "ORDER BY version DESC LIMIT :limit"};
constexpr Statement kDeleteHistory{"DELETE FROM password_history WHERE tenant_id = :tenant AND user_id = :user"};
constexpr Statement kDeleteCredentials{"DELETE FROM credentials WHERE tenant_id = :tenant AND user_id = :user"};

} // namespace

Result<void> insert_password(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, ByteView data,
                             TimePoint now)
{
    return tx.execute_later(kInsertPassword,
                            {{"tenant", tenant}, {"user", user}, {"credential", id}, {"data", data}, {"now", now}});
}

Result<std::optional<std::int64_t>> upsert_password(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id,
                                                    ByteView data, std::optional<std::int64_t> expected, TimePoint now)
{
    auto const version = [](Row const& row) { return row.integer(0); };
    if (!expected || *expected == 0)
        return tx.maybe(expected ? kInsertPasswordIfNone : kUpsertPassword,
                        {{"tenant", tenant}, {"user", user}, {"credential", id}, {"data", data}, {"now", now}},
                        version);
    return tx.maybe(
        kReplacePassword,
        {{"tenant", tenant}, {"user", user}, {"credential", id}, {"data", data}, {"now", now}, {"expected", *expected}},
        version);
}

Result<std::optional<PasswordRow>> select_credential(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id)
{
    return tx.maybe(kSelectCredential, {{"tenant", tenant}, {"user", user}, {"credential", id}}, [](Row const& row) {
        return PasswordRow{.id = row.id<CredentialId>(0),
                           .data = row.blob(1),
                           .version = row.integer(2),
                           .change_reason = row.string(3)};
    });
}

Result<std::optional<PasswordRow>> select_credential_with_key(storage::Tx& tx, TenantId tenant, UserId user,
                                                              CredentialId id)
{
    return tx.maybe(kSelectCredentialWithKey, {{"tenant", tenant}, {"user", user}, {"credential", id}},
                    [](Row const& row) {
                        return PasswordRow{.id = row.id<CredentialId>(0),
                                           .data = row.blob(1),
                                           .version = row.integer(2),
                                           .change_reason = row.string(3),
                                           .key_version = row.integer(4),
                                           .key_wrapped_by = row.integer(5),
                                           .key_wrapped = row.blob(6)};
                    });
}

Result<std::optional<TimePoint>> select_updated_at(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id)
{
    return tx.maybe(kSelectUpdatedAt, {{"tenant", tenant}, {"user", user}, {"credential", id}},
                    [](Row const& row) { return row.time(0); });
}

Result<std::optional<PasswordTimes>> select_times(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id)
{
    return tx.maybe(kSelectTimes, {{"tenant", tenant}, {"user", user}, {"credential", id}}, [](Row const& row) {
        return PasswordTimes{.updated_at = row.time(0), .last_used_at = row.optional_time(1)};
    });
}

Result<bool> delete_password(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id)
{
    TRY(auto const gone, tx.execute(kDeletePassword, {{"tenant", tenant}, {"user", user}, {"credential", id}}));
    return gone == 1;
}

Result<bool> update_last_used(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, std::int64_t version,
                              TimePoint now)
{
    TRY(auto const changed,
        tx.execute(kUpdateLastUsed,
                   {{"tenant", tenant}, {"user", user}, {"credential", id}, {"version", version}, {"now", now}}));
    return changed == 1;
}

Result<void> update_data(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, std::int64_t version,
                         ByteView data)
{
    return tx.execute_later(
        kUpdateData, {{"tenant", tenant}, {"user", user}, {"credential", id}, {"version", version}, {"data", data}});
}

Result<std::vector<UsableKind>> select_usable_kinds(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.all(kSelectUsableKinds, {{"tenant", tenant}, {"user", user}}, [](Row const& row) {
        return UsableKind{.kind = row.string(0), .change_reason = row.string(1), .updated_at = row.time(2)};
    });
}

Result<bool> update_change_reason(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id,
                                  std::optional<std::int64_t> version, std::string_view reason)
{
    TRY(auto const changed,
        version
            ? tx.execute(
                  kUpdateChangeReason,
                  {{"tenant", tenant}, {"user", user}, {"credential", id}, {"version", *version}, {"reason", reason}})
            : tx.execute(kUpdateAnyChangeReason,
                         {{"tenant", tenant}, {"user", user}, {"credential", id}, {"reason", reason}}));
    return changed == 1;
}

Result<void> insert_history(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, std::int64_t keep,
                            TimePoint now)
{
    TRY_DO(tx.execute_later(kInsertHistory, {{"tenant", tenant}, {"user", user}, {"credential", id}, {"now", now}}));
    return tx.execute_later(kTrimHistory, {{"tenant", tenant}, {"user", user}, {"keep", keep}});
}

Result<std::vector<Bytes>> select_history(storage::Tx& tx, TenantId tenant, UserId user, std::int64_t limit)
{
    return tx.all(kSelectHistory, {{"tenant", tenant}, {"user", user}, {"limit", limit}},
                  [](Row const& row) { return row.blob(0); });
}

Result<void> delete_history(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.execute_later(kDeleteHistory, {{"tenant", tenant}, {"user", user}});
}

Result<void> delete_credentials(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.execute_later(kDeleteCredentials, {{"tenant", tenant}, {"user", user}});
}

} // namespace gatehouse::credentials
