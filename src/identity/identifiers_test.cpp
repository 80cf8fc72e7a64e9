#include "identity/identifiers.hpp"

#include <gtest/gtest.h>

namespace gatehouse::identity {
namespace {

std::string folded_email(std::string_view text)
{
    auto const email = normalize_email(text);
    return email ? email->folded : "refused: " + email.error().code;
}

TEST(EmailAddress, IsTrimmedAndItsLettersFoldForLookupOnly)
{
    auto const email = normalize_email("  Ada.Lovelace@Example.COM ");
    ASSERT_TRUE(email);
    EXPECT_EQ(email->value, "Ada.Lovelace@Example.COM");
    EXPECT_EQ(email->folded, "ada.lovelace@example.com");
}

TEST(EmailAddress, OfAnInternationalDomainEqualsItsAsciiForm)
{
    EXPECT_EQ(folded_email("ada@bücher.example"), "ada@xn--bcher-kva.example");
    EXPECT_EQ(folded_email("ada@BÜCHER.example"), folded_email("ada@xn--bcher-kva.example"));
    EXPECT_EQ(folded_email("ada@example。com"), "ada@example.com");
}

// The Kelvin sign lower-cases to "k" and full-width letters are compatible with plain ones: taking one mailbox for the
// other would hand an account to whoever owns the look-alike.
TEST(EmailAddress, OfALookAlikeMailboxIsAnotherOne)
{
    EXPECT_NE(folded_email("mi\u212Ae@example.com"), folded_email("mike@example.com"));
    EXPECT_NE(folded_email("\uFF41da@example.com"), folded_email("ada@example.com"));
    EXPECT_NE(folded_email("stra\u00DFe@example.com"), folded_email("strasse@example.com"));
    EXPECT_NE(folded_email("ada@fa\u00DF.example"), folded_email("ada@fass.example"));
}

TEST(EmailAddress, WithSeveralAtSignsIsRefused)
{
    for (auto const* text : {"victim@example.com@evil.example", "a@b@c", "\"a@b\"@example.com", "@", "a@", "@b", "a"})
        EXPECT_EQ(folded_email(text), "refused: email_invalid") << text;
}

TEST(EmailAddress, ThatCouldCarryAnotherHeaderOrHideSomethingIsRefused)
{
    for (auto const* text :
         {"a\r\nBcc: x@evil.example", "a b@example.com", "a@exa mple.com", "a\u200B@example.com",
          "a@exam\u00ADple.com\u202E", "a@example.com\u2028x", "a\x7f@example.com", "\xff@example.com",
          "<a@example.com>", "a,b@example.com", "a;b@example.com", "a@[127.0.0.1]", "a@exa_mple.com", ".a@example.com",
          "a.@example.com", "a..b@example.com", "a@-example.com", "a@example..com", "a@example.com."})
        EXPECT_EQ(folded_email(text), "refused: email_invalid") << text;
}

TEST(EmailAddress, TooLongIsRefused)
{
    EXPECT_EQ(folded_email(std::string(65, 'a') + "@example.com"), "refused: email_invalid");
    EXPECT_EQ(folded_email(std::string(64, 'a') + "@" + std::string(63, 'b') + "." + std::string(63, 'c') + "." +
                           std::string(63, 'd') + ".example"),
              "refused: email_invalid");
    EXPECT_TRUE(normalize_email(std::string(64, 'a') + "@example.com"));
}

TEST(PhoneNumber, LosesItsPunctuation)
{
    auto const phone = normalize_phone(" +49 (30) 901-820 ");
    ASSERT_TRUE(phone);
    EXPECT_EQ(phone->value, "+4930901820");
    for (auto const* text : {"030901820", "+0301234567", "+12345", "+1234567890123456", "+49x30901820", "+", ""})
        EXPECT_FALSE(normalize_phone(text)) << text;
}

TEST(Username, FoldsCaseAndWidth)
{
    EXPECT_EQ(normalize_username("Ada_Lovelace")->folded, "ada_lovelace");
    EXPECT_EQ(normalize_username("ＡＤＡ")->folded, "ada");
    EXPECT_EQ(normalize_username("Ada")->value, "Ada");
}

TEST(Username, ThatLooksLikeAnotherHasTheSameLookup)
{
    auto const paypal = normalize_username("paypal")->lookup;
    EXPECT_EQ(normalize_username("paypa1")->lookup, paypal);
    EXPECT_EQ(normalize_username("сорру")->lookup, normalize_username("coppy")->lookup); // the first is Cyrillic
    EXPECT_NE(normalize_username("paypals")->lookup, paypal);
}

TEST(Username, ThatMixesAlphabetsIsRefused)
{
    EXPECT_FALSE(normalize_username("p\u0430ypal")); // a Cyrillic a among Latin letters
    EXPECT_TRUE(normalize_username("花子tanaka"));
}

TEST(Username, ThatReadsAsAnAddressOrNumberIsRefused)
{
    for (auto const* text :
         {"ada@example.com", "4930901820", "+4930901820", "49-30-901820", "192.168.0.1", "ada＠example", "１２３４",
          "a", "", "ada lovelace", "ada\u200Bx", "-ada", "ada.", "a..b", "ada/../x", "<b>ada"})
        EXPECT_FALSE(normalize_username(text)) << text;
    EXPECT_FALSE(normalize_username(std::string(65, 'a')));
}

TEST(SignInField, TellsAddressNumberAndNameApart)
{
    EXPECT_EQ(read_identifier("ada@example.com")->kind, IdentifierKind::email);
    EXPECT_EQ(read_identifier("+49 30 901820")->kind, IdentifierKind::phone);
    EXPECT_EQ(read_identifier("ada")->kind, IdentifierKind::username);
}

} // namespace
} // namespace gatehouse::identity
