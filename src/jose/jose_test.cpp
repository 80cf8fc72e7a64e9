#include "jose/jwt.hpp"

#include "base/json.hpp"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>
#include <thread>

namespace gatehouse::jose {
namespace {

namespace json = boost::json;

constexpr std::array kEvery{Algorithm::RS256, Algorithm::RS384, Algorithm::RS512, Algorithm::PS256, Algorithm::PS384,
                            Algorithm::PS512, Algorithm::ES256, Algorithm::ES384, Algorithm::ES512, Algorithm::EdDSA};

// Keys are made once: RSA takes its time.
SigningKey const& key_for(Algorithm algorithm)
{
    static std::map<Algorithm, SigningKey> keys;
    auto const found = keys.find(algorithm);
    if (found != keys.end())
        return found->second;
    if (algorithm > Algorithm::RS256 && algorithm <= Algorithm::PS512) { // one RSA key for all
        auto members = *parse_json_object_strict(key_for(Algorithm::RS256).to_private_jwk()->expose_text());
        members.erase("alg");
        members.erase("kid");
        return keys.emplace(algorithm, *SigningKey::from_jwk(members, algorithm)).first->second;
    }
    return keys.emplace(algorithm, *SigningKey::generate(algorithm)).first->second;
}
KeySet set_of(SigningKey const& key)
{
    return KeySet({key.public_key()});
}

std::string with_header(std::string_view header, SigningKey const& key, std::string_view payload = "{}")
{
    auto text = base64url_encode(as_bytes(header)) + "." + base64url_encode(as_bytes(payload));
    return text + "." + base64url_encode(*key.sign(as_bytes(text)));
}

class EveryAlgorithm : public testing::TestWithParam<Algorithm> {};
INSTANTIATE_TEST_SUITE_P(Jose, EveryAlgorithm, testing::ValuesIn(kEvery),
                         [](auto const& info) { return std::string(name_of(info.param)); });

TEST_P(EveryAlgorithm, SignsWhatItVerifies)
{
    auto const& key = key_for(GetParam());
    auto const text = Signer(key, "JWT").sign(R"({"sub":"alice"})");
    ASSERT_TRUE(text);
    auto const verified = verify(*text, set_of(key), {GetParam()});
    ASSERT_TRUE(verified) << verified.error().detail;
    EXPECT_EQ(as_text(verified->payload), R"({"sub":"alice"})");
    EXPECT_EQ(verified->header.kid, key.kid());
    EXPECT_EQ(verified->header.typ, "JWT");
}

TEST_P(EveryAlgorithm, SurvivesItsOwnJwk)
{
    auto const& key = key_for(GetParam());
    auto const again = SigningKey::from_jwk(*key.to_private_jwk());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->kid(), key.kid());
    EXPECT_EQ(again->algorithm(), GetParam());
    auto const jwk = key.public_key().to_jwk();
    for (auto const* secret : {"d", "p", "q", "dp", "dq", "qi"})
        EXPECT_FALSE(jwk.contains(secret));
    auto const text = *Signer(*again, "").sign("x");
    EXPECT_TRUE(verify(text, *KeySet::parse(set_of(key).to_json()), {GetParam()}));
}

TEST_P(EveryAlgorithm, RefusesFlippedBitsAndTruncations)
{
    auto const& key = key_for(GetParam());
    auto const text = *Signer(key, "").sign("pay 10");
    auto const keys = set_of(key);
    auto const last_dot = text.rfind('.');
    auto const signature = *base64url_decode(text.substr(last_dot + 1));
    for (std::size_t bit = 0; bit < signature.size() * 8; bit += 7) {
        auto changed = signature;
        changed[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
        auto const forged = text.substr(0, last_dot + 1) + base64url_encode(changed);
        EXPECT_EQ(verify(forged, keys, kEveryAlgorithm).error().code, "invalid_signature");
    }
    for (std::size_t size = 0; size < text.size(); size += 5)
        EXPECT_FALSE(verify(text.substr(0, size), keys, kEveryAlgorithm));
    auto longer = signature;
    longer.push_back(0);
    EXPECT_FALSE(verify(text.substr(0, last_dot + 1) + base64url_encode(longer), keys, kEveryAlgorithm));
    auto const dot = text.find('.');
    auto const forged = text.substr(0, dot + 1) + base64url_encode(as_bytes("pay 99")) + text.substr(last_dot);
    EXPECT_EQ(verify(forged, keys, kEveryAlgorithm).error().code, "invalid_signature");
}

TEST(Jws, AnAttackerCannotChooseTheAlgorithm)
{
    auto const& key = key_for(Algorithm::RS256);
    auto const keys = set_of(key);
    EXPECT_EQ(verify(*Signer(key, "").sign("x"), keys, {Algorithm::ES256}).error().code, "algorithm_not_allowed");
    for (auto const* name : {"none", "None", "nOnE", "HS256", "HS512", "es256", "", "RS256 "})
        EXPECT_EQ(
            verify(with_header(std::string(R"({"alg":")") + name + "\"}", key), keys, kEveryAlgorithm).error().code,
            "unsupported_algorithm")
            << name;
    EXPECT_EQ(verify(with_header("{}", key), keys, kEveryAlgorithm).error().code, "unsupported_algorithm");
    // The key says RS256: a PS256 or RS512 signature by the same RSA key is not taken.
    auto const& pss = key_for(Algorithm::PS256);
    EXPECT_EQ(verify(with_header(R"({"alg":"PS256"})", pss), keys, kEveryAlgorithm).error().code, "unknown_key");
    EXPECT_EQ(verify(with_header(R"({"alg":"ES256"})", key_for(Algorithm::ES256)), keys, kEveryAlgorithm).error().code,
              "unknown_key");
}

TEST(Jws, AnAttackerCannotBringTheirOwnKey)
{
    auto const& mine = key_for(Algorithm::ES256);
    auto const theirs = *SigningKey::generate(Algorithm::ES256);
    auto const jwk = json::serialize(theirs.public_key().to_jwk());
    for (auto const& header :
         {R"({"alg":"ES256","jwk":)" + jwk + "}", std::string(R"({"alg":"ES256","jku":"https://evil.example/jwks"})"),
          std::string(R"({"alg":"ES256","x5u":"https://evil.example/cert"})"),
          R"({"alg":"ES256","kid":")" + mine.kid() + "\"}"})
        EXPECT_EQ(verify(with_header(header, theirs), set_of(mine), {Algorithm::ES256}).error().code,
                  "invalid_signature");
    EXPECT_EQ(verify(with_header(R"({"alg":"ES256","kid":"../../dev/null"})", theirs), set_of(mine), {Algorithm::ES256})
                  .error()
                  .code,
              "unknown_key");
}

TEST(Jws, MalformedIsRefused)
{
    auto const& key = key_for(Algorithm::ES256);
    auto const keys = set_of(key);
    auto const good = *Signer(key, "").sign("{}");
    ASSERT_TRUE(verify(good, keys, {Algorithm::ES256}));
    for (auto const& text : {std::string(),
                             std::string("."),
                             std::string(".."),
                             std::string("..."),
                             good + ".",
                             good + "=",
                             " " + good,
                             good + "\n",
                             "=" + good,
                             with_header("[]", key),
                             with_header("", key),
                             with_header("null", key),
                             with_header(R"({"alg":"ES256","alg":"ES256"})", key),
                             with_header(R"({"alg":5})", key),
                             with_header(R"({"alg":"ES256","kid":5})", key),
                             with_header(R"({"alg":"ES256","typ":[]})", key),
                             with_header(R"({"alg":"ES256","crit":["exp"],"exp":1})", key),
                             with_header(R"({"alg":"ES256","crit":[]})", key),
                             with_header(R"({"alg":"ES256","b64":false})", key),
                             with_header(R"({"alg":"ES256"} x)", key),
                             with_header(R"({"alg":"ES256","pad":")" + std::string(9000, 'a') + "\"}", key),
                             std::string(kMaximumCompactSize + 1, 'a')})
        EXPECT_EQ(verify(text, keys, {Algorithm::ES256}).error().code, "invalid_jws") << text.substr(0, 200);
    // The all-zero signature (CVE-2022-21449).
    EXPECT_EQ(verify(good.substr(0, good.rfind('.') + 1) + base64url_encode(Bytes(64)), keys, {Algorithm::ES256})
                  .error()
                  .code,
              "invalid_signature");
}

TEST(Jws, FindsTheKeyAmongSeveral)
{
    std::vector<VerificationKey> many;
    for (int i = 0; i < 12; ++i)
        many.push_back(SigningKey::generate(Algorithm::ES256)->public_key());
    auto const& key = key_for(Algorithm::ES256);
    many.push_back(key.public_key());
    EXPECT_TRUE(verify(*Signer(key, "").sign("x"), KeySet(many), {Algorithm::ES256})); // by kid
    // Without a kid at most 8 keys are tried.
    EXPECT_EQ(verify(with_header(R"({"alg":"ES256"})", key), KeySet(many), {Algorithm::ES256}).error().code,
              "invalid_signature");
    EXPECT_EQ(verify(with_header(R"({"alg":"ES256"})", key), KeySet(), {Algorithm::ES256}).error().code, "unknown_key");
}

TEST(Jws, OneKeySignsInManyThreads)
{
    Signer const signer(key_for(Algorithm::ES256), "JWT");
    auto const keys = set_of(key_for(Algorithm::ES256));
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 50; ++i) {
                auto const payload = std::to_string(t * 1000 + i);
                auto const verified = verify(*signer.sign(payload), keys, {Algorithm::ES256});
                if (!verified || as_text(verified->payload) != payload)
                    ++wrong;
            }
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(wrong, 0);
}

TEST(Jwk, RefusesWeakAndBrokenKeys)
{
    auto const rsa = key_for(Algorithm::RS256).public_key().to_jwk();
    auto const ec = key_for(Algorithm::ES256).public_key().to_jwk();
    auto const ed = key_for(Algorithm::EdDSA).public_key().to_jwk();
    auto const encoded = [](Bytes const& bytes) { return json::value(json::string(base64url_encode(bytes))); };
    auto const code = [](json::object jwk, std::string_view member, json::value value) {
        jwk[member] = std::move(value);
        auto const key = VerificationKey::from_jwk(jwk);
        return key ? "accepted" : key.error().code + " " + key.error().pointer;
    };
    EXPECT_EQ(code(rsa, "n", encoded(Bytes(128, 0xff))), "invalid_jwk /n"); // 1024 bits
    EXPECT_EQ(code(rsa, "n", encoded(Bytes(1025, 0xff))), "invalid_jwk /n");
    EXPECT_EQ(code(rsa, "n", encoded(Bytes(256, 0xfe))), "invalid_jwk /n"); // even
    EXPECT_EQ(code(rsa, "e", "AQ"), "invalid_jwk /e");                      // 1
    EXPECT_EQ(code(rsa, "e", "BA"), "invalid_jwk /e");
    EXPECT_EQ(code(rsa, "e", ""), "invalid_jwk /e");
    EXPECT_EQ(code(rsa, "kty", "oct"), "invalid_jwk /kty");
    EXPECT_EQ(code(rsa, "kty", nullptr), "invalid_jwk /kty");
    EXPECT_EQ(code(rsa, "use", "enc"), "invalid_jwk /use");
    EXPECT_EQ(code(rsa, "alg", "RSA-OAEP"), "invalid_jwk /alg");
    EXPECT_EQ(code(rsa, "alg", "ES256"), "invalid_jwk /alg");
    EXPECT_EQ(code(rsa, "key_ops", json::array{"encrypt"}), "invalid_jwk /key_ops");
    EXPECT_EQ(code(rsa, "key_ops", json::array{"verify"}), "accepted");
    EXPECT_EQ(code(ec, "crv", "secp256k1"), "invalid_jwk /crv");
    EXPECT_EQ(code(ec, "crv", "P-384"), "invalid_jwk /x");
    EXPECT_EQ(code(ec, "x", encoded(Bytes(32, 1))), "invalid_jwk "); // not on the curve
    EXPECT_EQ(code(ec, "x", encoded(Bytes(31, 1))), "invalid_jwk /x");
    EXPECT_EQ(code(ec, "y", 5), "invalid_jwk /y");
    EXPECT_EQ(code(ed, "crv", "X25519"), "invalid_jwk /crv");
    EXPECT_EQ(code(ed, "x", "AA"), "invalid_jwk /x");
    EXPECT_EQ(code(ec, "kid", json::string(300, 'k')), "invalid_jwk /kid");
    EXPECT_EQ(VerificationKey::from_jwk(std::string_view("{")).error().code, "invalid_jwk");
    EXPECT_EQ(VerificationKey::from_jwk(std::string_view(R"({"kty":"EC","kty":"RSA"})")).error().code, "invalid_jwk");
}

TEST(Jwk, PrivateHalvesMustBelongToThePublicOnes)
{
    for (auto const algorithm : {Algorithm::ES256, Algorithm::EdDSA}) {
        auto jwk = *parse_json_object_strict(SigningKey::generate(algorithm)->to_private_jwk()->expose_text());
        auto const other = *parse_json_object_strict(SigningKey::generate(algorithm)->to_private_jwk()->expose_text());
        jwk["d"] = other.at("d");
        EXPECT_EQ(SigningKey::from_jwk(jwk).error().code, "invalid_jwk");
        jwk.erase("d");
        EXPECT_EQ(SigningKey::from_jwk(jwk).error().code, "invalid_jwk");
    }
    auto rsa = *parse_json_object_strict(key_for(Algorithm::RS256).to_private_jwk()->expose_text());
    EXPECT_EQ(SigningKey::from_jwk(rsa, Algorithm::PS256).error().pointer, "/alg");
    auto modulus = *base64url_decode(std::string_view(rsa.at("n").as_string()));
    modulus[100] ^= 1;
    rsa["n"] = base64url_encode(modulus).c_str();
    EXPECT_EQ(SigningKey::from_jwk(rsa).error().code, "invalid_jwk");
    EXPECT_EQ(SigningKey::generate(Algorithm::RS256, 1024).error().code, "unsupported_key");
}

TEST(Jwk, SetsLeaveOutWhatTheyDoNotKnow)
{
    auto const known = json::serialize(key_for(Algorithm::ES256).public_key().to_jwk());
    auto const set = KeySet::parse(R"({"keys":[{"kty":"oct","k":"AAAA"},{"kty":"EC","crv":"P-256"},{"kty":"new"},)" +
                                   known + R"(,{"use":"enc","kty":"RSA"}],"more":1})");
    ASSERT_TRUE(set);
    EXPECT_EQ(set->keys().size(), 1u);
    for (auto const* text : {"", "[]", "{}", R"({"keys":{}})", R"({"keys":[5]})", R"({"keys":[],"keys":[]})"})
        EXPECT_EQ(KeySet::parse(text).error().code, "invalid_jwks") << text;
}

TEST(Pem, IsImported)
{
    constexpr std::string_view public_pem = "-----BEGIN PUBLIC KEY-----\n"
                                            "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
                                            "-----END PUBLIC KEY-----\n";
    auto const key = VerificationKey::from_pem(public_pem);
    ASSERT_TRUE(key);
    EXPECT_EQ(key->type(), KeyType::ed25519);
    EXPECT_EQ(key->to_jwk().at("x").as_string(), "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    constexpr std::string_view private_pem = "-----BEGIN PRIVATE KEY-----\n"
                                             "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
                                             "-----END PRIVATE KEY-----\n";
    auto const signing = SigningKey::from_pem(Secret(private_pem), Algorithm::EdDSA);
    ASSERT_TRUE(signing);
    EXPECT_EQ(signing->public_key().thumbprint(), key->thumbprint());
    EXPECT_EQ(SigningKey::from_pem(Secret(private_pem), Algorithm::ES256).error().code, "invalid_pem");
    EXPECT_EQ(SigningKey::from_pem(Secret(std::string_view("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n")),
                                   Algorithm::EdDSA)
                  .error()
                  .code,
              "invalid_pem");
    EXPECT_EQ(VerificationKey::from_pem("nonsense").error().code, "invalid_pem");
}

// -- tokens

TimePoint const kNow = from_seconds(1'780'000'000);

struct Token {
    json::object claims{{"iss", "https://id.example"}, {"aud", "api"},         {"sub", "alice"},
                        {"iat", 1'780'000'000},        {"exp", 1'780'000'300}, {"jti", "t1"}};
    std::string typ = "at+jwt";

    std::string sign() const { return *Signer(key_for(Algorithm::ES256), typ).sign(json::serialize(claims)); }
    std::string outcome(Expectations const& expected) const
    {
        auto const token = verify_jwt(sign(), set_of(key_for(Algorithm::ES256)), expected);
        return token ? "accepted" : token.error().code + token.error().pointer;
    }
    static Expectations expected()
    {
        return {.algorithms = {Algorithm::ES256},
                .now = kNow,
                .type = "at+jwt",
                .issuer = "https://id.example",
                .audience = "api",
                .leeway = std::chrono::seconds(0),
                .require_expiry = true,
                .maximum_age = {},
                .required_claims = {}};
    }
    std::string outcome() const { return outcome(expected()); }
    std::string with(std::string_view claim, json::value value) const
    {
        auto changed = *this;
        changed.claims[claim] = std::move(value);
        return changed.outcome();
    }
};

TEST(Jwt, ReadsTheRegisteredClaims)
{
    Token token;
    token.claims["aud"] = json::array{"web", "api"};
    token.claims["nbf"] = 1'779'999'999.5;
    auto const read = verify_jwt(token.sign(), set_of(key_for(Algorithm::ES256)), Token::expected());
    ASSERT_TRUE(read);
    EXPECT_EQ(read->issuer, "https://id.example");
    EXPECT_EQ(read->subject, "alice");
    EXPECT_EQ(read->audience, (std::vector<std::string>{"web", "api"}));
    EXPECT_EQ(read->id, "t1");
    EXPECT_EQ(read->expires_at, kNow + std::chrono::seconds(300));
    EXPECT_EQ(read->not_before, kNow - std::chrono::milliseconds(500));
    EXPECT_EQ(read->issued_at, kNow);
}

TEST(Jwt, OfAnotherIssuerAudienceOrKindIsRefused)
{
    Token const token;
    EXPECT_EQ(token.outcome(), "accepted");
    EXPECT_EQ(token.with("iss", "https://id.example/"), "wrong_issuer/iss");
    EXPECT_EQ(token.with("aud", "ap"), "wrong_audience/aud");
    EXPECT_EQ(token.with("aud", json::array{}), "wrong_audience/aud");
    Token missing;
    missing.claims.erase("aud");
    EXPECT_EQ(missing.outcome(), "wrong_audience/aud");
    missing.claims.erase("iss");
    EXPECT_EQ(missing.outcome(), "wrong_issuer/iss");
    for (auto const* typ : {"JWT", "", "id+jwt", "application/jwt"}) {
        Token other;
        other.typ = typ;
        EXPECT_EQ(other.outcome(), "wrong_token_type") << typ;
    }
    Token spelt;
    spelt.typ = "application/AT+JWT";
    EXPECT_EQ(spelt.outcome(), "accepted");
}

TEST(Jwt, OutsideItsTimeIsRefused)
{
    Token const token;
    EXPECT_EQ(token.with("exp", 1'780'000'000), "token_expired/exp");
    EXPECT_EQ(token.with("exp", 1'780'000'001), "accepted");
    EXPECT_EQ(token.with("nbf", 1'780'000'001), "token_not_yet_valid/nbf");
    EXPECT_EQ(token.with("iat", 1'780'000'001), "token_not_yet_valid/iat");
    Token eternal;
    eternal.claims.erase("exp");
    EXPECT_EQ(eternal.outcome(), "missing_claim/exp");

    auto lenient = Token::expected();
    lenient.leeway = std::chrono::seconds(3600); // no more than a minute is given
    Token late;
    late.claims["exp"] = 1'779'999'941;
    EXPECT_EQ(late.outcome(lenient), "accepted");
    late.claims["exp"] = 1'779'999'940;
    EXPECT_EQ(late.outcome(lenient), "token_expired/exp");

    auto fresh = Token::expected();
    fresh.maximum_age = std::chrono::seconds(60);
    Token old;
    old.claims["iat"] = 1'779'999'939;
    EXPECT_EQ(old.outcome(fresh), "token_too_old/iat");
    old.claims.erase("iat");
    EXPECT_EQ(old.outcome(fresh), "missing_claim/iat");
}

TEST(Jwt, WithMalformedClaimsIsRefused)
{
    Token const token;
    EXPECT_EQ(token.with("iss", 5), "invalid_jwt/iss");
    EXPECT_EQ(token.with("sub", json::array{}), "invalid_jwt/sub");
    EXPECT_EQ(token.with("aud", json::array{"api", 5}), "invalid_jwt/aud");
    EXPECT_EQ(token.with("aud", json::object{}), "invalid_jwt/aud");
    EXPECT_EQ(token.with("exp", "1780000300"), "invalid_jwt/exp");
    EXPECT_EQ(token.with("exp", 1e300), "invalid_jwt/exp");
    EXPECT_EQ(token.with("exp", -1), "invalid_jwt/exp");
    EXPECT_EQ(token.with("nbf", nullptr), "invalid_jwt/nbf");
    auto required = Token::expected();
    required.required_claims = {"scope"};
    EXPECT_EQ(token.outcome(required), "missing_claim/scope");

    auto const& key = key_for(Algorithm::ES256);
    for (auto const* payload : {"", "5", "[]", "{", R"({"iss":"https://id.example","iss":"https://id.example"})"}) {
        auto const text = *Signer(key, "at+jwt").sign(payload);
        EXPECT_EQ(verify_jwt(text, set_of(key), Token::expected()).error().code, "invalid_jwt") << payload;
    }
}

} // namespace
} // namespace gatehouse::jose
