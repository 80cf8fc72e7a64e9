#include "jose/jwt.hpp"
#include "session/test_support/world.hpp"
#include "tokens/authorization_code.hpp"
#include "tokens/minter.hpp"

namespace gatehouse::tokens {
namespace {

using session::must;
using storage::Tx;
using namespace std::chrono_literals;

class KeyRingTest : public testing::TestWithParam<storage::Engine> {
protected:
    session::World world{GetParam()};
    KeyRing ring{*world.database, *world.vault, world.changes};

    KeyRing::Found keys() { return must(ring.get_now(world.tenant_id(), world.now())); }
    std::string token()
    {
        return must(mint_access_token(*keys()->signer(jose::Algorithm::ES256, world.now()),
                                      {.issuer = world.tenant->issuer,
                                       .subject = "ada",
                                       .audience = "https://a.example",
                                       .client_id = "shop",
                                       .scope = "openid",
                                       .token_id = "1",
                                       .issued_at = world.now(),
                                       .expires_at = world.now() + kLongestToken}));
    }
    bool verifies(std::string const& compact)
    {
        return jose::verify(compact, keys()->published(), {jose::Algorithm::ES256}).has_value();
    }
    std::string kid() { return keys()->signer(jose::Algorithm::ES256, world.now())->kid; }
};

TEST_P(KeyRingTest, ATenantGetsAKeyOfEachAlgorithmOnce)
{
    EXPECT_EQ(keys()->published().keys().size(), 2);
    EXPECT_TRUE(keys()->signer(jose::Algorithm::RS256, world.now()));
    EXPECT_FALSE(keys()->signer(jose::Algorithm::EdDSA, world.now()));
    auto const before = world.database->statistics().statements;
    EXPECT_TRUE(ring.cached(world.tenant_id()));
    keys();
    EXPECT_EQ(world.database->statistics().statements, before);
}

TEST_P(KeyRingTest, NodesThatStartTogetherAgreeOnTheKeys)
{
    KeyRing second{*world.database, *world.vault, world.changes};
    auto const there = must(second.get_now(world.tenant_id(), world.now()));
    EXPECT_EQ(*there->jwks(), *keys()->jwks());
}

TEST_P(KeyRingTest, ASuccessorIsPublishedBeforeItSignsAndItsPredecessorUntilItsTokensExpired)
{
    auto const first = kid();
    auto const start = world.now();
    EXPECT_EQ(must(ring.rotate_due(world.tenant_id(), world.now())), 0);

    world.clock.set(start + kKeyPeriod - kPublishAhead);
    EXPECT_EQ(must(ring.rotate_due(world.tenant_id(), world.now())), 2);
    EXPECT_EQ(must(ring.rotate_due(world.tenant_id(), world.now())), 0);
    EXPECT_EQ(keys()->published().keys().size(), 4);
    EXPECT_EQ(kid(), first);

    world.clock.set(start + kKeyPeriod - 1s);
    auto const last_of_first = token();
    world.clock.set(start + kKeyPeriod);
    EXPECT_NE(kid(), first);
    EXPECT_TRUE(verifies(last_of_first));

    world.clock.set(start + kKeyPeriod + kLongestToken);
    must(ring.rotate_due(world.tenant_id(), world.now()));
    EXPECT_TRUE(verifies(last_of_first));
    world.clock.set(start + kKeyPeriod + kPublishAfter);
    must(ring.rotate_due(world.tenant_id(), world.now()));
    EXPECT_EQ(keys()->published().keys().size(), 2);
    EXPECT_FALSE(verifies(last_of_first));
}

TEST_P(KeyRingTest, ARotationByHandCountsAtOnceAndOnOtherNodesWithTheirNextPoll)
{
    identity::ChangeFeed elsewhere(*world.database);
    KeyRing second{*world.database, *world.vault, elsewhere};
    must(elsewhere.poll_now(world.now()));
    must(second.get_now(world.tenant_id(), world.now()));
    auto const first = kid();
    EXPECT_EQ(must(ring.rotate(world.tenant_id(), 0s, {}, world.now())), 2);
    EXPECT_NE(kid(), first);
    must(elsewhere.poll_now(world.now()));
    EXPECT_EQ(must(second.get_now(world.tenant_id(), world.now()))->signer(jose::Algorithm::ES256, world.now())->kid,
              kid());
}

TEST_P(KeyRingTest, AClockThatWasSetBackStillSigns)
{
    keys();
    world.clock.advance(-1h);
    EXPECT_TRUE(verifies(token()));
}

TEST_P(KeyRingTest, TenantsDoNotShareKeys)
{
    auto const acme = world.make_tenant("acme");
    auto const theirs = must(ring.get_now(acme->id, world.now()));
    EXPECT_FALSE(jose::verify(token(), theirs->published(), {jose::Algorithm::ES256}));
}

TEST_P(KeyRingTest, AClaimCannotBreakOutOfItsText)
{
    auto const compact =
        must(mint_id_token(*keys()->signer(jose::Algorithm::RS256, world.now()), {.issuer = world.tenant->issuer,
                                                                                  .subject = "ada",
                                                                                  .client_id = "shop",
                                                                                  .nonce = "\",\"sub\":\"eve\\",
                                                                                  .sid = {},
                                                                                  .access_token = {},
                                                                                  .issued_at = world.now(),
                                                                                  .expires_at = world.now() + 10min}));
    auto const jwt = must(jose::verify_jwt(compact, keys()->published(),
                                           {.algorithms = {jose::Algorithm::RS256},
                                            .now = world.now(),
                                            .type = "JWT",
                                            .issuer = world.tenant->issuer,
                                            .audience = "shop"}));
    EXPECT_EQ(jwt.subject, "ada");
    EXPECT_EQ(jwt.claims.at("nonce").as_string(), "\",\"sub\":\"eve\\");
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, KeyRingTest, storage::every_backend());

TEST(Pkce, TheExampleOfRfc7636Matches)
{
    EXPECT_TRUE(
        pkce_matches("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
    EXPECT_FALSE(
        pkce_matches("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl"));
    EXPECT_FALSE(pkce_matches("", ""));
    EXPECT_TRUE(is_s256_challenge("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
    EXPECT_FALSE(is_s256_challenge("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c"));
}

} // namespace
} // namespace gatehouse::tokens
