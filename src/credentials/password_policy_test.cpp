#include "credentials/password_policy.hpp"

#include "credentials/password_strength.hpp"
#include "crypto/password_hash.hpp"

#include <gtest/gtest.h>

namespace gatehouse::credentials {
namespace {

std::string verdict(std::string_view password, std::vector<std::string> const& personal = {}, std::int64_t minimum = 15)
{
    identity::Tenant tenant;
    tenant.settings.password.minimum_length = minimum;
    auto const normalized = normalize_password(Secret(password));
    if (!normalized)
        return normalized.error().code;
    auto const outcome = check_password(*normalized, tenant, personal);
    return outcome ? "accepted" : outcome.error().code;
}

TEST(PasswordPolicy, CountsCharactersNotBytes)
{
    EXPECT_EQ(verdict("vierzehnStücke"), "password_too_short"); // 14 characters, 15 bytes
    EXPECT_EQ(verdict("愛犬は毎朝五時に起きて散歩をせがむ"), "accepted");
    EXPECT_EQ(verdict("👩‍🔬🧪🔭🌋"), "password_too_short");
    identity::Tenant const tenant;
    auto const refused = check_password(Secret(std::string_view("short")), tenant, {});
    EXPECT_EQ(refused.error().arguments.at(0).second, "15");
}

TEST(PasswordPolicy, DemandsNoMixtureOfCharacters)
{
    EXPECT_EQ(verdict("correct horse battery staple"), "accepted");
    EXPECT_EQ(verdict("the kettle sings at dawn"), "accepted");
    EXPECT_EQ(verdict("ΑΒΓ δεζ ηθι κλμ νξο"), "accepted");
    EXPECT_EQ(verdict("83519027461509374628"), "accepted");
}

TEST(PasswordPolicy, TakesLongPasswordsWholeAndRefusesWhatIsTooLong)
{
    EXPECT_EQ(verdict(std::string("a long walk along the river and back again through the hills at night ok")),
              "accepted");
    std::string text;
    while (text.size() < 1000)
        text += fmt::format("word{} ", text.size() * 7919 % 10007);
    EXPECT_EQ(verdict(text.substr(0, 1024)), "accepted");
    EXPECT_EQ(verdict(std::string(1025, 'x')), "password_too_long");
    auto const phc = crypto::hash_password(Secret(std::string_view(text)), {.memory_kib = 64, .passes = 1});
    ASSERT_TRUE(phc);
    auto cut = text;
    cut.pop_back();
    EXPECT_EQ(crypto::verify_password(Secret(std::string_view(cut)), *phc).value(), crypto::PasswordVerdict::differs);
}

TEST(PasswordPolicy, OneKeyboardsAccentIsAnothers)
{
    auto const composed = normalize_password(Secret(std::string_view("caf\u00E9 cr\u00E8me")));
    auto const decomposed = normalize_password(Secret(std::string_view("cafe\u0301 cre\u0300me")));
    EXPECT_TRUE(*composed == *decomposed);
}

TEST(PasswordPolicy, RefusesBytesThatAreNoText)
{
    EXPECT_EQ(verdict("\xff\xfe this is not text at all"), "password_invalid");
    EXPECT_EQ(verdict("a password with\na line break"), "password_invalid");
    EXPECT_EQ(verdict(std::string_view("a password with \0 in it", 23)), "password_invalid");
}

TEST(PasswordPolicy, RefusesWhatAttackersTryFirst)
{
    for (auto const* password :
         {"password", "Password1", "iloveyou", "letmein123", "12345678", "qwertyuiop", "abcdefgh", "P@ssw0rd!",
          "dragon99", "football2026", "11111111", "sunshine!!", "monkey_1234"})
        EXPECT_EQ(verdict(password, {}, 8), "password_common") << password;
}

TEST(PasswordPolicy, RefusesCommonOnesThatWereStretchedToTheMinimum)
{
    for (auto const* password :
         {"passwordpassword", "Password12345678", "123456789012345678", "qwertyuiopasdfghjkl", "P@ssw0rdP@ssw0rd!",
          "iloveyou1234567", "aaaaaaaaaaaaaaaaaaaa", "abcabcabcabcabcabc", "1qaz2wsx3edc4rfv", "letmeinletmein2026",
          "!!!password2026!!!", "qwerty123456789", "ｐａｓｓｗｏｒｄ12345678", "passwordpasswordpasswordpassword"})
        EXPECT_EQ(verdict(password), "password_common") << password;
}

TEST(PasswordPolicy, RefusesThePersonsOwnNamesAndTheServices)
{
    std::vector<std::string> const personal = {"ada.lovelace@analytical.example", "Ada Lovelace", "Acme Shop"};
    for (auto const* password : {"adalovelace12345", "ada.lovelace@analytical.example", "LovelaceLovelace",
                                 "analytical-2026!", "Acme Shop 2026!!", "lovelace.analytical"})
        EXPECT_NE(verdict(password, personal), "accepted") << password;
    EXPECT_EQ(verdict("lovelace walked her four dogs along the canal", personal), "accepted");
    EXPECT_EQ(verdict("shoplifters of the world unite", {"Sho", "ada@b.example"}), "accepted");
}

TEST(PasswordPolicy, AnswersQuicklyWhateverIsTyped)
{
    std::string nasty;
    while (nasty.size() < 1000)
        nasty += "1password";
    EXPECT_EQ(verdict(nasty), "password_common");
    EXPECT_EQ(verdict(std::string(1024, 'a')), "password_common");
}

TEST(PasswordStrength, GrowsWithWhatAnAttackerMustGuess)
{
    auto const score = [](std::string_view password) { return measure_strength(password, {}).score; };
    EXPECT_EQ(score("password"), 0);
    EXPECT_EQ(score("aaaaaaaaaaaaaaaaaaaa"), 0);
    EXPECT_EQ(score("abcdefghijklmnop"), 0);
    EXPECT_LE(score("summer2024summer2024"), 2);
    EXPECT_EQ(score("correct horse battery staple"), 4);
    EXPECT_EQ(score("mondlicht ueber dem see"), 4);
    EXPECT_EQ(score("愛犬は毎朝五時に起きて散歩をせがむ"), 4);
    EXPECT_EQ(score(""), 0);
}

TEST(PasswordStrength, SaysWhatMakesAPasswordWeak)
{
    auto const weakness = [](std::string_view password, std::vector<std::string> const& personal = {}) {
        return to_string(measure_strength(password, personal).weakness);
    };
    EXPECT_EQ(weakness("rtyuiofghjk"), "keyboard");
    EXPECT_EQ(weakness("abcdefghijklmnopqrst"), "sequence");
    EXPECT_EQ(weakness("zzzzzzzzzzzzzzzzz"), "repetition");
    EXPECT_EQ(weakness("blumenthal", {"Grace Blumenthal"}), "personal");
    EXPECT_EQ(weakness("x7"), "brevity");
    EXPECT_EQ(weakness("correct horse battery staple"), "none");
}

// The person's own words are the first that somebody tries who knows them.
TEST(PasswordStrength, CountsThePersonsOwnWordsForNothing)
{
    std::vector<std::string> const personal = {"grace.blumenthal@navy.example", "Acme Teehandel"};
    EXPECT_LT(measure_strength("blumenthal teehandel", personal).bits,
              measure_strength("blumenthal teehandel", {}).bits - 10);
}

TEST(PasswordStrength, OfALongOneItsEndCountsToo)
{
    EXPECT_EQ(measure_strength(std::string(60, 'a') + " correct horse battery staple", {}).score, 4);
    std::string text(40, 'a');
    for (int i = 0; i < 30; ++i)
        text += "\u00e9"; // characters are not cut in two
    EXPECT_GE(measure_strength(text, {}).score, 1);
}

TEST(PasswordPolicy, RefusesWhatIsEasierToGuessThanTheTenantAllows)
{
    identity::Tenant tenant;
    tenant.settings.password = {.minimum_length = 8, .minimum_score = 4};
    Secret const weak(std::string_view("12.12.1984 kestrel"));
    ASSERT_LT(measure_strength(weak.expose_text(), {}).score, 4);
    auto const refused = check_password(weak, tenant, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "password_weak");
    EXPECT_EQ(refused.error().arguments.at(0).first, "weakness");
    tenant.settings.password.minimum_score = 0;
    EXPECT_TRUE(check_password(weak, tenant, {}));
}

} // namespace
} // namespace gatehouse::credentials
