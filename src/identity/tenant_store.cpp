#include "identity/tenant_store.hpp"

#include "identity/profile_schema_store.hpp"
#include "identity/tenant_settings_shape.hpp"
#include "view/theme.hpp"

namespace gatehouse::identity {

using storage::Row;
using storage::Statement;

namespace {

constexpr Statement kInsertTenant{
    "INSERT INTO tenants (tenant_id, slug, name, issuer, host, state, settings, created_at, updated_at, version) "
    "VALUES (:tenant, :slug, :name, :issuer, :host, :state, :settings, :created_at, :updated_at, :version) "
    "ON CONFLICT DO NOTHING"};
constexpr Statement kUpdateTenant{
    "UPDATE tenants SET name = :name, host = :host, state = :state, settings = :settings, updated_at = :updated_at, "
    "version = :version WHERE tenant_id = :tenant"};
constexpr Statement kBuryTenant{"UPDATE tenants SET state = 'deleted', name = '', host = NULL, settings = '{}', "
                                "updated_at = :now, version = version + 1 WHERE tenant_id = :tenant"};
constexpr Statement kSelectTenant{
    "SELECT t.tenant_id, t.slug, t.name, t.issuer, t.host, t.state, t.settings, t.created_at, t.updated_at, t.version, "
    "p.content, p.retired, p.version FROM tenants t LEFT JOIN profile_schemas p ON p.tenant_id = t.tenant_id "
    "WHERE t.tenant_id = :tenant AND t.state <> 'deleted'"};
constexpr Statement kSelectTenantBySlug{
    "SELECT t.tenant_id, t.slug, t.name, t.issuer, t.host, t.state, t.settings, t.created_at, t.updated_at, t.version, "
    "p.content, p.retired, p.version FROM tenants t LEFT JOIN profile_schemas p ON p.tenant_id = t.tenant_id "
    "WHERE t.slug = :slug AND t.state <> 'deleted'"};
constexpr Statement kSelectTenantByHost{
    "SELECT t.tenant_id, t.slug, t.name, t.issuer, t.host, t.state, t.settings, t.created_at, t.updated_at, t.version, "
    "p.content, p.retired, p.version FROM tenants t LEFT JOIN profile_schemas p ON p.tenant_id = t.tenant_id "
    "WHERE t.host = :host AND t.state <> 'deleted'"};
constexpr Statement kSelectTenants{
    "SELECT t.tenant_id, t.slug, t.name, t.issuer, t.host, t.state, t.settings, t.created_at, t.updated_at, t.version, "
    "p.content, p.retired, p.version FROM tenants t LEFT JOIN profile_schemas p ON p.tenant_id = t.tenant_id "
    "WHERE t.tenant_id > :after AND t.state <> 'deleted' ORDER BY t.tenant_id LIMIT :limit"};
constexpr Statement kSelectAllTenants{
    "SELECT t.tenant_id, t.slug, t.name, t.issuer, t.host, t.state, t.settings, t.created_at, t.updated_at, t.version, "
    "p.content, p.retired, p.version FROM tenants t LEFT JOIN profile_schemas p ON p.tenant_id = t.tenant_id "
    "WHERE t.state <> 'deleted'"};
constexpr Statement kHostIsTaken{"SELECT 1 FROM tenants WHERE host = :host OR issuer = :issuer"};

// A theme once was an accent, a background and a logo, for both schemes.
void bring_up_to_date(boost::json::object& theme)
{
    boost::json::object light;
    for (auto const* name : {"accent", "background", "logo"})
        if (auto const* value = theme.if_contains(name); value && value->is_string())
            if (!value->get_string().empty())
                light.emplace(name, *value);
    if (light.empty())
        return;
    // An accent that could not be read was made darker when it was shown.
    if (auto const* accent = light.if_contains("accent"))
        light["accent"] = view::make_look({.dark = {.accent = std::string(accent->get_string())}})->light.accent;
    theme["light"] = std::move(light);
}

Result<TenantSettings> read_stored_settings(std::string_view text)
{
    boost::system::error_code error;
    auto value = boost::json::parse(text, error);
    if (error || !value.is_object())
        return fault("a tenant's settings are no JSON object");
    if (auto* theme = value.get_object().if_contains("theme"); theme && theme->is_object())
        bring_up_to_date(theme->get_object());
    return read_stored_shape<TenantSettings>(value);
}

Result<Tenant> make_tenant(Row const& row)
{
    TRY(auto settings, read_stored_settings(row.text(6)));
    StoredProfileSchema profile;
    if (!row.is_null(10)) {
        TRY(profile, make_profile_schema(row.text(10), row.text(11), row.integer(12)));
    }
    return Tenant{.id = row.id<TenantId>(0),
                  .slug = row.string(1),
                  .name = row.string(2),
                  .issuer = row.string(3),
                  .host = row.optional_string(4),
                  .enabled = row.text(5) == "active",
                  .settings = std::move(settings),
                  .profile = std::move(profile.schema),
                  .created_at = row.time(7),
                  .updated_at = row.time(8),
                  .version = row.integer(9)};
}

std::string_view state_of(Tenant const& tenant)
{
    return tenant.enabled ? "active" : "disabled";
}

} // namespace

Result<bool> insert_tenant(storage::Tx& tx, Tenant const& tenant)
{
    auto const settings = boost::json::serialize(write_settings(tenant.settings));
    TRY(auto const inserted, tx.execute(kInsertTenant, {{"tenant", tenant.id},
                                                        {"slug", tenant.slug},
                                                        {"name", tenant.name},
                                                        {"issuer", tenant.issuer},
                                                        {"host", tenant.host},
                                                        {"state", state_of(tenant)},
                                                        {"settings", settings},
                                                        {"created_at", tenant.created_at},
                                                        {"updated_at", tenant.updated_at},
                                                        {"version", tenant.version}}));
    return inserted == 1;
}

Result<void> update_tenant(storage::Tx& tx, Tenant const& tenant)
{
    auto const settings = boost::json::serialize(write_settings(tenant.settings));
    return tx.execute_later(kUpdateTenant, {{"tenant", tenant.id},
                                            {"name", tenant.name},
                                            {"host", tenant.host},
                                            {"state", state_of(tenant)},
                                            {"settings", settings},
                                            {"updated_at", tenant.updated_at},
                                            {"version", tenant.version}});
}

Result<void> bury_tenant(storage::Tx& tx, TenantId tenant, TimePoint now)
{
    return tx.execute_later(kBuryTenant, {{"tenant", tenant}, {"now", now}});
}

Result<std::optional<Tenant>> select_tenant(storage::Tx& tx, TenantId tenant)
{
    return tx.maybe(kSelectTenant, {{"tenant", tenant}}, make_tenant);
}

Result<std::optional<Tenant>> select_tenant_by_slug(storage::Tx& tx, std::string_view slug)
{
    return tx.maybe(kSelectTenantBySlug, {{"slug", slug}}, make_tenant);
}

Result<std::optional<Tenant>> select_tenant_by_host(storage::Tx& tx, std::string_view host)
{
    return tx.maybe(kSelectTenantByHost, {{"host", host}}, make_tenant);
}

Result<std::vector<Tenant>> select_tenants(storage::Tx& tx, storage::PageRequest const& page)
{
    return tx.all(kSelectTenants, {{"after", page.after}, {"limit", page.fetch()}}, make_tenant);
}

Result<std::vector<Tenant>> select_all_tenants(storage::Tx& tx)
{
    return tx.all(kSelectAllTenants, {}, make_tenant);
}

Result<bool> host_is_taken(storage::Tx& tx, std::string_view host, std::string_view issuer)
{
    TRY(auto const* row, tx.one(kHostIsTaken, {{"host", host}, {"issuer", issuer}}));
    return row != nullptr;
}

} // namespace gatehouse::identity
