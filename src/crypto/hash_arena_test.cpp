#include "crypto/hash_arena.hpp"
#include "crypto/password_hash.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <span>
#include <thread>

namespace gatehouse::crypto {
namespace {

constexpr Argon2Parameters kCheap{.memory_kib = 64, .passes = 1};
constexpr std::size_t kCheapSize = 64 * 1024;

TEST(HashArena, HashesOfItsThreadWorkInItAndAreTheSameAsElsewhere)
{
    auto const elsewhere = hash_password(Secret("correct horse"), kCheap);
    ASSERT_TRUE(elsewhere);
    HashArena arena(kCheapSize);
    arena.serve_this_thread();
    EXPECT_EQ(verify_password(Secret("correct horse"), *elsewhere, kCheap), PasswordVerdict::matches);
    EXPECT_EQ(verify_password(Secret("correct house"), *elsewhere, kCheap), PasswordVerdict::differs);
    EXPECT_EQ(arena.lent_so_far(), 2u);
    std::thread([&] { EXPECT_TRUE(verify_password(Secret("correct horse"), *elsewhere, kCheap)); }).join();
    EXPECT_EQ(arena.lent_so_far(), 2u) << "another thread has no part in it";
}

TEST(HashArena, NothingOfAHashIsLeftInIt)
{
    HashArena arena(kCheapSize);
    arena.serve_this_thread();
    ASSERT_TRUE(hash_password(Secret("correct horse"), kCheap));
    auto* const memory = static_cast<unsigned char*>(arena.lend(kCheapSize));
    ASSERT_TRUE(memory);
    EXPECT_TRUE(std::ranges::all_of(std::span(memory, kCheapSize), [](unsigned char byte) { return byte == 0; }));
    EXPECT_TRUE(arena.take_back(memory));
}

TEST(HashArena, AHashThatDoesNotFitGetsMemoryOfItsOwn)
{
    HashArena arena(kCheapSize); // rounded up to 2 MiB
    arena.serve_this_thread();
    constexpr Argon2Parameters kLarge{.memory_kib = 3 * 1024, .passes = 1};
    auto const hash = hash_password(Secret("correct horse"), kLarge);
    ASSERT_TRUE(hash);
    EXPECT_EQ(verify_password(Secret("correct horse"), *hash, kLarge), PasswordVerdict::matches);
    EXPECT_EQ(arena.lent_so_far(), 0u);
}

TEST(HashArena, WhatIsLentIsNotLentTwice)
{
    HashArena arena(kCheapSize);
    auto* const memory = arena.lend(kCheapSize);
    ASSERT_TRUE(memory);
    EXPECT_FALSE(arena.lend(1));
    int other = 0;
    EXPECT_FALSE(arena.take_back(&other));
    EXPECT_TRUE(arena.take_back(memory));
    arena.rest();
    EXPECT_EQ(arena.lend(kCheapSize), memory);
    EXPECT_TRUE(arena.take_back(memory));
}

} // namespace
} // namespace gatehouse::crypto
