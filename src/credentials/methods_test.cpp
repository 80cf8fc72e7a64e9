#include "credentials/methods.hpp"

#include <gtest/gtest.h>

namespace gatehouse::credentials {
namespace {

TEST(Methods, OneKindOfFactorIsOneFactorHoweverOften)
{
    EXPECT_EQ(level_of({}), Level::none);
    for (auto const method : kEveryMethod)
        EXPECT_EQ(level_of({method}), method == Method::passkey ? Level::phishing_resistant : Level::single);
    EXPECT_EQ(level_of({Method::email_code, Method::totp}), Level::single) << "two codes are not two factors";
    EXPECT_EQ(level_of({Method::totp, Method::recovery_code, Method::security_key}), Level::single);
}

TEST(Methods, APasswordAndSomethingOneHasAreTwo)
{
    EXPECT_EQ(level_of({Method::password, Method::totp}), Level::multi);
    EXPECT_EQ(level_of({Method::password, Method::email_code}), Level::multi);
    EXPECT_EQ(level_of({Method::password, Method::recovery_code}), Level::multi);
    EXPECT_EQ(level_of({Method::password, Method::security_key}), Level::phishing_resistant);
}

TEST(Methods, OnlyWhatRaisesTheLevelIsAFurtherFactor)
{
    EXPECT_TRUE(adds_factor({}, Method::password));
    EXPECT_TRUE(adds_factor({Method::password}, Method::totp));
    EXPECT_FALSE(adds_factor({Method::email_code}, Method::totp));
    EXPECT_FALSE(adds_factor({Method::passkey}, Method::password));
}

TEST(Methods, AmrAndAcrSayWhatWasProven)
{
    EXPECT_EQ(amr_of({Method::password}), (std::vector<std::string>{"pwd"}));
    EXPECT_EQ(amr_of({Method::password, Method::totp, Method::email_code}),
              (std::vector<std::string>{"pwd", "otp", "mfa"}));
    EXPECT_EQ(amr_of({Method::passkey}), (std::vector<std::string>{"pop", "user", "mfa"}));
    for (auto const level : {Level::single, Level::multi, Level::phishing_resistant})
        EXPECT_EQ(level_of_acr(acr_of(level)), level);
    EXPECT_FALSE(level_of_acr(""));
    EXPECT_FALSE(level_of_acr("phrh"));
}

TEST(Methods, ASessionKeepsItsLevel)
{
    for (std::uint32_t bits = 0; bits < 64; ++bits) {
        auto const proven = Methods::from_bits(bits);
        EXPECT_EQ(level_of(methods_of_amr(amr_of(proven))), level_of(proven)) << bits;
    }
}

TEST(Methods, NamesComeBack)
{
    for (auto const method : kEveryMethod)
        EXPECT_EQ(parse_method(to_string(method)), method);
    EXPECT_FALSE(parse_method("carrier_pigeon"));
}

} // namespace
} // namespace gatehouse::credentials
