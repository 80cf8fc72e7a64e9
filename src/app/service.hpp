// Service: from a request to the endpoint of the tenant that its address names, and from an error to an answer.
#pragma once

#include "base/clock.hpp"
#include "http/assets.hpp"
#include "http/router.hpp"
#include "http/server.hpp"
#include "identity/directory.hpp"
#include "identity/routes.hpp"

namespace gatehouse::identity {
class ChangeFeed;
}
namespace gatehouse::view {
class Pages;
}
namespace gatehouse::themes {
class TemplateCache;
}

namespace gatehouse::app {

class Metrics;
class RouteMeter;

class Service {
public:
    struct Parts {
        identity::Directory& directory;
        identity::ChangeFeed& changes;
        view::Pages const& pages;
        http::Assets const& assets;
        Metrics& metrics;
        themes::TemplateCache& templates;
        Clock const& clock;
        std::string public_url; // where the server is reached
        bool development = false;
    };
    explicit Service(Parts parts);

    // Routes below every tenant's base path. Before the first request.
    void add(Routes routes);
    // Routes of the installation, which belong to no tenant and answer under any host name: /livez, /metrics.
    using PlainEndpoint = std::function<Task<http::Response>(http::Request const&)>;
    void add_plain(http::Method method, std::string pattern, PlainEndpoint endpoint);

    http::RouteLimits limits(http::Method method, std::string_view path) const;
    Task<http::Response> handle(http::Request request) const;

private:
    struct TenantRoute {
        Route route;
        RouteMeter* meter;
    };
    // The tenant that an address names, and the rest of the path.
    struct Place {
        std::shared_ptr<identity::Tenant const> tenant; // null: none such
        std::string base_path;
        std::string path;
    };
    Place resolve(http::Request const& request) const;
    identity::Directory::Found find_by_host(std::string const& host) const;
    identity::Directory::Found find_by_path(std::string const& slug) const;
    Context context_of(http::Request const& request, identity::Directory::Found tenant, std::string base_path) const;
    http::Response render_without_tenant(Error const& error, http::Request const& request) const;
    Task<http::Response> answer(http::Request& request, Context const& context) const;
    http::Response refuse_host(http::Request const& request) const;
    http::Response render(Error const& error, Audience audience, Context const& context,
                          http::Request const& request) const;

    Parts parts_;
    std::string public_host_; // host[:port] of public_url
    http::Router<TenantRoute> routes_;
    http::Router<PlainEndpoint> plain_;
};

} // namespace gatehouse::app
