#include "identity/directory.hpp"

#include "identity/agreements.hpp"
#include "identity/tenant_store.hpp"
#include "vault/vault.hpp"

#include <map>
#include <unordered_map>

namespace gatehouse::identity {

namespace {

// More changed tenants than this are cheaper to read all at once.
constexpr std::size_t kReadOneByOne = 50;

} // namespace

struct Directory::Snapshot {
    std::unordered_map<Uuid, Found> by_id;
    std::map<std::string, Found, std::less<>> by_slug;
    std::map<std::string, Found, std::less<>> by_host;

    void forget(TenantId id)
    {
        auto const found = by_id.find(id.value);
        if (found == by_id.end())
            return;
        by_slug.erase(found->second->slug);
        if (found->second->host)
            by_host.erase(*found->second->host);
        by_id.erase(found);
    }
    void add(Tenant tenant)
    {
        auto const shared = std::make_shared<Tenant const>(std::move(tenant));
        by_id.insert_or_assign(shared->id.value, shared);
        by_slug.insert_or_assign(shared->slug, shared);
        if (shared->host)
            by_host.insert_or_assign(*shared->host, shared);
    }
};

Directory::Directory(ChangeFeed& changes, vault::Vault& vault)
    : vault_(vault), snapshot_(std::make_shared<Snapshot const>())
{
    changes.subscribe([this](storage::Tx& tx, std::vector<TenantId> const& tenants) { return reload(tx, tenants); });
}

std::shared_ptr<Directory::Snapshot const> Directory::snapshot() const
{
    std::shared_lock const lock(mutex_);
    return snapshot_;
}

Result<ChangeFeed::Publish> Directory::reload(storage::Tx& tx, std::vector<TenantId> const& changed)
{
    auto const before = snapshot();
    std::vector<Tenant> tenants;
    if (changed.size() > kReadOneByOne) {
        TRY(tenants, select_all_tenants(tx));
    } else {
        for (auto const id : changed) {
            TRY(auto tenant, select_tenant(tx, id));
            if (!tenant)
                continue;
            if (!before->by_id.contains(id.value))
                TRY_DO(vault_.load_tenant(tx, id)); // perhaps made on another node
            tenants.push_back(*std::move(tenant));
        }
    }
    for (auto& tenant : tenants) {
        TRY(auto agreements, select_agreements(tx, tenant.id));
        if (!agreements.empty())
            tenant.agreements = std::make_shared<Agreements const>(std::move(agreements));
    }
    return [this, changed, tenants = std::move(tenants)] {
        // All changed ones leave first: two of them may have exchanged a host name.
        auto next = std::make_shared<Snapshot>(*snapshot());
        for (auto const id : changed)
            next->forget(id);
        for (auto const& tenant : tenants) {
            next->forget(tenant.id);
            next->add(tenant);
        }
        std::lock_guard const lock(mutex_);
        snapshot_ = std::move(next);
    };
}

Directory::Found Directory::find(TenantId tenant) const
{
    auto const now = snapshot();
    auto const found = now->by_id.find(tenant.value);
    return found == now->by_id.end() ? nullptr : found->second;
}

Directory::Found Directory::find_by_slug(std::string_view slug) const
{
    auto const now = snapshot();
    auto const found = now->by_slug.find(slug);
    return found == now->by_slug.end() ? nullptr : found->second;
}

Directory::Found Directory::find_by_host(std::string_view host) const
{
    auto const now = snapshot();
    auto const found = now->by_host.find(host);
    return found == now->by_host.end() ? nullptr : found->second;
}

std::vector<Directory::Found> Directory::all() const
{
    auto const now = snapshot();
    std::vector<Found> tenants;
    tenants.reserve(now->by_id.size());
    for (auto const& [id, tenant] : now->by_id)
        tenants.push_back(tenant);
    return tenants;
}

} // namespace gatehouse::identity
