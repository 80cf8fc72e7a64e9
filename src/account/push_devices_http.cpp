#include "account/answer.hpp"
#include "account/credential_pages.hpp"
#include "account/push_devices.hpp"
#include "account/routes.hpp"
#include "account/security.hpp"
#include "base/embedded.hpp"
#include "http/page_headers.hpp"
#include "journey/page.hpp"

#include <boost/json.hpp>

namespace gatehouse::embedded {
std::span<EmbeddedFile const> page_assets();
}

namespace gatehouse::account {

using http::Method;
using http::Request;
using http::Response;

namespace {

constexpr std::string_view kNewDevice = "/account/security/push/new";
constexpr CredentialPages kPushPages{.path = "/account/security/push",
                                     .panel = "push_device",
                                     .renamed = "push_renamed",
                                     .removed = "push_removed",
                                     .portal = push_device_portal,
                                     .rename = rename_push_device,
                                     .remove = remove_push_device};

Task<Result<Response>> show_new_device(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto const visitor, co_await find_visitor(services, context, request));
    if (!visitor)
        co_return co_await sign_in(services, context, request, std::string(kNewDevice));
    if (!is_recent(*visitor, context.now))
        co_return co_await confirm_identity(services, context, request, *visitor, std::string(kNewDevice));
    // The device will ask for the tenant's key, and whoever asks makes none.
    auto const tenant = context.tenant->id;
    CO_TRY(auto const key, co_await services.database.read(
                               [&](storage::Tx& tx) { return services.push_devices.find_sender_key(tx, tenant); }));
    if (!key)
        CO_TRY_DO(co_await services.database.write(
            [&](storage::Tx& tx) { return services.push_devices.sender_key(tx, tenant, context.now); }));
    auto panel = new_push_device_panel(services, context, *visitor);
    if (!panel)
        co_return co_await refused_on_list(services, context, request, *visitor, panel.error());
    co_return panel_page(services, context, request, *visitor, *std::move(panel));
}

// The device's own page: who it is stands in its storage, so that it needs no session here.
Task<Result<Response>> show_app(Services const& services, Context const& context, Request const& request)
{
    view::ViewModel model{.step = "push", .title = "push.app_title", .lead = "push.app_lead", .push_app = true};
    co_return journey::page(services.pages, context, request, model, {.development = services.development});
}

// W3C Web Application Manifest: what makes the page an app on the device.
Task<Result<Response>> show_manifest(Services const&, Context const& context, Request const& request)
{
    boost::json::object manifest{{"name", context.tenant->name},
                                 {"short_name", context.tenant->name.substr(0, 24)},
                                 {"id", context.base_path + "/push"},
                                 {"start_url", context.base_path + "/push"},
                                 {"scope", context.base_path + "/push"},
                                 {"display", "standalone"},
                                 {"theme_color", context.tenant->settings.theme.light.accent.value_or("#3b5bdb")},
                                 {"background_color", "#ffffff"}};
    manifest["icons"] = {{{"src", context.base_path + "/push/icon.svg"}, {"sizes", "any"}, {"type", "image/svg+xml"}}};
    auto response = Response::json(200, boost::json::serialize(manifest));
    response.headers.set("Content-Type", "application/manifest+json");
    http::add_api_headers(response, request.secure);
    co_return response;
}

Response file_of(std::string_view name, std::string type, Context const& context, Request const& request)
{
    Response response;
    for (auto const& file : embedded::page_assets())
        if (file.path == name)
            response.body = std::string(file.content);
    response.headers.set("Content-Type", std::move(type));
    response.headers.set("Cache-Control", "no-cache");
    // Beside the page it serves, not below it.
    response.headers.set("Service-Worker-Allowed", context.base_path + "/push");
    http::add_api_headers(response, request.secure);
    return response;
}

Task<Result<Response>> show_worker(Services const&, Context const& context, Request const& request)
{
    co_return file_of("push_worker.js", "text/javascript; charset=utf-8", context, request);
}
Task<Result<Response>> show_icon(Services const&, Context const& context, Request const& request)
{
    co_return file_of("icon.svg", "image/svg+xml", context, request);
}

} // namespace

Routes push_device_routes(Services const& services)
{
    Routes routes{route(services, Method::get, kNewDevice, show_new_device),
                  route(services, Method::get, "/push", show_app),
                  route(services, Method::get, "/push/manifest.webmanifest", show_manifest, Audience::machines),
                  route(services, Method::get, "/push/worker.js", show_worker, Audience::machines),
                  route(services, Method::get, "/push/icon.svg", show_icon, Audience::machines)};
    add_credential_routes(routes, services, kPushPages);
    return routes;
}

} // namespace gatehouse::account
