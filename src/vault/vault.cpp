#include "vault/vault.hpp"

#include "base/log.hpp"
#include "crypto/random.hpp"
#include "vault/vault_impl.hpp"

namespace gatehouse::vault {

using storage::Database;
using storage::Tx;

namespace {

Refusal wrong_root(RootKeySource const& source)
{
    auto const* const file = std::get_if<RootKeyFile>(&source);
    return refuse(
        ErrorKind::unavailable, "root_key_wrong",
        fmt::format("The root key {}does not belong to this database. Bring the key that the database was made "
                    "with, or import a copy of it.",
                    file ? "in " + file->path.string() + " " : std::string()));
}

// Reads the key that fits `stored`. A rotation that was cut off between database and file is ended here.
Result<std::shared_ptr<RootKeys const>> read_fitting_root(RootKeySource const& source, store::Root const& stored)
{
    auto key = read_root_key(source);
    if (key) {
        auto root = std::make_shared<RootKeys const>(std::move(*key), stored.version);
        if (root->fits(stored.key_check))
            return root;
    }
    if (auto const* const file = std::get_if<RootKeyFile>(&source)) {
        auto successor = read_root_key(RootKeyFile{successor_of(file->path)});
        if (successor) {
            auto root = std::make_shared<RootKeys const>(std::move(*successor), stored.version);
            if (root->fits(stored.key_check)) {
                TRY_DO(put_successor_in_place(file->path));
                return root;
            }
        }
    }
    if (!key)
        return std::unexpected(std::move(key).error());
    return wrong_root(source);
}

// The first start: the database has no root key yet.
Result<void> adopt_root(Database& database, RootKeySource const& source, TimePoint now)
{
    auto const* const file = std::get_if<RootKeyFile>(&source);
    auto key = read_root_key(source);
    auto const make = file && !key && key.error().code == "root_key_missing";
    if (make) {
        key = crypto::random_secret(kRootKeySize);
        TRY_DO(write_root_key(file->path, *key));
    }
    TRY(auto secret, std::move(key));
    RootKeys const root(std::move(secret), 1);
    auto inserted = database.write_now([&](Tx& tx) { return store::insert_root(tx, 1, root.check.expose(), now); });
    if (!inserted && make) {
        std::error_code ignored; // it was used for nothing
        std::filesystem::remove(file->path, ignored);
    }
    if (!inserted && inserted.error().code == "storage_conflict")
        return refuse(ErrorKind::unavailable, "root_key_wrong",
                      "Another node has just given this database its root key. Give this node the same one.");
    if (inserted && make)
        log::info("made a new root key; keep a copy of it with `gatehouse keys export`",
                  {{"file", file->path.string()}});
    return inserted;
}

// The length keeps kinds apart.
LookupDigest digest_under(TenantKeys::Lookup const& lookup, std::string_view kind, std::string_view normalized)
{
    auto const length = static_cast<std::uint8_t>(kind.size());
    return {.index_version = lookup.version,
            .digest = lookup.key.mac({ByteView(&length, 1), as_bytes(kind), as_bytes(normalized)})};
}

} // namespace

Result<void> Vault::Impl::load(std::span<store::Key const> rows, TimePoint time)
{
    auto const present_root = root_now();
    while (!rows.empty()) {
        auto const tenant = rows.front().tenant;
        auto const end = std::find_if(rows.begin(), rows.end(), [&](auto const& row) { return row.tenant != tenant; });
        auto const count = static_cast<std::size_t>(end - rows.begin());
        TRY(auto keys, unwrap_tenant(*present_root, rows.first(count), time));
        put(tenant, std::move(keys));
        rows = rows.subspan(count);
    }
    return {};
}

Vault::Vault(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Vault::~Vault() = default;

Result<std::unique_ptr<Vault>> Vault::open(Database& database, RootKeySource source, TimePoint now)
{
    struct Stored {
        std::optional<store::Root> root;
        std::vector<store::Key> keys;
    };
    auto const read = [&] {
        return database.read_now([](Tx& tx) -> Result<Stored> {
            Stored stored;
            TRY(stored.root, store::find_root(tx));
            TRY(stored.keys, store::all_keys(tx));
            return stored;
        });
    };
    TRY(auto stored, read());
    if (!stored.root) {
        if (!stored.keys.empty())
            return refuse(ErrorKind::unavailable, "root_key_wrong",
                          "The database holds keys but not which root key wraps them. Restore it from a backup.");
        TRY_DO(adopt_root(database, source, now));
        TRY(stored, read());
    }
    auto impl = std::make_unique<Impl>();
    TRY(impl->root, read_fitting_root(source, *stored.root));
    impl->source = std::move(source);
    impl->seen_changes = stored.root->changes;
    impl->tell(now);
    TRY_DO(impl->load(stored.keys, now));
    return std::unique_ptr<Vault>(new Vault(std::move(impl)));
}

Result<void> Vault::create_tenant_keys(Tx& tx, TenantId tenant, TimePoint now)
{
    impl_->tell(now);
    TRY(auto const change, impl_->raise_changes(tx));
    auto const root = impl_->root_now();
    auto const tenant_key = crypto::AeadKey::generate();
    auto const below = [&](std::string_view purpose) {
        return wrap_key(tenant_key, 1, tenant, purpose, 1, crypto::random_secret(32).expose(), now);
    };
    std::vector<store::Key> const rows{
        wrap_key(root->wrapping, root->version, tenant, kTenantPurpose, 1, tenant_key.expose(), now),
        below(kSealingPurpose), below(kLookupPurpose)};
    for (auto const& row : rows) {
        TRY(auto const inserted, store::insert_key(tx, row, change));
        if (!inserted)
            return refuse(ErrorKind::conflict, "tenant_keys_exist", "This tenant has keys already.");
    }
    return impl_->load(rows, now);
}

Result<void> Vault::load_tenant(Tx& tx, TenantId tenant)
{
    TRY(auto const rows, store::keys_of(tx, tenant));
    if (rows.empty())
        return refuse(ErrorKind::not_found, "tenant_keys_missing", "This tenant has no keys.");
    return impl_->load(rows, impl_->now());
}

Result<void> Vault::destroy_tenant_keys(Tx& tx, TenantId tenant)
{
    return store::delete_all_of(tx, tenant);
}

Result<void> Vault::refresh(Tx& tx, TimePoint now)
{
    impl_->tell(now);
    TRY(auto const stored, store::find_root(tx));
    if (!stored)
        return fault("the database has lost its root key's check value");
    if (stored->version != impl_->root_now()->version) {
        TRY(auto root, read_fitting_root(impl_->source, *stored));
        std::unique_lock const lock(impl_->mutex);
        impl_->root = std::move(root);
    }
    auto const seen = [&] {
        std::shared_lock const lock(impl_->mutex);
        return impl_->seen_changes;
    }();
    if (stored->changes == seen)
        return {};
    TRY(auto const changed, store::tenants_changed_since(tx, seen));
    for (auto const& tenant : changed)
        TRY_DO(load_tenant(tx, tenant));
    std::unique_lock const lock(impl_->mutex);
    impl_->seen_changes = std::max(impl_->seen_changes, stored->changes);
    return {};
}

Result<PersonKey> Vault::create_person_key(Tx& tx, TenantId tenant, UserId user, TimePoint now)
{
    TRY(auto const keys, impl_->keys_of(tenant));
    auto const& [by, wrapping] = keys->current_wrapping(now);
    PersonKey person{.tenant = tenant, .user = user, .version = 1, .key = crypto::AeadKey::generate()};
    TRY_DO(
        store::insert_person_key(tx, tenant,
                                 {.user = user,
                                  .version = person.version,
                                  .wrapped_by = by,
                                  .wrapped = wrap_person_key(wrapping.key, tenant, user, person.version, person.key)},
                                 now));
    return person;
}

Result<PersonKey> Vault::open_person_key(Tx& tx, TenantId tenant, UserId user) const
{
    TRY(auto const row, store::find_person_key(tx, tenant, user));
    if (!row)
        return refuse(ErrorKind::not_found, "person_key_missing", "There is no such person, or they were erased.");
    return unwrap_person_key(tenant, user,
                             {.version = row->version, .wrapped_by = row->wrapped_by, .wrapped = row->wrapped});
}

Result<PersonKey> Vault::unwrap_person_key(TenantId tenant, UserId user, WrappedPersonKey const& stored) const
{
    TRY(auto const keys, impl_->keys_of(tenant));
    TRY(auto key, vault::unwrap_person_key(*keys, tenant, user, stored.version, stored.wrapped_by, stored.wrapped));
    return PersonKey{
        .tenant = tenant, .user = user, .version = static_cast<std::uint16_t>(stored.version), .key = std::move(key)};
}

Result<bool> Vault::destroy_person_key(Tx& tx, TenantId tenant, UserId user)
{
    return store::delete_person_key(tx, tenant, user);
}

Result<DailyKey> Vault::daily_key(Tx& tx, TenantId tenant, TimePoint now)
{
    impl_->tell(now);
    auto const day = day_of(now);
    TRY(auto const keys, impl_->keys_of(tenant));
    // Memory holds committed keys only: one made here is kept for the next refresh, as this transaction may yet fail.
    if (auto const known = keys->daily.find(day); known != keys->daily.end())
        return DailyKey{.tenant = tenant, .day = day, .key = known->second.clone()};
    TRY(auto row, store::find_key(tx, tenant, kDailyPurpose, day));
    if (!row) {
        TRY(auto const change, impl_->raise_changes(tx));
        TRY_DO(store::insert_key(tx, impl_->make_key(tenant, *keys, kDailyPurpose, day, now), change));
        TRY(row, store::find_key(tx, tenant, kDailyPurpose, day)); // another's, if it was first
    }
    if (!row)
        return fault("a key of the day vanished while it was made");
    TRY(auto const secret, unwrap_key(*keys, *row));
    return DailyKey{.tenant = tenant, .day = day, .key = crypto::AeadKey(secret.expose())};
}

Result<DailyKey> Vault::open_daily_key(Tx& tx, TenantId tenant, ByteView sealed_field) const
{
    TRY(auto const day, day_of_field(sealed_field));
    TRY(auto const keys, impl_->keys_of(tenant));
    if (auto const known = keys->daily.find(day); known != keys->daily.end())
        return DailyKey{.tenant = tenant, .day = day, .key = known->second.clone()};
    TRY(auto const row, store::find_key(tx, tenant, kDailyPurpose, day));
    if (!row)
        return refuse(ErrorKind::internal, "field_unreadable", "This is no longer readable: it was kept too long.")
            .because(fmt::format("the key of day {} of tenant {} was destroyed", day, tenant));
    TRY(auto const secret, unwrap_key(*keys, *row));
    return DailyKey{.tenant = tenant, .day = day, .key = crypto::AeadKey(secret.expose())};
}

Result<std::int64_t> Vault::destroy_daily_keys(Tx& tx, TimePoint before)
{
    return store::delete_daily_before(tx, day_of(before));
}

Result<std::vector<LookupDigest>> Vault::lookup_digests(TenantId tenant, std::string_view kind,
                                                        std::string_view normalized) const
{
    TRY(auto const keys, impl_->keys_of(tenant));
    std::vector<LookupDigest> digests;
    for (auto const& lookup : keys->lookup)
        digests.push_back(digest_under(lookup, kind, normalized));
    return digests;
}

Result<LookupDigest> Vault::lookup_digest(TenantId tenant, std::string_view kind, std::string_view normalized) const
{
    TRY(auto const keys, impl_->keys_of(tenant));
    return digest_under(keys->lookup.front(), kind, normalized);
}

Result<Bytes> Vault::wrap(TenantId tenant, std::string_view purpose, Secret const& secret) const
{
    TRY(auto const keys, impl_->keys_of(tenant));
    auto const& [by, wrapping] = keys->current_wrapping(impl_->now());
    return wrap_secret(wrapping.key, by, tenant, purpose, secret);
}

Result<Secret> Vault::unwrap(TenantId tenant, std::string_view purpose, ByteView wrapped) const
{
    TRY(auto const keys, impl_->keys_of(tenant));
    return unwrap_secret(*keys, tenant, purpose, wrapped);
}

Result<std::uint32_t> Vault::sealing_epoch(TenantId tenant, TimePoint now) const
{
    TRY(auto const keys, impl_->keys_of(tenant));
    for (auto const& sealing : keys->sealing)
        if (sealing.usable_from <= now)
            return sealing.epoch;
    return keys->sealing.back().epoch;
}

Result<crypto::AeadKey> Vault::sealing_key(TenantId tenant, std::uint32_t epoch, std::string_view purpose,
                                           ByteView nonce, TimePoint now) const
{
    TRY(auto const keys, impl_->keys_of(tenant));
    for (auto const& sealing : keys->sealing) {
        if (sealing.epoch != epoch || (sealing.readable_until && *sealing.readable_until <= now))
            continue;
        // One block of HKDF-Expand (RFC 5869 section 2.3); label and length keep purposes apart.
        auto const length = static_cast<std::uint8_t>(purpose.size());
        constexpr std::uint8_t counter = 1;
        auto derived = sealing.key.mac({as_bytes("gatehouse sealed value"), ByteView(&length, 1), as_bytes(purpose),
                                        nonce, ByteView(&counter, 1)});
        crypto::AeadKey key{ByteView(derived)};
        wipe(derived.data(), derived.size());
        return key;
    }
    return refuse(ErrorKind::invalid, "sealed_invalid", "This value is damaged, or was made for something else.")
        .because("its key's epoch is over or unknown");
}

} // namespace gatehouse::vault
