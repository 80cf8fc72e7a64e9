#include "oauth/authorization_server.hpp"

#include "oauth/oauth_error.hpp"
#include "oauth/server_impl.hpp"

namespace gatehouse::oauth {

AuthorizationServer::AuthorizationServer(Parts parts) : impl_(std::make_unique<Impl>(parts))
{
    parts.engine.add_continuation("authorize", impl_->continuation());
}
AuthorizationServer::~AuthorizationServer() = default;

void AuthorizationServer::flush_audit(TimePoint now)
{
    impl_->audit.flush(now);
}

Result<void> check_enabled(identity::Tenant const& tenant)
{
    if (!tenant.enabled)
        return refuse(ErrorKind::forbidden, "access_denied", "This tenant is switched off at the moment.");
    return {};
}

Task<Result<Tenancy>> AuthorizationServer::Impl::tenancy(Context const& context)
{
    auto const tenant = context.tenant->id;
    Tenancy here{.catalogue = parts.registry.cached(tenant), .keys = parts.keys.cached(tenant)};
    if (!here.catalogue) {
        CO_TRY(here.catalogue, co_await parts.registry.get(tenant));
    }
    if (!here.keys || here.keys->published().empty()) {
        CO_TRY(here.keys, co_await parts.keys.get(tenant, context.now));
    }
    co_return here;
}

Routes AuthorizationServer::routes()
{
    using http::Method;
    constexpr http::RouteLimits kForm{.body = 32 * 1024};
    constexpr auto kPeople = gatehouse::Audience::people;
    constexpr auto kMachines = gatehouse::Audience::machines;
    auto const to = [impl = impl_.get()](Answer (Impl::*endpoint)(Context const&, http::Request const&)) -> Endpoint {
        return [impl, endpoint](Context const& context, http::Request const& request) {
            return (impl->*endpoint)(context, request);
        };
    };
    return {
        {Method::get, "/oauth2/authorize", to(&Impl::authorize), kPeople},
        {Method::post, "/oauth2/authorize", to(&Impl::authorize_post), kPeople, kForm},
        {Method::post, "/oauth2/token", to(&Impl::token), kMachines, kForm},
        {Method::options, "/oauth2/token", to(&Impl::preflight), kMachines},
        {Method::get, "/oauth2/userinfo", to(&Impl::userinfo), kMachines},
        {Method::post, "/oauth2/userinfo", to(&Impl::userinfo), kMachines, kForm},
        {Method::options, "/oauth2/userinfo", to(&Impl::preflight), kMachines},
        {Method::post, "/oauth2/revoke", to(&Impl::revoke), kMachines, kForm},
        {Method::options, "/oauth2/revoke", to(&Impl::preflight), kMachines},
        {Method::post, "/oauth2/introspect", to(&Impl::introspect), kMachines, kForm},
        {Method::get, "/oauth2/logout", to(&Impl::logout), kPeople},
        {Method::post, "/oauth2/logout", to(&Impl::logout_post), kPeople, kForm},
        {Method::get, "/signed-out", to(&Impl::signed_out), kPeople},
        {Method::get, "/oauth2/jwks", to(&Impl::jwks), kMachines},
        {Method::get, "/.well-known/openid-configuration", to(&Impl::discovery), kMachines},
        {Method::get, "/.well-known/oauth-authorization-server", to(&Impl::discovery), kMachines},
        {Method::get, "/.well-known/oauth-authorization-server/t/{slug}", to(&Impl::discovery_of_path), kMachines},
    };
}

} // namespace gatehouse::oauth
