#include "app/service.hpp"

#include "app/metrics.hpp"
#include "base/log.hpp"
#include "http/page_headers.hpp"
#include "http/url.hpp"
#include "identity/changes.hpp"
#include "identity/directory.hpp"
#include "journey/page.hpp"
#include "themes/template_cache.hpp"
#include "view/pages.hpp"
#include "view/standard_pages.hpp"

namespace gatehouse::app {

namespace {

constexpr std::string_view kTenantPrefix = "/t/";
// RFC 8414 section 3.1 puts the issuer's path behind the well-known one.
constexpr std::string_view kMetadataPrefix = "/.well-known/oauth-authorization-server/t/";

// Host and port of an issuer or public address, which are stored in canonical form.
std::string_view authority_of(std::string_view address)
{
    auto const begin = address.find("://") + 3;
    return address.substr(begin, address.find('/', begin) - begin);
}

bool wants_page(http::Request const& request)
{
    return http::accepts(request, "text/html");
}

// The page that says what went wrong, what to do, and the number that finds the log line.
view::ViewModel page_of(Error const& error, std::string const& request_id)
{
    using view::Fault;
    switch (error.kind) {
    case ErrorKind::not_found:
        return view::fault_page(Fault::not_found, request_id);
    case ErrorKind::internal:
        return view::fault_page(Fault::internal, request_id);
    case ErrorKind::unavailable:
    case ErrorKind::too_many:
        return view::fault_page(Fault::busy, request_id);
    default:
        break;
    }
    if (error.code == "cross_site_request")
        return view::fault_page(Fault::cross_site, request_id);
    return view::notice_page("error", "fault.forbidden_title", view::Text::of(error));
}

} // namespace

Service::Service(Parts parts) : parts_(std::move(parts)), public_host_(authority_of(parts_.public_url))
{
    add_plain(http::Method::get, "/assets/{file}", [this](http::Request const& request) -> Task<http::Response> {
        auto response = parts_.assets.serve(request, request.path_parameters.get("file"));
        co_return response ? std::move(*response) : http::no_route(request.request_id);
    });
}

void Service::add(Routes routes)
{
    for (auto& route : routes) {
        auto& meter = parts_.metrics.add_route(std::string(http::to_string(route.method)), route.pattern);
        auto const method = route.method;
        auto const pattern = route.pattern;
        routes_.add(method, pattern, {std::move(route), &meter});
    }
}

void Service::add_plain(http::Method method, std::string pattern, PlainEndpoint endpoint)
{
    plain_.add(method, std::move(pattern), std::move(endpoint));
}

http::RouteLimits Service::limits(http::Method method, std::string_view path) const
{
    auto rest = path;
    if (path.starts_with(kTenantPrefix)) {
        auto const slash = path.find('/', kTenantPrefix.size());
        rest = slash == std::string_view::npos ? std::string_view("/") : path.substr(slash);
    }
    auto const match = routes_.find(method, rest);
    return match.endpoint ? match.endpoint->route.limits : http::RouteLimits{};
}

Service::Place Service::resolve(http::Request const& request) const
{
    if (auto tenant = find_by_host(request.host))
        return {std::move(tenant), "", request.path};
    if (request.host != public_host_)
        return {};
    auto const below = [&](std::string_view prefix) -> std::optional<std::pair<std::string, std::string>> {
        if (!request.path.starts_with(prefix))
            return std::nullopt;
        auto const slug_and_rest = std::string_view(request.path).substr(prefix.size());
        auto const slash = slug_and_rest.find('/');
        return std::pair(std::string(slug_and_rest.substr(0, slash)),
                         slash == std::string_view::npos ? std::string("/") : std::string(slug_and_rest.substr(slash)));
    };
    if (auto const named = below(kTenantPrefix))
        return {find_by_path(named->first), fmt::format("/t/{}", named->first), named->second};
    if (auto const named = below(kMetadataPrefix); named && named->second == "/")
        return {find_by_path(named->first), fmt::format("/t/{}", named->first),
                "/.well-known/oauth-authorization-server"};
    return {parts_.directory.default_tenant(), "", request.path};
}

// A tenant that was made with a host name answers at its issuer's host and port; one that got the name later, at any.
identity::Directory::Found Service::find_by_host(std::string const& host) const
{
    auto const colon = host.starts_with('[') ? host.find("]:") : host.find(':');
    auto const name = host.substr(0, colon == std::string::npos ? colon : colon + (host.starts_with('[') ? 1 : 0));
    auto tenant = parts_.directory.find_by_host(name);
    if (tenant && authority_of(tenant->issuer) != host && authority_of(tenant->issuer) != public_host_)
        return nullptr;
    return tenant;
}

// Below the public address only the tenants whose issuer says so.
identity::Directory::Found Service::find_by_path(std::string const& slug) const
{
    auto tenant = parts_.directory.find_by_slug(slug);
    return tenant && tenant->issuer.ends_with("/t/" + slug) ? tenant : nullptr;
}

Context Service::context_of(http::Request const& request, identity::Directory::Found tenant,
                            std::string base_path) const
{
    return {.tenant = std::move(tenant),
            .now = parts_.clock.now(),
            .request_id = request.request_id,
            .base_path = std::move(base_path),
            .client_address = request.client_address,
            .secure = request.secure};
}

// An answer for an address that belongs to no tenant: in the default tenant's look, where a person asks.
http::Response Service::render_without_tenant(Error const& error, http::Request const& request) const
{
    auto const tenant = parts_.directory.default_tenant();
    if (!tenant)
        return http::problem(error, request.request_id);
    return render(error, Audience::people, context_of(request, tenant, ""), request);
}

Task<http::Response> Service::handle(http::Request request) const
{
    if (auto match = plain_.find(request.method, request.path); match.endpoint) {
        request.path_parameters = std::move(match.parameters);
        co_return co_await (*match.endpoint)(request);
    }
    if (auto const now = parts_.clock.now(); !parts_.changes.is_fresh(now))
        if (auto const fresh = co_await parts_.changes.ensure_fresh(now); !fresh)
            co_return render_without_tenant(fresh.error(), request);
    auto place = resolve(request);
    if (!place.tenant && request.host != public_host_)
        co_return refuse_host(request);
    if (!place.tenant)
        co_return render_without_tenant(
            refuse(ErrorKind::not_found, "not_found", "There is nothing at this address.").error(), request);

    auto context = context_of(request, std::move(place.tenant), std::move(place.base_path));
    // A page is shown without them rather than not at all.
    if (context.tenant->host)
        context.templates = (co_await parts_.templates.get(context.tenant->id)).value_or(nullptr);
    request.path = std::move(place.path);
    auto response =
        context.tenant->enabled
            ? co_await answer(request, context)
            : render(refuse(ErrorKind::forbidden, "tenant_disabled", "This service is switched off.").error(),
                     Audience::people, context, request);
    if (!response.headers.find("Content-Security-Policy"))
        http::add_api_headers(response, request.secure);
    co_return response;
}

Task<http::Response> Service::answer(http::Request& request, Context const& context) const
{
    auto match = routes_.find(request.method, request.path);
    if (match.not_found())
        co_return render(refuse(ErrorKind::not_found, "not_found", "There is nothing at this address.").error(),
                         Audience::people, context, request);
    if (match.method_not_allowed()) {
        auto response = render(
            refuse(ErrorKind::method_not_allowed, "method_not_allowed", "This address does not take that method.")
                .error(),
            Audience::people, context, request);
        response.headers.set("Allow", match.allow);
        co_return response;
    }
    auto const started = std::chrono::steady_clock::now();
    request.path_parameters = std::move(match.parameters);
    auto const& found = *match.endpoint;
    auto result = co_await found.route.endpoint(context, request);
    auto response = result ? *std::move(result) : render(result.error(), found.route.audience, context, request);
    found.meter->count(response.status, std::chrono::steady_clock::now() - started);
    co_return response;
}

http::Response Service::render(Error const& error, Audience audience, Context const& context,
                               http::Request const& request) const
{
    if (error.kind == ErrorKind::internal || error.kind == ErrorKind::unavailable)
        log::error("a request failed", {{"request_id", context.request_id},
                                        {"tenant", context.tenant->slug},
                                        {"path", request.path},
                                        {"code", error.code},
                                        {"detail", error.detail}});
    if (audience == Audience::machines || !wants_page(request))
        return http::problem(error, context.request_id);
    auto response = journey::page(parts_.pages, context, request, page_of(error, context.request_id),
                                  {.status = http::status_of(error.kind), .development = parts_.development});
    if (error.retry_after)
        response.headers.set("Retry-After", std::to_string(error.retry_after->count()));
    return response;
}

// "Instance not found" helps nobody: say which host was asked for, which is served, and which setting decides.
http::Response Service::refuse_host(http::Request const& request) const
{
    auto const tenant = parts_.directory.default_tenant();
    http::Response response;
    if (tenant && wants_page(request)) {
        auto const context = context_of(request, tenant, "");
        auto const page =
            view::wrong_host_page(request.host, parts_.public_url, "server.public_url", request.request_id);
        response = journey::page(parts_.pages, context, request, page, {.development = parts_.development});
    } else {
        auto const message = fmt::format("This server answers at {}, but the request came for {}. Use that address, or "
                                         "change the setting server.public_url.",
                                         parts_.public_url, request.host);
        response = http::problem(refuse(ErrorKind::not_found, "wrong_host", message).error(), request.request_id);
    }
    response.status = 421; // Misdirected Request, RFC 9110 section 15.5.20
    return response;
}

} // namespace gatehouse::app
