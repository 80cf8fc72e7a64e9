#include "credentials/second_factor_store.hpp"

namespace gatehouse::credentials {

using storage::Statement;

namespace {

constexpr Statement kSelectAuthenticators{
    "SELECT " CREDENTIAL_COLUMNS "FROM credentials c " JOIN_PERSON_KEY
    "WHERE c.tenant_id = :tenant AND c.user_id = :user AND c.kind = 'totp' ORDER BY c.credential_id"};
constexpr Statement kSelectAuthenticator{
    "SELECT " CREDENTIAL_COLUMNS "FROM credentials c " JOIN_PERSON_KEY
    "WHERE c.tenant_id = :tenant AND c.user_id = :user AND c.credential_id = :credential AND c.kind = 'totp'"};
constexpr Statement kSelectRecoveryCodes{
    "SELECT " CREDENTIAL_COLUMNS "FROM credentials c " JOIN_PERSON_KEY
    "WHERE c.tenant_id = :tenant AND c.user_id = :user AND c.kind = 'recovery_codes'"};
constexpr Statement kCountAuthenticators{
    "SELECT count(*) FROM credentials WHERE tenant_id = :tenant AND user_id = :user AND kind = 'totp'"};
constexpr Statement kInsertAuthenticator{
    "INSERT INTO credentials (tenant_id, user_id, credential_id, kind, data, version, counter, created_at, updated_at) "
    "VALUES (:tenant, :user, :credential, 'totp', :data, 1, :step, :now, :now) ON CONFLICT DO NOTHING"};
constexpr Statement kTakeStep{
    "UPDATE credentials SET counter = :step, last_used_at = :now WHERE tenant_id = :tenant AND user_id = :user "
    "AND credential_id = :credential AND kind = 'totp' AND counter < :step"};
constexpr Statement kReplaceAuthenticator{
    "UPDATE credentials SET data = :data, version = version + 1, updated_at = :now WHERE tenant_id = :tenant "
    "AND user_id = :user AND credential_id = :credential AND kind = 'totp' AND version = :version"};
constexpr Statement kDeleteAuthenticator{"DELETE FROM credentials WHERE tenant_id = :tenant AND user_id = :user "
                                         "AND credential_id = :credential AND kind = 'totp'"};
constexpr Statement kUpsertRecoveryCodes{
    "INSERT INTO credentials (tenant_id, user_id, credential_id, kind, data, version, counter, created_at, updated_at) "
    "VALUES (:tenant, :user, :credential, 'recovery_codes', :data, 1, :left, :now, :now) "
    "ON CONFLICT (tenant_id, user_id, credential_id) DO UPDATE SET data = :data, version = credentials.version + 1, "
    "counter = :left, updated_at = :now, last_used_at = NULL RETURNING version"};
// Striking a code is a use: updated_at stays the time when the list was made.
constexpr Statement kStrikeRecoveryCode{
    "UPDATE credentials SET data = :data, version = version + 1, counter = :left, last_used_at = :now "
    "WHERE tenant_id = :tenant AND user_id = :user AND credential_id = :credential AND kind = 'recovery_codes' "
    "AND version = :version"};
constexpr Statement kDeleteRecoveryCodes{
    "DELETE FROM credentials WHERE tenant_id = :tenant AND user_id = :user AND kind = 'recovery_codes'"};
constexpr Statement kDeleteRecoveryCodesWithoutFactor{
    "DELETE FROM credentials WHERE tenant_id = :tenant AND user_id = :user AND kind = 'recovery_codes' "
    "AND NOT EXISTS (SELECT 1 FROM credentials o WHERE o.tenant_id = :tenant AND o.user_id = :user "
    "AND o.kind NOT IN ('password', 'recovery_codes'))"};

Result<bool> one_row(Result<std::int64_t> changed)
{
    TRY(auto const rows, std::move(changed));
    return rows == 1;
}

} // namespace

Result<std::vector<KeyedCredentialRow>> select_authenticators(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.all(kSelectAuthenticators, {{"tenant", tenant}, {"user", user}}, make_keyed_row);
}

Result<std::optional<KeyedCredentialRow>> select_authenticator(storage::Tx& tx, TenantId tenant, UserId user,
                                                               CredentialId id)
{
    return tx.maybe(kSelectAuthenticator, {{"tenant", tenant}, {"user", user}, {"credential", id}}, make_keyed_row);
}

Result<std::int64_t> count_authenticators(storage::Tx& tx, TenantId tenant, UserId user)
{
    TRY(auto const* const row, tx.one(kCountAuthenticators, {{"tenant", tenant}, {"user", user}}));
    return row->integer(0);
}

Result<bool> insert_authenticator(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, ByteView data,
                                  std::int64_t step, TimePoint now)
{
    return one_row(tx.execute(
        kInsertAuthenticator,
        {{"tenant", tenant}, {"user", user}, {"credential", id}, {"data", data}, {"step", step}, {"now", now}}));
}

Result<bool> take_step(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, std::int64_t step, TimePoint now)
{
    return one_row(
        tx.execute(kTakeStep, {{"tenant", tenant}, {"user", user}, {"credential", id}, {"step", step}, {"now", now}}));
}

Result<bool> replace_authenticator(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, std::int64_t version,
                                   ByteView data, TimePoint now)
{
    return one_row(tx.execute(
        kReplaceAuthenticator,
        {{"tenant", tenant}, {"user", user}, {"credential", id}, {"version", version}, {"data", data}, {"now", now}}));
}

Result<bool> delete_authenticator(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id)
{
    return one_row(tx.execute(kDeleteAuthenticator, {{"tenant", tenant}, {"user", user}, {"credential", id}}));
}

Result<std::optional<KeyedCredentialRow>> select_recovery_codes(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.maybe(kSelectRecoveryCodes, {{"tenant", tenant}, {"user", user}}, make_keyed_row);
}

Result<std::int64_t> upsert_recovery_codes(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id,
                                           ByteView data, int left, TimePoint now)
{
    TRY(auto const* const row,
        tx.one(kUpsertRecoveryCodes,
               {{"tenant", tenant}, {"user", user}, {"credential", id}, {"data", data}, {"left", left}, {"now", now}}));
    return row->integer(0);
}

Result<bool> strike_recovery_code(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, std::int64_t version,
                                  ByteView data, int left, TimePoint now)
{
    return one_row(tx.execute(kStrikeRecoveryCode, {{"tenant", tenant},
                                                    {"user", user},
                                                    {"credential", id},
                                                    {"version", version},
                                                    {"data", data},
                                                    {"left", left},
                                                    {"now", now}}));
}

Result<bool> delete_recovery_codes(storage::Tx& tx, TenantId tenant, UserId user)
{
    return one_row(tx.execute(kDeleteRecoveryCodes, {{"tenant", tenant}, {"user", user}}));
}

Result<bool> delete_recovery_codes_without_factor(storage::Tx& tx, TenantId tenant, UserId user)
{
    return one_row(tx.execute(kDeleteRecoveryCodesWithoutFactor, {{"tenant", tenant}, {"user", user}}));
}

} // namespace gatehouse::credentials
