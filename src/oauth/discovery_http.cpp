// Discovery: OpenID Connect Discovery 1.0, RFC 8414 (also its form for issuers with a path), and the key set.
#include "identity/attributes.hpp"
#include "oauth/server_impl.hpp"
#include "view/locale_tags.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <ranges>

namespace gatehouse::oauth {

namespace {

boost::json::array texts(std::initializer_list<char const*> values)
{
    boost::json::array array;
    for (auto const* value : values)
        array.emplace_back(value);
    return array;
}

boost::json::array languages()
{
    boost::json::array array;
    for (auto const tag : std::views::split(view::kLocaleTags, '|'))
        array.emplace_back(std::string_view(tag));
    return array;
}

// A tenant's own scopes and claims come after those of the specifications.
void add_distinct(boost::json::array& names, std::string const& name)
{
    if (std::ranges::find(names, boost::json::value(name)) == names.end())
        names.emplace_back(name);
}

boost::json::array scopes_of(identity::ProfileSchema const& schema)
{
    auto names = texts({"openid", "profile", "email", "phone", "offline_access"});
    for (auto const& attribute : schema.attributes)
        for (auto const& scope : attribute.scopes)
            add_distinct(names, scope);
    return names;
}

boost::json::array claims_of(identity::ProfileSchema const& schema)
{
    auto names =
        texts({"sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash", "updated_at",
               "preferred_username", "picture", "email", "email_verified", "phone_number", "phone_number_verified"});
    for (auto const& attribute : schema.attributes)
        if (!attribute.scopes.empty())
            add_distinct(names, attribute.claim_name());
    return names;
}

std::string metadata(identity::Tenant const& tenant)
{
    auto const& issuer = tenant.issuer;
    auto const& acr = tenant.settings.signin.acr;
    boost::json::object const json{
        {"issuer", issuer},
        {"authorization_endpoint", issuer + "/oauth2/authorize"},
        {"token_endpoint", issuer + "/oauth2/token"},
        {"userinfo_endpoint", issuer + "/oauth2/userinfo"},
        {"jwks_uri", issuer + "/oauth2/jwks"},
        {"revocation_endpoint", issuer + "/oauth2/revoke"},
        {"introspection_endpoint", issuer + "/oauth2/introspect"},
        {"end_session_endpoint", issuer + "/oauth2/logout"},
        {"response_types_supported", texts({"code"})},
        {"response_modes_supported", texts({"query"})},
        {"grant_types_supported", texts({"authorization_code", "refresh_token", "client_credentials"})},
        {"code_challenge_methods_supported", texts({"S256"})},
        {"subject_types_supported", texts({"public"})},
        {"id_token_signing_alg_values_supported", texts({"ES256", "RS256"})},
        {"token_endpoint_auth_methods_supported", texts({"client_secret_basic", "client_secret_post", "none"})},
        {"revocation_endpoint_auth_methods_supported", texts({"client_secret_basic", "client_secret_post", "none"})},
        {"introspection_endpoint_auth_methods_supported", texts({"client_secret_basic", "client_secret_post"})},
        {"acr_values_supported", boost::json::array{acr.single, acr.multi, acr.phishing_resistant}},
        {"scopes_supported", scopes_of(*tenant.profile)},
        {"claims_supported", claims_of(*tenant.profile)},
        {"prompt_values_supported", texts({"none", "login", "consent", "select_account"})},
        {"ui_locales_supported", languages()},
        {"claims_parameter_supported", true},
        {"request_parameter_supported", false},
        {"request_uri_parameter_supported", false},
        {"authorization_response_iss_parameter_supported", true},
    };
    return boost::json::serialize(json);
}

http::Response metadata_response(identity::Tenant const& tenant)
{
    auto response = http::Response::json(200, metadata(tenant));
    response.headers.set("Cache-Control", "public, max-age=300");
    allow_every_origin(response);
    return response;
}

} // namespace

Answer AuthorizationServer::Impl::discovery(Context const& context, http::Request const&)
{
    co_return metadata_response(*context.tenant);
}

// RFC 8414 section 3.1: "/.well-known/oauth-authorization-server/t/acme" for the issuer ".../t/acme".
Answer AuthorizationServer::Impl::discovery_of_path(Context const& context, http::Request const& request)
{
    auto const slug = request.path_parameters.get("slug");
    auto const found = parts.directory.find_by_slug(slug);
    auto const missing = [] { return refuse(ErrorKind::not_found, "not_found", "There is no such issuer."); };
    if (!found || !context.tenant->is_default() || !found->issuer.ends_with("/t/" + std::string(slug)))
        co_return missing();
    co_return metadata_response(*found);
}

Answer AuthorizationServer::Impl::jwks(Context const& context, http::Request const& request)
{
    CO_TRY(auto const keys, co_await parts.keys.get(context.tenant->id, context.now));
    http::Response response;
    if (request.header("If-None-Match") == keys->etag())
        response.status = 304;
    else
        response.shared_body = keys->jwks();
    response.headers.add("Content-Type", "application/jwk-set+json");
    response.headers.add("Cache-Control", "public, max-age=" + std::to_string(tokens::kJwksMaxAge.count()));
    response.headers.add("ETag", keys->etag());
    allow_every_origin(response);
    co_return response;
}

Answer AuthorizationServer::Impl::preflight(Context const& context, http::Request const& request)
{
    CO_TRY(auto const here, co_await tenancy(context));
    auto response = http::Response::empty(204);
    allow_origin(response, *here.catalogue, request);
    if (response.headers.contains("Access-Control-Allow-Origin")) {
        response.headers.add("Access-Control-Allow-Methods", "GET, POST");
        response.headers.add("Access-Control-Allow-Headers", "Authorization, Content-Type");
        response.headers.add("Access-Control-Max-Age", "600");
    }
    co_return response;
}

void allow_origin(http::Response& response, applications::Catalogue const& catalogue, http::Request const& request)
{
    auto const origin = request.headers.find("Origin");
    if (!origin)
        return;
    response.headers.add("Vary", "Origin");
    if (!catalogue.is_browser_origin(*origin))
        return;
    response.headers.add("Access-Control-Allow-Origin", std::string(*origin));
    response.headers.add("Access-Control-Expose-Headers", "WWW-Authenticate");
}

void allow_every_origin(http::Response& response)
{
    response.headers.add("Access-Control-Allow-Origin", "*");
}

} // namespace gatehouse::oauth
