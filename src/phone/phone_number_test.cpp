#include "phone/phone_number.hpp"

#include <fstream>
#include <gmock/gmock.h>

namespace gatehouse::phone {
namespace {

std::vector<std::string> fields_of(std::string const& line)
{
    std::vector<std::string> fields(1);
    for (char const c : line)
        if (c == '\t')
            fields.emplace_back();
        else
            fields.back() += c;
    return fields;
}

TEST(PhoneNumber, EveryRegionsNumbersAreReadAndWrittenAsLibphonenumberDoes)
{
    std::ifstream file(GATEHOUSE_SOURCE_DIR "/src/phone/examples.tsv");
    int read = 0;
    int refused = 0;
    for (std::string line; std::getline(file, line);) {
        auto const fields = fields_of(line);
        auto const number = parse(fields[0], fields[1]);
        if (fields[2] == "-") {
            EXPECT_FALSE(number) << line;
            ++refused;
            continue;
        }
        ASSERT_TRUE(number) << line;
        EXPECT_EQ(number->e164(), fields[2]) << line;
        EXPECT_EQ(number->region, fields[3]) << line;
        EXPECT_EQ(to_string(number->type), fields[4]) << line;
        EXPECT_EQ(format_national(*number), fields[5]) << line;
        EXPECT_EQ(format_international(*number), fields[6]) << line;
        EXPECT_EQ(parse(number->e164()).value(), *number) << line;
        ++read;
    }
    EXPECT_GT(read, 4000);
    EXPECT_GT(refused, 2000);
}

TEST(PhoneNumber, IsReadHoweverItIsWritten)
{
    for (auto const* text : {"+49 30 901820", "+49 (0)30 / 90 18 20", "tel:+49-30-901820", "＋４９ ３０ ９０１８２０",
                             "+٤٩٣٠٩٠١٨٢٠", "\u202a+49 30 901820\u202c", "+49\u00a030\u2011901820"})
        EXPECT_EQ(parse(text).value().e164(), "+4930901820") << text;
    EXPECT_EQ(parse("030 901820", "DE").value().e164(), "+4930901820");
    EXPECT_EQ(parse("0049 30 901820", "DE").value().e164(), "+4930901820");
    EXPECT_EQ(parse("011 49 30 901820", "US").value().e164(), "+4930901820");
}

TEST(PhoneNumber, WhatIsNoNumberIsRefused)
{
    for (auto const* text : {"", "+", "+49", "030 901820", "ada@example.com", "+4930901820 ext. 5", "+49 30 90182o",
                             "++4930901820", "+4930901820+", "+999 123456", "+0 30 901820", "+49 30 901820;x=y",
                             "+493090182011111111111111111111", "\xff\xfe", "+1 555"})
        EXPECT_EQ(parse(text).error().code, "phone_invalid") << text;
    EXPECT_FALSE(parse("030 901820", "XX"));
    EXPECT_FALSE(parse("+49 30 901820" + std::string(300, ' ')));
}

TEST(PhoneNumber, ThatEarnsMoneyForWhoeverIsCalledGetsNoTexts)
{
    EXPECT_FALSE(may_get_texts(parse("+49 900 1234567").value().type));
    EXPECT_FALSE(may_get_texts(parse("+1 900 234 5678").value().type));
    EXPECT_FALSE(may_get_calls(parse("+49 180 12345").value().type));
    EXPECT_TRUE(may_get_texts(parse("+49 1512 3456789").value().type));
    EXPECT_TRUE(may_get_texts(parse("+1 202 456 1111").value().type));
}

TEST(PhoneNumber, IsMaskedWhereOthersMayRead)
{
    EXPECT_EQ(masked("+4930901820"), "+49 ... 820");
    EXPECT_EQ(masked(""), "... ");
}

TEST(PhoneNumber, KnowsTheRegionsOfTheWorld)
{
    EXPECT_GE(regions().size(), 245u);
    EXPECT_THAT(regions(), testing::Contains("JP"));
    EXPECT_EQ(calling_code("JP"), 81);
    EXPECT_EQ(calling_code("XX"), 0);
    EXPECT_TRUE(is_region("AC"));
    EXPECT_FALSE(is_region("001"));
}

} // namespace
} // namespace gatehouse::phone
