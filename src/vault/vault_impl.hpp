// What a Vault holds. Only vault.cpp and vault_rotation.cpp include this.
#pragma once

#include "crypto/random.hpp"
#include "vault/key_ring.hpp"
#include "vault/vault.hpp"

#include <atomic>
#include <shared_mutex>
#include <unordered_map>

namespace gatehouse::vault {

struct Vault::Impl {
    RootKeySource source;
    // For functions that are not told the time: the newest that others were told.
    std::atomic<std::int64_t> latest_now = 0;
    mutable std::shared_mutex mutex; // guards what follows
    std::shared_ptr<RootKeys const> root;
    std::unordered_map<TenantId, std::shared_ptr<TenantKeys const>> tenants;
    std::int64_t seen_changes = 0;

    std::shared_ptr<RootKeys const> root_now() const
    {
        std::shared_lock const lock(mutex);
        return root;
    }
    Result<std::shared_ptr<TenantKeys const>> keys_of(TenantId tenant) const
    {
        std::shared_lock const lock(mutex);
        auto const found = tenants.find(tenant);
        if (found == tenants.end())
            return fault(fmt::format("the keys of tenant {} were not loaded", tenant));
        return found->second;
    }
    void put(TenantId tenant, std::shared_ptr<TenantKeys const> keys)
    {
        std::unique_lock const lock(mutex);
        tenants.insert_or_assign(tenant, std::move(keys));
    }
    TimePoint now() const { return from_micros(latest_now); }
    void tell(TimePoint time)
    {
        auto known = latest_now.load();
        while (known < to_micros(time) && !latest_now.compare_exchange_weak(known, to_micros(time))) {
        }
    }
    Result<std::int64_t> raise_changes(storage::Tx& tx) const
    {
        TRY(auto const change, store::raise_changes(tx, root_now()->version));
        if (!change)
            return root_rotated();
        return *change;
    }
    // A fresh key of a tenant, wrapped by its present tenant key.
    store::Key make_key(TenantId tenant, TenantKeys const& keys, std::string_view purpose, std::int64_t version,
                        std::optional<TimePoint> usable_from) const
    {
        auto const& [by, wrapping] = keys.current_wrapping(now());
        return wrap_key(wrapping.key, by, tenant, purpose, version, crypto::random_secret(32).expose(), usable_from);
    }
    // Puts all given tenants, whose rows stand together, into memory.
    Result<void> load(std::span<store::Key const> rows, TimePoint time);
};

// Where a rotation keeps the new root key until the database is wrapped by it, and the step after.
std::filesystem::path successor_of(std::filesystem::path path);
Result<void> put_successor_in_place(std::filesystem::path const& path);

} // namespace gatehouse::vault
