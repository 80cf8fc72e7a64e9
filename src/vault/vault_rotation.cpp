// Rotation, re-indexing and the copy that is kept elsewhere. vault.cpp serves requests.
#include "vault/vault_impl.hpp"

namespace gatehouse::vault {

using storage::Database;
using storage::Tx;

namespace {

// The newest version of a tenant's keys for one purpose.
Result<std::int64_t> newest_version(Tx& tx, TenantId tenant, std::string_view purpose)
{
    TRY(auto const rows, store::keys_of(tx, tenant));
    std::int64_t newest = 0;
    for (auto const& row : rows)
        if (row.purpose == purpose)
            newest = std::max(newest, row.version);
    if (newest == 0)
        return refuse(ErrorKind::not_found, "tenant_keys_missing", "This tenant has no keys.");
    return newest;
}

Result<void> wrap_tenants_again(Tx& tx, RootKeys const& from, RootKeys const& to, TimePoint now)
{
    TRY(auto const change, store::raise_changes(tx, from.version));
    if (!change)
        return root_rotated();
    TRY(auto const rows, store::keys_for(tx, kTenantPurpose));
    for (auto const& row : rows) {
        TRY(auto const key, unwrap_key(from.wrapping, row));
        TRY_DO(store::rewrap_key(
            tx,
            wrap_key(to.wrapping, to.version, row.tenant, kTenantPurpose, row.version, key.expose(), row.usable_from),
            *change));
    }
    TRY(auto const replaced, store::replace_root(tx, from.version, to.check.expose(), now));
    if (!replaced)
        return root_rotated();
    return {};
}

} // namespace

std::filesystem::path successor_of(std::filesystem::path path)
{
    return path += ".new";
}

Result<void> put_successor_in_place(std::filesystem::path const& path)
{
    std::error_code error;
    std::filesystem::rename(successor_of(path), path, error);
    if (error)
        return refuse(ErrorKind::unavailable, "root_key_unwritable",
                      fmt::format("The new root key {} cannot be moved to {}: {}. Move it by hand.",
                                  successor_of(path).string(), path.string(), error.message()));
    return {};
}

Result<void> Vault::rotate_root(Database& database, Secret const& new_root, TimePoint now)
{
    if (new_root.size() != kRootKeySize)
        return refuse(ErrorKind::invalid, "root_key_invalid", "A root key is 32 bytes.");
    auto const from = impl_->root_now();
    auto const to = std::make_shared<RootKeys const>(new_root.clone(), from->version + 1);
    auto const* const file = std::get_if<RootKeyFile>(&impl_->source);
    if (file) {
        // One that is left from before was never used: open() would have put it in its place.
        std::error_code ignored;
        std::filesystem::remove(successor_of(file->path), ignored);
        TRY_DO(write_root_key(successor_of(file->path), new_root));
    }
    auto wrapped = database.write_now([&](Tx& tx) { return wrap_tenants_again(tx, *from, *to, now); });
    // "storage_lost" leaves open whether it was committed: both files stay, and open() finds out which one fits.
    if (!wrapped && file && wrapped.error().code != "storage_lost") {
        std::error_code ignored;
        std::filesystem::remove(successor_of(file->path), ignored);
    }
    TRY_DO(std::move(wrapped));
    {
        std::unique_lock const lock(impl_->mutex);
        impl_->root = to;
    }
    return file ? put_successor_in_place(file->path) : Result<void>();
}

Result<void> Vault::rotate_tenant_key(Tx& tx, TenantId tenant, TimePoint now)
{
    TRY(auto const change, impl_->raise_changes(tx));
    TRY(auto const newest, newest_version(tx, tenant, kTenantPurpose));
    auto const root = impl_->root_now();
    auto const key = crypto::AeadKey::generate();
    TRY_DO(store::insert_key(
        tx, wrap_key(root->wrapping, root->version, tenant, kTenantPurpose, newest + 1, key.expose(), now + kKeyNotice),
        change));
    return {};
}

Result<std::int64_t> Vault::rewrap_person_keys(Tx& tx, TenantId tenant, std::int64_t limit)
{
    TRY(auto const keys, impl_->keys_of(tenant));
    auto const& [by, wrapping] = keys->current_wrapping(impl_->now());
    TRY(auto const rows, store::person_keys_wrapped_before(tx, tenant, by, limit));
    for (auto const& row : rows) {
        TRY(auto const key,
            vault::unwrap_person_key(*keys, tenant, row.user, row.version, row.wrapped_by, row.wrapped));
        TRY_DO(
            store::rewrap_person_key(tx, tenant,
                                     {.user = row.user,
                                      .version = row.version,
                                      .wrapped_by = by,
                                      .wrapped = wrap_person_key(wrapping.key, tenant, row.user, row.version, key)}));
    }
    return static_cast<std::int64_t>(rows.size());
}

Result<void> Vault::rotate_sealing_key(Tx& tx, TenantId tenant, TimePoint now, Duration keep)
{
    TRY(auto const keys, impl_->keys_of(tenant));
    TRY(auto const change, impl_->raise_changes(tx));
    TRY_DO(store::delete_unreadable(tx, tenant, now));
    TRY(auto const newest, newest_version(tx, tenant, kSealingPurpose));
    auto const usable_from = now + kKeyNotice;
    TRY_DO(store::set_readable_until(tx, tenant, kSealingPurpose, usable_from + keep, change));
    TRY_DO(store::insert_key(tx, impl_->make_key(tenant, *keys, kSealingPurpose, newest + 1, usable_from), change));
    return {};
}

Result<void> Vault::start_sealing_epoch(Tx& tx, TimePoint now)
{
    TRY(auto const change, impl_->raise_changes(tx));
    TRY(auto const rows, store::keys_for(tx, kSealingPurpose));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        auto const& row = rows[i];
        if (i + 1 < rows.size() && rows[i + 1].tenant == row.tenant)
            continue; // an older version
        TRY(auto const keys, impl_->keys_of(row.tenant));
        TRY_DO(
            store::insert_key(tx, impl_->make_key(row.tenant, *keys, kSealingPurpose, row.version + 1, now), change));
        TRY_DO(store::delete_versions_below(tx, row.tenant, kSealingPurpose, row.version + 1));
    }
    return {};
}

Result<std::int64_t> Vault::start_reindexing(Tx& tx, TenantId tenant, TimePoint now)
{
    impl_->tell(now);
    TRY(auto const keys, impl_->keys_of(tenant));
    TRY(auto const change, impl_->raise_changes(tx));
    TRY(auto const newest, newest_version(tx, tenant, kLookupPurpose));
    TRY_DO(store::insert_key(tx, impl_->make_key(tenant, *keys, kLookupPurpose, newest + 1, std::nullopt), change));
    return newest + 1;
}

Result<void> Vault::finish_reindexing(Tx& tx, TenantId tenant)
{
    TRY(auto const change, impl_->raise_changes(tx));
    TRY(auto const newest, newest_version(tx, tenant, kLookupPurpose));
    TRY_DO(store::set_usable(tx, tenant, kLookupPurpose, newest, impl_->now(), change));
    return store::delete_versions_below(tx, tenant, kLookupPurpose, newest);
}

Result<std::string> Vault::export_keys(Database& database, Secret const& passphrase, TimePoint now) const
{
    auto const root = impl_->root_now();
    TRY(auto text, export_root_key(root->root, passphrase));
    TRY_DO(database.write_now([&](Tx& tx) { return store::set_exported(tx, root->version, now); }));
    return text;
}

Result<std::optional<TimePoint>> Vault::last_export(Tx& tx)
{
    TRY(auto const root, store::find_root(tx));
    return root ? root->exported_at : std::nullopt;
}

} // namespace gatehouse::vault
