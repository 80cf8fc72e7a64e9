#include "view/theme.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace gatehouse::view {
namespace {

Result<Theme> parse(std::string_view json)
{
    return Theme::parse("Acme", boost::json::parse(json).as_object());
}

TEST(Theme, EveryAccentStaysReadable)
{
    for (auto const* accent : {"#000000", "#ffffff", "#3b5bdb", "#ffec99", "#e8590c", "#2f9e44", "#0b7285", "#868e96",
                               "#ff0000", "#00ff00", "#0000ff", "#767676", "#c2255c"}) {
        auto const colours = colours_of({.accent = accent});
        EXPECT_GE(contrast(colours.accent, colours.on_accent), 4.5) << accent;
        EXPECT_GE(contrast(colours.dark_accent, colours.dark_on_accent), 4.5) << accent;
        EXPECT_GE(contrast(colours.accent, "#ffffff"), 3) << accent;
        EXPECT_GE(contrast(colours.accent_text, "#f5f6f8"), 4.5) << accent;
        EXPECT_GE(contrast(colours.dark_accent, "#181b22"), 3) << accent;
        EXPECT_GE(contrast(colours.dark_accent_text, "#20242d"), 4.5) << accent;
    }
}

TEST(Theme, ContrastIsThatOfTheWcagExamples)
{
    EXPECT_NEAR(contrast("#000000", "#ffffff"), 21, 0.001);
    EXPECT_NEAR(contrast("#777777", "#ffffff"), 4.478, 0.001);
}

TEST(Theme, TokensAreRead)
{
    auto const theme = parse(R"({"accent": "#0b7285", "background": "#fafafa", "logo": "/logo.svg", "radius": 4})");
    ASSERT_TRUE(theme);
    EXPECT_EQ(theme->accent, "#0b7285");
    EXPECT_EQ(theme->logo, "/logo.svg");
    EXPECT_EQ(theme->radius, 4);
}

TEST(Theme, AnAdministratorCannotPutAnythingButAColourIntoTheStylesheet)
{
    for (auto const* attack : {
             R"=({"accent": "red;}body{display:none"})=",
             R"=({"accent": "#12345"})=",
             R"=({"accent": "#12345g"})=",
             R"=({"background": "url(https://evil.example)"})=",
             R"=({"logo": "javascript:alert(1)"})=",
             R"=({"logo": "data:image/svg+xml,<svg onload=x>"})=",
             R"=({"logo": "//evil.example/x.png"})=",
             R"=({"logo": "http://plain.example/x.png"})=",
             R"=({"logo": "https://x.example/\" onerror=\"x"})=",
             R"=({"radius": 1000})=",
             R"=({"radius": "4px"})=",
             R"=({"font": "x"})=",
         }) {
        auto const theme = parse(attack);
        ASSERT_FALSE(theme) << attack;
        EXPECT_EQ(theme.error().code, "invalid_theme");
        EXPECT_FALSE(theme.error().pointer.empty());
    }
}

} // namespace
} // namespace gatehouse::view
