// The userinfo endpoint (OpenID Connect Core section 5.3), and what it says under which scope (section 5.4).
#include "base/json.hpp"
#include "base/words.hpp"
#include "oauth/oauth_error.hpp"
#include "oauth/server_impl.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>

namespace gatehouse::oauth {

namespace {

boost::json::string_view json_text(std::string_view text)
{
    return {text.data(), text.size()};
}

// RFC 6750 section 2.1. Tokens in forms and addresses are not taken: they end in logs.
std::string_view bearer_token(http::Request const& request)
{
    constexpr std::string_view kScheme = "Bearer ";
    auto const header = request.header("Authorization");
    if (request.headers.count("Authorization") != 1 || header.size() <= kScheme.size() ||
        !http::equal_ignoring_case(header.substr(0, kScheme.size()), kScheme))
        return {};
    return http::trim(header.substr(kScheme.size()));
}

} // namespace

Result<PresentedToken> read_access_token(tokens::Keys const& keys, identity::Tenant const& tenant,
                                         std::string_view text, TimePoint now)
{
    auto jwt = jose::verify_jwt(text, keys.published(),
                                {.algorithms = {jose::Algorithm::ES256, jose::Algorithm::RS256},
                                 .now = now,
                                 .type = "at+jwt",
                                 .issuer = tenant.issuer,
                                 .audience = {},
                                 .required_claims = {"sub", "aud", "client_id", "jti"}});
    if (!jwt)
        return refuse_oauth("invalid_token", "The access token is invalid or expired.").because(jwt.error().code);
    auto const text_member = [&](std::string_view name) {
        auto const* value = jwt->claims.if_contains(json_text(name));
        return value && value->is_string() ? std::string(value->get_string()) : std::string();
    };
    auto client_id = text_member("client_id");
    auto scope = text_member("scope");
    return PresentedToken{.jwt = *std::move(jwt), .client_id = std::move(client_id), .scope = std::move(scope)};
}

// One read transaction: whether the token still counts, and what is said of its person.
Task<Result<std::string>> AuthorizationServer::Impl::read_claims(Context const& context,
                                                                 applications::Application const& application,
                                                                 PresentedToken const& token)
{
    auto const& tenant = *context.tenant;
    co_return co_await parts.database.read([&](storage::Tx& tx) -> Result<std::string> {
        TRY(auto const status, tokens::check_access_token(tx, tenant.id, token.jwt.id, context.now));
        if (!status.active || !status.user)
            return refuse_oauth("invalid_token", "The access token was revoked, or its session has ended.");
        TRY(auto const person, find_person(tx, parts.users, tenant, *status.user));
        auto const& schema = *tenant.profile;
        auto claims = claims_about(schema, person, split_words(token.scope),
                                   still_allowed(schema, NamedClaims::parse(status.claims).userinfo, application));
        claims["sub"] = token.jwt.subject;
        return boost::json::serialize(claims);
    });
}

Answer AuthorizationServer::Impl::userinfo(Context const& context, http::Request const& request)
{
    CO_TRY(auto const here, co_await tenancy(context));
    auto const respond = [&](http::Response response) {
        allow_origin(response, *here.catalogue, request);
        return response;
    };
    auto const text = bearer_token(request);
    if (text.empty())
        co_return respond(bearer_error({}, {}));
    auto const token = read_access_token(*here.keys, *context.tenant, text, context.now);
    if (!token || !context.tenant->enabled)
        co_return respond(bearer_error("invalid_token", "The access token is invalid or expired."));
    auto const& audience = token->jwt.audience;
    if (std::ranges::find(audience, context.tenant->issuer) == audience.end())
        co_return respond(bearer_error("invalid_token", "The access token is meant for another API."));
    auto const* client = here.catalogue->find(token->client_id);
    if (!client || !client->application.enabled)
        co_return respond(bearer_error("invalid_token", "The access token is invalid or expired."));
    if (!has_word(token->scope, "openid"))
        co_return respond(bearer_error("insufficient_scope", "The access token lacks the scope openid."));
    auto claims = co_await read_claims(context, client->application, *token);
    if (!claims && (claims.error().code == "invalid_token" || claims.error().kind == ErrorKind::not_found))
        co_return respond(bearer_error("invalid_token", "The access token was revoked, or its session has ended."));
    if (!claims)
        co_return respond(error_response(claims.error(), request, context.request_id));
    co_return respond(http::Response::json(200, *std::move(claims)));
}

} // namespace gatehouse::oauth
