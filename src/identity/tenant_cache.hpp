// TenantCache: something immutable about each tenant (its applications, its signing keys), read when it is first asked
// for and again when the tenant's change counter grew. Looking up what is there costs a shared lock and no statement.
#pragma once

#include "identity/changes.hpp"

#include <memory>
#include <shared_mutex>
#include <unordered_map>

namespace gatehouse::identity {

template <class Value>
class TenantCache {
public:
    using Found = std::shared_ptr<Value const>;
    using Load = std::function<Result<Found>(storage::Tx& tx, TenantId tenant)>;

    // Subscribes to the feed: both live as long as the process.
    TenantCache(storage::Database& database, ChangeFeed& changes, Load load)
        : database_(database), load_(std::move(load))
    {
        changes.subscribe(
            [this](storage::Tx& tx, std::vector<TenantId> const& tenants) { return reload(tx, tenants); });
    }

    // Null when it was not read yet.
    Found cached(TenantId tenant) const
    {
        std::shared_lock const lock(mutex_);
        auto const found = values_.find(tenant);
        return found == values_.end() ? nullptr : found->second;
    }
    Task<Result<Found>> get(TenantId tenant)
    {
        for (;;) {
            if (auto found = cached(tenant))
                co_return found;
            auto const before = publications();
            CO_TRY(auto value, co_await database_.read([&](storage::Tx& tx) { return load_(tx, tenant); }));
            if (keep(tenant, value, before))
                co_return value;
        }
    }
    Result<Found> get_now(TenantId tenant)
    {
        for (;;) {
            if (auto found = cached(tenant))
                return found;
            auto const before = publications();
            TRY(auto value, database_.read_now([&](storage::Tx& tx) { return load_(tx, tenant); }));
            if (keep(tenant, value, before))
                return value;
        }
    }
    // The next look-up reads it again.
    void forget(TenantId tenant)
    {
        std::unique_lock const lock(mutex_);
        ++publications_;
        values_.erase(tenant);
    }

private:
    // Only tenants that somebody asked for are read again.
    Result<ChangeFeed::Publish> reload(storage::Tx& tx, std::vector<TenantId> const& tenants)
    {
        std::vector<std::pair<TenantId, Found>> read;
        for (auto const& tenant : tenants) {
            if (!cached(tenant))
                continue;
            TRY(auto value, load_(tx, tenant));
            read.emplace_back(tenant, std::move(value));
        }
        return ChangeFeed::Publish([this, read = std::move(read)] {
            std::unique_lock const lock(mutex_);
            ++publications_;
            for (auto const& [tenant, value] : read)
                values_[tenant] = value;
        });
    }
    std::uint64_t publications() const
    {
        std::shared_lock const lock(mutex_);
        return publications_;
    }
    // What was read while a change was being published may be older than the change: it is read again.
    bool keep(TenantId tenant, Found const& value, std::uint64_t before)
    {
        std::unique_lock const lock(mutex_);
        if (publications_ != before)
            return false;
        values_[tenant] = value;
        return true;
    }

    storage::Database& database_;
    Load load_;
    mutable std::shared_mutex mutex_;
    std::unordered_map<TenantId, Found> values_;
    std::uint64_t publications_ = 0;
};

} // namespace gatehouse::identity
