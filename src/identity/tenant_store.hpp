// The SQL of tenants.
#pragma once

#include "identity/tenant.hpp"
#include "storage/database.hpp"
#include "storage/paging.hpp"

namespace gatehouse::identity {

// False when slug, issuer or host name are taken.
Result<bool> insert_tenant(storage::Tx& tx, Tenant const& tenant);
Result<void> update_tenant(storage::Tx& tx, Tenant const& tenant);
// Leaves id, slug and issuer; everything else goes.
Result<void> bury_tenant(storage::Tx& tx, TenantId tenant, TimePoint now);

// Deleted ones are not found.
Result<std::optional<Tenant>> select_tenant(storage::Tx& tx, TenantId tenant);
Result<std::optional<Tenant>> select_tenant_by_slug(storage::Tx& tx, std::string_view slug);
Result<std::optional<Tenant>> select_tenant_by_host(storage::Tx& tx, std::string_view host);
// By id; the page's key is the id.
Result<std::vector<Tenant>> select_tenants(storage::Tx& tx, storage::PageRequest const& page);
Result<std::vector<Tenant>> select_all_tenants(storage::Tx& tx);
// A tombstone counts.
Result<bool> host_is_taken(storage::Tx& tx, std::string_view host, std::string_view issuer);

} // namespace gatehouse::identity
