// Sign-out that an application asks for (OpenID Connect RP-Initiated Logout 1.0), and the page at its end.
//
// With an ID token as proof that the application knows this session, the session ends at once. Without, the person is
// asked: any site can send a browser here.
#include "base/json.hpp"
#include "http/page_headers.hpp"
#include "http/url.hpp"
#include "journey/page.hpp"
#include "oauth/oauth_error.hpp"
#include "oauth/server_impl.hpp"
#include "session/cookie.hpp"
#include "vault/sealed.hpp"
#include "view/pages.hpp"

#include <algorithm>

namespace gatehouse::oauth {

namespace {

constexpr std::string_view kPurpose = "logout";
constexpr Duration kConfirmWithin = std::chrono::hours(1);

// What a request asks for, checked.
struct LogoutRequest {
    applications::Client const* client = nullptr; // null: nobody in particular
    std::optional<Hint> hint;
    std::string target; // where to go afterwards: an application's address, or "" for our own page
};

Refusal show(std::string code, std::string message)
{
    return refuse(ErrorKind::invalid, std::move(code), std::move(message));
}

Result<LogoutRequest> read_logout(Tenancy const& here, identity::Tenant const& tenant, http::Fields const& query)
{
    if (query.repeated())
        return show("repeated_parameter", "The application that sent you here made a mistake: a parameter of its "
                                          "request stands there twice.");
    LogoutRequest logout;
    if (auto const text = query.get("id_token_hint"); !text.empty()) {
        // A hint that proves nothing is no error: the person is asked instead.
        if (auto hint = read_hint(*here.keys, tenant.issuer, text))
            logout.hint = *std::move(hint);
    }
    auto client_id = std::string(query.get("client_id"));
    if (logout.hint) {
        if (!client_id.empty() && client_id != logout.hint->client_id)
            return show("unknown_client", "The application that sent you here contradicts itself. You are still "
                                          "signed in.");
        client_id = logout.hint->client_id;
    }
    logout.client = here.catalogue->find(client_id);
    auto const target = query.find("post_logout_redirect_uri");
    if (!target)
        return logout;
    auto const known = [&] {
        if (!logout.client || !logout.client->application.enabled)
            return false;
        auto const& registered = logout.client->application.post_logout_redirect_uris;
        return std::ranges::find(registered, *target) != registered.end();
    };
    if (!known())
        return show("unknown_redirect_uri", "The application that sent you here asked to return to an address that is "
                                            "not registered for it. You are still signed in.");
    auto const state = query.get("state");
    logout.target = state.empty() ? std::string(*target)
                                  : http::with_query(*target, http::encode_form({{"state", std::string(state)}}));
    return logout;
}

// The confirmation belongs to the cookie that it was shown to.
crypto::Digest256 cookie_digest(Context const& context, http::Request const& request)
{
    return crypto::sha256(request.cookie(session::cookie_name(context, "session")).value_or(std::string_view{}));
}

http::Response leave(Context const& context, std::string const& target)
{
    return http::Response::see_other(target.empty() ? context.base_path + "/signed-out" : target);
}

} // namespace

Answer AuthorizationServer::Impl::logout(Context const& context, http::Request const& request)
{
    CO_TRY(auto const here, co_await tenancy(context));
    CO_TRY(auto const logout, read_logout(here, *context.tenant, request.query));
    auto const tenant = context.tenant->id;
    auto handles = session::read_cookie(context, request);

    if (logout.hint && logout.client) {
        // The session that the ID token names, whichever of the browser's accounts it is.
        events::Origin const origin{
            .request_id = context.request_id, .actor = {}, .application = logout.client->application.id};
        CO_TRY(auto const ended,
               co_await parts.database.write([&](storage::Tx& tx) -> Result<std::optional<SessionId>> {
                   TRY(auto const user, parts.users.find_by_subject(tx, tenant, "", logout.hint->subject));
                   if (!user)
                       return std::nullopt;
                   TRY(auto const session, session::find_by_sid(tx, tenant, *user, logout.client->application.id,
                                                                logout.hint->sid, context.now));
                   if (!session)
                       return std::nullopt;
                   TRY_DO(session::end(tx, parts.vault, tenant, *user, *session, session::EndReason::sign_out, origin,
                                       context.now));
                   return session;
               }));
        if (ended) {
            auto response = leave(context, logout.target);
            response.headers.add("Set-Cookie", http::to_string(session::make_cookie(
                                                   context, session::without(std::move(handles), *ended))));
            co_return response;
        }
    }
    CO_TRY(auto const sessions, co_await parts.database.read([&](storage::Tx& tx) {
        return session::find_all(tx, tenant, handles, context.now);
    }));
    if (sessions.empty())
        co_return leave(context, logout.target);

    auto const digest = cookie_digest(context, request);
    CO_TRY(auto confirmation,
           vault::seal(
               parts.vault,
               {.tenant = tenant, .purpose = kPurpose, .binding = digest, .expires_at = context.now + kConfirmWithin},
               as_bytes(logout.target), context.now));
    view::ViewModel page{.step = "sign_out",
                         .title = "signout.title",
                         .lead = view::Text("signout.lead", {{"tenant", context.tenant->name}})};
    if (logout.client)
        page.application = {.name = logout.client->application.name, .logo = logout.client->application.logo};
    page.choices.push_back({.label = "action.sign_out", .style = view::ChoiceStyle::primary});
    journey::PageOptions options{.form_action = "/oauth2/logout",
                                 .hidden = {{"confirmation", std::move(confirmation)}}};
    if (auto const url = http::Url::parse(logout.target))
        options.form_targets.push_back(url->is_web() ? url->origin() : url->scheme + ":");
    options.ui_locales = request.query.get("ui_locales");
    co_return journey::page(parts.pages, context, request, page, options);
}

Answer AuthorizationServer::Impl::logout_post(Context const& context, http::Request const& request)
{
    CO_TRY(auto const form, request.form());
    auto const confirmation = form.find("confirmation");
    if (!confirmation) {
        // An application's own form, from another site: the same as a GET, where the browser sends its cookies.
        std::vector<http::Fields::Pair> const pairs(form.begin(), form.end());
        co_return http::Response::see_other(context.base_path + "/oauth2/logout?" + http::encode_form(pairs));
    }
    CO_TRY_DO(http::check_same_origin(request));
    auto const tenant = context.tenant->id;
    auto const digest = cookie_digest(context, request);
    auto const opened = vault::open(
        parts.vault, {.tenant = tenant, .purpose = kPurpose, .binding = digest, .now = context.now}, *confirmation);
    if (!opened) // too old, or the cookie has changed since: ask again
        co_return http::Response::see_other(context.base_path + "/oauth2/logout");
    auto const handles = session::read_cookie(context, request);
    CO_TRY_DO(co_await parts.database.write([&](storage::Tx& tx) -> Result<void> {
        TRY(auto const sessions, session::find_all(tx, tenant, handles, context.now));
        for (auto const& each : sessions)
            TRY_DO(session::end(tx, parts.vault, tenant, each.user, each.id, session::EndReason::sign_out,
                                {.request_id = context.request_id}, context.now));
        return {};
    }));
    auto response = leave(context, std::string(as_text(*opened)));
    response.headers.add("Set-Cookie", http::to_string(session::make_cookie(context, {})));
    co_return response;
}

Answer AuthorizationServer::Impl::signed_out(Context const& context, http::Request const& request)
{
    view::ViewModel const page{.step = "signed_out", .title = "signout.done_title", .lead = "signout.done_lead"};
    co_return journey::page(parts.pages, context, request, page, {});
}

} // namespace gatehouse::oauth
