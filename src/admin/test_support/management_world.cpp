#include "admin/test_support/management_world.hpp"

#include "admin/openapi.hpp"
#include "admin/test_support/schema.hpp"
#include "applications/applications.hpp"
#include "credentials/authenticators.hpp"
#include "credentials/recovery_codes.hpp"
#include "tokens/families.hpp"
#include "view/pages.hpp"

namespace gatehouse::admin {

namespace json = boost::json;
using session::must;

std::string Reply::text(std::string_view member) const
{
    auto const* object = body.if_object();
    auto const* value = object ? object->if_contains(member) : nullptr;
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

namespace {

// Compiled once for all tests: they never change.
view::Pages const& built_in_pages()
{
    static auto const pages = must(view::Pages::create({}));
    return *pages;
}

} // namespace

ManagementWorld::ManagementWorld(storage::Engine engine)
    : World(engine), passwords(*vault, users), key_ring(*database, *vault, changes),
      hash_pool({.workers = 1, .parameters = {.memory_kib = 8, .passes = 1}}), // a test's hashes cost next to nothing
      api({.database = *database,
           .vault = *vault,
           .changes = changes,
           .directory = directory,
           .tenants = tenants,
           .users = users,
           .passwords = passwords,
           .key_ring = key_ring,
           .hash_pool = hash_pool,
           .pages = built_in_pages(),
           .breached_passwords = breached_passwords,
           .places = example_places.places})
{
    for (auto const& bare : {directory.system_tenant(), directory.default_tenant()})
        make_api(management_api_of(bare->issuer), bare->id);
    for (auto& route : api.routes())
        router_.add(route.method, route.pattern, {route.pattern, route.endpoint});
}

Reply ManagementWorld::ask(std::string_view what, Question question)
{
    http::Request request;
    auto const space = what.find(' ');
    request.method = http::parse_method(what.substr(0, space));
    auto const target = what.substr(space + 1);
    auto const mark = std::min(target.find('?'), target.size());
    request.path = fmt::format("/api/v1{}", target.substr(0, mark));
    if (mark < target.size())
        request.query = must(http::parse_form(target.substr(mark + 1)));
    if (!question.token.empty())
        request.headers.add("Authorization", "Bearer " + question.token);
    if (!question.body.is_null() || !question.raw_body.empty()) {
        request.body = question.raw_body.empty() ? json::serialize(question.body) : question.raw_body;
        if (!question.headers.contains("Content-Type"))
            request.headers.add("Content-Type", request.method == http::Method::patch ? "application/merge-patch+json"
                                                                                      : "application/json");
    }
    for (auto const& [name, value] : question.headers)
        request.headers.add(name, value);

    auto match = router_.find(request.method, request.path);
    if (!match.endpoint)
        throw std::runtime_error(fmt::format("no route for {}", what));
    request.path_parameters = std::move(match.parameters);
    auto const where = context(directory.find((question.tenant ? question.tenant : tenant)->id)); // as it is now
    auto result = run(match.endpoint->run(where, request));
    auto const response = result ? *std::move(result) : http::problem(result.error(), where.request_id);
    Reply reply{.status = response.status, .body = nullptr, .headers = response.headers};
    if (!response.content().empty())
        reply.body = json::parse(response.content());
    hold_against_description(request.method, match.endpoint->pattern.substr(std::string_view("/api/v1").size()),
                             response, reply);
    return reply;
}

json::object ManagementWorld::description() const
{
    return describe(api.operations(), "https://id.example.com");
}

void ManagementWorld::hold_against_description(http::Method method, std::string const& pattern,
                                               http::Response const& response, Reply const& reply) const
{
    auto const document = description();
    auto const& operation =
        document.at("paths").at(pattern).as_object().at(http::lower_case(http::to_string(method))).as_object();
    auto const* described = operation.at("responses").as_object().if_contains(std::to_string(reply.status));
    if (!described) {
        ADD_FAILURE() << "the description does not know status " << reply.status << " of " << pattern << ": "
                      << json::serialize(reply.body);
        return;
    }
    auto const* content = described->as_object().if_contains("content");
    if (!content) {
        EXPECT_TRUE(response.content().empty()) << pattern << ": the description knows no content";
        return;
    }
    auto const& [media_type, form] = *content->as_object().begin();
    EXPECT_EQ(reply.header("Content-Type"), std::string_view(media_type));
    for (auto const& violation : violations(form.as_object().at("schema"), reply.body, document))
        ADD_FAILURE() << http::to_string(method) << " " << pattern << ": " << violation;
    if (auto const* headers = described->as_object().if_contains("headers"))
        EXPECT_TRUE(!headers->as_object().contains("ETag") || reply.headers.contains("ETag")) << pattern;
}

applications::Application ManagementWorld::make_service(std::vector<std::string> scopes, TenantPointer of)
{
    auto const where = of ? of : tenant;
    auto wanted = applications::defaults_for(applications::Kind::service);
    wanted.client_id = fmt::format("machine-{}", ++clients_);
    wanted.name = "Machine";
    wanted.apis = {{management_audience(where->issuer), std::move(scopes)}};
    return make_application(std::move(wanted), where->id);
}

std::string ManagementWorld::machine_token(std::vector<std::string> scopes, TenantPointer of)
{
    return mint(make_service(scopes, of), scopes, {}, of);
}

std::string ManagementWorld::mint(applications::Application const& client, std::vector<std::string> const& scopes,
                                  std::function<void(tokens::AccessTokenClaims&)> const& change, TenantPointer of)
{
    auto const where = of ? of : tenant;
    auto const keys = must(key_ring.get_now(where->id, now()));
    auto const id = tokens::make_token_id({});
    auto const scope = fmt::format("{}", fmt::join(scopes, " "));
    auto const audience = management_audience(where->issuer);
    tokens::AccessTokenClaims claims{.issuer = where->issuer,
                                     .subject = client.client_id,
                                     .audience = audience,
                                     .client_id = client.client_id,
                                     .scope = scope,
                                     .token_id = id,
                                     .sid = {},
                                     .issued_at = now(),
                                     .expires_at = now() + std::chrono::minutes(10)};
    if (change)
        change(claims);
    return must(tokens::mint_access_token(*keys->signer(jose::Algorithm::ES256, now()), claims));
}

void ManagementWorld::permit(UserId user, std::vector<std::string> scopes, TenantPointer of)
{
    auto const where = of ? of : tenant;
    must(write([&](storage::Tx& tx) {
        return users.set_permissions(tx, where->id, user, management_audience(where->issuer), scopes, {}, now());
    }));
}

credentials::CredentialId ManagementWorld::add_authenticator(UserId user, std::string_view name)
{
    credentials::Authenticators const apps(*vault);
    auto const pending = must(apps.begin(tenant_id(), user, {}, {}, now()));
    return must(write([&](storage::Tx& tx) -> Result<credentials::CredentialId> {
        TRY(auto const app,
            apps.confirm(tx, tenant_id(), user, {}, pending.sealed,
                         credentials::totp(pending.secret.expose(), now(), pending.form), name, {}, now()));
        TRY_DO(credentials::RecoveryCodes(*vault).generate(tx, tenant_id(), user, {}, now()));
        return app.id;
    }));
}

std::string ManagementWorld::person_token(UserId user, std::vector<std::string> scopes, TenantPointer of)
{
    auto const where = of ? of : tenant;
    permit(user, scopes, where);
    auto wanted = applications::defaults_for(applications::Kind::spa);
    wanted.client_id = fmt::format("console-{}", ++clients_);
    wanted.name = "Console";
    wanted.first_party = true;
    wanted.redirect_uris = {"https://console.example/callback"};
    wanted.apis = {{management_audience(where->issuer), management_scopes()}};
    auto const console = make_application(std::move(wanted), where->id);
    auto const session = start_session(user, where->id);
    auto const api_row = management_api_of(where->issuer);
    tokens::AuthorizationCode const code{
        .id = Uuid::generate(now()),
        .application = console.id,
        .redirect_uri = console.redirect_uris.front(),
        .code_challenge = {},
        .user = user,
        .session = session.session.id,
        .security_epoch = session.session.security_epoch,
        .authentication = {.time = now(), .acr = {}, .amr = {"pwd"}, .methods = {credentials::Method::password}},
        .scopes = scopes,
        .audience = api_row.audience,
        .nonce = {}};
    auto const granted = must(write([&](storage::Tx& tx) {
        return tokens::redeem(tx, *vault,
                              {.tenant = where->id,
                               .application = console,
                               .api = &api_row,
                               .code = code,
                               .limits = tokens::refresh_limits(*where, console),
                               .origin = {}},
                              now());
    }));
    auto const id = tokens::make_token_id(granted.family);
    return mint(
        console, scopes,
        [&](tokens::AccessTokenClaims& claims) {
            claims.subject = granted.subject;
            claims.token_id = id;
        },
        where);
}

} // namespace gatehouse::admin
