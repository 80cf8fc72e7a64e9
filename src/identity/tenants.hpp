// Tenants: made, changed, disabled, deleted.
//
// The issuer is made when the tenant is, from the base address or the tenant's own host name, and never changes; a
// deleted tenant leaves a tombstone, so that its slug and issuer are never given to another.
// Every rule here raises the change counter; the endpoint calls `ChangeFeed::poll` after the commit, so that this node
// knows at once.
#pragma once

#include "events/event.hpp"
#include "identity/tenant.hpp"
#include "identity/tenant_settings_shape.hpp"
#include "storage/paging.hpp"

namespace gatehouse::identity {

struct NewTenant {
    std::string slug; // 2 to 40 of a-z, 0-9 and hyphens inside; not "default" or "system"
    std::string name; // 1 to 100 characters
    std::optional<std::string> host;
    boost::json::object settings;
};
// What is empty stays as it is. `host` holding an empty text removes the host name.
struct TenantChange {
    std::optional<std::string> name;
    std::optional<std::string> host;
    std::optional<boost::json::object> settings; // the whole, not a patch
};

class Tenants {
public:
    // `base_address`: "https://id.example.com" or "http://localhost:8080", without path and trailing slash.
    Tenants(vault::Vault& vault, std::string base_address);

    // Errors: "tenant_slug_invalid", "tenant_name_invalid", "tenant_host_invalid", those of the settings (with
    // pointer); "tenant_slug_taken" and "tenant_host_taken" (conflict), also when a deleted tenant had them.
    Result<Tenant> create(storage::Tx& tx, NewTenant const& wanted, events::Origin const& origin, TimePoint now) const;
    // `expected_version` is the ETag the caller saw; error "version_differs" (precondition_failed) if it is no more.
    // Also "tenant_not_found" and those of create; "tenant_host_is_issuer" when the host name to go names the issuer.
    Result<Tenant> update(storage::Tx& tx, TenantId tenant, TenantChange const& change,
                          std::optional<std::int64_t> expected_version, events::Origin const& origin,
                          TimePoint now) const;
    // Error: "tenant_protected" (conflict) for the system tenant.
    Result<Tenant> set_enabled(storage::Tx& tx, TenantId tenant, bool enabled, events::Origin const& origin,
                               TimePoint now) const;
    // Destroys the tenant's keys: nothing personal in it can be read again. The row stays as a tombstone.
    // Errors: "tenant_not_found", "tenant_protected" (the system and the default tenant).
    Result<void> remove(storage::Tx& tx, TenantId tenant, events::Origin const& origin, TimePoint now) const;

    // Error: "tenant_not_found". Requests use Directory; this reads the database.
    Result<Tenant> get(storage::Tx& tx, TenantId tenant) const;
    Result<storage::Page<Tenant>> list(storage::Tx& tx, storage::PageRequest const& page) const;

    // For an empty database: the system tenant ("system", issuer base/t/system) and the default tenant ("default",
    // issuer = base address). Does nothing when they exist. Error "base_address_differs" (conflict) when the default
    // tenant's issuer is not the base address: an issuer never changes, and the message says what to set.
    Result<void> bootstrap(storage::Tx& tx, TimePoint now) const;

private:
    Result<Tenant> insert(storage::Tx& tx, Tenant tenant, events::Origin const& origin, TimePoint now) const;

    vault::Vault& vault_;
    std::string base_address_;
};

} // namespace gatehouse::identity
