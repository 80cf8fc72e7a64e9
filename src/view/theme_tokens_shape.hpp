// The JSON form of a theme's tokens: of the management API, apply files and stored rows.
#pragma once

#include "base/shape.hpp"
#include "view/theme_tokens.hpp"

namespace gatehouse::view {

constexpr auto shape(SchemeTokens const*)
{
    return Shape{
        "SchemeTokens",
        Member{"accent", &SchemeTokens::accent, {.text = "Main buttons and check boxes, #rrggbb.", .max_length = 7}},
        Member{"on_accent", &SchemeTokens::on_accent, {.text = "Words on the accent.", .max_length = 7}},
        Member{"link", &SchemeTokens::link, {.text = "Links and the ring of the focus.", .max_length = 7}},
        Member{"background", &SchemeTokens::background, {.text = "The page.", .max_length = 7}},
        Member{"surface", &SchemeTokens::surface, {.text = "Cards and fields.", .max_length = 7}},
        Member{
            "raised", &SchemeTokens::raised, {.text = "Quiet notices, and rows under the pointer.", .max_length = 7}},
        Member{"text", &SchemeTokens::text, {.text = "Words.", .max_length = 7}},
        Member{"soft", &SchemeTokens::soft, {.text = "Hints and details.", .max_length = 7}},
        Member{"line", &SchemeTokens::line, {.text = "Lines that divide.", .max_length = 7}},
        Member{"edge", &SchemeTokens::edge, {.text = "Borders of fields and buttons.", .max_length = 7}},
        Member{"error", &SchemeTokens::error, {.text = "What is wrong.", .max_length = 7}},
        Member{"success", &SchemeTokens::success, {.text = "What went well.", .max_length = 7}},
        Member{"logo",
               &SchemeTokens::logo,
               {.text = "An https address or a path of this site; empty for none.", .max_length = 1000}}};
}
constexpr auto shape(ThemeTokens const*)
{
    return Shape{
        "ThemeTokens",
        Member{"light", &ThemeTokens::light, {.text = "Colours and logo where people prefer light.", .fallback = true}},
        Member{"dark", &ThemeTokens::dark, {.text = "The same in the dark.", .fallback = true}},
        Member{"font", &ThemeTokens::font, {.text = "A family of fonts that devices bring along."}},
        Member{"radius", &ThemeTokens::radius, {.text = "Radius of corners in pixels.", .minimum = 0, .maximum = 24}}};
}

} // namespace gatehouse::view
