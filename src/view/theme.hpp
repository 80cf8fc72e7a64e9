// The look of a tenant's pages: a few design tokens. Whatever a tenant sets, text stays readable: the colours that
// depend on the accent are computed here to a contrast of at least 4.5:1 (WCAG 2.2, 1.4.3).
#pragma once

#include "base/result.hpp"

#include <boost/json/object.hpp>
#include <string>

namespace gatehouse::view {

struct Theme {
    std::string name;               // the tenant's, beside or instead of the logo
    std::string accent = "#3b5bdb"; // "#rrggbb"
    std::string background;         // of the page in light mode, "#rrggbb"; empty: the stylesheet's own
    std::string logo;               // https URL or a path of this site; empty: none
    int radius = 10;                // of cards and fields, 0 to 24 px

    // Of the tenant's settings: {"accent", "background", "logo", "radius"}, all optional. Refused with "invalid_theme"
    // and a pointer: a colour that is not #rrggbb, a logo that is neither https nor a path, a radius out of range,
    // unknown members.
    static Result<Theme> parse(std::string name, boost::json::object const& settings);
};

// What the stylesheet needs of a theme; all values "#rrggbb".
struct ThemeColours {
    std::string accent;      // buttons in light mode
    std::string on_accent;   // text on them: black or white
    std::string accent_text; // links on the light surface
    std::string dark_accent; // the same in dark mode
    std::string dark_on_accent;
    std::string dark_accent_text;
    std::string background; // "" when the theme has none
};
ThemeColours colours_of(Theme const& theme);

// WCAG 2.2 contrast ratio of two "#rrggbb" colours, 1 to 21.
double contrast(std::string_view one, std::string_view other);

} // namespace gatehouse::view
