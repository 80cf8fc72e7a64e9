#include "credentials/cbor.hpp"

#include <gtest/gtest.h>

namespace gatehouse::credentials::cbor {
namespace {

std::string said(std::string_view hex)
{
    auto const bytes = *hex_decode(hex);
    auto const value = parse(bytes);
    return value ? "taken" : value.error().detail;
}

// Examples of RFC 8949 appendix A.
TEST(Cbor, WhatAuthenticatorsSpeakIsRead)
{
    auto const number = [](std::string_view hex) { return *parse(*hex_decode(hex))->if_integer(); };
    EXPECT_EQ(number("00"), 0);
    EXPECT_EQ(number("17"), 23);
    EXPECT_EQ(number("1818"), 24);
    EXPECT_EQ(number("1903e8"), 1000);
    EXPECT_EQ(number("1a000f4240"), 1000000);
    EXPECT_EQ(number("20"), -1);
    EXPECT_EQ(number("3903e7"), -1000);
    auto const bytes = *hex_decode("a301020326206145");
    auto const map = parse(bytes);
    ASSERT_TRUE(map);
    EXPECT_EQ(*map->find(3)->if_integer(), -7);
    EXPECT_EQ(*map->find(-1)->if_text(), "E");
    EXPECT_EQ(map->find(2), nullptr);
    EXPECT_EQ(map->find("E"), nullptr);
    EXPECT_EQ(said("83f4f5f6"), "taken");
    EXPECT_EQ(said("a0"), "taken");
    EXPECT_EQ(said("40"), "taken");
}

TEST(Cbor, WhatTheyDoNotSpeakIsRefused)
{
    EXPECT_EQ(said(""), "truncated");
    EXPECT_EQ(said("18"), "truncated");
    EXPECT_EQ(said("4401"), "truncated");
    EXPECT_EQ(said("0000"), "bytes behind the item");
    EXPECT_EQ(said("5f4101ff"), "an item of a kind that is not allowed"); // indefinite lengths
    EXPECT_EQ(said("9f01ff"), "an item of a kind that is not allowed");
    EXPECT_EQ(said("bf0102ff"), "an item of a kind that is not allowed");
    EXPECT_EQ(said("c11a514b67b0"), "an item of a kind that is not allowed"); // a tag
    EXPECT_EQ(said("f93c00"), "an item of a kind that is not allowed");       // a float
    EXPECT_EQ(said("1bffffffffffffffff"), "an item of a kind that is not allowed");
    EXPECT_EQ(said("1c"), "malformed");
    EXPECT_EQ(said("a201010102"), "a map has a key twice");
    EXPECT_EQ(said("a241010241010a"), "a map's key is neither an integer nor a text");
}

// The head alone must not make us reserve what it promises.
TEST(Cbor, APromiseOfGigabytesIsRefusedUnread)
{
    EXPECT_EQ(said("9bffffffffffffffff"), "an array or map is longer than the input");
    EXPECT_EQ(said("bb00ffffffffffffff"), "an array or map is longer than the input");
    EXPECT_EQ(said("9a7fffffff00"), "an array or map is longer than the input");
    EXPECT_EQ(said("5b7fffffffffffffff00"), "truncated");
    EXPECT_EQ(said("7bffffffffffffffff00"), "truncated");
}

TEST(Cbor, NestingAndNumberAreLimited)
{
    EXPECT_EQ(said("8181818100"), "taken");
    EXPECT_EQ(said("818181818100"), "nested too deep");
    std::string deep;
    for (int i = 0; i < 200'000; ++i)
        deep += "81";
    EXPECT_EQ(said(deep + "00"), "nested too deep");
    std::string many = "990200";
    for (int i = 0; i < 0x200; ++i)
        many += "00";
    EXPECT_EQ(said(many), "too many items");
}

} // namespace
} // namespace gatehouse::credentials::cbor
