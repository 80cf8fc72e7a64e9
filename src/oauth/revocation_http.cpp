// Revocation (RFC 7009) and introspection (RFC 7662).
//
// Who may introspect: an application its own tokens, and an API the tokens meant for it. An API that introspects is
// registered as a service whose client_id is the API's audience. Everything else is "inactive", without a word more.
#include "base/json.hpp"
#include "events/types.hpp"
#include "oauth/client_authentication.hpp"
#include "oauth/oauth_error.hpp"
#include "oauth/server_impl.hpp"

#include <algorithm>
#include <charconv>

namespace gatehouse::oauth {

using applications::Application;

namespace {

struct Asked {
    Tenancy here;
    applications::Client const* client;
    std::string token;
};

constexpr std::string_view kInactive = R"({"active":false})";

// {"active":true, ...} (RFC 7662 section 2.2).
class ActiveToken {
public:
    void add(std::string_view name, std::string_view value)
    {
        if (value.empty())
            return;
        json_ += ",\"";
        json_ += name;
        json_ += "\":";
        append_json_string(json_, value);
    }
    void add(std::string_view name, TimePoint time)
    {
        json_ += ",\"";
        json_ += name;
        json_ += "\":";
        json_ += std::to_string(to_seconds(time));
    }
    std::string finish()
    {
        json_ += '}';
        return std::move(json_);
    }

private:
    std::string json_ = R"({"active":true)";
};

bool is_for(Application const& caller, PresentedToken const& token)
{
    return token.client_id == caller.client_id ||
           std::ranges::find(token.jwt.audience, caller.client_id) != token.jwt.audience.end();
}

Result<Asked> read_asked(Tenancy here, Context const& context, http::Request const& request)
{
    TRY_DO(check_enabled(*context.tenant));
    TRY(auto const form, request.form());
    if (form.repeated())
        return refuse_oauth("invalid_request", "A parameter stands in the request twice.");
    TRY(auto const* client, authenticate_client(*here.catalogue, request, form, context.now));
    auto token = std::string(form.get("token"));
    if (token.empty())
        return refuse_oauth("invalid_request", "token is missing.");
    return Asked{.here = std::move(here), .client = client, .token = std::move(token)};
}

} // namespace

// What is no token of this client is answered like success: the caller learns nothing about others' tokens.
Task<Result<void>> AuthorizationServer::Impl::revoke_text(Context const& context, http::Request const& request)
{
    CO_TRY(auto here, co_await tenancy(context));
    CO_TRY(auto const asked, read_asked(std::move(here), context, request));
    auto const& application = asked.client->application;
    auto const tenant = context.tenant->id;
    events::Origin const origin{.request_id = context.request_id, .actor = {}, .application = application.id};
    if (tokens::looks_like_refresh_token(asked.token)) {
        auto const revoked = co_await parts.database.write([&](storage::Tx& tx) {
            return tokens::revoke_refresh_token(tx, parts.vault, tenant, application, asked.token, origin, context.now);
        });
        co_return revoked ? Result<void>{} : std::unexpected(revoked.error());
    }
    auto const token = read_access_token(*asked.here.keys, *context.tenant, asked.token, context.now);
    if (!token || token->client_id != application.client_id)
        co_return Result<void>{};
    co_return co_await parts.database.write([&](storage::Tx& tx) -> Result<void> {
        TRY_DO(tokens::revoke_access_token(tx, tenant, token->jwt.id, *token->jwt.expires_at));
        TRY_DO(events::append(tx, parts.vault,
                              {.type = &events::kTokenRevoked,
                               .tenant = tenant,
                               .user = std::nullopt,
                               .origin = origin,
                               .data = {{"token_id", token->jwt.id},
                                        {"client_id", application.client_id},
                                        {"reason", "revocation_request"}},
                               .personal = {}},
                              context.now));
        return {};
    });
}

Answer AuthorizationServer::Impl::revoke(Context const& context, http::Request const& request)
{
    auto const revoked = co_await revoke_text(context, request);
    auto response = revoked ? http::Response::empty(200) : error_response(revoked.error(), request, context.request_id);
    if (auto const catalogue = parts.registry.cached(context.tenant->id))
        allow_origin(response, *catalogue, request);
    co_return response;
}

Task<Result<std::string>> AuthorizationServer::Impl::introspect_text(Context const& context,
                                                                     http::Request const& request)
{
    CO_TRY(auto here, co_await tenancy(context));
    CO_TRY(auto const asked, read_asked(std::move(here), context, request));
    auto const& caller = asked.client->application;
    if (caller.is_public())
        co_return refuse_oauth("invalid_client", "Introspection needs a client that authenticates.");
    auto const tenant = context.tenant->id;
    if (tokens::looks_like_refresh_token(asked.token)) {
        CO_TRY(auto const state, co_await parts.database.read([&](storage::Tx& tx) {
            return tokens::inspect_refresh_token(tx, tenant, asked.token, context.now);
        }));
        if (!state || state->application != caller.id)
            co_return std::string(kInactive);
        ActiveToken active;
        active.add("client_id", caller.client_id);
        active.add("sub", state->subject);
        active.add("scope", state->scopes);
        active.add("iss", context.tenant->issuer);
        active.add("iat", state->issued_at);
        active.add("exp", state->expires_at);
        co_return active.finish();
    }
    auto const token = read_access_token(*asked.here.keys, *context.tenant, asked.token, context.now);
    if (!token || !is_for(caller, *token))
        co_return std::string(kInactive);
    auto const* issued_to = asked.here.catalogue->find(token->client_id);
    if (!issued_to || !issued_to->application.enabled)
        co_return std::string(kInactive);
    CO_TRY(auto const status, co_await parts.database.read([&](storage::Tx& tx) {
        return tokens::check_access_token(tx, tenant, token->jwt.id, context.now);
    }));
    if (!status.active)
        co_return std::string(kInactive);
    ActiveToken active;
    active.add("token_type", "Bearer");
    active.add("client_id", token->client_id);
    active.add("sub", token->jwt.subject);
    active.add("aud", token->jwt.audience.front());
    active.add("scope", token->scope);
    active.add("iss", context.tenant->issuer);
    active.add("jti", token->jwt.id);
    if (token->jwt.issued_at)
        active.add("iat", *token->jwt.issued_at);
    active.add("exp", *token->jwt.expires_at);
    co_return active.finish();
}

Answer AuthorizationServer::Impl::introspect(Context const& context, http::Request const& request)
{
    auto json = co_await introspect_text(context, request);
    co_return json ? http::Response::json(200, *std::move(json))
                   : error_response(json.error(), request, context.request_id);
}

} // namespace gatehouse::oauth
