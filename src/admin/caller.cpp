#include "admin/caller.hpp"

#include "applications/applications.hpp"
#include "base/json.hpp"
#include "identity/directory.hpp"
#include "identity/users.hpp"
#include "jose/jwt.hpp"
#include "tokens/families.hpp"
#include "tokens/key_ring.hpp"

namespace gatehouse::admin {

namespace {

Refusal token_invalid(std::string detail)
{
    return refuse(ErrorKind::unauthenticated, "token_invalid",
                  "The access token is not valid for this API. Ask the token endpoint for a new one, with this "
                  "tenant's management API as its resource.")
        .because(std::move(detail));
}

std::optional<std::string_view> bearer_token(http::Request const& request)
{
    constexpr std::string_view kScheme = "bearer ";
    auto const header = request.headers.find("Authorization");
    if (!header || header->size() <= kScheme.size() || request.headers.count("Authorization") > 1)
        return std::nullopt;
    for (std::size_t i = 0; i < kScheme.size(); ++i)
        if (((*header)[i] | 0x20) != (kScheme[i] | 0x20))
            return std::nullopt;
    return header->substr(kScheme.size());
}

// The issuer that a token claims: tells only which keys to try.
std::string claimed_issuer(std::string_view token)
{
    auto const first = token.find('.');
    auto const second = token.find('.', first + 1);
    if (second == std::string_view::npos)
        return {};
    auto const payload = base64url_decode(token.substr(first + 1, second - first - 1));
    if (!payload)
        return {};
    auto const claims = parse_json_object_strict(as_text(*payload));
    auto const* issuer = claims ? claims->if_contains("iss") : nullptr;
    return issuer && issuer->is_string() ? std::string(issuer->get_string()) : std::string();
}

std::vector<std::string> split(std::string_view text)
{
    std::vector<std::string> words;
    while (!text.empty()) {
        auto const space = text.find(' ');
        if (space != 0)
            words.emplace_back(text.substr(0, space));
        text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    }
    return words;
}

std::string text_claim(jose::Jwt const& jwt, std::string_view name)
{
    auto const* value = jwt.claims.if_contains(boost::json::string_view(name.data(), name.size()));
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

// Of the scopes that a verified token names, those that its application, and its person if it has one, hold today.
Result<Caller> read_caller(Parts const& parts, storage::Tx& tx, identity::Tenant const& tenant, jose::Jwt const& jwt,
                           TimePoint now)
{
    auto const audience = management_audience(tenant.issuer);
    TRY(auto const status, tokens::check_access_token(tx, tenant.id, jwt.id, now));
    if (!status.active)
        return token_invalid("revoked, or its session or person is gone");
    TRY(auto const application, applications::find_by_client_id(tx, tenant.id, text_claim(jwt, "client_id")));
    if (!application || !application->enabled)
        return token_invalid("its application is gone or disabled");
    auto const* access = application->access_to(audience);
    std::vector<std::string> permissions;
    if (status.user) {
        TRY(permissions, parts.users.permissions(tx, tenant.id, *status.user, audience));
    }
    auto const holds = [](std::vector<std::string> const& all, std::string const& scope) {
        return std::find(all.begin(), all.end(), scope) != all.end();
    };
    Caller caller{.application = application->id, .user = status.user};
    for (auto& scope : split(text_claim(jwt, "scope")))
        if (access && holds(access->scopes, scope) && (!status.user || holds(permissions, scope)))
            caller.scopes.push_back(std::move(scope));
    return caller;
}

} // namespace

bool Caller::may(std::string_view scope) const
{
    return std::find(scopes.begin(), scopes.end(), scope) != scopes.end();
}

Task<Result<Caller>> authenticate(Parts const& parts, Context const& context, http::Request const& request)
{
    auto const token = bearer_token(request);
    if (!token)
        co_return refuse(ErrorKind::unauthenticated, "token_missing",
                         "This API takes an access token in the Authorization header: \"Bearer ...\".");
    auto const issuer = claimed_issuer(*token);
    auto const system = parts.directory.system_tenant();
    auto const is_system = system && issuer == system->issuer;
    auto const tenant = is_system ? system : context.tenant;
    if (issuer != tenant->issuer || !tenant->enabled)
        co_return token_invalid("issued by somebody else");

    CO_TRY(auto keys, co_await parts.key_ring.get(tenant->id, context.now));
    auto jwt = jose::verify_jwt(*token, keys->published(),
                                {.algorithms = {jose::Algorithm::ES256, jose::Algorithm::RS256},
                                 .now = context.now,
                                 .type = "at+jwt",
                                 .issuer = tenant->issuer,
                                 .audience = management_audience(tenant->issuer),
                                 .leeway = std::chrono::seconds(5),
                                 .required_claims = {"jti", "client_id"}});
    if (!jwt)
        co_return token_invalid(jwt.error().code);
    // A token bound to a key (RFC 7800) is worth nothing without the proof, which a bearer does not bring.
    if (jwt->claims.contains("cnf"))
        co_return token_invalid("bound to a key");
    CO_TRY(auto caller, co_await parts.database.read(
                            [&](storage::Tx& tx) { return read_caller(parts, tx, *tenant, *jwt, context.now); }));
    caller.is_operator = is_system;
    co_return caller;
}

} // namespace gatehouse::admin
