#include "credentials/methods.hpp"

#include <gtest/gtest.h>

namespace gatehouse::credentials {
namespace {

TEST(Methods, OneKindOfFactorIsOneFactorHoweverOften)
{
    EXPECT_EQ(level_of({}), Level::none);
    for (auto const& traits : kMethodTraits)
        EXPECT_EQ(level_of({traits.method}), traits.factor == Factor::both ? Level::phishing_resistant : Level::single);
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
    EXPECT_EQ(amr_of({Method::password}, Level::single), (std::vector<std::string>{"pwd"}));
    EXPECT_EQ(amr_of({Method::password, Method::totp, Method::email_code}, Level::multi),
              (std::vector<std::string>{"pwd", "otp", "mfa"}));
    EXPECT_EQ(amr_of({Method::password, Method::email_code}, Level::single), (std::vector<std::string>{"pwd", "otp"}))
        << "a policy that does not take the two for two factors";
    EXPECT_EQ(amr_of({Method::passkey}, Level::phishing_resistant), (std::vector<std::string>{"pop", "user", "mfa"}));
    identity::AcrNames names;
    names.multi = "https://example.com/silver";
    for (auto const level : {Level::single, Level::multi, Level::phishing_resistant})
        EXPECT_EQ(level_of_acr(acr_of(level, names), names), level);
    EXPECT_EQ(acr_of(Level::multi, names), "https://example.com/silver");
    EXPECT_FALSE(level_of_acr("", names));
    EXPECT_FALSE(level_of_acr("phrh", names));
    EXPECT_FALSE(level_of_acr("urn:gatehouse:acr:2fa", names)) << "it goes by another name here";
}

TEST(Methods, TheTableStandsInTheOrderOfTheStoredNumbers)
{
    for (std::size_t i = 0; i < std::size(kMethodTraits); ++i) {
        auto const& traits = kMethodTraits[i];
        EXPECT_EQ(static_cast<std::size_t>(traits.method), i) << traits.name;
        EXPECT_EQ(parse_method(to_string(traits.method)), traits.method);
    }
    EXPECT_FALSE(parse_method("carrier_pigeon"));
}

} // namespace
} // namespace gatehouse::credentials
