// The authorization endpoint, and what happens when a journey that it started has ended.
#include "base/words.hpp"
#include "http/url.hpp"
#include "identity/profile_prompts.hpp"
#include "oauth/oauth_error.hpp"
#include "oauth/server_impl.hpp"
#include "session/cookie.hpp"
#include "tokens/grants.hpp"

#include <algorithm>
#include <iterator>

namespace gatehouse::oauth {

namespace {

constexpr std::string_view kContinuation = "authorize";
// It travels sealed inside a journey (journey::Start::payload).
constexpr std::size_t kLongestQuery = 4000;

http::Response answer_error(Context const& context, ReturnAddress const& reply, Error const& error)
{
    return http::Response::see_other(
        answer_address(reply, context.tenant->issuer,
                       {{"error", std::string(oauth_code_of(error))}, {"error_description", error.message}}));
}

// What the person is asked to allow; nothing for the tenant's own applications. A claim by its name is asked for as the
// scope that shows it.
std::vector<std::string> consent_needed(identity::Tenant const& tenant, AuthorizationRequest const& wanted)
{
    if (wanted.application().first_party)
        return {};
    auto scopes = wanted.scopes;
    std::ranges::move(scopes_for(*tenant.profile, wanted.claims.named, wanted.application(), wanted.scopes),
                      std::back_inserter(scopes));
    return tokens::consent_names(scopes, wanted.audience());
}

// What the application asks for, for those who ask people for what is missing of it.
std::vector<std::string> asked_for(AuthorizationRequest const& wanted)
{
    auto asked = wanted.scopes;
    for (auto const* names : {&wanted.claims.named.id_token, &wanted.claims.named.userinfo})
        for (auto const& name : *names)
            asked.push_back(identity::claim_wish(name, std::ranges::find(wanted.claims.essential, name) !=
                                                           wanted.claims.essential.end()));
    return asked;
}

bool is_recent(session::Session const& session, AuthorizationRequest const& wanted, TimePoint now)
{
    return !wanted.max_age || now - session.authentication.time <= *wanted.max_age;
}

journey::Policy policy_of(identity::Tenant const& tenant, AuthorizationRequest const& wanted)
{
    return journey::Policy::of(tenant, &wanted.application().signin);
}

// How the person was authenticated, as this application's policy sees it.
session::Authentication authentication_for(session::Session const& session, AuthorizationRequest const& wanted,
                                           identity::Tenant const& tenant)
{
    auto authentication = session.authentication;
    auto const level = policy_of(tenant, wanted).level_of(authentication.methods);
    authentication.acr = acr_of(level, tenant.settings.signin.acr);
    authentication.amr = amr_of(authentication.methods, level);
    return authentication;
}

} // namespace

// Who must be signed in, by the id_token_hint or the claim "sub" with a value: nothing when there is none. Error:
// "login_required" for a person who is not there any more.
Task<Result<std::optional<UserId>>> AuthorizationServer::Impl::hinted_user(Context const& context, Tenancy const& here,
                                                                           AuthorizationRequest const& wanted)
{
    auto const find = [&](std::string const& subject) {
        return parts.database.read([this, &context, &subject](storage::Tx& tx) {
            return parts.users.find_by_subject(tx, context.tenant->id, "", subject);
        });
    };
    if (wanted.id_token_hint.empty()) {
        if (wanted.claims.subject.empty())
            co_return std::nullopt;
        CO_TRY(auto const named, co_await find(wanted.claims.subject));
        if (!named)
            co_return refuse_oauth("login_required", "The person that claims names is not known.");
        co_return named;
    }
    CO_TRY(auto const hint, read_hint(*here.keys, context.tenant->issuer, wanted.id_token_hint));
    if (hint.client_id != wanted.application().client_id)
        co_return refuse_oauth("invalid_request", "id_token_hint was issued to another client.");
    if (!wanted.claims.subject.empty() && wanted.claims.subject != hint.subject)
        co_return refuse_oauth("invalid_request", "id_token_hint and claims name two people.");
    CO_TRY(auto const user, co_await find(hint.subject));
    if (!user)
        co_return refuse_oauth("login_required", "The person of the id_token_hint is not known any more.");
    co_return user;
}

Result<std::string> AuthorizationServer::Impl::grant_code(Context const& context, AuthorizationRequest const& wanted,
                                                          session::Session const& session)
{
    tokens::AuthorizationCode const code{.id = Uuid::generate(context.now),
                                         .application = wanted.application().id,
                                         .redirect_uri = wanted.reply.redirect_uri,
                                         .redirect_uri_given = wanted.redirect_uri_given,
                                         .code_challenge = wanted.code_challenge,
                                         .user = session.user,
                                         .session = session.id,
                                         .security_epoch = session.security_epoch,
                                         .authentication = authentication_for(session, wanted, *context.tenant),
                                         .scopes = wanted.scopes,
                                         .audience = std::string(wanted.audience()),
                                         .nonce = wanted.nonce,
                                         .claims = wanted.claims.named.to_string()};
    TRY(auto text, tokens::seal_code(parts.vault, context.tenant->id, code, context.now));
    return answer_address(wanted.reply, context.tenant->issuer, {{"code", std::move(text)}});
}

journey::Start AuthorizationServer::Impl::journey_start(Context const& context, AuthorizationRequest const& wanted,
                                                        std::string payload, std::optional<UserId> user)
{
    return {.continuation = std::string(kContinuation),
            .payload = std::move(payload),
            .purpose = journey::Purpose::sign_in,
            .application = wanted.application().id,
            .requirements = {.user = user,
                             .fresh = wanted.prompt_login,
                             .choose_account = wanted.prompt_select_account,
                             .max_age = wanted.max_age,
                             .ask_consent = wanted.prompt_consent,
                             .level = wanted.level,
                             .consent_scopes = consent_needed(*context.tenant, wanted),
                             .scopes = asked_for(wanted)},
            .login_hint = wanted.login_hint,
            .ui_locales = wanted.ui_locales};
}

// A code at once where a live session satisfies the request; otherwise an error (prompt=none) or a journey.
Answer AuthorizationServer::Impl::decide(Context const& context, http::Request const& request, Tenancy const& here,
                                         AuthorizationRequest const& wanted)
{
    CO_TRY(auto const hinted, co_await hinted_user(context, here, wanted));
    auto const handles = session::read_cookie(context, request);
    auto const tenant = context.tenant->id;
    auto const needed = consent_needed(*context.tenant, wanted);
    struct Found {
        std::vector<session::Session> sessions;
        bool consented = true;
        bool strong = false;  // opened as strongly as the tenant and the application ask for today
        bool complete = true; // nothing that the application cannot do without is missing of the profile
    };
    Found found;
    if (!handles.empty()) {
        CO_TRY(found, co_await parts.database.read([&](storage::Tx& tx) -> Result<Found> {
            Found here_found;
            TRY(here_found.sessions, session::find_all(tx, tenant, handles, context.now));
            if (hinted)
                std::erase_if(here_found.sessions, [&](auto const& session) { return session.user != *hinted; });
            if (here_found.sessions.size() == 1) {
                TRY(here_found.strong,
                    parts.engine.satisfies(tx, context, policy_of(*context.tenant, wanted), here_found.sessions.front(),
                                           {.max_age = wanted.max_age, .level = wanted.level}));
            }
            if (here_found.sessions.size() == 1 && !needed.empty()) {
                TRY(auto const grant,
                    tokens::find_grant(tx, tenant, here_found.sessions.front().user, wanted.application().id));
                here_found.consented = tokens::covers(grant, needed);
            }
            // Asked for nothing by nobody (OpenID Connect Core section 5.5.1): then the claim is merely not there.
            if (here_found.sessions.size() == 1 && !wanted.claims.essential.empty() && !wanted.prompt_none) {
                TRY(auto const user, parts.users.get(tx, tenant, here_found.sessions.front().user));
                here_found.complete =
                    identity::missing_claims(*context.tenant->profile, user.profile, wanted.claims.essential).empty();
            }
            return here_found;
        }));
    }
    auto const several = found.sessions.size() > 1;
    auto const* current = found.sessions.size() == 1 ? &found.sessions.front() : nullptr;
    auto const recent = current && is_recent(*current, wanted, context.now);
    auto const strong = current && found.strong;
    if (wanted.prompt_none) {
        if (several)
            co_return refuse_oauth("account_selection_required", "Several accounts are signed in.");
        if (!recent)
            co_return refuse_oauth("login_required", "Nobody is signed in.");
        if (!strong)
            co_return refuse_oauth("interaction_required", "A stronger sign-in is needed.");
        if (!found.consented)
            co_return refuse_oauth("consent_required", "The person has not allowed this yet.");
    }
    auto const asked =
        wanted.prompt_login || wanted.prompt_select_account || (wanted.prompt_consent && !needed.empty());
    if (!recent || !strong || !found.consented || !found.complete || asked) {
        if (request.raw_query.size() > kLongestQuery)
            co_return refuse_oauth("invalid_request", "The request is too long.");
        co_return co_await parts.engine.start(context, request,
                                              journey_start(context, wanted, request.raw_query, hinted));
    }
    if (auto const lifetimes = session::lifetimes_of(*context.tenant);
        session::touch_is_due(*current, lifetimes, context.now)) {
        CO_TRY_DO(co_await parts.database.write(
            [&](storage::Tx& tx) { return session::touch(tx, tenant, *current, lifetimes, context.now); },
            storage::Durability::Relaxed));
    }
    CO_TRY(auto address, grant_code(context, wanted, *current));
    co_return http::Response::see_other(std::move(address));
}

Answer AuthorizationServer::Impl::authorize(Context const& context, http::Request const& request)
{
    CO_TRY_DO(check_enabled(*context.tenant));
    CO_TRY(auto const here, co_await tenancy(context));
    CO_TRY(auto addressed, find_return_address(*here.catalogue, request.query));
    auto const reply = addressed.reply;
    auto const wanted = check_request(*context.tenant, *here.catalogue, std::move(addressed), request.query);
    if (!wanted)
        co_return answer_error(context, reply, wanted.error());
    auto answer = co_await decide(context, request, here, *wanted);
    if (!answer)
        co_return answer_error(context, reply, answer.error());
    co_return answer;
}

// A form of another site may post here (OpenID Connect Core section 3.1.2.1). Cookies marked SameSite=Lax do not come
// with it, so it is turned into the same-site GET that says the same.
Answer AuthorizationServer::Impl::authorize_post(Context const& context, http::Request const& request)
{
    CO_TRY(auto const form, request.form());
    std::vector<http::Fields::Pair> const pairs(form.begin(), form.end());
    co_return http::Response::see_other(context.base_path + "/oauth2/authorize?" + http::encode_form(pairs));
}

Answer AuthorizationServer::Impl::finish_journey(Context const& context, journey::Finished const& finished)
{
    // The application may have changed while the person signed in: the request is checked anew.
    CO_TRY_DO(check_enabled(*context.tenant));
    CO_TRY(auto const query, http::parse_form(finished.payload));
    CO_TRY(auto const here, co_await tenancy(context));
    CO_TRY(auto addressed, find_return_address(*here.catalogue, query));
    auto const reply = addressed.reply;
    auto const wanted = check_request(*context.tenant, *here.catalogue, std::move(addressed), query);
    if (!wanted)
        co_return answer_error(context, reply, wanted.error());
    CO_TRY(auto address, grant_code(context, *wanted, finished.session));
    co_return http::Response::see_other(std::move(address));
}

Answer AuthorizationServer::Impl::cancel_journey(Context const& context, std::string const& payload)
{
    CO_TRY(auto const query, http::parse_form(payload));
    CO_TRY(auto const here, co_await tenancy(context));
    CO_TRY(auto const addressed, find_return_address(*here.catalogue, query));
    co_return answer_error(context, addressed.reply, Error{.code = "access_denied", .message = "The person declined."});
}

// For native apps and front ends of one's own: the members of "request" are those of an authorization request.
Task<Result<journey::Start>> AuthorizationServer::Impl::begin_journey(Context const& context,
                                                                      boost::json::object const& request)
{
    CO_TRY_DO(check_enabled(*context.tenant));
    std::vector<http::Fields::Pair> pairs;
    for (auto const& [name, value] : request) {
        if (!value.is_string())
            co_return refuse(ErrorKind::invalid, "field_type", "Members of \"request\" are texts.")
                .at("/request/" + std::string(name));
        pairs.emplace_back(std::string(name), std::string(value.get_string()));
    }
    http::Fields const query(pairs);
    CO_TRY(auto const here, co_await tenancy(context));
    CO_TRY(auto addressed, find_return_address(*here.catalogue, query));
    CO_TRY(auto const wanted, check_request(*context.tenant, *here.catalogue, std::move(addressed), query));
    if (!wanted.application().first_party)
        co_return refuse(ErrorKind::forbidden, "unauthorized_client",
                         "Only the tenant's own applications may sign people in without a browser.");
    CO_TRY(auto const hinted, co_await hinted_user(context, here, wanted));
    co_return journey_start(context, wanted, http::encode_form(pairs), hinted);
}

journey::Continuation AuthorizationServer::Impl::continuation()
{
    return {.start_address = [](Context const&, std::string const& payload) { return "/oauth2/authorize?" + payload; },
            .finish = [this](Context const& context,
                             journey::Finished const& finished) { return finish_journey(context, finished); },
            .cancel = [this](Context const& context,
                             std::string const& payload) { return cancel_journey(context, payload); },
            .form_targets = [this](Context const& context, std::string const& payload) -> std::vector<std::string> {
                auto const catalogue = parts.registry.cached(context.tenant->id);
                auto const query = http::parse_form(payload);
                if (!catalogue || !query)
                    return {};
                auto const addressed = find_return_address(*catalogue, *query);
                auto const url = http::Url::parse(addressed ? addressed->reply.redirect_uri : std::string());
                if (!url)
                    return {};
                return {url->is_web() ? url->origin() : url->scheme + ":"};
            },
            .begin = [this](Context const& context,
                            boost::json::object const& request) { return begin_journey(context, request); }};
}

} // namespace gatehouse::oauth
