// The tables vault_roots, vault_keys and vault_person_keys. Only vault/ uses this.
#pragma once

#include "base/ids.hpp"
#include "storage/database.hpp"

namespace gatehouse::vault::store {

struct Root {
    std::int64_t version;
    Bytes key_check;
    std::int64_t changes;
    std::optional<TimePoint> exported_at;
};
struct Key {
    TenantId tenant;
    std::string purpose;
    std::int64_t version;
    std::int64_t wrapped_by;
    Bytes wrapped;
    std::optional<TimePoint> usable_from;
    std::optional<TimePoint> readable_until;
};
struct PersonKeyRow {
    UserId user;
    std::int64_t version;
    std::int64_t wrapped_by;
    Bytes wrapped;
};

Result<std::optional<Root>> find_root(storage::Tx& tx);
Result<void> insert_root(storage::Tx& tx, std::int64_t version, ByteView key_check, TimePoint now);
// True if there was a root of version `from`, which is now of version `from + 1`, not yet exported.
Result<bool> replace_root(storage::Tx& tx, std::int64_t from, ByteView key_check, TimePoint now);
Result<void> set_exported(storage::Tx& tx, std::int64_t version, TimePoint now);
// Raises the count of changes and returns it; nothing if the root key has another version by now.
Result<std::optional<std::int64_t>> raise_changes(storage::Tx& tx, std::int64_t root_version);

Result<std::vector<Key>> all_keys(storage::Tx& tx);
Result<std::vector<Key>> keys_of(storage::Tx& tx, TenantId tenant);
Result<std::vector<Key>> keys_for(storage::Tx& tx, std::string_view purpose);
Result<std::vector<TenantId>> tenants_changed_since(storage::Tx& tx, std::int64_t change);
Result<std::optional<Key>> find_key(storage::Tx& tx, TenantId tenant, std::string_view purpose, std::int64_t version);
// False if that version exists already.
Result<bool> insert_key(storage::Tx& tx, Key const& key, std::int64_t change);
Result<void> rewrap_key(storage::Tx& tx, Key const& key, std::int64_t change);
Result<void> set_usable(storage::Tx& tx, TenantId tenant, std::string_view purpose, std::int64_t version,
                        TimePoint usable_from, std::int64_t change);
// Of every version that has no end yet.
Result<void> set_readable_until(storage::Tx& tx, TenantId tenant, std::string_view purpose, TimePoint until,
                                std::int64_t change);
Result<void> delete_unreadable(storage::Tx& tx, TenantId tenant, TimePoint now);
Result<void> delete_versions_below(storage::Tx& tx, TenantId tenant, std::string_view purpose, std::int64_t version);
Result<std::int64_t> delete_daily_before(storage::Tx& tx, std::int64_t day);
Result<void> delete_all_of(storage::Tx& tx, TenantId tenant);

Result<void> insert_person_key(storage::Tx& tx, TenantId tenant, PersonKeyRow const& row, TimePoint now);
Result<std::optional<PersonKeyRow>> find_person_key(storage::Tx& tx, TenantId tenant, UserId user);
Result<std::vector<PersonKeyRow>> person_keys_wrapped_before(storage::Tx& tx, TenantId tenant, std::int64_t version,
                                                             std::int64_t limit);
Result<void> rewrap_person_key(storage::Tx& tx, TenantId tenant, PersonKeyRow const& row);
Result<bool> delete_person_key(storage::Tx& tx, TenantId tenant, UserId user);

} // namespace gatehouse::vault::store
