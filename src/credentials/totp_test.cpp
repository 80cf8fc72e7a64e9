#include "credentials/totp.hpp"

#include <gtest/gtest.h>

namespace gatehouse::credentials {
namespace {

constexpr std::string_view kSeed20 = "12345678901234567890";
constexpr std::string_view kSeed32 = "12345678901234567890123456789012";
constexpr std::string_view kSeed64 = "1234567890123456789012345678901234567890123456789012345678901234";

TEST(Totp, GivesTheCodesOfRfc6238AppendixB)
{
    struct Vector {
        std::int64_t seconds;
        std::string_view sha1, sha256, sha512;
    };
    constexpr Vector vectors[] = {
        {59, "94287082", "46119246", "90693936"},         {1111111109, "07081804", "68084774", "25091201"},
        {1111111111, "14050471", "67062674", "99943326"}, {1234567890, "89005924", "91819424", "93441116"},
        {2000000000, "69279037", "90698825", "38618901"}, {20000000000, "65353130", "77737706", "47863826"},
    };
    for (auto const& vector : vectors) {
        auto const time = from_seconds(vector.seconds);
        EXPECT_EQ(totp(as_bytes(kSeed20), time, {OneTimeDigest::sha1, 8}), vector.sha1);
        EXPECT_EQ(totp(as_bytes(kSeed32), time, {OneTimeDigest::sha256, 8}), vector.sha256);
        EXPECT_EQ(totp(as_bytes(kSeed64), time, {OneTimeDigest::sha512, 8}), vector.sha512);
    }
}

TEST(Totp, GivesTheCodesOfRfc4226AppendixD)
{
    constexpr std::string_view codes[] = {"755224", "287082", "359152", "969429", "338314",
                                          "254676", "287922", "162583", "399871", "520489"};
    for (std::int64_t counter = 0; counter < 10; ++counter)
        EXPECT_EQ(hotp(as_bytes(kSeed20), counter, {}), codes[counter]);
}

TEST(Totp, AClockMayBeOneStepOffEitherWayAndNoMore)
{
    auto const now = from_seconds(1'795'000'000);
    auto const secret = as_bytes(kSeed20);
    auto const at = [&](std::int64_t steps) {
        return matching_totp_step(secret, {}, totp(secret, now + steps * kTotpPeriod, {}), now);
    };
    EXPECT_EQ(at(0), totp_step(now));
    EXPECT_EQ(at(-1), totp_step(now) - 1);
    EXPECT_EQ(at(1), totp_step(now) + 1);
    EXPECT_FALSE(at(-2));
    EXPECT_FALSE(at(2));
}

TEST(Totp, SpacesThatAppsShowDoNotCountAndAnythingElseDoes)
{
    auto const now = from_seconds(59);
    auto const secret = as_bytes(kSeed20);
    EXPECT_TRUE(matching_totp_step(secret, {}, "287 082", now));
    EXPECT_TRUE(matching_totp_step(secret, {}, "٢٨٧ ٠٨٢", now));      // an Arabic keyboard
    EXPECT_TRUE(matching_totp_step(secret, {}, "２８７０８２", now)); // a Japanese one
    EXPECT_FALSE(matching_totp_step(secret, {}, "87082", now));
    EXPECT_FALSE(matching_totp_step(secret, {}, "0287082", now));
    EXPECT_FALSE(matching_totp_step(secret, {}, "", now));
    EXPECT_FALSE(matching_totp_step(secret, {OneTimeDigest::sha1, 8}, "287082", now));
    EXPECT_FALSE(matching_totp_step(secret, {}, std::string_view("287082\0", 7), now));
}

TEST(Totp, SecretsAreAsLongAsTheDigestAndNeverTheSame)
{
    EXPECT_EQ(make_totp_secret(OneTimeDigest::sha1).size(), 20u);
    EXPECT_EQ(make_totp_secret(OneTimeDigest::sha256).size(), 32u);
    EXPECT_EQ(make_totp_secret(OneTimeDigest::sha512).size(), 64u);
    EXPECT_FALSE(make_totp_secret(OneTimeDigest::sha1) == make_totp_secret(OneTimeDigest::sha1));
}

TEST(Totp, Base32IsThatOfRfc4648)
{
    EXPECT_EQ(base32_encode(as_bytes("")), "");
    EXPECT_EQ(base32_encode(as_bytes("f")), "MY");
    EXPECT_EQ(base32_encode(as_bytes("fo")), "MZXQ");
    EXPECT_EQ(base32_encode(as_bytes("foo")), "MZXW6");
    EXPECT_EQ(base32_encode(as_bytes("foob")), "MZXW6YQ");
    EXPECT_EQ(base32_encode(as_bytes("fooba")), "MZXW6YTB");
    EXPECT_EQ(base32_encode(as_bytes("foobar")), "MZXW6YTBOI");
    EXPECT_EQ(totp_secret_text(Secret("foobar")), "MZXW 6YTB OI");
}

TEST(Totp, TheUriNamesEverythingAndLetsNoNameBreakOut)
{
    Secret const secret(kSeed20);
    EXPECT_EQ(totp_uri(secret, {}, "Acme", "ada@example.com"),
              "otpauth://totp/Acme:ada%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Acme&algorithm=SHA1"
              "&digits=6&period=30");
    EXPECT_EQ(totp_uri(secret, {OneTimeDigest::sha512, 8}, "A: B&secret=x", "a+b/c?ü"),
              "otpauth://totp/A%3A%20B%26secret%3Dx:a%2Bb%2Fc%3F%C3%BC?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer="
              "A%3A%20B%26secret%3Dx&algorithm=SHA512&digits=8&period=30");
}

} // namespace
} // namespace gatehouse::credentials
