#include "base/digits.hpp"

#include <gtest/gtest.h>

namespace gatehouse {
namespace {

TEST(Digits, OfOtherScriptsCountAsLatin)
{
    EXPECT_EQ(with_latin_digits("482 913"), "482 913");
    EXPECT_EQ(with_latin_digits("٠١٢٣٤٥٦٧٨٩"), "0123456789");
    EXPECT_EQ(with_latin_digits("۰۱۲۳۴۵۶۷۸۹"), "0123456789");
    EXPECT_EQ(with_latin_digits("०१२३४५६७८९"), "0123456789");
    EXPECT_EQ(with_latin_digits("০১২৩৪৫৬৭৮৯"), "0123456789");
    EXPECT_EQ(with_latin_digits("๐๑๒๓๔๕๖๗๘๙"), "0123456789");
    EXPECT_EQ(with_latin_digits("４８２　９１３"), "482 913");
}

TEST(Digits, LeaveEverythingElseAlone)
{
    EXPECT_EQ(with_latin_digits("k7qf2-9xw4m é ① ４ \xff\xd9"), "k7qf2-9xw4m é ① 4 \xff\xd9");
    EXPECT_EQ(with_latin_digits("\xef\xbc"), "\xef\xbc"); // cut short
    EXPECT_EQ(with_latin_digits(""), "");
}

} // namespace
} // namespace gatehouse
