#include "vault/vault_store.hpp"

namespace gatehouse::vault::store {

using storage::Row;
using storage::Statement;
using storage::Tx;

namespace {

// Rows of the whole database stand under the nil tenant.
constexpr TenantId kNobody{};

constexpr Statement kFindRoot{
    "SELECT root_version, key_check, changes, exported_at FROM vault_roots WHERE tenant_id = :tenant"};
constexpr Statement kInsertRoot{
    "INSERT INTO vault_roots (tenant_id, root_version, key_check, changes, created_at, exported_at) "
    "VALUES (:tenant, :version, :key_check, 0, :now, NULL)"};
constexpr Statement kReplaceRoot{
    "UPDATE vault_roots SET root_version = root_version + 1, key_check = :key_check, created_at = :now, "
    "exported_at = NULL WHERE tenant_id = :tenant AND root_version = :version"};
constexpr Statement kSetExported{
    "UPDATE vault_roots SET exported_at = :now WHERE tenant_id = :tenant AND root_version = :version"};
constexpr Statement kRaiseChanges{
    "UPDATE vault_roots SET changes = changes + 1 WHERE tenant_id = :tenant AND root_version = :version "
    "RETURNING changes"};

constexpr Statement kAllKeys{
    "SELECT tenant_id, purpose, version, wrapped_by, wrapped, usable_from, readable_until FROM vault_keys "
    "ORDER BY tenant_id, purpose DESC, version"};
constexpr Statement kKeysOf{
    "SELECT tenant_id, purpose, version, wrapped_by, wrapped, usable_from, readable_until FROM vault_keys "
    "WHERE tenant_id = :tenant ORDER BY purpose DESC, version"};
constexpr Statement kKeysFor{
    "SELECT tenant_id, purpose, version, wrapped_by, wrapped, usable_from, readable_until FROM vault_keys "
    "WHERE purpose = :purpose ORDER BY tenant_id, version"};
constexpr Statement kTenantsChanged{"SELECT DISTINCT tenant_id FROM vault_keys WHERE changed > :change"};
constexpr Statement kFindKey{
    "SELECT tenant_id, purpose, version, wrapped_by, wrapped, usable_from, readable_until FROM vault_keys "
    "WHERE tenant_id = :tenant AND purpose = :purpose AND version = :version"};
constexpr Statement kInsertKey{
    "INSERT INTO vault_keys (tenant_id, purpose, version, wrapped_by, wrapped, usable_from, readable_until, changed) "
    "VALUES (:tenant, :purpose, :version, :wrapped_by, :wrapped, :usable_from, NULL, :change) "
    "ON CONFLICT (tenant_id, purpose, version) DO NOTHING"};
constexpr Statement kRewrapKey{"UPDATE vault_keys SET wrapped_by = :wrapped_by, wrapped = :wrapped, changed = :change "
                               "WHERE tenant_id = :tenant AND purpose = :purpose AND version = :version"};
constexpr Statement kSetUsable{"UPDATE vault_keys SET usable_from = :usable_from, changed = :change "
                               "WHERE tenant_id = :tenant AND purpose = :purpose AND version = :version"};
constexpr Statement kSetReadableUntil{"UPDATE vault_keys SET readable_until = :until, changed = :change "
                                      "WHERE tenant_id = :tenant AND purpose = :purpose AND readable_until IS NULL"};
constexpr Statement kDeleteUnreadable{"DELETE FROM vault_keys WHERE tenant_id = :tenant AND readable_until <= :now"};
constexpr Statement kDeleteBelow{
    "DELETE FROM vault_keys WHERE tenant_id = :tenant AND purpose = :purpose AND version < :version"};
constexpr Statement kDeleteDaily{"DELETE FROM vault_keys WHERE purpose = 'daily' AND version < :day"};
constexpr Statement kDeleteKeysOf{"DELETE FROM vault_keys WHERE tenant_id = :tenant"};
constexpr Statement kDeletePersonKeysOf{"DELETE FROM vault_person_keys WHERE tenant_id = :tenant"};

constexpr Statement kInsertPersonKey{
    "INSERT INTO vault_person_keys (tenant_id, user_id, version, wrapped_by, wrapped, created_at) "
    "VALUES (:tenant, :user, :version, :wrapped_by, :wrapped, :now)"};
constexpr Statement kFindPersonKey{"SELECT user_id, version, wrapped_by, wrapped FROM vault_person_keys WHERE "
                                   "tenant_id = :tenant AND user_id = :user"};
constexpr Statement kPersonKeysBefore{
    "SELECT user_id, version, wrapped_by, wrapped FROM vault_person_keys "
    "WHERE tenant_id = :tenant AND wrapped_by < :version ORDER BY user_id LIMIT :limit"};
constexpr Statement kRewrapPersonKey{"UPDATE vault_person_keys SET wrapped_by = :wrapped_by, wrapped = :wrapped "
                                     "WHERE tenant_id = :tenant AND user_id = :user"};
constexpr Statement kDeletePersonKey{"DELETE FROM vault_person_keys WHERE tenant_id = :tenant AND user_id = :user"};

Key key_from(Row const& row)
{
    return {.tenant = row.id<TenantId>(0),
            .purpose = row.string(1),
            .version = row.integer(2),
            .wrapped_by = row.integer(3),
            .wrapped = row.blob(4),
            .usable_from = row.optional_time(5),
            .readable_until = row.optional_time(6)};
}

PersonKeyRow person_from(Row const& row)
{
    return {.user = row.id<UserId>(0), .version = row.integer(1), .wrapped_by = row.integer(2), .wrapped = row.blob(3)};
}

} // namespace

Result<std::optional<Root>> find_root(Tx& tx)
{
    return tx.maybe(kFindRoot, {{"tenant", kNobody}}, [](Row const& row) {
        return Root{.version = row.integer(0),
                    .key_check = row.blob(1),
                    .changes = row.integer(2),
                    .exported_at = row.optional_time(3)};
    });
}

Result<void> insert_root(Tx& tx, std::int64_t version, ByteView key_check, TimePoint now)
{
    TRY_DO(
        tx.execute(kInsertRoot, {{"tenant", kNobody}, {"version", version}, {"key_check", key_check}, {"now", now}}));
    return {};
}

Result<bool> replace_root(Tx& tx, std::int64_t from, ByteView key_check, TimePoint now)
{
    TRY(auto const replaced,
        tx.execute(kReplaceRoot, {{"key_check", key_check}, {"now", now}, {"tenant", kNobody}, {"version", from}}));
    return replaced == 1;
}

Result<void> set_exported(Tx& tx, std::int64_t version, TimePoint now)
{
    TRY_DO(tx.execute(kSetExported, {{"now", now}, {"tenant", kNobody}, {"version", version}}));
    return {};
}

Result<std::optional<std::int64_t>> raise_changes(Tx& tx, std::int64_t root_version)
{
    return tx.maybe(kRaiseChanges, {{"tenant", kNobody}, {"version", root_version}},
                    [](Row const& row) { return row.integer(0); });
}

Result<std::vector<Key>> all_keys(Tx& tx)
{
    return tx.all(kAllKeys, {}, key_from);
}
Result<std::vector<Key>> keys_of(Tx& tx, TenantId tenant)
{
    return tx.all(kKeysOf, {{"tenant", tenant}}, key_from);
}
Result<std::vector<Key>> keys_for(Tx& tx, std::string_view purpose)
{
    return tx.all(kKeysFor, {{"purpose", purpose}}, key_from);
}
Result<std::vector<TenantId>> tenants_changed_since(Tx& tx, std::int64_t change)
{
    return tx.all(kTenantsChanged, {{"change", change}}, [](Row const& row) { return row.id<TenantId>(0); });
}

Result<std::optional<Key>> find_key(Tx& tx, TenantId tenant, std::string_view purpose, std::int64_t version)
{
    return tx.maybe(kFindKey, {{"tenant", tenant}, {"purpose", purpose}, {"version", version}}, key_from);
}

Result<bool> insert_key(Tx& tx, Key const& key, std::int64_t change)
{
    TRY(auto const inserted, tx.execute(kInsertKey, {{"tenant", key.tenant},
                                                     {"purpose", key.purpose},
                                                     {"version", key.version},
                                                     {"wrapped_by", key.wrapped_by},
                                                     {"wrapped", key.wrapped},
                                                     {"usable_from", key.usable_from},
                                                     {"change", change}}));
    return inserted == 1;
}

Result<void> rewrap_key(Tx& tx, Key const& key, std::int64_t change)
{
    TRY_DO(tx.execute(kRewrapKey, {{"wrapped_by", key.wrapped_by},
                                   {"wrapped", key.wrapped},
                                   {"change", change},
                                   {"tenant", key.tenant},
                                   {"purpose", key.purpose},
                                   {"version", key.version}}));
    return {};
}

Result<void> set_usable(Tx& tx, TenantId tenant, std::string_view purpose, std::int64_t version, TimePoint usable_from,
                        std::int64_t change)
{
    TRY_DO(tx.execute(kSetUsable, {{"usable_from", usable_from},
                                   {"change", change},
                                   {"tenant", tenant},
                                   {"purpose", purpose},
                                   {"version", version}}));
    return {};
}

Result<void> set_readable_until(Tx& tx, TenantId tenant, std::string_view purpose, TimePoint until, std::int64_t change)
{
    TRY_DO(tx.execute(kSetReadableUntil,
                      {{"until", until}, {"change", change}, {"tenant", tenant}, {"purpose", purpose}}));
    return {};
}

Result<void> delete_unreadable(Tx& tx, TenantId tenant, TimePoint now)
{
    TRY_DO(tx.execute(kDeleteUnreadable, {{"tenant", tenant}, {"now", now}}));
    return {};
}

Result<void> delete_versions_below(Tx& tx, TenantId tenant, std::string_view purpose, std::int64_t version)
{
    TRY_DO(tx.execute(kDeleteBelow, {{"tenant", tenant}, {"purpose", purpose}, {"version", version}}));
    return {};
}

Result<std::int64_t> delete_daily_before(Tx& tx, std::int64_t day)
{
    return tx.execute(kDeleteDaily, {{"day", day}});
}

Result<void> delete_all_of(Tx& tx, TenantId tenant)
{
    TRY_DO(tx.execute(kDeletePersonKeysOf, {{"tenant", tenant}}));
    TRY_DO(tx.execute(kDeleteKeysOf, {{"tenant", tenant}}));
    return {};
}

Result<void> insert_person_key(Tx& tx, TenantId tenant, PersonKeyRow const& row, TimePoint now)
{
    return tx.execute_later(kInsertPersonKey, {{"tenant", tenant},
                                               {"user", row.user},
                                               {"version", row.version},
                                               {"wrapped_by", row.wrapped_by},
                                               {"wrapped", row.wrapped},
                                               {"now", now}});
}

Result<std::optional<PersonKeyRow>> find_person_key(Tx& tx, TenantId tenant, UserId user)
{
    return tx.maybe(kFindPersonKey, {{"tenant", tenant}, {"user", user}}, person_from);
}

Result<std::vector<PersonKeyRow>> person_keys_wrapped_before(Tx& tx, TenantId tenant, std::int64_t version,
                                                             std::int64_t limit)
{
    return tx.all(kPersonKeysBefore, {{"tenant", tenant}, {"version", version}, {"limit", limit}}, person_from);
}

Result<void> rewrap_person_key(Tx& tx, TenantId tenant, PersonKeyRow const& row)
{
    return tx.execute_later(
        kRewrapPersonKey,
        {{"wrapped_by", row.wrapped_by}, {"wrapped", row.wrapped}, {"tenant", tenant}, {"user", row.user}});
}

Result<bool> delete_person_key(Tx& tx, TenantId tenant, UserId user)
{
    TRY(auto const deleted, tx.execute(kDeletePersonKey, {{"tenant", tenant}, {"user", user}}));
    return deleted == 1;
}

} // namespace gatehouse::vault::store
