#include "view/theme.hpp"

#include "view/palette.hpp"
#include "view/theme_tokens_shape.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

namespace gatehouse::view {
namespace {

ThemeTokens tokens_of(std::string_view json)
{
    auto tokens = read_shape<ThemeTokens>(boost::json::parse(json));
    EXPECT_TRUE(tokens) << tokens.error().message;
    return tokens.value_or(ThemeTokens{});
}

Result<void> check(std::string_view json)
{
    return check_theme(tokens_of(json), "/theme");
}

std::string argument(Error const& error, std::string_view name)
{
    for (auto const& [key, value] : error.arguments)
        if (key == name)
            return value;
    return {};
}

TEST(Theme, ContrastIsThatOfTheWcagExamples)
{
    EXPECT_NEAR(contrast("#000000", "#ffffff"), 21, 0.001);
    EXPECT_NEAR(contrast("#777777", "#ffffff"), 4.478, 0.001);
}

TEST(Theme, NothingNamedIsTheStylesheetsOwnLook)
{
    auto const look = make_look({});
    EXPECT_TRUE(look->is_built_in);
    EXPECT_TRUE(check("{}"));
    std::ostringstream css;
    css << std::ifstream(GATEHOUSE_SOURCE_DIR "/web/pages/assets/page.css").rdbuf();
    auto const text = css.str();
    auto const dark = text.find("@media (prefers-color-scheme: dark)");
    // What page.css says without a theme is what is derived here: else the checks would speak of other colours.
    for (auto const* scheme : {"light", "dark"}) {
        bool const is_dark = std::string_view(scheme) == "dark";
        auto const block = is_dark ? text.substr(dark, text.find("\n}\n", dark) - dark) : text.substr(0, dark);
        auto const own = stylesheet_of(*look, is_dark ? Scheme::dark : Scheme::light);
        for (auto at = own.find("--"); at != own.npos; at = own.find("--", at + 2)) {
            auto const name = own.substr(at, own.find(':', at) - at);
            if (name == "--radius" || name == "--font" || name == "--shadow")
                continue;
            auto value = own.substr(at + name.size() + 1, 7);
            EXPECT_NE(block.find(name + ": " + value + ";"), block.npos) << scheme << " " << name << ": " << value;
        }
    }
}

TEST(Theme, WhateverAccentIsNamedForOneSchemeTheOtherStaysReadable)
{
    for (auto const* accent : {"#000000", "#ffffff", "#3b5bdb", "#ffec99", "#e8590c", "#2f9e44", "#0b7285", "#868e96",
                               "#ff0000", "#00ff00", "#0000ff", "#767676", "#c2255c"}) {
        // Named in neither scheme of the other's: each derives from the other.
        EXPECT_TRUE(check_theme({.light = {.accent = make_look({.dark = {.accent = accent}})->light.accent}}, ""))
            << accent;
        EXPECT_TRUE(check_theme({.dark = {.accent = make_look({.light = {.accent = accent}})->dark.accent}}, ""))
            << accent;
    }
}

TEST(Theme, WhateverSurfaceIsNamedTheRestIsDerivedToBeRead)
{
    for (auto const* surface : {"#ffffff", "#000000", "#fff8e7", "#e7f5ff", "#1b1b1b", "#102a43", "#d0d0d0", "#303030"})
        for (auto const* scheme : {"light", "dark"}) {
            auto const outcome = check(fmt::format(R"({{"{}": {{"surface": "{}"}}}})", scheme, surface));
            EXPECT_TRUE(outcome) << surface << " " << scheme << " " << (outcome ? "" : outcome.error().message);
        }
}

TEST(Theme, AColourThatCannotBeReadIsRefusedWithTheValues)
{
    auto const outcome = check(R"({"light": {"text": "#888888"}})");
    ASSERT_FALSE(outcome);
    auto const& error = outcome.error();
    EXPECT_EQ(error.code, "theme_contrast");
    EXPECT_EQ(error.pointer, "/theme/light/text");
    EXPECT_EQ(argument(error, "measured"), "3.54");
    EXPECT_EQ(argument(error, "needed"), "4.5");
    auto const nearest = argument(error, "nearest");
    ASSERT_TRUE(is_colour(nearest));
    EXPECT_TRUE(check(fmt::format(R"({{"light": {{"text": "{}"}}}})", nearest))) << nearest;
    EXPECT_NE(error.message.find("3.54:1"), std::string::npos) << error.message;
    EXPECT_NE(error.message.find(nearest), std::string::npos);
}

TEST(Theme, EachPairOfColoursIsHeldToItsRatioInBothSchemes)
{
    std::pair<std::string_view, std::string_view> const faults[] = {
        {R"({"light": {"accent": "#ffec99"}})", "/theme/light/accent"}, // 3:1 on the surface
        {R"({"dark": {"accent": "#101010"}})", "/theme/dark/accent"},   // the same in the dark
        {R"({"light": {"accent": "#3b5bdb", "on_accent": "#7f7f7f"}})", "/theme/light/on_accent"}, // words on buttons
        {R"({"light": {"link": "#8899ff"}})", "/theme/light/link"},
        {R"({"light": {"soft": "#999999"}})", "/theme/light/soft"},
        {R"({"light": {"edge": "#cccccc"}})", "/theme/light/edge"},
        {R"({"light": {"error": "#ff8888"}})", "/theme/light/error"},
        {R"({"dark": {"success": "#115511"}})", "/theme/dark/success"},
        {R"({"light": {"background": "#000000"}})", "/theme/light/background"}, // words stand on it and on white cards
        {R"({"light": {"surface": "#ffffff", "raised": "#222222"}})", "/theme/light/raised"},
    };
    for (auto const& [json, pointer] : faults) {
        auto const outcome = check(json);
        ASSERT_FALSE(outcome) << json;
        EXPECT_EQ(outcome.error().code, "theme_contrast") << json;
        EXPECT_EQ(outcome.error().pointer, pointer) << json << outcome.error().message;
    }
}

TEST(Theme, AnApplicationInheritsWhatItDoesNotName)
{
    auto const tenant = tokens_of(R"({"light": {"accent": "#0b7285", "background": "#fafafa"}, "radius": 4})");
    auto const own = tokens_of(R"({"light": {"accent": "#c2255c"}, "font": "serif"})");
    auto const both = inherit(tenant, own);
    EXPECT_EQ(both.light.accent, "#c2255c");
    EXPECT_EQ(both.light.background, "#fafafa");
    EXPECT_EQ(both.radius, 4);
    EXPECT_EQ(both.font, Font::serif);
    Looks const looks;
    EXPECT_EQ(looks.find(tenant, &own)->light.accent, "#c2255c");
    EXPECT_EQ(looks.find(tenant), looks.find(tenant));
    // Over a tenant that went dark meanwhile, its text could not be read: the tenant's look is shown.
    auto const dark_tenant = tokens_of(R"({"light": {"surface": "#000000", "background": "#000000"}})");
    auto const dark_text = tokens_of(R"({"light": {"text": "#111111"}})");
    EXPECT_EQ(looks.find(dark_tenant, &dark_text)->stylesheet, looks.find(dark_tenant)->stylesheet);
}

TEST(Theme, AStylesheetIsNamedByWhatItSays)
{
    auto const one = make_look(tokens_of(R"({"radius": 4})"));
    auto const other = make_look(tokens_of(R"({"radius": 5})"));
    EXPECT_EQ(one->fingerprint.size(), 16u);
    EXPECT_NE(one->fingerprint, other->fingerprint);
    EXPECT_NE(one->stylesheet.find("--radius:4px"), std::string::npos);
    EXPECT_FALSE(one->is_built_in);
    EXPECT_TRUE(make_look(tokens_of(R"({"light": {"logo": "/logo.svg"}})"))->is_built_in);
    EXPECT_NE(stylesheet_of(*one, Scheme::dark).find("color-scheme:dark"), std::string::npos);
}

TEST(Theme, AnAdministratorCannotPutAnythingButAColourIntoTheStylesheet)
{
    for (auto const* attack : {
             R"=({"light": {"accent": "red;}x{"}})=",
             R"=({"light": {"accent": "#12345"}})=",
             R"=({"dark": {"accent": "#12345g"}})=",
             R"=({"light": {"background": "url(x)"}})=",
             R"=({"light": {"logo": "javascript:alert(1)"}})=",
             R"=({"light": {"logo": "data:image/svg+xml,<svg onload=x>"}})=",
             R"=({"light": {"logo": "//evil.example/x.png"}})=",
             R"=({"dark": {"logo": "http://plain.example/x.png"}})=",
             R"=({"dark": {"logo": "https://x.example/\" onerror=\"x"}})=",
             R"=({"dark": {"logo": "/\\evil.example/x.png"}})=",
         }) {
        auto const theme = check(attack);
        ASSERT_FALSE(theme) << attack;
        EXPECT_EQ(theme.error().code, "invalid_theme");
        EXPECT_FALSE(theme.error().pointer.empty());
    }
    for (auto const* attack : {R"=({"radius": 1000})=", R"=({"radius": "4px"})=", R"=({"font": "x;}"})=",
                               R"=({"font": "url(https://evil.example/f.woff2)"})="})
        EXPECT_FALSE(read_shape<ThemeTokens>(boost::json::parse(attack))) << attack;
}

} // namespace
} // namespace gatehouse::view
