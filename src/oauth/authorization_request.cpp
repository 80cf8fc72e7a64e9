#include "oauth/authorization_request.hpp"

#include "base/log.hpp"
#include "base/words.hpp"
#include "http/url.hpp"
#include "oauth/oauth_error.hpp"
#include "tokens/authorization_code.hpp"

#include <algorithm>
#include <charconv>

namespace gatehouse::oauth {

namespace {

constexpr std::size_t kLongestState = 2048;
constexpr std::size_t kLongestNonce = 512;
constexpr std::size_t kLongestHint = 320;

Refusal show(std::string code, std::string message)
{
    return refuse(ErrorKind::invalid, std::move(code), std::move(message));
}

http::RedirectUse use_of(applications::Application const& application)
{
    return application.kind == applications::Kind::native ? http::RedirectUse::native : http::RedirectUse::web;
}

// For the administrator's log, never for the visitor: the registered URI that begins most like the one presented.
std::string nearest(std::vector<std::string> const& registered, std::string_view presented)
{
    auto const likeness = [&](std::string const& uri) {
        return std::ranges::mismatch(uri, presented).in1 - uri.begin();
    };
    auto const best = std::ranges::max_element(registered, {}, likeness);
    return best == registered.end() ? std::string() : *best;
}

Result<void> read_prompt(AuthorizationRequest& request, std::string_view prompt)
{
    int count = 0;
    bool known = true;
    each_word(prompt, [&](std::string_view word) {
        ++count;
        if (word == "none")
            request.prompt_none = true;
        else if (word == "login")
            request.prompt_login = true;
        else if (word == "consent")
            request.prompt_consent = true;
        else if (word == "select_account")
            request.prompt_select_account = true;
        else
            known = false;
    });
    if (!known)
        return refuse_oauth("invalid_request", "prompt holds an unknown value.");
    if (request.prompt_none && count != 1)
        return refuse_oauth("invalid_request", "prompt=none stands alone.");
    return {};
}

Result<void> read_max_age(AuthorizationRequest& request, http::Fields const& query)
{
    auto const text = query.find("max_age");
    if (!text || text->empty())
        return {};
    std::int64_t seconds = 0;
    auto const [end, problem] = std::from_chars(text->data(), text->data() + text->size(), seconds);
    if (problem != std::errc{} || end != text->data() + text->size() || seconds < 0)
        return refuse_oauth("invalid_request", "max_age is not a number of seconds.");
    request.max_age = std::chrono::seconds(std::min<std::int64_t>(seconds, 10LL * 365 * 86'400));
    return {};
}

credentials::Level read_acr_values(std::string_view acr_values, identity::AcrNames const& names)
{
    std::optional<credentials::Level> weakest;
    each_word(acr_values, [&](std::string_view word) {
        if (auto const level = credentials::level_of_acr(word, names); level && (!weakest || *level < *weakest))
            weakest = level;
    });
    return weakest.value_or(credentials::Level::single);
}

// What is unknown or not allowed is left out (OpenID Connect Core section 3.1.2.1); the token response says what was
// granted. Nothing at all left over is an error.
Result<void> read_scopes(AuthorizationRequest& request, std::string_view text)
{
    auto const& application = request.application();
    auto const* access = request.api ? application.access_to(request.api->audience) : nullptr;
    bool well_formed = true;
    each_word(text, [&](std::string_view word) {
        well_formed = well_formed && applications::is_scope_token(word);
        auto const& allowed = applications::is_person_scope(word) || !access ? application.scopes : access->scopes;
        auto const defined = applications::is_person_scope(word) || (request.api && request.api->defines(word));
        if (defined && std::ranges::find(allowed, word) != allowed.end() &&
            std::ranges::find(request.scopes, word) == request.scopes.end())
            request.scopes.emplace_back(word);
    });
    if (!well_formed)
        return refuse_oauth("invalid_scope", "scope is malformed.");
    if (request.scopes.empty())
        return refuse_oauth("invalid_scope", "None of the scopes asked for may be granted to this client.");
    return {};
}

// Claims by name; an acr that is demanded there must be one that can be reached (OpenID Connect Core section 5.5.1.1).
Result<void> read_claims(AuthorizationRequest& request, identity::Tenant const& tenant, http::Fields const& query)
{
    auto const text = query.find("claims");
    if (!text)
        return {};
    TRY(request.claims, read_claims_request(*text, *tenant.profile, request.application(), tenant.settings.signin.acr));
    if (request.claims.level_essential && !request.claims.level)
        return refuse_oauth("unmet_authentication_requirements",
                            "None of the acr values demanded can be reached here.");
    if (request.claims.level)
        request.level = std::max(request.level, *request.claims.level);
    return {};
}

Result<void> check_unsupported(http::Fields const& query)
{
    // RFC 9101 and OpenID Connect Core section 6 and 7: what is not understood must be refused, not ignored.
    if (query.find("request"))
        return refuse_oauth("request_not_supported", "Request objects are not supported.");
    if (query.find("request_uri"))
        return refuse_oauth("request_uri_not_supported", "request_uri is not supported.");
    if (query.find("registration"))
        return refuse_oauth("registration_not_supported", "registration is not supported.");
    if (auto const mode = query.find("response_mode"); mode && *mode != "query")
        return refuse_oauth("invalid_request", "Only response_mode=query is supported.");
    auto const type = query.get("response_type");
    if (type.empty())
        return refuse_oauth("invalid_request", "response_type is missing.");
    if (type != "code")
        return refuse_oauth("unsupported_response_type", "Only response_type=code is supported.");
    return {};
}

Result<void> read_pkce(AuthorizationRequest& request, http::Fields const& query)
{
    request.code_challenge = query.get("code_challenge");
    if (request.code_challenge.empty())
        return refuse_oauth("invalid_request", "PKCE is required: code_challenge is missing (RFC 7636).");
    if (query.get("code_challenge_method") != "S256")
        return refuse_oauth("invalid_request", "PKCE is required with code_challenge_method=S256.");
    if (!tokens::is_s256_challenge(request.code_challenge))
        return refuse_oauth("invalid_request", "code_challenge is not a base64url SHA-256 digest.");
    return {};
}

} // namespace

Result<Addressed> find_return_address(applications::Catalogue const& catalogue, http::Fields const& query)
{
    for (std::string_view const name : {"client_id", "redirect_uri"})
        if (query.all(name).size() > 1)
            return show("repeated_parameter", "The application that sent you here made a mistake: a parameter of its "
                                              "request stands there twice.");
    auto const* client = catalogue.find(query.get("client_id"));
    if (!client)
        return show("unknown_client", "The application that sent you here is not known. Please go back to it and try "
                                      "again, or tell those who run it.");
    auto const& application = client->application;
    if (!application.enabled)
        return show("client_disabled", "The application that sent you here is switched off at the moment.");
    auto const presented = query.find("redirect_uri");
    auto state = std::string(query.get("state"));
    if (!presented) {
        if (application.redirect_uris.size() != 1)
            return show("missing_redirect_uri", "The application that sent you here did not say where to return to.");
        return Addressed{client, {application.redirect_uris.front(), std::move(state)}, false};
    }
    auto const matches = [&](std::string const& registered) {
        return http::redirect_uri_matches(registered, *presented, use_of(application));
    };
    if (std::ranges::none_of(application.redirect_uris, matches)) {
        log::warning("redirect URI is not registered", {{"client_id", application.client_id},
                                                        {"presented", *presented},
                                                        {"nearest", nearest(application.redirect_uris, *presented)}});
        return show("unknown_redirect_uri", "The application that sent you here asked to return to an address that is "
                                            "not registered for it. Please tell those who run it.");
    }
    return Addressed{client, {std::string(*presented), std::move(state)}, true};
}

Result<AuthorizationRequest> check_request(identity::Tenant const& tenant, applications::Catalogue const& catalogue,
                                           Addressed addressed, http::Fields const& query)
{
    AuthorizationRequest request{.client = addressed.client,
                                 .reply = std::move(addressed.reply),
                                 .redirect_uri_given = addressed.redirect_uri_given};
    if (query.repeated())
        return refuse_oauth("invalid_request", "A parameter stands in the request twice.");
    if (request.reply.state.size() > kLongestState)
        return refuse_oauth("invalid_request", "state is too long.");
    TRY_DO(check_unsupported(query));
    if (!request.application().allows(applications::GrantType::authorization_code))
        return refuse_oauth("unauthorized_client", "This client may not use authorization codes.");
    TRY_DO(read_pkce(request, query));
    if (auto const resource = query.find("resource")) {
        request.api = catalogue.find_api(*resource);
        if (!request.api || !request.application().access_to(*resource))
            return refuse_oauth("invalid_target", "The resource is unknown, or not allowed for this client.");
    }
    TRY_DO(read_scopes(request, query.get("scope")));
    TRY_DO(read_prompt(request, query.get("prompt")));
    TRY_DO(read_max_age(request, query));
    request.level = read_acr_values(query.get("acr_values"), tenant.settings.signin.acr);
    TRY_DO(read_claims(request, tenant, query));
    request.nonce = query.get("nonce");
    if (request.nonce.size() > kLongestNonce)
        return refuse_oauth("invalid_request", "nonce is too long.");
    // Hints help; what is too long to be one is not worth an error.
    if (auto const hint = query.get("login_hint"); hint.size() <= kLongestHint)
        request.login_hint = hint;
    if (auto const locales = query.get("ui_locales"); locales.size() <= kLongestHint)
        request.ui_locales = locales;
    request.id_token_hint = query.get("id_token_hint");
    return request;
}

std::string answer_address(ReturnAddress const& reply, std::string_view issuer,
                           std::vector<http::Fields::Pair> parameters)
{
    if (!reply.state.empty())
        parameters.emplace_back("state", reply.state);
    parameters.emplace_back("iss", issuer);
    return http::with_query(reply.redirect_uri, http::encode_form(parameters));
}

} // namespace gatehouse::oauth
