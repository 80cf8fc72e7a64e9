// What an attacker tries with the codes and tokens they got hold of.
#include "oauth/test_support/token_test.hpp"

namespace gatehouse::oauth {
namespace {

using session::must;
using namespace std::chrono_literals;

TEST_P(TokenTest, ASecondRedemptionIsRefusedAndRevokesTheFirst)
{
    auto const code = world.code_for(shop, session);
    auto const first = world.redeem(shop, code);
    ASSERT_EQ(first.status, 200);
    EXPECT_EQ(world.redeem(shop, code).error(), "invalid_grant");
    EXPECT_FALSE(world.is_active(shop, first.text("access_token")));
    EXPECT_EQ(world.refresh(shop, first.text("refresh_token")).error(), "invalid_grant");
    EXPECT_EQ(world.userinfo(first.text("access_token")).status, 401);
    EXPECT_EQ(world.count_events("authorization_code.replayed"), 1);
}

TEST_P(TokenTest, OfAHundredParallelRedemptionsOneWins)
{
    auto const code = world.code_for(shop, session);
    auto const replies = all_at_once(100, [&] { return world.redeem(shop, code); });
    EXPECT_EQ(std::ranges::count(replies, 200, &Reply::status), 1);
    for (auto const& reply : replies)
        if (reply.status != 200)
            EXPECT_EQ(reply.error(), "invalid_grant");
}

TEST_P(TokenTest, ACodeOfAnotherClientIsWorthNothing)
{
    auto const support = world.make_web_client("support");
    auto const code = world.code_for(shop, session);
    auto form = code_form(code);
    EXPECT_EQ(world.call(support, "/oauth2/token", form).error(), "invalid_grant");
    EXPECT_EQ(world.redeem(shop, code).status, 200); // and the thief has not spoiled it
}

TEST_P(TokenTest, ACodeOfAnotherTenantIsWorthNothing)
{
    auto const acme = world.make_tenant("acme");
    auto const twin = world.make_web_client("shop", acme);
    EXPECT_EQ(world.call(twin, "/oauth2/token", code_form(world.code_for(shop, session))).error(), "invalid_grant");
}

TEST_P(TokenTest, PkceIsDemandedOfTheRedemption)
{
    auto const code = world.code_for(shop, session);
    auto const form = code_form(code);
    for (std::optional<std::string> const& verifier :
         {std::optional<std::string>{}, std::optional<std::string>{""},
          std::optional<std::string>{std::string(43, 'a')}, std::optional<std::string>{std::string(kChallenge)},
          std::optional<std::string>{std::string(kVerifier) + "="}})
        EXPECT_EQ(world.call(shop, "/oauth2/token", with(form, "code_verifier", verifier)).error(), "invalid_grant");
}

TEST_P(TokenTest, TheRedirectUriMustBeThatOfTheRequest)
{
    auto const form = code_form(world.code_for(shop, session));
    EXPECT_EQ(world.call(shop, "/oauth2/token", with(form, "redirect_uri", "https://evil.example/callback")).error(),
              "invalid_grant");
    EXPECT_EQ(world.call(shop, "/oauth2/token", with(form, "redirect_uri", std::nullopt)).error(), "invalid_grant");
}

TEST_P(TokenTest, ATruncatedOrFlippedCodeIsRefused)
{
    auto const code = world.code_for(shop, session);
    for (std::size_t const at : {std::size_t{0}, code.size() / 2, code.size() - 2}) {
        auto flipped = code;
        flipped[at] = flipped[at] == 'A' ? 'B' : 'A';
        EXPECT_EQ(world.call(shop, "/oauth2/token", code_form(flipped)).error(), "invalid_grant");
    }
    EXPECT_EQ(world.call(shop, "/oauth2/token", code_form(code.substr(0, code.size() - 4))).error(), "invalid_grant");
}

TEST_P(TokenTest, OfAHundredRacersOneRotationIsWrittenAndAllGetIt)
{
    auto const first = world.redeem(shop, world.code_for(shop, session));
    auto const replies = all_at_once(100, [&] { return world.refresh(shop, first.text("refresh_token")); });
    for (auto const& reply : replies) {
        ASSERT_EQ(reply.status, 200) << reply.error();
        EXPECT_EQ(reply.text("refresh_token"), replies.front().text("refresh_token"));
    }
    EXPECT_EQ(world.refresh(shop, replies.front().text("refresh_token")).status, 200);
}

TEST_P(TokenTest, AStolenRefreshTokenUsedAfterTheGraceEndsTheFamily)
{
    auto const first = world.redeem(shop, world.code_for(shop, session)).text("refresh_token");
    auto const second = world.refresh(shop, first);
    world.clock.advance(11s);
    EXPECT_EQ(world.refresh(shop, first).error(), "invalid_grant");
    EXPECT_EQ(world.refresh(shop, second.text("refresh_token")).error(), "invalid_grant");
    EXPECT_FALSE(world.is_active(shop, second.text("access_token")));
    EXPECT_EQ(world.count_events("token_family.revoked"), 1);
}

TEST_P(TokenTest, AGuessAtAFamilyDoesNotEndIt)
{
    auto const token = world.redeem(shop, world.code_for(shop, session)).text("refresh_token");
    auto const next = world.refresh(shop, token).text("refresh_token");
    auto bytes = must(base64url_decode(token)); // family 16, generation 4, family secret 16, token secret 32
    bytes[20] ^= 1;
    EXPECT_EQ(world.refresh(shop, base64url_encode(bytes)).error(), "invalid_grant");
    bytes[20] ^= 1;
    bytes[67] ^= 1;
    EXPECT_EQ(world.refresh(shop, base64url_encode(bytes)).error(), "invalid_grant");
    EXPECT_EQ(world.refresh(shop, next).status, 200);
}

TEST_P(TokenTest, ARefreshTokenOfAnotherClientOrTenantIsWorthNothing)
{
    auto const support = world.make_web_client("support");
    auto const twin = world.make_web_client("shop", world.make_tenant("acme"));
    auto const token = world.redeem(shop, world.code_for(shop, session)).text("refresh_token");
    EXPECT_EQ(world.refresh(support, token).error(), "invalid_grant");
    EXPECT_EQ(world.refresh(twin, token).error(), "invalid_grant");
    EXPECT_EQ(world.refresh(shop, token).status, 200);
}

TEST_P(TokenTest, ARefreshMayAskForLessAndNeverForMore)
{
    auto const token =
        world.redeem(shop, world.code_for(shop, session, "openid email offline_access")).text("refresh_token");
    auto const form = Parameters{{"grant_type", "refresh_token"}, {"refresh_token", token}};
    EXPECT_EQ(world.call(shop, "/oauth2/token", with(form, "scope", "openid profile")).error(), "invalid_scope");
    EXPECT_EQ(world.call(shop, "/oauth2/token", with(form, "resource", "https://orders.example")).error(),
              "invalid_target");
    // Neither refusal has used the token up.
    auto const less = world.call(shop, "/oauth2/token", with(form, "scope", "openid"));
    EXPECT_EQ(less.text("scope"), "openid");
}

TEST_P(TokenTest, AMachineGetsNoMoreThanItMayHave)
{
    auto const api = world.make_orders_api();
    auto billing = world.make_service("billing", api);
    EXPECT_EQ(world.machine_token(billing, {{"scope", "orders:read"}}).text("scope"), "orders:read");
    EXPECT_EQ(world.machine_token(billing, {{"scope", "orders:read admin"}}).error(), "invalid_scope");
    EXPECT_EQ(world.machine_token(billing, {{"scope", "openid"}}).error(), "invalid_scope");
    EXPECT_EQ(world.machine_token(billing, {{"resource", "https://other.example"}}).error(), "invalid_target");
    EXPECT_EQ(world.machine_token(shop).error(), "unauthorized_client");
    EXPECT_EQ(world.machine_token(world.make_public_client("spa")).error(), "unauthorized_client");
    world.change_application(billing, [](auto& application) { application.apis.clear(); });
    EXPECT_EQ(world.machine_token(billing).error(), "invalid_target");
}

TEST_P(TokenTest, AClientThatDoesNotProveItselfIsRefused)
{
    auto const code = world.code_for(shop, session);
    auto thief = shop;
    thief.secret = "guessed-guessed-guessed-guessed-guessed";
    auto const refused = world.redeem(thief, code);
    EXPECT_EQ(refused.status, 401);
    EXPECT_EQ(refused.error(), "invalid_client");
    EXPECT_TRUE(refused.headers.find("WWW-Authenticate")->starts_with("Basic"));
    thief.secret.clear();
    EXPECT_EQ(world.redeem(thief, code).error(), "invalid_client");
    world.audit.flush();
    EXPECT_EQ(world.count_events("client.refused"), 1);
    // In the form it counts as well, but not both ways at once.
    auto form = code_form(code);
    form.emplace_back("client_secret", shop.secret);
    EXPECT_EQ(world.call(shop, "/oauth2/token", form).error(), "invalid_request");
    form.emplace_back("client_id", shop.id());
    EXPECT_EQ(world.send(http::Method::post, "/oauth2/token", http::encode_form(form)).status, 200);
}

TEST_P(TokenTest, APublicClientNeedsPkceOnlyAndMayNotBringASecret)
{
    auto spa = world.make_public_client("spa");
    auto const reply = world.redeem(spa, world.code_for(spa, session));
    ASSERT_EQ(reply.status, 200) << reply.error();
    EXPECT_EQ(world.refresh(spa, reply.text("refresh_token")).status, 200);
    auto const code = world.code_for(spa, session);
    spa.secret = "made up";
    EXPECT_EQ(world.redeem(spa, code).error(), "invalid_client");
}

TEST_P(TokenTest, NoArtefactPassesForAnother)
{
    auto const code = world.code_for(shop, session);
    auto const reply = world.redeem(shop, code);
    auto const access = reply.text("access_token"), id = reply.text("id_token"), refresh = reply.text("refresh_token");
    for (auto const& text : {access, id, code})
        EXPECT_EQ(world.refresh(shop, text).error(), "invalid_grant");
    for (auto const& text : {access, id, refresh})
        EXPECT_EQ(world.call(shop, "/oauth2/token", code_form(text)).error(), "invalid_grant");
    for (auto const& text : {id, refresh, code})
        EXPECT_EQ(world.userinfo(text).status, 401);
    for (auto const& text : {id, code})
        EXPECT_FALSE(world.is_active(shop, text));
}

TEST_P(TokenTest, ATokenOfATenantOpensNothingAtAnother)
{
    auto const acme = world.make_tenant("acme");
    auto const twin = world.make_web_client("shop", acme);
    auto const access = world.redeem(shop, world.code_for(shop, session)).text("access_token");
    EXPECT_EQ(world.userinfo(access).status, 200);
    EXPECT_EQ(world.userinfo(access, acme).status, 401);
    EXPECT_FALSE(world.is_active(twin, access));
}

TEST_P(TokenTest, UserinfoRefusesWhatIsMissingExpiredOrTampered)
{
    auto const reply = world.send(http::Method::get, "/oauth2/userinfo");
    EXPECT_EQ(reply.status, 401);
    EXPECT_EQ(reply.headers.find("WWW-Authenticate"), "Bearer");
    auto const access = world.redeem(shop, world.code_for(shop, session)).text("access_token");
    auto flipped = access;
    flipped[flipped.size() - 10] = flipped[flipped.size() - 10] == 'A' ? 'B' : 'A';
    EXPECT_EQ(world.userinfo(flipped).status, 401);
    EXPECT_EQ(world.userinfo(access.substr(0, access.rfind('.') + 1)).status, 401);
    EXPECT_EQ(world.userinfo("eyJhbGciOiJub25lIn0." + access.substr(access.find('.') + 1)).status, 401);
    world.clock.advance(601s);
    EXPECT_EQ(world.userinfo(access).status, 401);
}

TEST_P(TokenTest, SomebodyElsesTokenIsNotRevokedAndTheCallerDoesNotLearnOfIt)
{
    auto const support = world.make_web_client("support");
    auto const reply = world.redeem(shop, world.code_for(shop, session));
    for (auto const& text : {reply.text("access_token"), reply.text("refresh_token"), std::string("rubbish")}) {
        auto const answer = world.call(support, "/oauth2/revoke", {{"token", text}});
        EXPECT_EQ(answer.status, 200);
        EXPECT_TRUE(answer.json.empty());
    }
    EXPECT_TRUE(world.is_active(shop, reply.text("access_token")));
    EXPECT_TRUE(world.is_active(shop, reply.text("refresh_token")));
    EXPECT_EQ(world.call(shop, "/oauth2/revoke", {}).error(), "invalid_request");
}

TEST_P(TokenTest, IntrospectionTellsOthersNothing)
{
    auto const support = world.make_web_client("support");
    auto const reply = world.redeem(shop, world.code_for(shop, session));
    for (auto const& text : {reply.text("access_token"), reply.text("refresh_token"), std::string("rubbish")}) {
        auto const answer = world.call(support, "/oauth2/introspect", {{"token", text}});
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.json, (boost::json::object{{"active", false}}));
    }
    EXPECT_EQ(world.call(world.make_public_client("spa"), "/oauth2/introspect", {{"token", "x"}}).error(),
              "invalid_client");
    auto const own = world.call(shop, "/oauth2/introspect", {{"token", reply.text("access_token")}});
    EXPECT_EQ(own.text("client_id"), "shop");
    EXPECT_EQ(own.text("token_type"), "Bearer");
    world.clock.advance(601s);
    EXPECT_FALSE(world.is_active(shop, reply.text("access_token")));
}

} // namespace
} // namespace gatehouse::oauth
