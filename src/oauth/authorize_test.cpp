// The front channel: who is sent where, and what attackers put into addresses.
#include "credentials/authenticators.hpp"
#include "credentials/recovery_codes.hpp"
#include "oauth/test_support/world.hpp"
#include "session/cookie.hpp"
#include "tokens/grants.hpp"

namespace gatehouse::oauth {
namespace {

using applications::Kind;
using session::must;
using storage::Tx;
using namespace std::chrono_literals;

class AuthorizeTest : public testing::TestWithParam<storage::Engine> {
protected:
    World world{GetParam()};
    UserId ada = world.make_user("ada@example.com");
    session::Opened session = world.start_session(ada);
    TestClient shop = world.make_web_client("shop");
    Parameters good = world.authorize_parameters(shop);

    // The error that the application is told.
    std::string told(Parameters const& parameters)
    {
        auto const reply = world.authorize(shop, parameters, &session);
        EXPECT_EQ(reply.status, 303);
        EXPECT_TRUE(reply.location.starts_with(shop.redirect_uri() + "?")) << reply.location;
        EXPECT_EQ(reply.parameter("iss"), world.tenant->issuer);
        return reply.parameter("error");
    }
    // The error that is shown to the person and sent nowhere.
    std::string shown(Parameters const& parameters)
    {
        auto const reply = world.authorize(shop, parameters, &session);
        EXPECT_EQ(reply.status, 400);
        EXPECT_EQ(reply.location, "");
        return reply.text("code");
    }
    bool starts_journey(Reply const& reply) { return reply.status == 303 && reply.location.starts_with("/signin?"); }
    void change_settings(auto change)
    {
        auto settings = world.tenant->settings;
        change(settings);
        must(world.write([&](Tx& tx) {
            return world.tenants.update(tx, world.tenant_id(), {.settings = identity::write_settings(settings)}, {}, {},
                                        world.now());
        }));
        world.poll();
    }
    void give_app(UserId user)
    {
        credentials::Authenticators const apps(*world.vault);
        auto const binding = as_bytes("test");
        auto const app = must(apps.begin(world.tenant_id(), user, binding, {}, world.now()));
        must(world.write([&](Tx& tx) {
            return apps.confirm(tx, world.tenant_id(), user, binding, app.sealed,
                                credentials::totp(app.secret.expose(), world.now(), app.form), "", {}, world.now());
        }));
    }
    TestClient third_party()
    {
        auto client = world.make_web_client("partner");
        world.change_application(client, [](auto& application) { application.first_party = false; });
        return client;
    }
};

TEST_P(AuthorizeTest, ASessionThatALaxApplicationOpenedIsRaisedForAStrictOne)
{
    EXPECT_FALSE(world.authorize(shop, good, &session).parameter("code").empty());
    auto bank = world.make_web_client("bank");
    world.change_application(
        bank, [](auto& application) { application.signin.second_factor = identity::SecondFactor::required; });
    auto const wanted = world.authorize_parameters(bank);
    EXPECT_TRUE(starts_journey(world.authorize(bank, wanted, &session)));
    EXPECT_EQ(world.authorize(bank, with(wanted, "prompt", "none"), &session).parameter("error"),
              "interaction_required");
    // Another beginning: the password counts for nothing there.
    world.change_application(
        bank, [](auto& application) { application.signin = {.first = {{credentials::Method::passkey}}}; });
    EXPECT_TRUE(starts_journey(world.authorize(bank, wanted, &session)));
    EXPECT_FALSE(world.authorize(shop, good, &session).parameter("code").empty()) << "the lax one goes on as before";
}

// The tenant asks nobody for a second factor: who has stolen a password has a session, and would be let in where an
// application asks it of people who have one.
TEST_P(AuthorizeTest, ASessionOfAPasswordAloneDoesNotOpenWhatAsksPeopleForTheSecondFactorThatTheyHave)
{
    change_settings([](auto& settings) { settings.signin.second_factor = identity::SecondFactor::never; });
    auto bank = world.make_web_client("bank");
    world.change_application(
        bank, [](auto& application) { application.signin.second_factor = identity::SecondFactor::if_enrolled; });
    auto const wanted = world.authorize_parameters(bank);
    EXPECT_FALSE(world.authorize(bank, wanted, &session).parameter("code").empty()) << "they have none";
    must(world.write([&](Tx& tx) {
        return credentials::RecoveryCodes(*world.vault).generate(tx, world.tenant_id(), ada, {}, world.now());
    }));
    EXPECT_FALSE(world.authorize(bank, wanted, &session).parameter("code").empty()) << "printed codes stand in for one";
    give_app(ada);
    EXPECT_TRUE(starts_journey(world.authorize(bank, wanted, &session)));
    EXPECT_EQ(world.authorize(bank, with(wanted, "prompt", "none"), &session).parameter("error"),
              "interaction_required");
    EXPECT_FALSE(world.authorize(shop, good, &session).parameter("code").empty()) << "the lax one goes on as before";
}

TEST_P(AuthorizeTest, ALiveSessionGetsACodeAtOnceWithoutAWrite)
{
    world.authorize(shop, good, &session);
    auto const before = world.database->statistics();
    auto const reply = world.authorize(shop, good, &session);
    auto const after = world.database->statistics();
    EXPECT_FALSE(reply.parameter("code").empty());
    EXPECT_EQ(reply.parameter("state"), "s t&a=te");
    EXPECT_EQ(reply.parameter("iss"), world.tenant->issuer);
    EXPECT_EQ(after.writes - before.writes, 0);
    EXPECT_EQ(after.statements - before.statements, 2) << "the session, and whether there is more to ask for";
    change_settings([](auto& settings) { settings.signin.second_factor = identity::SecondFactor::never; });
    auto const lax = world.database->statistics();
    world.authorize(shop, good, &session);
    EXPECT_EQ(world.database->statistics().statements - lax.statements, 1);
}

TEST_P(AuthorizeTest, WithoutASessionThePersonSignsInFirst)
{
    EXPECT_TRUE(starts_journey(world.authorize(shop, good)));
}

TEST_P(AuthorizeTest, AnUnknownClientIsShownAndNeverRedirected)
{
    EXPECT_EQ(shown(with(good, "client_id", "nobody")), "unknown_client");
    EXPECT_EQ(shown(with(good, "client_id", std::nullopt)), "unknown_client");
    EXPECT_EQ(shown(with(good, "client_id", "SHOP")), "unknown_client");
}

TEST_P(AuthorizeTest, EvilRedirectUrisAreShownAndNeverVisited)
{
    for (std::string const evil : {"https://shop.example/callback/",
                                   "https://shop.example/callback?x=1",
                                   "https://shop.example/Callback",
                                   "https://SHOP.example.evil.com/callback",
                                   "https://shop.example:80@evil.com/callback",
                                   "https://shop.example.evil.com/callback",
                                   "https://evil.com/https://shop.example/callback",
                                   "https://shop.example/callback/../evil",
                                   "https://shop.example/%63allback",
                                   "https://shop.example/callback#x",
                                   "https://shop.example/callback%252f",
                                   "https://shop.example/callbac.",
                                   "http://shop.example/callback",
                                   "//shop.example/callback",
                                   "/callback",
                                   "javascript:alert(1)",
                                   "data:text/html,x",
                                   "https://shop.example\\callback",
                                   "https://shop.example/callback\n",
                                   "https://shopXexample/callback",
                                   ""})
        EXPECT_EQ(shown(with(good, "redirect_uri", evil)), "unknown_redirect_uri") << evil;
}

TEST_P(AuthorizeTest, ARedirectUriTwiceIsShown)
{
    auto twice = good;
    twice.emplace_back("redirect_uri", "https://evil.example/callback");
    EXPECT_EQ(shown(twice), "repeated_parameter");
}

TEST_P(AuthorizeTest, OtherParametersTwiceAreToldToTheApplication)
{
    for (std::string const name : {"scope", "state", "code_challenge", "prompt", "resource", "nonce"}) {
        auto twice = with(good, name, "a");
        twice.emplace_back(name, "b");
        EXPECT_EQ(told(twice), "invalid_request") << name;
    }
}

TEST_P(AuthorizeTest, TheOnlyRedirectUriMayBeLeftOut)
{
    auto const reply = world.authorize(shop, with(good, "redirect_uri", std::nullopt), &session);
    EXPECT_TRUE(reply.location.starts_with(shop.redirect_uri()));
    EXPECT_EQ(world
                  .call(shop, "/oauth2/token",
                        {{"grant_type", "authorization_code"},
                         {"code", reply.parameter("code")},
                         {"code_verifier", std::string(kVerifier)}})
                  .status,
              200);
    world.change_application(
        shop, [](auto& application) { application.redirect_uris.push_back("https://shop.example/other"); });
    EXPECT_EQ(shown(with(good, "redirect_uri", std::nullopt)), "missing_redirect_uri");
}

TEST_P(AuthorizeTest, ANativeApplicationChoosesItsLoopbackPort)
{
    auto const native = world.make_public_client("native", Kind::native);
    auto const parameters = world.authorize_parameters(native);
    auto const accepted =
        world.authorize(native, with(parameters, "redirect_uri", "http://127.0.0.1:53219/callback"), &session);
    EXPECT_TRUE(accepted.location.starts_with("http://127.0.0.1:53219/callback?"));
    for (std::string const evil : {"http://localhost.evil/callback", "http://127.0.0.1:53219/other",
                                   "http://127.0.0.2:53219/callback", "http://127.0.0.1.evil:1/callback"})
        EXPECT_EQ(world.authorize(native, with(parameters, "redirect_uri", evil), &session).status, 400) << evil;
}

TEST_P(AuthorizeTest, PkceCannotBeLeftOutOrDowngraded)
{
    EXPECT_EQ(told(with(good, "code_challenge", std::nullopt)), "invalid_request");
    EXPECT_EQ(told(with(good, "code_challenge_method", "plain")), "invalid_request");
    EXPECT_EQ(told(with(good, "code_challenge_method", std::nullopt)), "invalid_request");
    EXPECT_EQ(told(with(good, "code_challenge", "short")), "invalid_request");
}

TEST_P(AuthorizeTest, WhatIsNotSupportedIsRefusedAndNotIgnored)
{
    EXPECT_EQ(told(with(good, "response_type", "token")), "unsupported_response_type");
    EXPECT_EQ(told(with(good, "response_type", "code id_token")), "unsupported_response_type");
    EXPECT_EQ(told(with(good, "response_type", std::nullopt)), "invalid_request");
    EXPECT_EQ(told(with(good, "response_mode", "fragment")), "invalid_request");
    EXPECT_EQ(told(with(good, "request", "e30.e30.")), "request_not_supported");
    EXPECT_EQ(told(with(good, "request_uri", "https://evil.example/r")), "request_uri_not_supported");
    EXPECT_EQ(told(with(good, "prompt", "none login")), "invalid_request");
    EXPECT_EQ(told(with(good, "prompt", "create")), "invalid_request");
    EXPECT_EQ(told(with(good, "max_age", "-1")), "invalid_request");
    EXPECT_EQ(told(with(good, "max_age", "soon")), "invalid_request");
    EXPECT_EQ(told(with(good, "resource", "https://unknown.example")), "invalid_target");
    EXPECT_EQ(told(with(good, "scope", "admin")), "invalid_scope");
    EXPECT_EQ(told(with(good, "scope", std::nullopt)), "invalid_scope");
    EXPECT_EQ(told(with(good, "scope", "open\"id")), "invalid_scope");
    EXPECT_EQ(told(with(good, "state", std::string(3000, 'x'))), "invalid_request");
    EXPECT_EQ(told(with(good, "id_token_hint", "rubbish")), "invalid_request");
}

TEST_P(AuthorizeTest, UnknownScopesAreLeftOutAndTheAnswerSaysSo)
{
    auto const reply = world.redeem(shop, world.code_for(shop, session, "openid address admin"));
    EXPECT_EQ(reply.text("scope"), "openid");
}

TEST_P(AuthorizeTest, PromptNoneNeverShowsAPage)
{
    auto const silent = with(good, "prompt", "none");
    EXPECT_FALSE(world.authorize(shop, silent, &session).parameter("code").empty());
    EXPECT_EQ(world.authorize(shop, silent).parameter("error"), "login_required");
    world.clock.advance(10min);
    EXPECT_EQ(told(with(silent, "max_age", "60")), "login_required");
    world.disable_user(ada);
    EXPECT_EQ(told(silent), "login_required");
}

TEST_P(AuthorizeTest, PromptsAndAgeLeadToAJourney)
{
    EXPECT_TRUE(starts_journey(world.authorize(shop, with(good, "prompt", "login"), &session)));
    EXPECT_TRUE(starts_journey(world.authorize(shop, with(good, "prompt", "select_account"), &session)));
    world.clock.advance(10min);
    EXPECT_TRUE(starts_journey(world.authorize(shop, with(good, "max_age", "60"), &session)));
    EXPECT_FALSE(world.authorize(shop, with(good, "max_age", "3600"), &session).parameter("code").empty());
}

TEST_P(AuthorizeTest, ACodeIsWorthNothingOnceConsentWasTakenBack)
{
    auto const partner = third_party();
    auto const parameters = world.authorize_parameters(partner, "openid email");
    auto const give = [&](std::vector<std::string> const& scopes) {
        must(world.write([&](Tx& tx) {
            return tokens::give_grant(tx, *world.vault, world.tenant_id(), ada, partner.application.id,
                                      tokens::consent_names(scopes, ""), {}, world.now());
        }));
    };
    give({"openid", "email"});
    auto const code = world.authorize(partner, parameters, &session).parameter("code");
    ASSERT_FALSE(code.empty());
    must(world.write([&](Tx& tx) {
        return tokens::revoke_grant(tx, *world.vault, world.tenant_id(), ada, partner.application.id, {}, world.now());
    }));
    EXPECT_EQ(world.redeem(partner, code).error(), "invalid_grant");
    give({"openid"});
    EXPECT_EQ(world.redeem(partner, code).error(), "invalid_grant") << "a narrower consent does not bring it back";
}

TEST_P(AuthorizeTest, AThirdPartyNeedsConsentAndEachApiItsOwn)
{
    auto const partner = third_party();
    auto const parameters = world.authorize_parameters(partner, "openid email");
    EXPECT_TRUE(starts_journey(world.authorize(partner, parameters, &session)));
    EXPECT_EQ(world.authorize(partner, with(parameters, "prompt", "none"), &session).parameter("error"),
              "consent_required");
    must(world.write([&](Tx& tx) {
        return tokens::give_grant(tx, *world.vault, world.tenant_id(), ada, partner.application.id,
                                  tokens::consent_names({"openid", "email"}, ""), {}, world.now());
    }));
    auto const reply = world.authorize(partner, parameters, &session);
    EXPECT_FALSE(reply.parameter("code").empty());
    EXPECT_TRUE(starts_journey(world.authorize(partner, with(parameters, "scope", "openid email phone"), &session)));
    EXPECT_TRUE(starts_journey(world.authorize(partner, with(parameters, "prompt", "consent"), &session)));

    // Taken back, it ends what was issued.
    auto const tokens = world.redeem(partner, reply.parameter("code"));
    ASSERT_EQ(tokens.status, 200);
    EXPECT_TRUE(must(world.write([&](Tx& tx) {
        return tokens::revoke_grant(tx, *world.vault, world.tenant_id(), ada, partner.application.id, {}, world.now());
    })));
    EXPECT_EQ(world.userinfo(tokens.text("access_token")).status, 401);
    EXPECT_TRUE(starts_journey(world.authorize(partner, parameters, &session)));
}

TEST_P(AuthorizeTest, TwoAccountsInOneBrowserAreNotMixedUp)
{
    auto const eve = world.make_user("eve@example.com");
    auto const other = world.start_session(eve);
    auto const context = world.context();
    std::vector<session::Handle> handles;
    for (session::Opened const* opened : {static_cast<session::Opened const*>(&session), &other})
        handles.push_back({.id = opened->handle.id, .secret = opened->handle.secret.clone()});
    auto const cookie = session::cookie_name(context, "session") + "=" + session::make_cookie(context, handles).value;
    auto const ask = [&](Parameters const& parameters) {
        return world.send(http::Method::get, "/oauth2/authorize?" + http::encode_form(parameters), {},
                          {{"Cookie", cookie}});
    };
    EXPECT_TRUE(starts_journey(ask(good)));
    EXPECT_EQ(ask(with(good, "prompt", "none")).parameter("error"), "account_selection_required");
    auto const hint = world.redeem(shop, world.code_for(shop, other)).text("id_token");
    auto const reply = world.redeem(shop, ask(with(good, "id_token_hint", hint)).parameter("code"));
    auto const users = must(world.read([&](Tx& tx) {
        return world.users.find_by_subject(tx, world.tenant_id(), "",
                                           std::string(reply.claims("id_token").at("sub").as_string()));
    }));
    EXPECT_EQ(users, eve);
}

TEST_P(AuthorizeTest, AHintOfAnotherClientOrTypeIsRefused)
{
    auto const support = world.make_web_client("support");
    auto const reply = world.redeem(support, world.code_for(support, session));
    EXPECT_EQ(told(with(good, "id_token_hint", reply.text("id_token"))), "invalid_request");
    auto const own = world.redeem(shop, world.code_for(shop, session));
    EXPECT_EQ(told(with(good, "id_token_hint", own.text("access_token"))), "invalid_request");
}

TEST_P(AuthorizeTest, APostFromAnotherSiteOnlyTurnsIntoAGet)
{
    auto const reply = world.send(http::Method::post, "/oauth2/authorize", http::encode_form(good),
                                  {{"Cookie", world.session_header(session)}, {"Sec-Fetch-Site", "cross-site"}});
    EXPECT_EQ(reply.status, 303);
    EXPECT_EQ(reply.location, "/oauth2/authorize?" + http::encode_form(good));
}

TEST_P(AuthorizeTest, ASessionOfAnotherTenantDoesNotCount)
{
    auto const acme = world.make_tenant("acme");
    auto const twin = world.make_web_client("shop", acme);
    auto const reply =
        world.send(http::Method::get, "/t/acme/oauth2/authorize?" + http::encode_form(world.authorize_parameters(twin)),
                   {}, {{"Cookie", world.session_header(session) + "; " + world.session_header(session, acme)}});
    EXPECT_TRUE(reply.location.starts_with("/t/acme/signin?")) << reply.location;
}

// -- signing out

TEST_P(AuthorizeTest, AnApplicationThatKnowsTheSessionSignsOutAtOnce)
{
    auto const tokens = world.redeem(shop, world.code_for(shop, session, "openid"));
    auto const reply =
        world.send(http::Method::get,
                   "/oauth2/logout?" + http::encode_form({{"id_token_hint", tokens.text("id_token")},
                                                          {"post_logout_redirect_uri", "https://shop.example/bye"},
                                                          {"state", "42"}}),
                   {}, {{"Cookie", world.session_header(session)}});
    EXPECT_EQ(reply.location, "https://shop.example/bye?state=42");
    EXPECT_TRUE(reply.headers.contains("Set-Cookie"));
    EXPECT_EQ(world.refresh(shop, tokens.text("refresh_token")).error(), "invalid_grant");
    EXPECT_EQ(world.userinfo(tokens.text("access_token")).status, 401);
    EXPECT_TRUE(starts_journey(world.authorize(shop, good, &session)));
}

TEST_P(AuthorizeTest, AStrangeSiteCannotSignAnybodyOut)
{
    auto browser = world.browser();
    auto const header = world.session_header(session);
    browser.cookies[header.substr(0, header.find('='))] = header.substr(header.find('=') + 1);
    // Without a hint, with one that is no token of ours, and with a form of another site: the person is asked.
    for (std::string const query : {"", "?id_token_hint=rubbish", "?client_id=shop"}) {
        auto const page = browser.get("/oauth2/logout" + query);
        EXPECT_EQ(page.status, 200);
        EXPECT_TRUE(page.has_field("confirmation"));
    }
    EXPECT_FALSE(world.authorize(shop, good, &session).parameter("code").empty());
    // A forged confirmation, or a real one from another site, does nothing.
    auto const page = browser.get("/oauth2/logout");
    EXPECT_EQ(world
                  .send(http::Method::post, "/oauth2/logout", "confirmation=forged",
                        {{"Cookie", header}, {"Sec-Fetch-Site", "same-origin"}})
                  .location,
              "/oauth2/logout");
    EXPECT_EQ(world
                  .send(http::Method::post, "/oauth2/logout",
                        http::encode_form({{"confirmation", page.field("confirmation")}}),
                        {{"Cookie", header}, {"Sec-Fetch-Site", "cross-site"}})
                  .status,
              403);
    EXPECT_FALSE(world.authorize(shop, good, &session).parameter("code").empty());
    auto const done = browser.submit(page, {});
    EXPECT_EQ(done.status, 200);
    EXPECT_TRUE(starts_journey(world.authorize(shop, good, &session)));
}

TEST_P(AuthorizeTest, SigningOutGoesNowhereThatIsNotRegistered)
{
    auto const tokens = world.redeem(shop, world.code_for(shop, session));
    for (std::string const evil : {"https://evil.example/bye", "https://shop.example/bye/",
                                   "https://shop.example/bye?x", "//evil.example", "javascript:alert(1)"}) {
        auto const reply = world.send(http::Method::get,
                                      "/oauth2/logout?" + http::encode_form({{"id_token_hint", tokens.text("id_token")},
                                                                             {"post_logout_redirect_uri", evil}}),
                                      {}, {{"Cookie", world.session_header(session)}});
        EXPECT_EQ(reply.status, 400) << evil;
        EXPECT_EQ(reply.location, "");
    }
    EXPECT_FALSE(world.authorize(shop, good, &session).parameter("code").empty());
}

// -- through a journey and back

class AuthorizeJourney : public AuthorizeTest {
protected:
    AuthorizeJourney()
    {
        // The routes of signin/, as far as these tests need them.
        world.add({{http::Method::get, "/signin", [this](Context const& context, http::Request const& request) {
                        return world.engine->show_page(context, request, journey::Purpose::sign_in);
                    }}});
    }
    TestClient partner = third_party();
    Parameters asked = world.authorize_parameters(partner, "openid email");

    // The person is signed in and sent to be asked for consent. They allow it in another tab, `meanwhile` happens, and
    // the first tab goes on.
    journey::Browser::Page go_on(std::function<void()> const& meanwhile = [] {})
    {
        auto browser = world.browser();
        auto const header = world.session_header(session);
        browser.cookies[header.substr(0, header.find('='))] = header.substr(header.find('=') + 1);
        auto const response = browser.send(http::Method::get, "/oauth2/authorize?" + http::encode_form(asked));
        auto const journey = std::string(response.headers.find("Location").value_or(""));
        EXPECT_TRUE(journey.starts_with("/signin?")) << journey;
        must(world.write([&](Tx& tx) {
            return tokens::give_grant(tx, *world.vault, world.tenant_id(), ada, partner.application.id,
                                      tokens::consent_names({"openid", "email"}, ""), {}, world.now());
        }));
        meanwhile();
        return browser.get(journey);
    }
};

TEST_P(AuthorizeJourney, ItsEndIsACode)
{
    auto const page = go_on();
    ASSERT_TRUE(page.location.starts_with(partner.redirect_uri() + "?")) << page.location << page.body;
    Reply const reply{.location = page.location};
    EXPECT_EQ(reply.parameter("state"), "s t&a=te");
    EXPECT_EQ(reply.parameter("iss"), world.tenant->issuer);
    EXPECT_EQ(world.redeem(partner, reply.parameter("code")).text("scope"), "openid email");
}

TEST_P(AuthorizeJourney, WhatChangedMeanwhileIsNoticed)
{
    auto const moved = go_on([&] {
        world.change_application(
            partner, [](auto& application) { application.redirect_uris = {"https://new.example/callback"}; });
    });
    EXPECT_FALSE(moved.location.starts_with("https://")) << moved.location;
    EXPECT_FALSE(moved.contains("code="));
}

TEST_P(AuthorizeJourney, AnApplicationThatWasSwitchedOffMeanwhileGetsNoCode)
{
    auto const page =
        go_on([&] { world.change_application(partner, [](auto& application) { application.enabled = false; }); });
    EXPECT_FALSE(page.location.starts_with("https://")) << page.location;
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, AuthorizeJourney, storage::every_backend());

// -- discovery

TEST_P(AuthorizeTest, DiscoverySaysWhatIsThere)
{
    for (std::string const path : {"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"}) {
        auto const reply = world.send(http::Method::get, path);
        EXPECT_EQ(reply.status, 200);
        EXPECT_EQ(reply.text("issuer"), world.tenant->issuer);
        EXPECT_EQ(reply.text("token_endpoint"), world.tenant->issuer + "/oauth2/token");
        EXPECT_EQ(reply.headers.find("Access-Control-Allow-Origin"), "*");
    }
    auto const acme = world.make_tenant("acme");
    EXPECT_EQ(world.send(http::Method::get, "/t/acme/.well-known/openid-configuration").text("issuer"), acme->issuer);
    EXPECT_EQ(world.send(http::Method::get, "/.well-known/oauth-authorization-server/t/acme").text("issuer"),
              acme->issuer);
    EXPECT_EQ(world.send(http::Method::get, "/.well-known/oauth-authorization-server/t/nobody").status, 404);
}

TEST_P(AuthorizeTest, TheKeySetIsPublicCachedAndHoldsNoPrivateMember)
{
    auto const reply = world.send(http::Method::get, "/oauth2/jwks");
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.json.at("keys").as_array().size(), 2);
    for (auto const& key : reply.json.at("keys").as_array())
        for (auto const* name : {"d", "p", "q", "dp", "dq", "qi"})
            EXPECT_FALSE(key.as_object().contains(name));
    EXPECT_TRUE(reply.headers.find("Cache-Control")->starts_with("public"));
    auto const etag = std::string(*reply.headers.find("ETag"));
    EXPECT_EQ(world.send(http::Method::get, "/oauth2/jwks", {}, {{"If-None-Match", etag}}).status, 304);
}

TEST_P(AuthorizeTest, OnlyRegisteredOriginsMayReadTokens)
{
    world.make_public_client("spa");
    auto const ask = [&](std::string const& origin) {
        return world.send(http::Method::options, "/oauth2/token", {}, {{"Origin", origin}});
    };
    EXPECT_EQ(ask("https://spa.example").headers.find("Access-Control-Allow-Origin"), "https://spa.example");
    for (std::string const evil : {"https://evil.example", "null", "https://spa.example.evil", "http://spa.example",
                                   "https://shop.example"}) // a confidential client's origin has no business here
        EXPECT_FALSE(ask(evil).headers.contains("Access-Control-Allow-Origin")) << evil;
    EXPECT_FALSE(ask("https://spa.example").headers.contains("Access-Control-Allow-Credentials"));
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, AuthorizeTest, storage::every_backend());

} // namespace
} // namespace gatehouse::oauth
