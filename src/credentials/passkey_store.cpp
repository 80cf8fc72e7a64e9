#include "credentials/passkey_store.hpp"

namespace gatehouse::credentials {

using storage::Row;
using storage::Statement;

namespace {

constexpr Statement kInsertPasskeyId{
    "INSERT INTO passkey_ids (tenant_id, id_digest, user_id, credential_id, rp_id) "
    "VALUES (:tenant, :digest, :user, :credential, :rp_id) ON CONFLICT (tenant_id, id_digest) DO NOTHING"};
constexpr Statement kInsertPasskey{
    "INSERT INTO credentials (tenant_id, user_id, credential_id, kind, data, version, counter, created_at, updated_at) "
    "VALUES (:tenant, :user, :credential, 'passkey', :data, 1, :counter, :now, :now)"};
constexpr Statement kCountPasskeys{
    "SELECT count(*) FROM credentials WHERE tenant_id = :tenant AND user_id = :user AND kind = 'passkey'"};
constexpr Statement kSelectPasskeys{
    "SELECT " CREDENTIAL_COLUMNS "FROM credentials c " JOIN_PERSON_KEY
    "WHERE c.tenant_id = :tenant AND c.user_id = :user AND c.kind = 'passkey' ORDER BY c.credential_id"};
constexpr Statement kSelectPasskey{
    "SELECT " CREDENTIAL_COLUMNS "FROM credentials c " JOIN_PERSON_KEY
    "WHERE c.tenant_id = :tenant AND c.user_id = :user AND c.credential_id = :credential AND c.kind = 'passkey'"};
constexpr Statement kSelectPasskeyByDigest{"SELECT " CREDENTIAL_COLUMNS "FROM passkey_ids p "
                                           "JOIN credentials c ON c.tenant_id = p.tenant_id AND c.user_id = p.user_id "
                                           "AND c.credential_id = p.credential_id " JOIN_PERSON_KEY
                                           "WHERE p.tenant_id = :tenant AND p.id_digest = :digest"};
constexpr Statement kUpdateUse{
    "UPDATE credentials SET counter = :counter, last_used_at = :now, data = COALESCE(:data, data) "
    "WHERE tenant_id = :tenant AND user_id = :user AND credential_id = :credential AND version = :version "
    "AND (counter < :counter OR (counter = 0 AND :counter = 0))"};
constexpr Statement kUpdatePasskeyData{
    "UPDATE credentials SET data = :data, version = version + 1, updated_at = :now "
    "WHERE tenant_id = :tenant AND user_id = :user AND credential_id = :credential AND version = :version"};
constexpr Statement kDeletePasskey{"DELETE FROM credentials WHERE tenant_id = :tenant AND user_id = :user "
                                   "AND credential_id = :credential AND kind = 'passkey'"};
constexpr Statement kDeletePasskeyId{
    "DELETE FROM passkey_ids WHERE tenant_id = :tenant AND user_id = :user AND credential_id = :credential"};
constexpr Statement kSelectRpIds{
    "SELECT tenant_id, rp_id, count(*) FROM passkey_ids WHERE rp_id <> '' GROUP BY tenant_id, rp_id"};
constexpr Statement kSelectOffer{"SELECT 1 FROM passkey_offers WHERE tenant_id = :tenant AND user_id = :user "
                                 "AND offered_at > :since"};
constexpr Statement kUpsertOffer{
    "INSERT INTO passkey_offers (tenant_id, user_id, offered_at) VALUES (:tenant, :user, :now) "
    "ON CONFLICT (tenant_id, user_id) DO UPDATE SET offered_at = :now"};
constexpr Statement kDeleteOffers{"DELETE FROM passkey_offers WHERE tenant_id = :tenant AND user_id = :user"};
constexpr Statement kDeletePasskeyIds{"DELETE FROM passkey_ids WHERE tenant_id = :tenant AND user_id = :user"};

} // namespace

Result<bool> insert_passkey_id(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, ByteView digest,
                               std::string_view rp_id)
{
    TRY(auto const inserted,
        tx.execute(kInsertPasskeyId,
                   {{"tenant", tenant}, {"digest", digest}, {"user", user}, {"credential", id}, {"rp_id", rp_id}}));
    return inserted == 1;
}

Result<bool> was_offered_passkey(storage::Tx& tx, TenantId tenant, UserId user, TimePoint since)
{
    TRY(auto const row, tx.one(kSelectOffer, {{"tenant", tenant}, {"user", user}, {"since", since}}));
    return row != nullptr;
}

Result<void> note_passkey_offer(storage::Tx& tx, TenantId tenant, UserId user, TimePoint now)
{
    return tx.execute_later(kUpsertOffer, {{"tenant", tenant}, {"user", user}, {"now", now}});
}

Result<std::vector<BoundPasskeys>> select_rp_ids(storage::Tx& tx)
{
    return tx.all(kSelectRpIds, {}, [](Row const& row) {
        return BoundPasskeys{.tenant = row.id<TenantId>(0), .rp_id = row.string(1), .count = row.integer(2)};
    });
}

Result<void> insert_passkey(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, ByteView data,
                            std::int64_t counter, TimePoint now)
{
    return tx.execute_later(
        kInsertPasskey,
        {{"tenant", tenant}, {"user", user}, {"credential", id}, {"data", data}, {"counter", counter}, {"now", now}});
}

Result<std::int64_t> count_passkeys(storage::Tx& tx, TenantId tenant, UserId user)
{
    TRY(auto const count,
        tx.maybe(kCountPasskeys, {{"tenant", tenant}, {"user", user}}, [](Row const& row) { return row.integer(0); }));
    return count.value_or(0);
}

Result<std::vector<KeyedCredentialRow>> select_passkeys(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.all(kSelectPasskeys, {{"tenant", tenant}, {"user", user}}, make_keyed_row);
}

Result<std::optional<KeyedCredentialRow>> select_passkey(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id)
{
    return tx.maybe(kSelectPasskey, {{"tenant", tenant}, {"user", user}, {"credential", id}}, make_keyed_row);
}

Result<std::optional<KeyedCredentialRow>> select_passkey_by_digest(storage::Tx& tx, TenantId tenant, ByteView digest)
{
    return tx.maybe(kSelectPasskeyByDigest, {{"tenant", tenant}, {"digest", digest}}, make_keyed_row);
}

Result<bool> update_passkey_use(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, std::int64_t version,
                                std::int64_t counter, std::optional<Bytes> const& data, TimePoint now)
{
    TRY(auto const changed, tx.execute(kUpdateUse, {{"tenant", tenant},
                                                    {"user", user},
                                                    {"credential", id},
                                                    {"version", version},
                                                    {"counter", counter},
                                                    {"data", data},
                                                    {"now", now}}));
    return changed == 1;
}

Result<bool> update_passkey_data(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, std::int64_t version,
                                 ByteView data, TimePoint now)
{
    TRY(auto const changed, tx.execute(kUpdatePasskeyData, {{"tenant", tenant},
                                                            {"user", user},
                                                            {"credential", id},
                                                            {"version", version},
                                                            {"data", data},
                                                            {"now", now}}));
    return changed == 1;
}

Result<bool> delete_passkey(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id)
{
    TRY_DO(tx.execute_later(kDeletePasskeyId, {{"tenant", tenant}, {"user", user}, {"credential", id}}));
    TRY(auto const deleted, tx.execute(kDeletePasskey, {{"tenant", tenant}, {"user", user}, {"credential", id}}));
    return deleted == 1;
}

Result<void> delete_passkey_ids(storage::Tx& tx, TenantId tenant, UserId user)
{
    TRY_DO(tx.execute_later(kDeleteOffers, {{"tenant", tenant}, {"user", user}}));
    return tx.execute_later(kDeletePasskeyIds, {{"tenant", tenant}, {"user", user}});
}

} // namespace gatehouse::credentials
