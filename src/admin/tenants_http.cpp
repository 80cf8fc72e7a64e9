// Operations on tenants: operators only.
#include "admin/management_api.hpp"
#include "applications/applications.hpp"
#include "identity/changes.hpp"
#include "identity/tenants.hpp"
#include "themes/themes.hpp"

namespace gatehouse::admin {

struct TenantBody {
    TenantId tenant_id;
    std::string slug;
    std::string name;
    std::string issuer;
    std::optional<std::string> host;
    bool enabled = true;
    identity::TenantSettings settings;
    TimePoint created_at;
    TimePoint updated_at;
};
constexpr auto shape(TenantBody const*)
{
    return Shape{
        "Tenant",
        Member{"tenant_id", &TenantBody::tenant_id, {.text = "Names it in this API.", .read_only = true}},
        Member{"slug", &TenantBody::slug, {.text = "Stands in its address, /t/{slug}; never changes."}},
        Member{"name", &TenantBody::name, {.text = "Shown to people."}},
        Member{"issuer", &TenantBody::issuer, {.text = "Of its tokens; never changes.", .read_only = true}},
        Member{"host", &TenantBody::host, {.text = "A host name of its own."}},
        Member{"enabled", &TenantBody::enabled, {.text = "A disabled tenant answers nobody.", .fallback = true}},
        Member{"settings", &TenantBody::settings, {.text = "Policies and look.", .fallback = true}},
        Member{"created_at", &TenantBody::created_at, {.read_only = true}},
        Member{"updated_at", &TenantBody::updated_at, {.read_only = true}}};
}
constexpr std::string_view list_name(TenantBody const*)
{
    return "TenantList";
}

namespace {

TenantBody body_of(identity::Tenant const& tenant)
{
    return {.tenant_id = tenant.id,
            .slug = tenant.slug,
            .name = tenant.name,
            .issuer = tenant.issuer,
            .host = tenant.host,
            .enabled = tenant.enabled,
            .settings = tenant.settings,
            .created_at = tenant.created_at,
            .updated_at = tenant.updated_at};
}

Answer answer_of(identity::Tenant const& tenant, int status = 200)
{
    return {.status = status, .body = write_shape(body_of(tenant)), .version = tenant.version};
}

Task<Result<Answer>> list_tenants(Parts const& parts, Call const& call)
{
    CO_TRY(auto page, read_page(parts, call, "tenants"));
    CO_TRY(auto found, co_await parts.database.read([&](storage::Tx& tx) { return parts.tenants.list(tx, page); }));
    List<TenantBody> list;
    for (auto const& tenant : found.items)
        list.items.push_back(body_of(tenant));
    CO_TRY(list.next_cursor, make_cursor(parts, call, "tenants", found.next));
    co_return Answer{.body = write_shape(list)};
}

// The tenant and the API that stands for its management, in one transaction.
Result<identity::Tenant> make_tenant(Parts const& parts, Call const& call, TenantBody const& body, storage::Tx& tx)
{
    auto const now = call.context.now;
    TRY(auto tenant, parts.tenants.create(tx,
                                          {.slug = body.slug,
                                           .name = body.name,
                                           .host = body.host,
                                           .settings = write_shape(body.settings).as_object()},
                                          origin_of(call), now));
    TRY_DO(
        applications::create_api(tx, {parts.vault, tenant.id, origin_of(call), now}, management_api_of(tenant.issuer)));
    if (!body.enabled)
        return parts.tenants.set_enabled(tx, tenant.id, false, origin_of(call), now);
    return tenant;
}

Task<Result<Answer>> create_tenant(Parts const& parts, Call const& call, boost::json::value const& json)
{
    CO_TRY(auto body, read_shape<TenantBody>(json));
    CO_TRY(auto tenant,
           co_await parts.database.write([&](storage::Tx& tx) { return make_tenant(parts, call, body, tx); }));
    CO_TRY_DO(co_await parts.changes.poll(call.context.now));
    auto answer = answer_of(tenant, 201);
    answer.location = fmt::format("{}/api/v1/tenants/{}", call.context.base_path, tenant.id.to_string());
    co_return answer;
}

Task<Result<Answer>> get_tenant(Parts const& parts, Call const& call)
{
    CO_TRY(auto id, call.id<TenantId>("tenant_id"));
    CO_TRY(auto tenant, co_await parts.database.read([&](storage::Tx& tx) { return parts.tenants.get(tx, id); }));
    co_return answer_of(tenant);
}

Result<identity::Tenant> change_tenant(Parts const& parts, Call const& call, TenantId id,
                                       std::optional<std::int64_t> version, boost::json::value const& patch,
                                       storage::Tx& tx)
{
    TRY(auto const before, parts.tenants.get(tx, id));
    TRY(auto body, read_shape<TenantBody>(merge_patch(write_shape(body_of(before)), patch)));
    if (body.slug != before.slug)
        return refuse(ErrorKind::invalid, "field_value", "The slug of a tenant never changes.").at("/slug");
    auto tenant = parts.tenants.update(
        tx, id, {.name = body.name, .host = body.host.value_or(""), .settings = write_shape(body.settings).as_object()},
        version, origin_of(call), call.context.now);
    if (tenant && tenant->settings.theme != before.settings.theme)
        TRY_DO(themes::check_tenant_theme(tx, id, tenant->settings.theme, "/settings/theme"));
    if (tenant && body.enabled != before.enabled)
        return parts.tenants.set_enabled(tx, id, body.enabled, origin_of(call), call.context.now);
    return tenant;
}

Task<Result<Answer>> update_tenant(Parts const& parts, Call const& call, boost::json::value const& patch)
{
    CO_TRY(auto id, call.id<TenantId>("tenant_id"));
    CO_TRY(auto version, expected_version(call));
    CO_TRY(auto tenant, co_await parts.database.write(
                            [&](storage::Tx& tx) { return change_tenant(parts, call, id, version, patch, tx); }));
    CO_TRY_DO(co_await parts.changes.poll(call.context.now));
    co_return answer_of(tenant);
}

Task<Result<Answer>> delete_tenant(Parts const& parts, Call const& call)
{
    CO_TRY(auto id, call.id<TenantId>("tenant_id"));
    CO_TRY(auto version, expected_version(call));
    CO_TRY_DO(co_await parts.database.write([&](storage::Tx& tx) -> Result<void> {
        TRY(auto const tenant, parts.tenants.get(tx, id));
        if (version && *version != tenant.version)
            return refuse(ErrorKind::precondition_failed, "version_differs",
                          "The tenant was changed meanwhile. Read it again and repeat the change.");
        return parts.tenants.remove(tx, id, origin_of(call), call.context.now);
    }));
    CO_TRY_DO(co_await parts.changes.poll(call.context.now));
    co_return Answer{.status = 204};
}

} // namespace

std::vector<Operation> tenant_operations(Parts const& parts)
{
    using http::Method;
    std::vector<Operation> operations;
    auto const add = [&](Operation operation) {
        operation.tag = "tenants";
        operation.reach = Reach::system;
        operations.push_back(std::move(operation));
    };
    add(Operation{
        .method = Method::get,
        .path = "/tenants",
        .id = "tenants_list",
        .summary = "List tenants",
        .scope = "tenants:read",
        .pageable = true,
        .run = [&parts](Call const& call, auto const&) {
            return list_tenants(parts, call);
        }}.gives<List<TenantBody>>());
    add(Operation{.method = Method::post,
                  .path = "/tenants",
                  .id = "tenants_create",
                  .summary = "Make a tenant",
                  .scope = "tenants:create",
                  .success = 201,
                  .versioned = true,
                  .run = [&parts](Call const& call, auto const& body) { return create_tenant(parts, call, body); }}
            .takes<TenantBody>()
            .gives<TenantBody>());
    add(Operation{
        .method = Method::get,
        .path = "/tenants/{tenant_id}",
        .id = "tenants_get",
        .summary = "Read a tenant",
        .scope = "tenants:read",
        .versioned = true,
        .run = [&parts](Call const& call, auto const&) {
            return get_tenant(parts, call);
        }}.gives<TenantBody>());
    add(Operation{.method = Method::patch,
                  .path = "/tenants/{tenant_id}",
                  .id = "tenants_update",
                  .summary = "Change a tenant",
                  .scope = "tenants:update",
                  .versioned = true,
                  .run = [&parts](Call const& call, auto const& body) { return update_tenant(parts, call, body); }}
            .takes<TenantBody>()
            .gives<TenantBody>());
    add(Operation{.method = Method::delete_,
                  .path = "/tenants/{tenant_id}",
                  .id = "tenants_delete",
                  .summary = "Delete a tenant and destroy its keys",
                  .scope = "tenants:delete",
                  .success = 204,
                  .versioned = true,
                  .run = [&parts](Call const& call, auto const&) { return delete_tenant(parts, call); }});
    return operations;
}

} // namespace gatehouse::admin
