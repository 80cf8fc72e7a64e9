#include "identity/tenants.hpp"

#include "identity/changes.hpp"
#include "identity/tenant_store.hpp"
#include "identity/text.hpp"
#include "vault/vault.hpp"

#include <stdexcept>

namespace gatehouse::identity {

namespace {

bool is_lower_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

Result<void> check_slug(std::string_view slug)
{
    bool const shaped = slug.size() >= 2 && slug.size() <= 40 && is_lower_alphanumeric(slug.front()) &&
                        is_lower_alphanumeric(slug.back()) &&
                        std::ranges::all_of(slug, [](char c) { return is_lower_alphanumeric(c) || c == '-'; });
    if (!shaped || slug == "system" || slug == "default")
        return refuse(ErrorKind::invalid, "tenant_slug_invalid",
                      "A tenant's slug has 2 to 40 small letters, digits and hyphens, begins and ends with a letter or "
                      "digit, and is neither \"system\" nor \"default\".")
            .at("/slug");
    return {};
}

Result<void> check_name(std::string_view name)
{
    auto const length = count_code_points(name);
    if (!length || *length < 1 || *length > 100 || has_control_characters(name))
        return refuse(ErrorKind::invalid, "tenant_name_invalid", "A tenant's name has 1 to 100 characters.")
            .at("/name");
    return {};
}

// A DNS name in lower case: labels of letters, digits and hyphens. A name that ends in digits reads as an address.
bool is_host_name(std::string_view host)
{
    if (host.empty() || host.size() > 253)
        return false;
    std::size_t start = 0;
    bool last_is_number = false;
    while (start <= host.size()) {
        auto const end = std::min(host.find('.', start), host.size());
        auto const label = host.substr(start, end - start);
        if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-' ||
            !std::ranges::all_of(label, [](char c) { return is_lower_alphanumeric(c) || c == '-'; }))
            return false;
        last_is_number = label.find_first_not_of("0123456789") == std::string_view::npos;
        start = end + 1;
    }
    return !last_is_number;
}

Result<void> check_host(std::string_view host)
{
    if (!is_host_name(host))
        return refuse(ErrorKind::invalid, "tenant_host_invalid",
                      "Write the host name in small letters without scheme, port and path, such as id.example.com.")
            .at("/host");
    return {};
}

Refusal not_found()
{
    return refuse(ErrorKind::not_found, "tenant_not_found", "There is no such tenant.");
}
Refusal host_taken()
{
    return refuse(ErrorKind::conflict, "tenant_host_taken", "Another tenant has this host name, or had it.")
        .at("/host");
}

// "https://id.example.com:8443" with another host name.
std::string address_at_host(std::string_view base_address, std::string_view host)
{
    auto const authority = base_address.find("://") + 3;
    auto const bracket = base_address.rfind(']'); // an IPv6 address holds colons of its own
    auto const colon = base_address.find(':', bracket == std::string_view::npos ? authority : bracket);
    auto const port = colon == std::string_view::npos ? std::string_view{} : base_address.substr(colon);
    return fmt::format("{}{}{}", base_address.substr(0, authority), host, port);
}

} // namespace

Tenants::Tenants(vault::Vault& vault, std::string base_address) : vault_(vault), base_address_(std::move(base_address))
{
    auto const scheme = base_address_.find("://");
    if (scheme == std::string::npos || base_address_.find('/', scheme + 3) != std::string::npos)
        throw std::logic_error("the base address has a scheme, and neither path nor trailing slash");
}

Result<Tenant> Tenants::insert(storage::Tx& tx, Tenant tenant, events::Origin const& origin, TimePoint now) const
{
    tenant.id = TenantId::generate(now);
    tenant.created_at = tenant.updated_at = now;
    tenant.version = 1;
    TRY(bool const inserted, insert_tenant(tx, tenant));
    if (!inserted) {
        if (tenant.host) {
            TRY(bool const taken, host_is_taken(tx, *tenant.host, tenant.issuer));
            if (taken)
                return host_taken();
        }
        return refuse(ErrorKind::conflict, "tenant_slug_taken", "Another tenant has this slug, or had it.").at("/slug");
    }
    TRY_DO(vault_.create_tenant_keys(tx, tenant.id, now));
    TRY_DO(raise_change_counter(tx, tenant.id));
    TRY_DO(events::append(tx, vault_,
                          {.type = &events::kTenantCreated,
                           .tenant = tenant.id,
                           .origin = origin,
                           .data = {{"name", tenant.name}, {"slug", tenant.slug}, {"issuer", tenant.issuer}}},
                          now));
    return tenant;
}

Result<Tenant> Tenants::create(storage::Tx& tx, NewTenant const& wanted, events::Origin const& origin,
                               TimePoint now) const
{
    TRY_DO(check_slug(wanted.slug));
    TRY_DO(check_name(wanted.name));
    TRY(auto settings, parse_settings(wanted.settings));
    Tenant tenant{.slug = wanted.slug, .name = wanted.name, .host = wanted.host, .settings = std::move(settings)};
    if (wanted.host) {
        TRY_DO(check_host(*wanted.host));
        tenant.issuer = address_at_host(base_address_, *wanted.host);
        if (tenant.issuer == base_address_)
            return host_taken();
    } else {
        tenant.issuer = fmt::format("{}/t/{}", base_address_, wanted.slug);
    }
    return insert(tx, std::move(tenant), origin, now);
}

Result<Tenant> Tenants::get(storage::Tx& tx, TenantId tenant) const
{
    TRY(auto found, select_tenant(tx, tenant));
    if (!found)
        return not_found();
    return *std::move(found);
}

Result<Tenant> Tenants::update(storage::Tx& tx, TenantId id, TenantChange const& change,
                               std::optional<std::int64_t> expected_version, events::Origin const& origin,
                               TimePoint now) const
{
    TRY(auto tenant, get(tx, id));
    if (expected_version && *expected_version != tenant.version)
        return refuse(ErrorKind::precondition_failed, "version_differs",
                      "The tenant was changed meanwhile. Read it again and repeat the change.");
    boost::json::array changed;
    if (change.name && *change.name != tenant.name) {
        TRY_DO(check_name(*change.name));
        tenant.name = *change.name;
        changed.emplace_back("name");
    }
    if (change.host && *change.host != tenant.host.value_or("")) {
        if (tenant.host && tenant.issuer == address_at_host(base_address_, *tenant.host))
            return refuse(ErrorKind::conflict, "tenant_host_is_issuer",
                          "The tenant's issuer names this host, and an issuer never changes. Make another tenant.")
                .at("/host");
        if (change.host->empty()) {
            tenant.host.reset();
        } else {
            TRY_DO(check_host(*change.host));
            auto const address = address_at_host(base_address_, *change.host);
            TRY(bool const taken, host_is_taken(tx, *change.host, address));
            if (taken)
                return host_taken();
            tenant.host = *change.host;
        }
        changed.emplace_back("host");
    }
    if (change.settings) {
        TRY(auto settings, parse_settings(*change.settings));
        if (write_settings(settings) != write_settings(tenant.settings))
            changed.emplace_back("settings");
        tenant.settings = std::move(settings);
    }
    if (changed.empty())
        return tenant;
    tenant.updated_at = now;
    ++tenant.version;
    TRY_DO(update_tenant(tx, tenant));
    TRY_DO(raise_change_counter(tx, id));
    TRY_DO(events::append(
        tx, vault_,
        {.type = &events::kTenantUpdated, .tenant = id, .origin = origin, .data = {{"changed", std::move(changed)}}},
        now));
    return tenant;
}

Result<Tenant> Tenants::set_enabled(storage::Tx& tx, TenantId id, bool enabled, events::Origin const& origin,
                                    TimePoint now) const
{
    TRY(auto tenant, get(tx, id));
    if (tenant.is_system())
        return refuse(ErrorKind::conflict, "tenant_protected",
                      "The system tenant holds the operators and cannot be disabled.");
    if (tenant.enabled == enabled)
        return tenant;
    tenant.enabled = enabled;
    tenant.updated_at = now;
    ++tenant.version;
    TRY_DO(update_tenant(tx, tenant));
    TRY_DO(raise_change_counter(tx, id));
    auto const* type = enabled ? &events::kTenantEnabled : &events::kTenantDisabled;
    TRY_DO(events::append(tx, vault_, {.type = type, .tenant = id, .origin = origin}, now));
    return tenant;
}

Result<void> Tenants::remove(storage::Tx& tx, TenantId id, events::Origin const& origin, TimePoint now) const
{
    TRY(auto const tenant, get(tx, id));
    if (tenant.is_system() || tenant.is_default())
        return refuse(ErrorKind::conflict, "tenant_protected", "The system tenant and the default tenant stay.");
    TRY_DO(bury_tenant(tx, id, now));
    TRY_DO(raise_change_counter(tx, id));
    TRY_DO(events::append(tx, vault_, {.type = &events::kTenantDeleted, .tenant = id, .origin = origin}, now));
    TRY_DO(vault_.destroy_tenant_keys(tx, id));
    return {};
}

Result<storage::Page<Tenant>> Tenants::list(storage::Tx& tx, storage::PageRequest const& page) const
{
    TRY(auto tenants, select_tenants(tx, page));
    return storage::make_page(std::move(tenants), page,
                              [](Tenant const& tenant) { return to_bytes(tenant.id.bytes()); });
}

Result<void> Tenants::bootstrap(storage::Tx& tx, TimePoint now) const
{
    TRY(auto const existing, select_tenant_by_slug(tx, "default"));
    if (existing) {
        if (existing->issuer == base_address_)
            return {};
        return refuse(ErrorKind::conflict, "base_address_differs",
                      fmt::format("This database was made for {0}, which is in every token it issued, and the base "
                                  "address is set to {1}. Set it to {0}, or start with another database.",
                                  existing->issuer, base_address_));
    }
    events::Origin const nobody;
    // Operators are made by operators: strangers register in other tenants.
    TenantSettings closed;
    closed.registration.open = false;
    TRY_DO(insert(
        tx,
        {.slug = "system", .name = "Gatehouse", .issuer = base_address_ + "/t/system", .settings = std::move(closed)},
        nobody, now));
    TRY_DO(insert(tx, {.slug = "default", .name = "Gatehouse", .issuer = base_address_}, nobody, now));
    return {};
}

} // namespace gatehouse::identity
