// Colours of sRGB, and how well one can be read on another (WCAG 2.2).
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace gatehouse::view {

using Rgb = std::array<double, 3>; // 0 to 255 each

bool is_colour(std::string_view text);   // "#rrggbb"
Rgb parse_colour(std::string_view text); // of one that is_colour
std::string to_string(Rgb const& colour);
// `share` of the way from one to the other, as color-mix(in srgb, ...) does.
Rgb mix(Rgb const& from, Rgb const& to, double share);
std::string mix(std::string_view from, std::string_view to, double share);

// WCAG 2.2 contrast ratio of two colours, 1 to 21.
double contrast(Rgb const& one, Rgb const& other);
double contrast(std::string_view one, std::string_view other);

// The nearest colour between `colour` and `towards` that reaches `ratio` on every one of `grounds`; `towards` when
// there is none.
std::string readable_on(std::span<std::string const> grounds, std::string_view colour, std::string_view towards,
                        double ratio);
// Black or white: what white cannot be read on, black can, as the product of the two contrasts is 21.
std::string black_or_white_on(std::string_view colour);

} // namespace gatehouse::view
