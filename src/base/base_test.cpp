#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/log.hpp"
#include "base/secret.hpp"

#include <gtest/gtest.h>
#include <set>
#include <thread>

namespace gatehouse {
namespace {

TEST(Base64url, RoundTripsTheVectorsOfRfc4648)
{
    for (auto const& [plain, encoded] : std::vector<std::pair<std::string, std::string>>{
             {"", ""}, {"f", "Zg"}, {"fo", "Zm8"}, {"foo", "Zm9v"}, {"foob", "Zm9vYg"}, {"foobar", "Zm9vYmFy"}}) {
        EXPECT_EQ(base64url_encode(as_bytes(plain)), encoded);
        EXPECT_EQ(as_text(*base64url_decode(encoded)), plain);
    }
}

TEST(Base64url, RefusesASecondSpellingOfTheSameBytes)
{
    for (auto const* text : {"Zh", "Zg==", "Zg=", "Z", "Zm9v ", "Zm9v\n", "Zm+v", "Zm/v"})
        EXPECT_EQ(base64url_decode(text).error().code, "invalid_encoding") << text;
}

TEST(Base64, DemandsItsPadding)
{
    EXPECT_EQ(base64_encode(as_bytes("fo")), "Zm8=");
    EXPECT_EQ(as_text(*base64_decode("Zm8=")), "fo");
    EXPECT_FALSE(base64_decode("Zm8"));
    EXPECT_FALSE(base64_decode("Zg=o"));
    EXPECT_FALSE(base64_decode("===="));
}

TEST(Hex, TakesBothCasesAndRefusesTheRest)
{
    EXPECT_EQ(hex_encode(*hex_decode("00fFa9")), "00ffa9");
    EXPECT_FALSE(hex_decode("0"));
    EXPECT_FALSE(hex_decode("0g"));
}

TEST(Uuid, IsVersionSevenAndAscendsWithinAMillisecond)
{
    TimePoint const now = from_micros(1'780'000'000'000'123);
    auto previous = Uuid::generate(now);
    EXPECT_EQ(previous.to_string()[14], '7');
    EXPECT_NE(std::string("89ab").find(previous.to_string()[19]), std::string::npos);
    for (int i = 0; i < 3000; ++i) {
        auto const next = Uuid::generate(now);
        EXPECT_LT(previous, next);
        previous = next;
    }
}

TEST(Uuid, AscendsAcrossThreads)
{
    TimePoint const now = from_micros(1'780'000'100'000'000);
    auto previous = Uuid::generate(now);
    for (int i = 0; i < 50; ++i) {
        Uuid next;
        std::thread([&] { next = Uuid::generate(now); }).join();
        EXPECT_LT(previous, next);
        previous = next;
    }
}

TEST(Uuid, ParsesWhatItPrintsAndNothingElse)
{
    auto const id = Uuid::generate(from_micros(1'780'000'000'000'000));
    EXPECT_EQ(*Uuid::parse(id.to_string()), id);
    for (auto const* text : {"", "x", "018f0000-0000-7000-8000-00000000000", "018f0000-0000-7000-8000-00000000000g",
                             "018f0000000070008000000000000000", "-18f00000-000-7000-8000-000000000000"})
        EXPECT_EQ(Uuid::parse(text).error().code, "invalid_id") << text;
}

TEST(Secret, IsNotPrintedAndIsComparedByContent)
{
    Secret const secret{std::string_view("hunter2")};
    EXPECT_EQ(fmt::format("{}", secret), "[secret]");
    EXPECT_TRUE(secret == Secret(std::string_view("hunter2")));
    EXPECT_FALSE(secret == Secret(std::string_view("hunter3")));
    EXPECT_FALSE(secret == Secret(std::string_view("hunter")));
}

TEST(Secret, TakeWipesTheStringItCameIn)
{
    std::string text = "correct horse battery staple";
    auto const* memory = text.data();
    auto const secret = Secret::take(text);
    EXPECT_TRUE(text.empty());
    EXPECT_NE(std::string_view(memory, 7), "correct");
    EXPECT_EQ(secret.expose_text(), "correct horse battery staple");
}

TEST(Rfc3339, ReadsOffsetsAndFractions)
{
    EXPECT_EQ(to_rfc3339(*parse_rfc3339("2026-11-23T15:04:05Z")), "2026-11-23T15:04:05.000Z");
    EXPECT_EQ(to_rfc3339(*parse_rfc3339("2026-11-23t15:04:05.1239+01:30")), "2026-11-23T13:34:05.123Z");
    EXPECT_EQ(to_rfc3339(*parse_rfc3339("1969-12-31T23:59:59.5Z")), "1969-12-31T23:59:59.500Z");
}

TEST(Rfc3339, RefusesWhatIsNoTime)
{
    for (auto const* text : {"", "2026", "2026-02-30T00:00:00Z", "2026-11-23T24:00:00Z", "2026-11-23T15:04:05",
                             "2026-11-23T15:04:05.Z", "2026-11-23 15:04:05Z", "2026-11-23T15:04:05Zx"})
        EXPECT_EQ(parse_rfc3339(text).error().code, "invalid_time") << text;
}

TEST(Log, QuotesWhatCouldForgeALine)
{
    log::Capture const capture;
    log::info("sign-in failed", {{"user", "eve\n2026 info all is well"}, {"attempts", 3}, {"known", false}});
    auto const text = capture.text();
    EXPECT_NE(text.find(R"(user="eve\n2026 info all is well" attempts=3 known=false)"), std::string::npos) << text;
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
}

TEST(Log, ACaptureWithinAnotherLeavesTheOuterOneItsLines)
{
    log::Capture const outer;
    log::info("before", {});
    {
        log::Capture const inner;
        log::info("within", {});
        EXPECT_NE(inner.text().find("within"), std::string::npos);
    }
    log::info("after", {});
    EXPECT_NE(outer.text().find("before"), std::string::npos);
    EXPECT_EQ(outer.text().find("within"), std::string::npos);
    EXPECT_NE(outer.text().find("after"), std::string::npos);
}

Result<int> half(int number)
{
    if (number % 2 != 0)
        return refuse(ErrorKind::invalid, "odd_number", "The number is odd.").at("/number").with("number", "x");
    return number / 2;
}
Result<int> quarter(int number)
{
    TRY(auto once, half(number));
    TRY_DO(half(once));
    return half(once);
}

TEST(Try, PassesValuesOnAndReturnsErrors)
{
    EXPECT_EQ(*quarter(12), 3);
    EXPECT_EQ(quarter(6).error().code, "odd_number");
    EXPECT_EQ(quarter(6).error().pointer, "/number");
}

} // namespace
} // namespace gatehouse
