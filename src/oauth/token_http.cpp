// The token endpoint (RFC 6749 section 3.2).
#include "base/json.hpp"
#include "base/words.hpp"
#include "events/types.hpp"
#include "oauth/client_authentication.hpp"
#include "oauth/oauth_error.hpp"
#include "oauth/server_impl.hpp"
#include "tokens/minter.hpp"

#include <algorithm>
#include <charconv>

namespace gatehouse::oauth {

using applications::Api;
using applications::Application;
using applications::GrantType;

namespace {

jose::Algorithm jose_algorithm(applications::TokenAlgorithm algorithm)
{
    return algorithm == applications::TokenAlgorithm::RS256 ? jose::Algorithm::RS256 : jose::Algorithm::ES256;
}

std::chrono::seconds access_token_lifetime(identity::Tenant const& tenant, Application const& application,
                                           Api const* api)
{
    if (api && api->access_token_lifetime)
        return *api->access_token_lifetime;
    return application.lifetimes.access_token.value_or(
        std::chrono::seconds(tenant.settings.tokens.access_token_seconds));
}

Result<tokens::SigningKey const*> signer(tokens::Keys const& keys, applications::TokenAlgorithm algorithm,
                                         TimePoint now)
{
    auto const* key = keys.signer(jose_algorithm(algorithm), now);
    if (!key)
        return fault("the tenant has no signing key for this algorithm");
    return key;
}

// The token response (RFC 6749 section 5.1), written by hand: it is the busiest answer of the server.
class TokenResponse {
public:
    TokenResponse(std::string_view access_token, std::chrono::seconds lifetime)
    {
        json_.reserve(access_token.size() + 512);
        json_ += "{\"access_token\":\"";
        json_ += access_token; // a JWT: needs no escaping
        json_ += "\",\"token_type\":\"Bearer\",\"expires_in\":";
        char digits[24];
        json_.append(digits, std::to_chars(std::begin(digits), std::end(digits), lifetime.count()).ptr);
    }
    void add(std::string_view name, std::string_view value)
    {
        json_ += ",\"";
        json_ += name;
        json_ += "\":";
        append_json_string(json_, value);
    }
    std::string finish()
    {
        json_ += '}';
        return std::move(json_);
    }

private:
    std::string json_;
};

// Everything that a person's grant brings.
Result<std::string> mint(Context const& context, Tenancy const& here, Application const& application,
                         tokens::Granted const& granted, boost::json::object const& person)
{
    auto const& tenant = *context.tenant;
    auto const* api = granted.audience.empty() ? nullptr : here.catalogue->find_api(granted.audience);
    tokens::AuthenticationClaims const authentication{
        .time = granted.authentication.time, .acr = granted.authentication.acr, .amr = granted.authentication.amr};
    TRY(auto const* key,
        signer(*here.keys, api ? api->signing_algorithm : applications::TokenAlgorithm::ES256, context.now));
    auto const lifetime = access_token_lifetime(tenant, application, api);
    auto const scope = join_words(granted.scopes);
    auto const token_id = tokens::make_token_id(granted.family);
    TRY(auto const access_token,
        tokens::mint_access_token(*key, {.issuer = tenant.issuer,
                                         .subject = granted.subject,
                                         .audience = granted.audience.empty() ? tenant.issuer : granted.audience,
                                         .client_id = application.client_id,
                                         .scope = scope,
                                         .token_id = token_id,
                                         .sid = granted.sid,
                                         .authentication = &authentication,
                                         .issued_at = context.now,
                                         .expires_at = context.now + lifetime}));
    TokenResponse response(access_token, lifetime);
    response.add("scope", scope);
    if (!granted.refresh_token.empty())
        response.add("refresh_token", granted.refresh_token);
    if (std::ranges::find(granted.scopes, "openid") != granted.scopes.end()) {
        TRY(auto const* id_key, signer(*here.keys, application.id_token_algorithm, context.now));
        auto const id_lifetime =
            application.lifetimes.id_token.value_or(std::chrono::seconds(tenant.settings.tokens.id_token_seconds));
        TRY(auto const id_token, tokens::mint_id_token(*id_key, {.issuer = tenant.issuer,
                                                                 .subject = granted.subject,
                                                                 .client_id = application.client_id,
                                                                 .nonce = granted.nonce,
                                                                 .sid = granted.sid,
                                                                 .access_token = access_token,
                                                                 .authentication = &authentication,
                                                                 .issued_at = context.now,
                                                                 .expires_at = context.now + id_lifetime,
                                                                 .person = &person}));
        response.add("id_token", id_token);
    }
    return response.finish();
}

// Which API a machine's token is for: the named one, or the only one it may call.
Result<Api const*> machine_api(applications::Catalogue const& catalogue, Application const& application,
                               std::optional<std::string_view> resource)
{
    if (!resource && application.apis.size() != 1)
        return refuse_oauth("invalid_target", "Name the API with the resource parameter (RFC 8707).");
    std::string_view const audience = resource ? *resource : std::string_view(application.apis.front().audience);
    auto const* api = catalogue.find_api(audience);
    if (!api || !application.access_to(audience))
        return refuse_oauth("invalid_target", "The resource is unknown, or not allowed for this client.");
    return api;
}

// All that it may have where it names none.
Result<std::string> machine_scope(Application const& application, Api const& api, std::string_view wanted)
{
    auto const& allowed = application.access_to(api.audience)->scopes;
    auto const granted = [&](std::string_view scope) {
        return std::ranges::find(allowed, scope) != allowed.end() && api.defines(scope);
    };
    std::string scope;
    auto const add = [&](std::string_view word) {
        if (!scope.empty())
            scope += ' ';
        scope += word;
    };
    if (wanted.empty()) {
        for (auto const& word : allowed)
            if (granted(word))
                add(word);
        return scope;
    }
    bool all = true;
    each_word(wanted, [&](std::string_view word) {
        all = all && granted(word);
        if (!has_word(scope, word))
            add(word);
    });
    if (!all)
        return refuse_oauth("invalid_scope", "The scope goes beyond what this client may have.");
    return scope;
}

events::Origin origin_of(Context const& context, Application const& application)
{
    return {.request_id = context.request_id, .actor = {}, .application = application.id};
}

} // namespace

Result<std::string> AuthorizationServer::Impl::client_credentials(Context const& context, Tenancy const& here,
                                                                  applications::Client const& client,
                                                                  http::Fields const& form)
{
    auto const& application = client.application;
    if (!application.allows(GrantType::client_credentials) || application.is_public())
        return refuse_oauth("unauthorized_client", "This client may not use client_credentials.");
    TRY(auto const* api, machine_api(*here.catalogue, application, form.find("resource")));
    TRY(auto const scope, machine_scope(application, *api, form.get("scope")));
    TRY(auto const* key, signer(*here.keys, api->signing_algorithm, context.now));
    auto const lifetime = access_token_lifetime(*context.tenant, application, api);
    auto const token_id = tokens::make_token_id(std::nullopt);
    TRY(auto const access_token, tokens::mint_access_token(*key, {.issuer = context.tenant->issuer,
                                                                  .subject = application.client_id,
                                                                  .audience = api->audience,
                                                                  .client_id = application.client_id,
                                                                  .scope = scope,
                                                                  .token_id = token_id,
                                                                  .sid = {},
                                                                  .authentication = nullptr,
                                                                  .issued_at = context.now,
                                                                  .expires_at = context.now + lifetime}));
    audit.add({.tenant = context.tenant->id,
               .application = application.id,
               .client_id = application.client_id,
               .audience = api->audience,
               .scopes = scope,
               .token_id = token_id,
               .request_id = context.request_id},
              context.now);
    TokenResponse response(access_token, lifetime);
    response.add("scope", scope);
    return response.finish();
}

// Most ID tokens say nothing of a person's profile, and then nothing is read.
Task<Result<boost::json::object>> AuthorizationServer::Impl::id_token_claims(Context const& context,
                                                                             Application const& application,
                                                                             tokens::Granted const& granted)
{
    auto const& tenant = *context.tenant;
    auto const& schema = *tenant.profile;
    if (std::ranges::find(granted.scopes, "openid") == granted.scopes.end())
        co_return boost::json::object();
    auto const names = still_allowed(schema, NamedClaims::parse(granted.claims).id_token, application);
    if (names.empty())
        co_return boost::json::object();
    co_return co_await parts.database.read([&](storage::Tx& tx) -> Result<boost::json::object> {
        TRY(auto const person, find_person(tx, parts.users, tenant, granted.user));
        return claims_about(schema, person, {}, names);
    });
}

Task<Result<std::string>> AuthorizationServer::Impl::redeem_code(Context const& context, Tenancy const& here,
                                                                 applications::Client const& client,
                                                                 http::Fields const& form)
{
    auto const& application = client.application;
    if (!application.allows(GrantType::authorization_code))
        co_return refuse_oauth("unauthorized_client", "This client may not use authorization codes.");
    if (form.get("code").empty())
        co_return refuse_oauth("invalid_request", "code is missing.");
    CO_TRY(auto const code,
           tokens::open_code(parts.vault, context.tenant->id, application.id, form.get("code"), context.now));
    auto const redirect_uri = form.find("redirect_uri");
    if (redirect_uri ? *redirect_uri != code.redirect_uri : code.redirect_uri_given)
        co_return refuse_oauth("invalid_grant", "redirect_uri differs from the authorization request.");
    if (!tokens::pkce_matches(code.code_challenge, form.get("code_verifier")))
        co_return refuse_oauth("invalid_grant", "PKCE verification failed: code_verifier is missing or wrong.");
    if (auto const resource = form.find("resource"); resource && *resource != code.audience)
        co_return refuse_oauth("invalid_target", "The resource differs from the authorization request.");
    auto const* api = code.audience.empty() ? nullptr : here.catalogue->find_api(code.audience);
    tokens::Redemption const redemption{.tenant = context.tenant->id,
                                        .application = application,
                                        .api = api,
                                        .code = code,
                                        .limits = tokens::refresh_limits(*context.tenant, application),
                                        .origin = origin_of(context, application)};
    CO_TRY(auto const granted, co_await parts.database.write([&](storage::Tx& tx) {
        return tokens::redeem(tx, parts.vault, redemption, context.now);
    }));
    CO_TRY(auto const person, co_await id_token_claims(context, application, granted));
    co_return mint(context, here, application, granted, person);
}

Task<Result<std::string>> AuthorizationServer::Impl::refresh(Context const& context, Tenancy const& here,
                                                             applications::Client const& client,
                                                             http::Fields const& form)
{
    auto const& application = client.application;
    if (!application.allows(GrantType::refresh_token))
        co_return refuse_oauth("unauthorized_client", "This client may not use refresh tokens.");
    if (form.get("refresh_token").empty())
        co_return refuse_oauth("invalid_request", "refresh_token is missing.");
    tokens::Rotation const rotation{.tenant = context.tenant->id,
                                    .application = application,
                                    .refresh_token = form.get("refresh_token"),
                                    .wanted_scopes = split_words(form.get("scope")),
                                    .wanted_audience = form.find("resource"),
                                    .limits = tokens::refresh_limits(*context.tenant, application),
                                    .origin = origin_of(context, application)};
    auto const find_api = [&](std::string_view audience) { return here.catalogue->find_api(audience); };
    CO_TRY(auto const granted, co_await parts.database.write([&](storage::Tx& tx) {
        return tokens::rotate(tx, parts.vault, rotation, find_api, context.now);
    }));
    // One statement was the whole transaction; that it happened is told beside it.
    parts.audit.append({.type = &events::kFamilyRefreshed,
                        .tenant = context.tenant->id,
                        .user = granted.user,
                        .origin = origin_of(context, application),
                        .data = {{"family_id", granted.family.to_string()}, {"client_id", application.client_id}},
                        .personal = {}},
                       context.now);
    CO_TRY(auto const person, co_await id_token_claims(context, application, granted));
    co_return mint(context, here, application, granted, person);
}

Task<Result<std::string>> AuthorizationServer::Impl::exchange(Context const& context, http::Request const& request)
{
    CO_TRY_DO(check_enabled(*context.tenant));
    CO_TRY(auto const form, request.form());
    if (form.repeated())
        co_return refuse_oauth("invalid_request", "A parameter stands in the request twice.");
    CO_TRY(auto const here, co_await tenancy(context));
    auto const client = authenticate_client(*here.catalogue, request, form, context.now);
    if (!client) {
        if (auto const* named = here.catalogue->find(client_named(request, form)))
            audit.refused(context.tenant->id, named->application, context.request_id, context.now);
        co_return std::unexpected(client.error());
    }
    auto const grant_type = form.get("grant_type");
    if (grant_type == "client_credentials")
        co_return client_credentials(context, here, **client, form);
    if (grant_type == "authorization_code")
        co_return co_await redeem_code(context, here, **client, form);
    if (grant_type == "refresh_token")
        co_return co_await refresh(context, here, **client, form);
    if (grant_type.empty())
        co_return refuse_oauth("invalid_request", "grant_type is missing.");
    co_return refuse_oauth("unsupported_grant_type", "This grant_type is not supported.");
}

Answer AuthorizationServer::Impl::token(Context const& context, http::Request const& request)
{
    auto json = co_await exchange(context, request);
    auto response =
        json ? http::Response::json(200, *std::move(json)) : error_response(json.error(), request, context.request_id);
    if (json)
        response.headers.add("Pragma", "no-cache");
    if (auto const catalogue = parts.registry.cached(context.tenant->id))
        allow_origin(response, *catalogue, request);
    co_return response;
}

} // namespace gatehouse::oauth
