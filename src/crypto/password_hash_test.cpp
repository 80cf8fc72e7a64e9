#include "crypto/password_hash.hpp"

#include <gtest/gtest.h>

namespace gatehouse::crypto {
namespace {

constexpr Argon2Parameters kCheap{.memory_kib = 64, .passes = 1};

Secret secret(std::string_view text)
{
    return Secret(text);
}

TEST(PasswordHash, VerifiesWhatItMadeAndNothingElse)
{
    auto const phc = hash_password(secret("correct horse"), kCheap);
    ASSERT_TRUE(phc);
    EXPECT_TRUE(phc->starts_with("$argon2id$v=19$m=64,t=1,p=1$")) << *phc;
    EXPECT_EQ(*verify_password(secret("correct horse"), *phc, kCheap), PasswordVerdict::matches);
    EXPECT_EQ(*verify_password(secret("correct horsf"), *phc, kCheap), PasswordVerdict::differs);
    EXPECT_EQ(*verify_password(secret("correct horse "), *phc, kCheap), PasswordVerdict::differs);
    EXPECT_EQ(*verify_password(secret(""), *phc, kCheap), PasswordVerdict::differs);
    EXPECT_NE(*hash_password(secret("correct horse"), kCheap), *phc);
}

TEST(PasswordHash, ByDefaultCosts19MebibytesAndTwoPasses)
{
    EXPECT_TRUE(hash_password(secret("x"))->starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
}

// Made by libargon2, the reference implementation: argon2 somesalt -id -t 2 -m 16 -p 1, and with -m 8 -p 2.
TEST(PasswordHash, TakesHashesOfOtherProgramsAndAsksForANewOne)
{
    auto const* const one = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    EXPECT_EQ(*verify_password(secret("password"), one), PasswordVerdict::matches_rehash);
    EXPECT_EQ(*verify_password(secret("password"), one, {.memory_kib = 65536, .passes = 2}), PasswordVerdict::matches);
    EXPECT_EQ(*verify_password(secret("passwore"), one), PasswordVerdict::differs);
    auto const* const two = "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc";
    EXPECT_EQ(*verify_password(secret("password"), two, {.memory_kib = 256, .passes = 2}),
              PasswordVerdict::matches_rehash);
}

TEST(PasswordHash, IsAskedForAgainWhenTheParametersRise)
{
    auto const phc = *hash_password(secret("x"), kCheap);
    EXPECT_EQ(*verify_password(secret("x"), phc, {.memory_kib = 128, .passes = 1}), PasswordVerdict::matches_rehash);
    EXPECT_EQ(*verify_password(secret("x"), phc, {.memory_kib = 64, .passes = 2}), PasswordVerdict::matches_rehash);
    EXPECT_EQ(*verify_password(secret("y"), phc, {.memory_kib = 64, .passes = 2}), PasswordVerdict::differs);
}

TEST(PasswordHash, OfAnAttackerCannotExhaustMemoryOrTime)
{
    auto const* const rest = "$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc";
    for (auto const* parameters :
         {"m=4294967295,t=2,p=1", "m=262145,t=2,p=1", "m=65536,t=17,p=1", "m=65536,t=2,p=17", "m=65536,t=0,p=1",
          "m=0,t=1,p=1", "m=7,t=1,p=1", "m=15,t=1,p=2", "m=-1,t=1,p=1", "m=064,t=1,p=1", "m=64,t=1", "m=64,p=1,t=1",
          "m=64 ,t=1,p=1", "m=99999999999999999999,t=1,p=1", "m=64,t=1,p=1,keyid=x"}) {
        auto const phc = std::string("$argon2id$v=19$") + parameters + rest;
        EXPECT_EQ(check_password_hash(phc).error().code, "password_hash_invalid") << phc;
        EXPECT_EQ(verify_password(secret("password"), phc).error().code, "password_hash_invalid") << phc;
    }
}

TEST(PasswordHash, MalformedIsRefused)
{
    auto const good =
        std::string("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc");
    ASSERT_TRUE(check_password_hash(good));
    for (auto const& phc :
         {std::string(), std::string("x"), std::string("$2b$12$abc"), "$argon2i" + good.substr(9),
          "$argon2d" + good.substr(9), "$argon2id$v=16" + good.substr(14), good.substr(0, good.size() - 1), good + "=",
          good + "$", good + " ", " " + good, good.substr(0, 40), good + std::string(300, 'A'),
          std::string("$argon2id$v=19$m=64,t=1,p=1$$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc"),
          std::string("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$"),
          std::string("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ")})
        EXPECT_EQ(check_password_hash(phc).error().code, "password_hash_invalid") << phc;
}

TEST(PasswordHash, LongPasswordsAreWholeOrRefused)
{
    auto const longest = std::string(kMaximumPasswordSize, 'a');
    auto const phc = hash_password(secret(longest), kCheap);
    EXPECT_EQ(*verify_password(secret(longest), *phc, kCheap), PasswordVerdict::matches);
    EXPECT_EQ(*verify_password(secret(longest.substr(1)), *phc, kCheap), PasswordVerdict::differs);
    EXPECT_EQ(hash_password(secret(longest + "a"), kCheap).error().code, "password_too_long");
    EXPECT_EQ(verify_password(secret(longest + "a"), *phc, kCheap).error().code, "password_too_long");
    auto const with_zero = std::string("a\0b", 3);
    EXPECT_EQ(*verify_password(secret(std::string("a\0c", 3)), *hash_password(secret(with_zero), kCheap), kCheap),
              PasswordVerdict::differs);
}

} // namespace
} // namespace gatehouse::crypto
