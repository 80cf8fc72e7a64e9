// Claims asked for by name (OpenID Connect Core section 5.5), and what is never given for them.
#include "oauth/claims.hpp"

#include "identity/avatars.hpp"
#include "identity/profile_prompts.hpp"
#include "identity/profile_schema.hpp"
#include "oauth/test_support/token_test.hpp"
#include "tokens/grants.hpp"

namespace gatehouse::oauth {
namespace {

namespace json = boost::json;
using session::must;

class ClaimsTest : public TokenTest {
protected:
    ClaimsTest()
    {
        must(world.write([&](storage::Tx& tx) {
            return world.users.update_profile(
                tx, world.tenant_id(), ada,
                {{"name", "Ada Lovelace"}, {"nickname", "ada"}, {"birthdate", "1815-12-10"}}, {}, {}, world.now());
        }));
    }
    Parameters asking(std::string const& claims, std::string scope = "openid")
    {
        return with(world.authorize_parameters(shop, std::move(scope)), "claims", claims);
    }
    Reply tokens_for(std::string const& claims, std::string scope = "openid")
    {
        auto const reply = world.authorize(shop, asking(claims, std::move(scope)), &session);
        EXPECT_FALSE(reply.parameter("code").empty()) << reply.location;
        return world.redeem(shop, reply.parameter("code"));
    }
    std::string refused(std::string const& claims)
    {
        return world.authorize(shop, asking(claims), &session).parameter("error");
    }
    bool starts_journey(Reply const& reply) { return reply.status == 303 && reply.location.starts_with("/signin?"); }
};

TEST_P(ClaimsTest, AreGivenByNameWhereTheyWereAskedFor)
{
    auto const reply = tokens_for(R"({"id_token": {"nickname": null, "email": {"essential": false}},
                                      "userinfo": {"name": {"essential": true}, "email_verified": null}})");
    auto const id_token = reply.claims("id_token");
    EXPECT_EQ(id_token.at("nickname").as_string(), "ada");
    EXPECT_EQ(id_token.at("email").as_string(), "ada@example.com");
    EXPECT_FALSE(id_token.contains("name"));
    auto const userinfo = world.userinfo(reply.text("access_token")).json;
    EXPECT_EQ(userinfo.at("name").as_string(), "Ada Lovelace");
    EXPECT_TRUE(userinfo.at("email_verified").as_bool());
    EXPECT_FALSE(userinfo.contains("nickname"));
    EXPECT_FALSE(userinfo.contains("email"));
    EXPECT_EQ(reply.text("scope"), "openid") << "a name is no scope";
    // They live on with the refresh token.
    auto const offline = tokens_for(R"({"id_token": {"nickname": null}})", "openid offline_access");
    auto const later = world.refresh(shop, offline.text("refresh_token"));
    EXPECT_EQ(later.claims("id_token").at("nickname").as_string(), "ada");
}

TEST_P(ClaimsTest, WithoutThemNothingIsReadForAnIdToken)
{
    auto const code = world.code_for(shop, session);
    auto const before = statements();
    world.redeem(shop, code);
    auto const plain = statements() - before;
    auto const named = world.authorize(shop, asking(R"({"id_token": {"nickname": null}})"), &session);
    auto const again = statements();
    world.redeem(shop, named.parameter("code"));
    EXPECT_GT(statements() - again, plain);
}

TEST_P(ClaimsTest, NobodyGetsByNameWhatTheirScopesWouldNotShow)
{
    world.change_application(shop, [](auto& application) { application.scopes = {"openid", "email"}; });
    auto const reply = tokens_for(R"({"id_token": {"nickname": {"essential": true}, "phone_number": null, "iss":
        {"value": "https://evil.example"}, "amr": null, "password": null}, "userinfo": {"name": null, "email": null}})");
    auto const id_token = reply.claims("id_token");
    EXPECT_FALSE(id_token.contains("nickname"));
    EXPECT_FALSE(id_token.contains("password"));
    EXPECT_EQ(id_token.at("iss").as_string(), world.tenant->issuer);
    auto const userinfo = world.userinfo(reply.text("access_token")).json;
    EXPECT_FALSE(userinfo.contains("name"));
    EXPECT_TRUE(userinfo.contains("email"));
    // What is taken from the application is not told by what was asked for before.
    world.change_application(shop, [](auto& application) { application.scopes = {"openid"}; });
    EXPECT_FALSE(world.userinfo(reply.text("access_token")).json.contains("email"));
}

TEST_P(ClaimsTest, PeopleAllowTheScopeThatShowsThem)
{
    auto partner = world.make_web_client("partner");
    world.change_application(partner, [](auto& application) { application.first_party = false; });
    must(world.write([&](storage::Tx& tx) {
        return tokens::give_grant(tx, *world.vault, world.tenant_id(), ada, partner.application.id, {"openid"}, {},
                                  world.now());
    }));
    auto const plain = world.authorize_parameters(partner, "openid");
    EXPECT_FALSE(world.authorize(partner, plain, &session).parameter("code").empty());
    auto const named = with(plain, "claims", R"({"userinfo": {"nickname": null}})");
    EXPECT_TRUE(starts_journey(world.authorize(partner, named, &session))) << "consent is asked for";
    EXPECT_EQ(world.authorize(partner, with(named, "prompt", "none"), &session).parameter("error"), "consent_required");
}

TEST_P(ClaimsTest, AnEssentialAcrIsReachedOrTheRequestFails)
{
    auto const acr = [&](std::string const& wish) { return R"({"id_token": {"acr": )" + wish + "}}"; };
    EXPECT_EQ(refused(acr(R"({"essential": true, "values": ["urn:nowhere"]})")), "unmet_authentication_requirements");
    EXPECT_EQ(refused(acr(R"({"values": ["urn:nowhere"]})")), "") << "a wish is no demand";
    EXPECT_EQ(refused(acr("null")), "");
    auto const strong = acr(R"({"essential": true, "values": ["urn:gatehouse:acr:2fa"]})");
    EXPECT_TRUE(starts_journey(world.authorize(shop, asking(strong), &session)));
    EXPECT_EQ(world.authorize(shop, with(asking(strong), "prompt", "none"), &session).parameter("error"),
              "interaction_required");
    EXPECT_EQ(tokens_for(acr(R"({"essential": true, "value": "urn:gatehouse:acr:1fa"})"))
                  .claims("id_token")
                  .at("acr")
                  .as_string(),
              "urn:gatehouse:acr:1fa");
}

TEST_P(ClaimsTest, ThePersonMayBeNamed)
{
    auto const subject = std::string(tokens_for("{}").claims("id_token").at("sub").as_string());
    auto const naming = [](std::string const& who) { return R"({"id_token": {"sub": {"value": ")" + who + "\"}}}"; };
    EXPECT_EQ(refused(naming(subject)), "");
    EXPECT_EQ(refused(naming("somebody")), "login_required");
    auto const eve = world.make_user("eve@example.com");
    auto const hers = world.start_session(eve);
    EXPECT_TRUE(starts_journey(world.authorize(shop, asking(naming(subject)), &hers))) << "another person's session";
}

TEST_P(ClaimsTest, WhatIsEssentialAndMissingIsAskedForAndOnlyThen)
{
    auto const wanting = [&](std::string const& wish) {
        return world.authorize(shop, asking(R"({"userinfo": )" + wish + "}"), &session);
    };
    EXPECT_FALSE(wanting(R"({"nickname": {"essential": true}})").parameter("code").empty()) << "it is there";
    EXPECT_FALSE(wanting(R"({"given_name": null})").parameter("code").empty()) << "a wish holds nobody up";
    // By the default schema people see and edit their name and language.
    must(world.write([&](storage::Tx& tx) {
        return world.users.update_profile(tx, world.tenant_id(), ada, {{"nickname", "ada"}}, {}, {}, world.now());
    }));
    EXPECT_TRUE(starts_journey(wanting(R"({"name": {"essential": true}})")));
    auto const silent = with(asking(R"({"userinfo": {"name": {"essential": true}}})"), "prompt", "none");
    EXPECT_FALSE(world.authorize(shop, silent, &session).parameter("code").empty())
        << "no error because of a claim (section 5.5.1)";
}

TEST_P(ClaimsTest, AnUploadedPictureIsTheClaim)
{
    auto const before = tokens_for("{}", "openid profile");
    EXPECT_FALSE(world.userinfo(before.text("access_token")).json.contains("picture"));
    auto const avatar = must(world.write([&](storage::Tx& tx) {
        return identity::put_avatar(tx, *world.vault, world.tenant_id(), ada, {.small = {1}, .large = {2}}, {},
                                    world.now());
    }));
    auto const expected = world.tenant->issuer + identity::avatar_path(avatar.name, identity::kLargeAvatar);
    EXPECT_EQ(world.userinfo(before.text("access_token")).json.at("picture").as_string(), expected);
    auto const named = tokens_for(R"({"id_token": {"picture": null}})");
    EXPECT_EQ(named.claims("id_token").at("picture").as_string(), expected);
    EXPECT_FALSE(world.userinfo(named.text("access_token")).json.contains("picture"));
}

TEST_P(ClaimsTest, MalformedOnesAreRefused)
{
    for (auto const* bad : {"", "[]", "null", "{\"id_token\": []}", "{\"userinfo\": {\"name\": true}}", "{",
                            "{\"id_token\": {\"a\": null, \"a\": null}}"})
        EXPECT_EQ(refused(bad), "invalid_request") << bad;
    std::string many = "{\"userinfo\": {";
    for (int i = 0; i < 60; ++i)
        many += fmt::format("{}\"claim{}\": null", i == 0 ? "" : ", ", i);
    EXPECT_EQ(refused(many + "}}"), "invalid_request");
    EXPECT_EQ(refused(R"({"id_token": null, "verified_claims": {"x": 1}})"), "") << "what is not known is ignored";
    auto twice = asking("{}");
    twice.emplace_back("claims", "{}");
    EXPECT_EQ(world.authorize(shop, twice, &session).parameter("error"), "invalid_request");
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, ClaimsTest, storage::every_backend());

TEST(NamedClaims, AreKeptAsTheyWere)
{
    NamedClaims const named{.id_token = {"name"}, .userinfo = {"email", "https://claims.example/size"}};
    auto const again = NamedClaims::parse(named.to_string());
    EXPECT_EQ(again.id_token, named.id_token);
    EXPECT_EQ(again.userinfo, named.userinfo);
    EXPECT_EQ(NamedClaims{}.to_string(), "");
    EXPECT_TRUE(NamedClaims::parse("").empty());
    EXPECT_TRUE(NamedClaims::parse("nonsense").empty());
}

TEST(Demanded, ClaimsAreAskedForAndNotSkipped)
{
    using namespace identity;
    auto const schema = default_profile_schema();
    auto const due = [&](std::vector<std::string> scopes, json::object const& profile) {
        return due_prompt(*schema, profile, {}, {.client_id = "shop", .scopes = std::move(scopes)},
                          from_seconds(1'795'000'000));
    };
    EXPECT_FALSE(due({"openid", claim_wish("name", false)}, {})) << "no prompt of the tenant's names it";
    auto const demanded = due({"openid", claim_wish("name", true)}, {});
    ASSERT_TRUE(demanded);
    EXPECT_FALSE(demanded->skippable);
    ASSERT_EQ(demanded->fields.size(), 1u);
    EXPECT_EQ(demanded->fields[0].attribute, "name");
    EXPECT_TRUE(demanded->fields[0].required);
    EXPECT_FALSE(due({claim_wish("name", true)}, {{"name", "Ada"}}));
    EXPECT_FALSE(due({claim_wish("birthdate", true)}, {})) << "which people may not fill in here";
}

} // namespace
} // namespace gatehouse::oauth
