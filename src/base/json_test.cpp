#include "base/json.hpp"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace gatehouse {
namespace {

TEST(StrictJson, ReadsWhatBoostReads)
{
    for (auto const* text : {"1", "-0.5e3", "\"\\u00e9\\ud83d\\ude00\"", "null", "true", "[]", "{}", "[[],{},[1,2]]",
                             R"({"a":{"b":[1,{"c":"d"}]},"e":18446744073709551615})", " [ 1 , 2 ] \n"}) {
        auto const value = parse_json_strict(text);
        ASSERT_TRUE(value) << text;
        EXPECT_EQ(boost::json::serialize(*value), boost::json::serialize(boost::json::parse(text)));
    }
}

TEST(StrictJson, RefusesAMemberThatComesTwiceAndPointsAtIt)
{
    for (auto const& [text, pointer] :
         std::vector<std::pair<std::string, std::string>>{{R"({"a":1,"a":1})", "/a"},
                                                          {R"({"x":[1,{"k":[],"y":{"b":1,"c":2,"b":3}}]})", "/x/1/y/b"},
                                                          {R"({"a":1,"\u0061":2})", "/a"},
                                                          {R"({"":1,"":2})", "/"},
                                                          {R"([[0,{"a/b~":1,"a/b~":2}]])", "/0/1/a~1b~0"},
                                                          {R"({"a":{"b":1},"c":{"b":2},"a":3})", "/a"}}) {
        auto const value = parse_json_strict(text);
        ASSERT_FALSE(value) << text;
        EXPECT_EQ(value.error().code, "json_duplicate_key") << text;
        EXPECT_EQ(value.error().pointer, pointer);
    }
    EXPECT_TRUE(parse_json_strict(R"({"a":{"a":{"a":1}},"A":2})"));
}

TEST(StrictJson, RefusesWhatIsNotJson)
{
    for (auto const* text : {"",           " ",
                             "{",          "[1,]",
                             "{\"a\":1,}", "// x\n1",
                             "1 2",        "{} x",
                             "'a'",        "nul",
                             "01",         "NaN",
                             "1e400",      "88888881510191259405062E82225",
                             "\"\xff\"",   "\"\xc0\x80\"",
                             "[1",         "\"a",
                             "{\"a\"}",    "\xef\xbb\xbf{}"})
        EXPECT_EQ(parse_json_strict(text).error().code, "json_invalid") << text;
    EXPECT_EQ(parse_json_strict(std::string("1\0", 2)).error().code, "json_invalid");
}

TEST(StrictJson, HoldsToItsLimits)
{
    auto const nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_TRUE(parse_json_strict(nested(32)));
    EXPECT_EQ(parse_json_strict(nested(33)).error().code, "json_too_deep");
    EXPECT_EQ(parse_json_strict(std::string(100'000, '[')).error().code, "json_too_deep");
    EXPECT_EQ(parse_json_strict("[1,2,3]", {.size = 6}).error().code, "json_too_large");
    EXPECT_EQ(parse_json_object_strict("[]").error().code, "json_not_an_object");
}

TEST(StrictJson, ReadsAStringThatIsLongerThanTheParsersBuffer)
{
    auto const text = "{\"" + std::string(5000, 'k') + "\":\"" + std::string(9000, 'v') + "\"}";
    EXPECT_EQ(boost::json::serialize(*parse_json_strict(text)), text);
}

TEST(AppendJsonString, WritesWhatAParserReadsBack)
{
    std::string text;
    for (int i = 1; i < 128; ++i)
        text.push_back(static_cast<char>(i));
    text += "\u00e9\u2028";
    std::string out;
    append_json_string(out, text);
    EXPECT_EQ(boost::json::parse(out).as_string(), text);
}

} // namespace
} // namespace gatehouse
