// Who may call the management API, and what callers try who may not.
#include "admin/caller.hpp"
#include "admin/test_support/management_world.hpp"
#include "applications/applications.hpp"
#include "tokens/families.hpp"

namespace gatehouse::admin {
namespace {

namespace json = boost::json;
using session::must;

class ManagementCallers : public testing::TestWithParam<storage::Engine> {
protected:
    // An operation's path with ids of things that are not there.
    static std::string target_of(Operation const& operation)
    {
        auto path = operation.path;
        while (path.contains('{')) {
            auto const open = path.find('{');
            path.replace(open, path.find('}') - open + 1, "01970000-0000-7000-8000-000000000000");
        }
        return fmt::format("{} {}", http::to_string(operation.method), path);
    }
    Reply ask(std::string const& token, std::string_view what, json::value body = nullptr,
              TenantPointer tenant = nullptr)
    {
        return world.ask(what, {.token = token, .body = std::move(body), .tenant = std::move(tenant)});
    }
    void expect_not_a_token(std::string const& token, std::string_view why, TenantPointer tenant = nullptr)
    {
        auto const reply = ask(token, "GET /users", nullptr, std::move(tenant));
        EXPECT_EQ(reply.status, 401) << why;
        EXPECT_EQ(reply.code(), "token_invalid") << why;
        EXPECT_EQ(reply.header("WWW-Authenticate"), "Bearer realm=\"gatehouse\", error=\"invalid_token\"") << why;
    }
    TenantPointer make_tenant(std::string slug)
    {
        auto made = world.make_tenant(std::move(slug));
        world.make_api(management_api_of(made->issuer), made->id);
        return made;
    }
    std::string permissions_of(UserId user, TenantPointer tenant = nullptr)
    {
        auto const where = tenant ? tenant : world.tenant;
        return fmt::format("/users/{}/permissions?audience={}", user.to_string(),
                           http::percent_encode(management_audience(where->issuer)));
    }

    ManagementWorld world{GetParam()};
};

TEST_P(ManagementCallers, WithoutATokenNothingIsAnswered)
{
    for (auto const& operation : world.api.operations()) {
        auto const reply = world.ask(target_of(operation), {});
        EXPECT_EQ(reply.status, 401) << operation.id;
        EXPECT_EQ(reply.code(), "token_missing") << operation.id;
        EXPECT_EQ(reply.header("WWW-Authenticate"), "Bearer realm=\"gatehouse\"") << operation.id;
    }
}

TEST_P(ManagementCallers, EveryOperationNeedsItsOwnScope)
{
    std::map<std::string, std::string> without; // tokens that hold every scope but one
    for (auto const& operation : world.api.operations()) {
        auto& token = without[operation.scope];
        if (token.empty()) {
            auto scopes = management_scopes();
            ASSERT_EQ(std::erase(scopes, operation.scope), 1u) << operation.id;
            token = world.machine_token(scopes, world.directory.system_tenant());
        }
        auto const reply = ask(token, target_of(operation), json::object{});
        EXPECT_EQ(reply.status, 403) << operation.id;
        EXPECT_EQ(reply.code(), "insufficient_scope") << operation.id;
        EXPECT_EQ(
            reply.header("WWW-Authenticate"),
            fmt::format("Bearer realm=\"gatehouse\", error=\"insufficient_scope\", scope=\"{}\"", operation.scope));
    }
}

TEST_P(ManagementCallers, TheScopeOfAnOperationIsEnoughForIt)
{
    for (auto const& operation : world.api.operations()) {
        auto const token = world.machine_token({operation.scope}, world.directory.system_tenant());
        auto const status = ask(token, target_of(operation), json::object{}).status;
        EXPECT_NE(status, 401) << operation.id;
        EXPECT_NE(status, 403) << operation.id;
    }
}

TEST_P(ManagementCallers, ATenantsTokenManagesNoTenants)
{
    auto const token = world.token(); // holds every scope, "tenants:..." too
    for (auto const& operation : world.api.operations()) {
        if (operation.reach != Reach::system)
            continue;
        EXPECT_EQ(ask(token, target_of(operation), json::object{}).code(), "insufficient_scope") << operation.id;
    }
}

TEST_P(ManagementCallers, ATokenOfAnotherTenantIsRefused)
{
    auto const acme = make_tenant("acme");
    expect_not_a_token(world.machine_token(management_scopes(), acme), "acme's token at the default tenant");
    expect_not_a_token(world.token(), "the default tenant's token at acme", acme);
    expect_not_a_token(world.token(), "the default tenant's token at system", world.directory.system_tenant());
}

TEST_P(ManagementCallers, ATokenThatClaimsAnotherIssuerIsRefused)
{
    auto const client = world.make_service(management_scopes());
    auto const forged = [&](std::string const& issuer, std::string const& audience) {
        return world.mint(client, management_scopes(), [&](tokens::AccessTokenClaims& claims) {
            claims.issuer = issuer;
            claims.audience = audience;
        });
    };
    auto const system = world.directory.system_tenant();
    expect_not_a_token(forged(system->issuer, management_audience(system->issuer)), "signed by a tenant's key");
    expect_not_a_token(forged(world.tenant->issuer, management_audience(system->issuer)),
                       "for the system tenant's API");
    expect_not_a_token(forged("https://evil.example", management_audience(world.tenant->issuer)), "of a stranger");
}

TEST_P(ManagementCallers, ATokenForAnotherAudienceIsRefused)
{
    auto const client = world.make_service(management_scopes());
    for (auto const& audience :
         {std::string("https://orders.example"), world.tenant->issuer, client.client_id,
          management_audience(world.tenant->issuer) + "/", management_audience(world.tenant->issuer) + "/users",
          std::string("HTTP://LOCALHOST:8080/api/v1")})
        expect_not_a_token(world.mint(client, management_scopes(),
                                      [&](tokens::AccessTokenClaims& claims) { claims.audience = audience; }),
                           audience);
}

TEST_P(ManagementCallers, AnExpiredTokenIsRefused)
{
    auto const token = world.token();
    EXPECT_EQ(ask(token, "GET /users").status, 200);
    world.clock.advance(std::chrono::minutes(11));
    expect_not_a_token(token, "expired");
}

TEST_P(ManagementCallers, ATokenThatWasChangedIsRefused)
{
    auto token = world.token();
    auto const dot = token.rfind('.');
    token[dot + 5] = token[dot + 5] == 'A' ? 'B' : 'A';
    expect_not_a_token(token, "signature");
    expect_not_a_token("x", "no token");
    expect_not_a_token("..", "empty parts");
    expect_not_a_token("eyJhbGciOiJub25lIn0.e30.", "unsigned");
}

TEST_P(ManagementCallers, ARevokedTokenIsRefused)
{
    auto const client = world.make_service(management_scopes());
    std::string const id = tokens::make_token_id({});
    auto const token =
        world.mint(client, management_scopes(), [&](tokens::AccessTokenClaims& claims) { claims.token_id = id; });
    EXPECT_EQ(ask(token, "GET /users").status, 200);
    must(world.write([&](storage::Tx& tx) {
        return tokens::revoke_access_token(tx, world.tenant_id(), id, world.now() + std::chrono::hours(1));
    }));
    expect_not_a_token(token, "revoked");
}

TEST_P(ManagementCallers, AnIdTokenOrRefreshTokenIsNoAccessToken)
{
    auto const keys = must(world.key_ring.get_now(world.tenant_id(), world.now()));
    auto const audience = management_audience(world.tenant->issuer);
    auto const id_token = must(tokens::mint_id_token(*keys->signer(jose::Algorithm::ES256, world.now()),
                                                     {.issuer = world.tenant->issuer,
                                                      .subject = "ada",
                                                      .client_id = audience, // its aud
                                                      .nonce = {},
                                                      .sid = {},
                                                      .access_token = {},
                                                      .issued_at = world.now(),
                                                      .expires_at = world.now() + std::chrono::minutes(10)}));
    expect_not_a_token(id_token, "an ID token");
    expect_not_a_token(std::string(91, 'A'), "the form of a refresh token");
}

TEST_P(ManagementCallers, ATokenEndsWithItsApplication)
{
    auto client = world.make_service({"users:read"});
    auto const token = world.mint(client, {"users:read"});
    EXPECT_EQ(ask(token, "GET /users").status, 200);
    client.enabled = false;
    must(world.write(
        [&](storage::Tx& tx) { return applications::update(tx, world.change(world.tenant_id()), client); }));
    expect_not_a_token(token, "its application is disabled");
}

TEST_P(ManagementCallers, WhatIsTakenFromAnApplicationOrPersonIsGoneAtOnce)
{
    auto client = world.make_service({"users:read"});
    auto const token = world.mint(client, {"users:read"});
    client.apis.clear();
    must(world.write(
        [&](storage::Tx& tx) { return applications::update(tx, world.change(world.tenant_id()), client); }));
    EXPECT_EQ(ask(token, "GET /users").code(), "insufficient_scope");

    auto const ada = world.make_user("ada@example.com");
    auto const hers = world.person_token(ada, {"users:read"});
    EXPECT_EQ(ask(hers, "GET /users").status, 200);
    world.permit(ada, {});
    EXPECT_EQ(ask(hers, "GET /users").code(), "insufficient_scope");
}

TEST_P(ManagementCallers, APersonsTokenEndsWithThem)
{
    auto const ada = world.make_user("ada@example.com");
    auto const token = world.person_token(ada, {"users:read"});
    EXPECT_EQ(ask(token, "GET /users").status, 200);
    world.disable_user(ada);
    expect_not_a_token(token, "disabled");
}

TEST_P(ManagementCallers, ScopesThatNobodyGaveAreWorthNothing)
{
    auto const client = world.make_service({"users:read"});
    auto const token = world.mint(client, management_scopes());
    EXPECT_EQ(ask(token, "GET /users").status, 200);
    EXPECT_EQ(ask(token, "GET /applications").code(), "insufficient_scope");
}

TEST_P(ManagementCallers, ATokenElsewhereThanInTheHeaderIsNotLookedAt)
{
    auto const token = world.token();
    EXPECT_EQ(world.ask("GET /users?access_token=" + token, {}).status, 401);
    EXPECT_EQ(world.ask("GET /users", {.headers = {{"Authorization", "Basic " + token}}}).status, 401);
    EXPECT_EQ(world.ask("GET /users", {.headers = {{"Authorization", token}}}).status, 401);
    EXPECT_EQ(world.ask("GET /users", {.headers = {{"Authorization", "bEARER " + token}}}).status, 200);
}

TEST_P(ManagementCallers, AnIdOfAnotherTenantIsUnknownHere)
{
    auto const acme = make_tenant("acme");
    auto const theirs = world.make_user("ada@acme.example", acme->id).to_string();
    auto const application = world.make_service({}, acme);
    auto const api = must(world.read([&](storage::Tx& tx) {
        return applications::find_api_by_audience(tx, acme->id, management_audience(acme->issuer));
    }));
    auto const token = world.token();
    json::object const identifier{{"kind", "email"}, {"value", "evil@example.com"}, {"verified", true}};
    struct {
        std::string what;
        json::value body;
    } const attempts[] = {
        {"GET /users/" + theirs, nullptr},
        {"PATCH /users/" + theirs, json::object{{"enabled", false}}},
        {"DELETE /users/" + theirs, nullptr},
        {"POST /users/" + theirs + "/identifiers", identifier},
        {"PUT /users/" + theirs + "/password", json::object{{"password", "correct horse battery staple"}}},
        {"GET /users/" + theirs + "/sessions", nullptr},
        {"DELETE /users/" + theirs + "/sessions", nullptr},
        {"GET /users/" + theirs + "/trusted-devices", nullptr},
        {"DELETE /users/" + theirs + "/trusted-devices", nullptr},
        {fmt::format("PUT /users/{}/permissions?audience={}", theirs,
                     http::percent_encode(management_audience(world.tenant->issuer))),
         json::object{{"permissions", json::array{"users:read"}}}},
        {"GET /applications/" + application.id.to_string(), nullptr},
        {"PATCH /applications/" + application.id.to_string(), json::object{{"enabled", false}}},
        {"DELETE /applications/" + application.id.to_string(), nullptr},
        {"POST /applications/" + application.id.to_string() + "/secrets", json::object{}},
        {"GET /applications/" + application.id.to_string() + "/secrets", nullptr},
        {"GET /apis/" + api->id.to_string(), nullptr},
        {"DELETE /apis/" + api->id.to_string(), nullptr},
        {"GET /users/not-an-id", nullptr},
    };
    for (auto const& [what, body] : attempts)
        EXPECT_EQ(ask(token, what, body).status, 404) << what;
    auto const found = ask(token, "GET /users?identifier=ada%40acme.example");
    EXPECT_TRUE(found.body.at("items").as_array().empty());
}

TEST_P(ManagementCallers, AnOperatorReachesTheTenantThatIsNamed)
{
    auto const acme = make_tenant("acme");
    world.make_user("ada@acme.example", acme->id);
    auto const found = ask(world.operator_token(), "GET /users", nullptr, acme);
    EXPECT_EQ(found.body.at("items").as_array().size(), 1u);
}

TEST_P(ManagementCallers, AForgedOrBorrowedCursorIsRefused)
{
    auto const acme = make_tenant("acme");
    for (auto const& tenant : {world.tenant, acme})
        for (int i = 0; i < 3; ++i) {
            world.make_user(fmt::format("user{}@example.com", i), tenant->id);
            world.make_service({}, tenant);
        }
    auto const operators = world.operator_token();
    auto const cursor = ask(operators, "GET /users?limit=1").text("next_cursor");
    ASSERT_FALSE(cursor.empty());
    auto const with = [&](std::string const& list, std::string const& text, TenantPointer tenant = nullptr) {
        return ask(operators, fmt::format("GET {}?limit=1&cursor={}", list, text), nullptr, tenant);
    };
    auto changed = cursor;
    changed[20] = changed[20] == 'A' ? 'B' : 'A';
    EXPECT_EQ(with("/users", cursor).status, 200);
    for (auto const& reply : {with("/users", changed), with("/users", "AAAA"), with("/users", ""),
                              with("/users", "01970000-0000-7000-8000-000000000000"), with("/applications", cursor),
                              with("/tenants", cursor), with("/users", cursor, acme)}) {
        EXPECT_EQ(reply.code(), "cursor_invalid");
        EXPECT_EQ(reply.pointer(), "cursor");
    }
}

TEST_P(ManagementCallers, NobodyGivesAPersonMoreThanTheyHold)
{
    auto const mallory = world.make_user("mallory@example.com");
    auto const token = world.person_token(mallory, {"users:read", "users:update"});
    auto const friends = world.make_user("friend@example.com");
    for (auto const user : {mallory, friends}) {
        auto const more =
            ask(token, "PUT " + permissions_of(user), {{"permissions", json::array{"users:update", "users:delete"}}});
        EXPECT_EQ(more.status, 403);
        EXPECT_EQ(more.code(), "exceeds_own_permissions");
    }
    EXPECT_EQ(ask(token, "PUT " + permissions_of(friends), {{"permissions", json::array{"users:read"}}}).status, 200);
    // Other spellings of the audience name no API.
    for (auto const* audience :
         {"http%3A%2F%2Flocalhost%3A8080%2Fapi%2Fv1%2F", "HTTP%3A%2F%2Flocalhost%3A8080%2Fapi%2Fv1",
          "http%3A%2F%2Flocalhost%3A8080%2Fapi%2Fv1%20", "%2Fapi%2Fv1"})
        EXPECT_EQ(ask(token, fmt::format("PUT /users/{}/permissions?audience={}", mallory.to_string(), audience),
                      {{"permissions", json::array{"users:delete"}}})
                      .code(),
                  "api_not_found")
            << audience;
}

TEST_P(ManagementCallers, NobodyTakesOverAPersonWhoMayDoMore)
{
    auto const mallory = world.make_user("mallory@example.com");
    auto const token = world.person_token(mallory, {"users:read", "users:update", "users:delete"});
    auto const admin = world.make_user("admin@example.com");
    world.permit(admin, management_scopes());
    auto const path = "/users/" + admin.to_string();
    auto const identifier =
        must(world.read([&](storage::Tx& tx) { return world.users.identifiers(tx, world.tenant_id(), admin); }))
            .front()
            .id.to_string();
    json::object const address{{"kind", "email"}, {"value", "mallory@evil.example"}, {"verified", true}};
    for (auto const& reply : {ask(token, "PUT " + path + "/password", {{"password", "correct horse battery staple"}}),
                              ask(token, "POST " + path + "/identifiers", address),
                              ask(token, "DELETE " + path + "/identifiers/" + identifier),
                              ask(token, "PATCH " + path, {{"enabled", false}}), ask(token, "DELETE " + path),
                              ask(token, "PUT " + permissions_of(admin), {{"permissions", json::array{}}})}) {
        EXPECT_EQ(reply.status, 403);
        EXPECT_EQ(reply.code(), "exceeds_own_permissions");
    }
    EXPECT_EQ(ask(token, "GET " + path).status, 200);
    EXPECT_EQ(ask(world.token(), "PATCH " + path, {{"profile", {{"name", "A"}}}}).status, 200);
}

TEST_P(ManagementCallers, NobodyGivesAnApplicationMoreThanTheyHold)
{
    auto const token = world.machine_token({"applications:create", "applications:update", "users:read"});
    auto const wanting = [&](std::string const& audience, json::array scopes) {
        return json::object{{"client_name", "Machine"},
                            {"kind", "service"},
                            {"apis", json::array{json::object{{"audience", audience}, {"scopes", std::move(scopes)}}}}};
    };
    auto const audience = management_audience(world.tenant->issuer);
    auto const more = ask(token, "POST /applications", wanting(audience, {"users:read", "users:delete"}));
    EXPECT_EQ(more.status, 403);
    EXPECT_EQ(more.pointer(), "/apis/0/scopes");
    auto const made = ask(token, "POST /applications", wanting(audience, {"users:read"}));
    ASSERT_EQ(made.status, 201) << json::serialize(made.body);
    auto const patch = ask(token, "PATCH /applications/" + made.text("application_id"),
                           {{"apis", wanting(audience, {"users:read", "tenants:delete"}).at("apis")}});
    EXPECT_EQ(patch.code(), "exceeds_own_permissions");
}

TEST_P(ManagementCallers, NobodyTakesOverAnApplicationThatMayDoMore)
{
    auto const token = world.machine_token({"applications:read", "applications:update"});
    auto const strong = world.make_service(management_scopes());
    auto const path = "/applications/" + strong.id.to_string();
    auto const secret = ask(token, "POST " + path + "/secrets", json::object{});
    EXPECT_EQ(secret.status, 403) << "a new secret would make the caller that application";
    EXPECT_EQ(secret.code(), "exceeds_own_permissions");
    EXPECT_EQ(ask(token, "PATCH " + path, {{"client_name", "Mine"}}).code(), "exceeds_own_permissions");
    EXPECT_EQ(ask(world.token(), "POST " + path + "/secrets", json::object{}).status, 201);
}

TEST_P(ManagementCallers, TheManagementApiItselfStaysAsItIs)
{
    auto const token = world.operator_token();
    auto const api = must(world.read([&](storage::Tx& tx) {
        return applications::find_api_by_audience(tx, world.tenant_id(), management_audience(world.tenant->issuer));
    }));
    auto const path = "/apis/" + api->id.to_string();
    EXPECT_EQ(ask(token, "PATCH " + path, {{"restrict_users", false}}).code(), "api_protected");
    EXPECT_EQ(ask(token, "DELETE " + path).code(), "api_protected");
    auto copy = json::object{{"audience", api->audience}, {"name", "Mine"}};
    EXPECT_EQ(ask(token, "POST /apis", copy).code(), "audience_taken");
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, ManagementCallers, storage::every_backend());

} // namespace
} // namespace gatehouse::admin
