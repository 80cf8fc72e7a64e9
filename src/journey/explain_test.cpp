// What administrators are told about a sign-in is what happens in one.
#include "journey/explain.hpp"

#include <gtest/gtest.h>

namespace gatehouse::journey {
namespace {

using credentials::Level;
using credentials::Method;
using credentials::Methods;
using identity::SecondFactor;

TimePoint const kNow = from_seconds(1'700'000'000);
identity::AcrNames const kNames;

std::vector<std::string> told(Policy const& policy, Situation const& situation, Requirements const& requirements = {})
{
    std::vector<std::string> lines;
    for (auto const& path : paths_of(policy, situation, requirements, kNames, kNow)) {
        std::string line = path.leads_in ? "in" : "out";
        for (auto const method : path.methods)
            line.append(" ").append(to_string(method));
        for (auto const method : path.set_up)
            line.append(" +").append(to_string(method));
        for (auto const method : path.missing)
            line.append(" -").append(to_string(method));
        lines.push_back(line + (path.put_off ? " later" : "") + (path.acr.empty() ? "" : " " + path.acr));
    }
    return lines;
}
using Lines = std::vector<std::string>;

TEST(Explain, EveryPathOfSomebodyWithAnAppIsNamed)
{
    Policy const policy{.first = {Method::password, Method::passkey, Method::email_code},
                        .second = {Method::passkey, Method::totp},
                        .second_factor = SecondFactor::if_enrolled};
    Situation const situation{.usable = {Method::password, Method::totp, Method::email_code}};
    EXPECT_EQ(told(policy, situation), (Lines{"in password totp urn:gatehouse:acr:2fa", "out passkey -passkey",
                                              "in email_code password totp urn:gatehouse:acr:2fa"}));
}

TEST(Explain, ADeviceThatBeginsIsAPathOfItsOwn)
{
    Policy const policy{.first = {Method::push, Method::password},
                        .second = {Method::push},
                        .second_factor = SecondFactor::if_enrolled};
    EXPECT_EQ(told(policy, {.usable = {Method::password}}),
              (Lines{"out push -push", "in password urn:gatehouse:acr:1fa"}));
    EXPECT_EQ(told(policy, {.usable = {Method::push, Method::password}}),
              (Lines{"in push password urn:gatehouse:acr:2fa", "in password push urn:gatehouse:acr:2fa"}));
}

TEST(Explain, WhatIsMissingForALevelIsNamed)
{
    Policy const policy{
        .first = {Method::password}, .second = {Method::passkey, Method::totp}, .enrol = {Method::totp}};
    Situation const situation{.usable = {Method::password}};
    EXPECT_EQ(told(policy, situation, {.level = Level::phishing_resistant}),
              (Lines{"out password -passkey -totp urn:gatehouse:acr:1fa"}));
    EXPECT_EQ(told(policy, situation, {.level = Level::multi}),
              (Lines{"in password totp +totp urn:gatehouse:acr:2fa"}));
}

TEST(Explain, TheGraceIsAPathOfItsOwn)
{
    Policy const policy{.first = {Method::password},
                        .second = {Method::totp},
                        .second_factor = SecondFactor::required,
                        .grace = std::chrono::days(7),
                        .enrol = {Method::totp}};
    Situation situation{.usable = {Method::password}};
    EXPECT_EQ(told(policy, situation),
              (Lines{"in password later urn:gatehouse:acr:1fa", "in password totp +totp urn:gatehouse:acr:2fa"}));
    situation.grace_began = kNow - std::chrono::days(8);
    EXPECT_EQ(told(policy, situation), (Lines{"in password totp +totp urn:gatehouse:acr:2fa"}));
    situation.user_active = false;
    EXPECT_EQ(told(policy, situation), Lines{});
}

} // namespace
} // namespace gatehouse::journey
