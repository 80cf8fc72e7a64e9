// The directory of tenants, in memory: finds a request's tenant by host name, path or id without a statement.
// Disabled tenants are found (their pages say so); deleted ones are not.
#pragma once

#include "identity/changes.hpp"
#include "identity/tenant.hpp"

#include <memory>
#include <shared_mutex>
#include <string_view>

namespace gatehouse::vault {
class Vault;
}

namespace gatehouse::identity {

class Directory {
public:
    using Found = std::shared_ptr<Tenant const>; // null when there is none

    // Subscribes to the feed; `changes.poll_now` fills it. A tenant made on another node gets its keys loaded into the
    // vault before it can be found here (Vault::open and refresh load those of many).
    Directory(ChangeFeed& changes, vault::Vault& vault);

    Found find(TenantId tenant) const;
    Found find_by_slug(std::string_view slug) const;
    // A tenant's own host name, lower case, without port.
    Found find_by_host(std::string_view host) const;
    Found default_tenant() const { return find_by_slug("default"); }
    Found system_tenant() const { return find_by_slug("system"); }
    // Every tenant there is, in no order.
    std::vector<Found> all() const;

private:
    struct Snapshot;
    Result<ChangeFeed::Publish> reload(storage::Tx& tx, std::vector<TenantId> const& tenants);
    std::shared_ptr<Snapshot const> snapshot() const;

    vault::Vault& vault_;
    mutable std::shared_mutex mutex_; // held only to copy or replace the pointer
    std::shared_ptr<Snapshot const> snapshot_;
};

} // namespace gatehouse::identity
