// Codes and tokens: what is granted. What attackers try stands in token_attacks_test.cpp.
#include "identity/profile_schema.hpp"
#include "oauth/test_support/token_test.hpp"

namespace gatehouse::oauth {
namespace {

using session::must;
using storage::Tx;
using namespace std::chrono_literals;

// -- the code

TEST_P(TokenTest, ACodeBringsTokensThatSayWhoAndHow)
{
    auto const reply = world.redeem(shop, world.code_for(shop, session, "openid email offline_access"));
    ASSERT_EQ(reply.status, 200) << reply.error();
    EXPECT_EQ(reply.text("token_type"), "Bearer");
    EXPECT_EQ(reply.json.at("expires_in").as_int64(), 600);
    EXPECT_EQ(reply.text("scope"), "openid email offline_access");
    EXPECT_EQ(reply.headers.find("Cache-Control"), "no-store");

    auto const id = reply.claims("id_token");
    EXPECT_EQ(id.at("iss").as_string(), world.tenant->issuer);
    EXPECT_EQ(id.at("aud").as_string(), "shop");
    EXPECT_EQ(id.at("nonce").as_string(), "n-1");
    EXPECT_EQ(id.at("auth_time").as_int64(), to_seconds(world.now()));
    EXPECT_EQ(id.at("amr").as_array().at(0).as_string(), "pwd");
    EXPECT_TRUE(id.contains("sid"));
    EXPECT_TRUE(id.contains("at_hash"));

    auto const access = reply.claims("access_token");
    EXPECT_EQ(access.at("sub"), id.at("sub"));
    EXPECT_EQ(access.at("aud").as_string(), world.tenant->issuer);
    EXPECT_EQ(access.at("client_id").as_string(), "shop");
    EXPECT_EQ(access.at("exp").as_int64() - access.at("iat").as_int64(), 600);
    EXPECT_FALSE(access.contains("nonce"));
    EXPECT_TRUE(world.is_active(shop, reply.text("access_token")));
}

TEST_P(TokenTest, ARedemptionIsFiveStatementsAndOneDurableCommit)
{
    auto const code = world.code_for(shop, session);
    auto const before = world.database->statistics();
    ASSERT_EQ(world.redeem(shop, code).status, 200);
    auto const after = world.database->statistics();
    EXPECT_EQ(after.statements - before.statements, 5);
    EXPECT_EQ(after.writes - before.writes, 1);
    EXPECT_EQ(after.commits - before.commits, 1);
}

TEST_P(TokenTest, ACodeLivesAMinute)
{
    auto const code = world.code_for(shop, session);
    world.clock.advance(61s);
    EXPECT_EQ(world.redeem(shop, code).error(), "invalid_grant");
}

TEST_P(TokenTest, ACodeDiesWithItsUserItsSessionAndAChangedPassword)
{
    auto const after_session = world.code_for(shop, session);
    must(world.write([&](Tx& tx) {
        return session::end(tx, *world.vault, world.tenant_id(), ada, session.session.id, session::EndReason::sign_out,
                            {}, world.now());
    }));
    EXPECT_EQ(world.redeem(shop, after_session).error(), "invalid_grant");

    auto const second = world.start_session(ada);
    auto const after_password = world.code_for(shop, second);
    must(
        world.write([&](Tx& tx) { return world.users.raise_security_epoch(tx, world.tenant_id(), ada, world.now()); }));
    EXPECT_EQ(world.redeem(shop, after_password).error(), "invalid_grant");

    auto const third = world.start_session(ada);
    auto const after_disabling = world.code_for(shop, third);
    world.disable_user(ada);
    EXPECT_EQ(world.redeem(shop, after_disabling).error(), "invalid_grant");
}

// -- refreshing

TEST_P(TokenTest, ARefreshBringsNewTokensAndKeepsTheSignInTime)
{
    auto const first = world.redeem(shop, world.code_for(shop, session));
    auto const signed_in = to_seconds(world.now());
    world.clock.advance(1h);
    auto const second = world.refresh(shop, first.text("refresh_token"));
    ASSERT_EQ(second.status, 200) << second.error();
    EXPECT_NE(second.text("refresh_token"), first.text("refresh_token"));
    EXPECT_NE(second.text("access_token"), first.text("access_token"));
    auto const id = second.claims("id_token");
    EXPECT_EQ(id.at("auth_time").as_int64(), signed_in);
    EXPECT_FALSE(id.contains("nonce"));
    EXPECT_EQ(id.at("sub"), first.claims("id_token").at("sub"));
    EXPECT_EQ(id.at("sid"), first.claims("id_token").at("sid"));
}

TEST_P(TokenTest, ARefreshIsOneStatementAndOneDurableCommit)
{
    auto const first = world.redeem(shop, world.code_for(shop, session));
    world.audit.flush();
    auto const before = world.database->statistics();
    auto const token = first.text("refresh_token");
    must(world.write([&](Tx& tx) {
        return tokens::rotate(
            tx, *world.vault,
            {.tenant = world.tenant_id(),
             .application = shop.application,
             .refresh_token = token,
             .wanted_scopes = {},
             .wanted_audience = {},
             .limits = tokens::refresh_limits(*world.tenant, shop.application),
             .origin = {}},
            [](std::string_view) { return nullptr; }, world.now());
    }));
    auto const after = world.database->statistics();
    EXPECT_EQ(after.statements - before.statements, 1);
    EXPECT_EQ(after.commits - before.commits, 1);
}

TEST_P(TokenTest, ARetryWithinTheGraceGetsTheSameSuccessor)
{
    auto const first = world.redeem(shop, world.code_for(shop, session)).text("refresh_token");
    auto const second = world.refresh(shop, first).text("refresh_token");
    world.clock.advance(9s);
    EXPECT_EQ(world.refresh(shop, first).text("refresh_token"), second);
}

TEST_P(TokenTest, TheGraceEndsWhenTheSuccessorIsUsed)
{
    auto const first = world.redeem(shop, world.code_for(shop, session)).text("refresh_token");
    auto const second = world.refresh(shop, first).text("refresh_token");
    auto const third = world.refresh(shop, second).text("refresh_token");
    EXPECT_EQ(world.refresh(shop, first).error(), "invalid_grant");
    EXPECT_EQ(world.refresh(shop, third).error(), "invalid_grant");
}

TEST_P(TokenTest, WithoutOfflineAccessRefreshingEndsWithTheSession)
{
    auto const bound = world.redeem(shop, world.code_for(shop, session, "openid")).text("refresh_token");
    auto const offline = world.redeem(shop, world.code_for(shop, session, "openid offline_access"));
    must(world.write([&](Tx& tx) {
        return session::end(tx, *world.vault, world.tenant_id(), ada, session.session.id, session::EndReason::sign_out,
                            {}, world.now());
    }));
    EXPECT_EQ(world.refresh(shop, bound).error(), "invalid_grant");
    EXPECT_EQ(world.refresh(shop, offline.text("refresh_token")).status, 200);
}

TEST_P(TokenTest, AChangedPasswordOrADisabledUserEndsOfflineAccess)
{
    auto const token = world.redeem(shop, world.code_for(shop, session)).text("refresh_token");
    must(
        world.write([&](Tx& tx) { return world.users.raise_security_epoch(tx, world.tenant_id(), ada, world.now()); }));
    EXPECT_EQ(world.refresh(shop, token).error(), "invalid_grant");
    auto const again = world.start_session(ada);
    auto const other = world.redeem(shop, world.code_for(shop, again));
    world.disable_user(ada);
    EXPECT_EQ(world.refresh(shop, other.text("refresh_token")).error(), "invalid_grant");
    EXPECT_EQ(world.userinfo(other.text("access_token")).status, 401);
    EXPECT_FALSE(world.is_active(shop, other.text("access_token")));
}

TEST_P(TokenTest, RefreshTokensExpireIdleAndAbsolutely)
{
    auto const limits = tokens::refresh_limits(*world.tenant, shop.application);
    auto const idle = world.redeem(shop, world.code_for(shop, session)).text("refresh_token");
    auto used = world.redeem(shop, world.code_for(shop, session)).text("refresh_token");
    auto const start = world.now();
    world.clock.advance(limits.idle);
    EXPECT_EQ(world.refresh(shop, idle).error(), "invalid_grant");
    world.clock.set(start);
    while (world.now() + limits.idle / 2 < start + limits.absolute) {
        world.clock.advance(limits.idle / 2);
        auto const reply = world.refresh(shop, used);
        ASSERT_EQ(reply.status, 200);
        used = reply.text("refresh_token");
    }
    world.clock.set(start + limits.absolute);
    EXPECT_EQ(world.refresh(shop, used).error(), "invalid_grant");
}

TEST_P(TokenTest, ADisabledApplicationGetsNothing)
{
    auto const token = world.redeem(shop, world.code_for(shop, session));
    auto const code = world.code_for(shop, session);
    world.change_application(shop, [](auto& application) { application.enabled = false; });
    EXPECT_EQ(world.refresh(shop, token.text("refresh_token")).error(), "invalid_client");
    EXPECT_EQ(world.redeem(shop, code).error(), "invalid_client");
    EXPECT_EQ(world.userinfo(token.text("access_token")).status, 401);
}

TEST_P(TokenTest, ADisabledTenantGivesNothing)
{
    auto const api = world.make_orders_api();
    auto const billing = world.make_service("billing", api);
    auto const token = world.redeem(shop, world.code_for(shop, session));
    auto const code = world.code_for(shop, session);
    must(world.write([&](Tx& tx) { return world.tenants.set_enabled(tx, world.tenant_id(), false, {}, world.now()); }));
    world.poll();
    EXPECT_EQ(world.redeem(shop, code).status, 403);
    EXPECT_EQ(world.refresh(shop, token.text("refresh_token")).status, 403);
    EXPECT_EQ(world.machine_token(billing).status, 403);
    EXPECT_EQ(world.userinfo(token.text("access_token")).status, 401);
    EXPECT_EQ(world.authorize(shop, world.authorize_parameters(shop), &session).status, 403);
}

// -- APIs

TEST_P(TokenTest, APersonsTokenForAnApiSaysWhatTheyMayDoThere)
{
    auto const api = world.make_orders_api(true);
    world.change_application(shop, [&](auto& application) {
        application.apis = {{.audience = api.audience, .scopes = {"orders:read", "orders:write"}}};
    });
    must(world.write([&](Tx& tx) {
        return world.users.set_permissions(tx, world.tenant_id(), ada, api.audience, {"orders:read"}, {}, world.now());
    }));
    auto parameters = world.authorize_parameters(shop, "openid offline_access orders:read orders:write");
    parameters.emplace_back("resource", api.audience);
    auto const reply = world.redeem(shop, world.authorize(shop, parameters, &session).parameter("code"));
    ASSERT_EQ(reply.status, 200) << reply.error();
    EXPECT_EQ(reply.claims("access_token").at("aud").as_string(), api.audience);
    EXPECT_EQ(reply.text("scope"), "openid offline_access orders:read");
    // It is no key to the person's profile.
    EXPECT_EQ(world.userinfo(reply.text("access_token")).status, 401);
    // What is taken away is gone at the next refresh.
    must(world.write([&](Tx& tx) {
        return world.users.set_permissions(tx, world.tenant_id(), ada, api.audience, {}, {}, world.now());
    }));
    EXPECT_EQ(world.refresh(shop, reply.text("refresh_token")).text("scope"), "openid offline_access");
}

// -- machines

TEST_P(TokenTest, AMachineGetsATokenWithoutAStatement)
{
    auto const billing = world.make_service("billing", world.make_orders_api());
    ASSERT_EQ(world.machine_token(billing).status, 200);
    world.audit.flush();
    auto const before = statements();
    auto const reply = world.machine_token(billing);
    EXPECT_EQ(statements() - before, 0);
    ASSERT_EQ(reply.status, 200) << reply.error();
    auto const claims = reply.claims("access_token");
    EXPECT_EQ(claims.at("aud").as_string(), "https://orders.example");
    EXPECT_EQ(claims.at("sub").as_string(), "billing");
    EXPECT_EQ(claims.at("scope").as_string(), "orders:read orders:write");
    EXPECT_FALSE(claims.contains("auth_time"));
    EXPECT_FALSE(reply.json.contains("refresh_token"));
    EXPECT_TRUE(world.is_active(billing, reply.text("access_token")));
}

TEST_P(TokenTest, TheAuditTellsAMachinesTokensTogether)
{
    auto const billing = world.make_service("billing", world.make_orders_api());
    for (int i = 0; i < 50; ++i)
        world.machine_token(billing);
    world.clock.advance(2s);
    world.server->flush_audit(world.now());
    world.audit.flush();
    EXPECT_EQ(world.count_events("token.issued"), 2); // the first, and the other 49
}

TEST_P(TokenTest, AnApiMayWantRs256AndItsOwnLifetime)
{
    auto const api = world.make_api({.audience = "https://orders.example",
                                     .name = "Orders",
                                     .permissions = {{"orders:read", ""}, {"orders:write", ""}},
                                     .access_token_lifetime = 90s,
                                     .signing_algorithm = applications::TokenAlgorithm::RS256},
                                    world.tenant_id());
    auto const reply = world.machine_token(world.make_service("billing", api));
    EXPECT_EQ(reply.json.at("expires_in").as_int64(), 90);
    auto const compact = reply.text("access_token");
    auto const header = must(base64url_decode(compact.substr(0, compact.find('.'))));
    EXPECT_EQ(boost::json::parse(as_text(header)).at("alg").as_string(), "RS256");
    EXPECT_EQ(boost::json::parse(as_text(header)).at("typ").as_string(), "at+jwt");
}

// -- clients that prove themselves, or do not

TEST_P(TokenTest, TwoSecretsOverlapAndAnExpiredOneIsRefused)
{
    auto const billing = world.make_service("billing", world.make_orders_api());
    auto second = billing;
    second.secret = world.add_secret(billing.application, world.tenant_id());
    EXPECT_EQ(world.machine_token(billing).status, 200);
    EXPECT_EQ(world.machine_token(second).status, 200);
    EXPECT_EQ(session::code_of(world.write([&](Tx& tx) {
                  return applications::add_secret(tx, world.change(world.tenant_id()), billing.application.id);
              })),
              "too_many_secrets");
    auto const secrets = must(
        world.read([&](Tx& tx) { return applications::list_secrets(tx, world.tenant_id(), billing.application.id); }));
    // Two of one millisecond have no order of their own.
    auto const first =
        std::ranges::find_if(secrets, [&](auto const& info) { return billing.secret.ends_with(info.hint); });
    ASSERT_NE(first, secrets.end());
    must(world.write([&](Tx& tx) {
        return applications::expire_secret(tx, world.change(world.tenant_id()), billing.application.id, first->id,
                                           world.now() + 1h);
    }));
    world.poll();
    world.clock.advance(1h);
    EXPECT_EQ(world.machine_token(billing).error(), "invalid_client");
    EXPECT_EQ(world.machine_token(second).status, 200);
}

TEST_P(TokenTest, MalformedRequestsGetTheirErrors)
{
    EXPECT_EQ(world.call(shop, "/oauth2/token", {}).error(), "invalid_request");
    EXPECT_EQ(world.call(shop, "/oauth2/token", {{"grant_type", "password"}}).error(), "unsupported_grant_type");
    EXPECT_EQ(world.call(shop, "/oauth2/token", {{"grant_type", "authorization_code"}}).error(), "invalid_request");
    EXPECT_EQ(world.call(shop, "/oauth2/token", {{"grant_type", "refresh_token"}}).error(), "invalid_request");
    EXPECT_EQ(world.call(shop, "/oauth2/token", {{"grant_type", "refresh_token"}, {"grant_type", "password"}}).error(),
              "invalid_request");
    EXPECT_EQ(world.refresh(shop, "x").error(), "invalid_grant");
    EXPECT_EQ(world.refresh(shop, std::string(100'000, 'A')).error(), "invalid_grant");
}

// -- userinfo

TEST_P(TokenTest, UserinfoSaysWhatTheScopesAllow)
{
    auto const little = world.redeem(shop, world.code_for(shop, session, "openid"));
    auto const much = world.redeem(shop, world.code_for(shop, session, "openid profile email phone"));
    auto const subject = little.claims("id_token").at("sub");
    auto const first = world.userinfo(little.text("access_token"));
    ASSERT_EQ(first.status, 200);
    EXPECT_EQ(first.json.size(), 1);
    EXPECT_EQ(first.json.at("sub"), subject);
    auto const second = world.userinfo(much.text("access_token"));
    EXPECT_EQ(second.text("email"), "ada@example.com");
    EXPECT_TRUE(second.json.at("email_verified").as_bool());
    EXPECT_EQ(second.text("name"), "Ada Lovelace");
    EXPECT_FALSE(second.json.contains("phone_number"));
    EXPECT_EQ(second.headers.find("Cache-Control"), "no-store");
}

TEST_P(TokenTest, AttributesAreShownUnderTheScopesThatTheSchemaNames)
{
    ASSERT_TRUE(world.write([&](storage::Tx& tx) {
        return identity::replace_profile_schema(
            tx, *world.vault, world.tenant_id(),
            boost::json::parse(R"({"attributes": [{"name": "name", "scopes": ["claims:who"]},
                {"name": "points", "type": "integer", "scopes": ["claims:loyalty"], "claim": "loyalty_points"},
                {"name": "secret", "type": "text"}]})")
                .as_object(),
            std::nullopt, {}, world.now());
    }));
    ASSERT_TRUE(world.write([&](storage::Tx& tx) {
        return world.users.update_profile(tx, world.tenant_id(), session.session.user,
                                          {{"name", "Ada"}, {"points", 7}, {"secret", "hush"}}, std::nullopt, {},
                                          world.now());
    }));
    ASSERT_TRUE(world.changes.poll_now(world.now()));
    world.change_application(shop, [](applications::Application& client) { client.scopes.emplace_back("claims:loyalty"); });
    auto const token = world.redeem(shop, world.code_for(shop, session, "openid profile claims:loyalty claims:who"));
    auto const said = world.userinfo(token.text("access_token"));
    ASSERT_EQ(said.status, 200);
    EXPECT_EQ(said.json.at("loyalty_points"), 7);
    EXPECT_FALSE(said.json.contains("name")) << "its scope was not granted";
    EXPECT_FALSE(said.json.contains("secret"));
}

TEST_P(TokenTest, AMachinesTokenHasNoProfile)
{
    auto const billing = world.make_service("billing", world.make_orders_api());
    EXPECT_EQ(world.userinfo(world.machine_token(billing).text("access_token")).status, 401);
}

// -- revocation and introspection

TEST_P(TokenTest, ARevokedRefreshTokenEndsItsFamily)
{
    auto const reply = world.redeem(shop, world.code_for(shop, session));
    EXPECT_EQ(world.call(shop, "/oauth2/revoke", {{"token", reply.text("refresh_token")}}).status, 200);
    EXPECT_EQ(world.refresh(shop, reply.text("refresh_token")).error(), "invalid_grant");
    EXPECT_FALSE(world.is_active(shop, reply.text("access_token")));
    EXPECT_FALSE(world.is_active(shop, reply.text("refresh_token")));
}

TEST_P(TokenTest, ARevokedAccessTokenEndsAlone)
{
    auto const reply = world.redeem(shop, world.code_for(shop, session));
    EXPECT_EQ(world.call(shop, "/oauth2/revoke", {{"token", reply.text("access_token")}}).status, 200);
    EXPECT_FALSE(world.is_active(shop, reply.text("access_token")));
    EXPECT_EQ(world.userinfo(reply.text("access_token")).status, 401);
    EXPECT_EQ(world.refresh(shop, reply.text("refresh_token")).status, 200);
    auto const billing = world.make_service("billing", world.make_orders_api());
    auto const machine = world.machine_token(billing).text("access_token");
    world.call(billing, "/oauth2/revoke", {{"token", machine}});
    EXPECT_FALSE(world.is_active(billing, machine));
}

TEST_P(TokenTest, AnApiIntrospectsTheTokensMeantForIt)
{
    auto const api = world.make_orders_api();
    auto const billing = world.make_service("billing", api);
    auto const orders = world.make_service("https://orders.example", api);
    auto const other = world.make_service("other", api);
    auto const token = world.machine_token(billing).text("access_token");
    EXPECT_TRUE(world.is_active(orders, token));
    EXPECT_FALSE(world.is_active(other, token));
}

TEST_P(TokenTest, WhatHasLongExpiredIsRemoved)
{
    auto const code = world.code_for(shop, session);
    world.redeem(shop, code);
    auto const remove = [&] {
        return must(
            world.write([&](Tx& tx) { return tokens::remove_expired(tx, world.tenant_id(), world.now(), 100); }));
    };
    EXPECT_EQ(remove(), 0);
    world.clock.advance(tokens::refresh_limits(*world.tenant, shop.application).absolute + 25h);
    EXPECT_EQ(remove(), 2); // the family and the code's marker
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, TokenTest, storage::every_backend());

} // namespace
} // namespace gatehouse::oauth
