#include "tokens/key_store.hpp"

namespace gatehouse::tokens::store {

using storage::Row;
using storage::Statement;
using storage::Tx;

namespace {

constexpr Statement kList{
    "SELECT key_id, kid, algorithm, public_jwk, private_key, created_at, activates_at, retires_at, removes_at "
    "FROM signing_keys WHERE tenant_id = :tenant ORDER BY activates_at DESC, key_id DESC"};
constexpr Statement kInsert{
    "INSERT INTO signing_keys (tenant_id, key_id, kid, algorithm, public_jwk, private_key, created_at, activates_at) "
    "VALUES (:tenant, :key, :kid, :algorithm, :public, :private, :created, :activates)"};
constexpr Statement kRetire{"UPDATE signing_keys SET retires_at = :retires, removes_at = :removes "
                            "WHERE tenant_id = :tenant AND key_id = :key"};
constexpr Statement kRemove{"DELETE FROM signing_keys WHERE tenant_id = :tenant AND key_id = :key"};

} // namespace

Result<std::vector<KeyRow>> list_keys(Tx& tx, TenantId tenant)
{
    return tx.all(kList, {{"tenant", tenant}}, [](Row const& row) {
        return KeyRow{.id = row.uuid(0),
                      .kid = row.string(1),
                      .algorithm = row.string(2),
                      .public_jwk = row.string(3),
                      .private_key = row.blob(4),
                      .created_at = row.time(5),
                      .activates_at = row.time(6),
                      .retires_at = row.optional_time(7),
                      .removes_at = row.optional_time(8)};
    });
}

Result<void> insert_key(Tx& tx, TenantId tenant, KeyRow const& key)
{
    return tx.execute_later(kInsert, {{"tenant", tenant},
                                      {"key", key.id},
                                      {"kid", key.kid},
                                      {"algorithm", key.algorithm},
                                      {"public", key.public_jwk},
                                      {"private", key.private_key},
                                      {"created", key.created_at},
                                      {"activates", key.activates_at}});
}

Result<void> retire_key(Tx& tx, TenantId tenant, Uuid const& key, TimePoint retires_at, TimePoint removes_at)
{
    return tx.execute_later(kRetire,
                            {{"tenant", tenant}, {"key", key}, {"retires", retires_at}, {"removes", removes_at}});
}

Result<void> remove_key(Tx& tx, TenantId tenant, Uuid const& key)
{
    return tx.execute_later(kRemove, {{"tenant", tenant}, {"key", key}});
}

} // namespace gatehouse::tokens::store
