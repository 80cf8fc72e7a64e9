#include "view/colour.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace gatehouse::view {

namespace {

// WCAG 2.2, "relative luminance".
double luminance(Rgb const& colour)
{
    Rgb linear{};
    for (std::size_t i = 0; i < 3; ++i) {
        auto const part = colour[i] / 255.0;
        linear[i] = part <= 0.04045 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4);
    }
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

} // namespace

bool is_colour(std::string_view text)
{
    return text.size() == 7 && text[0] == '#' &&
           text.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string_view::npos;
}

Rgb parse_colour(std::string_view text)
{
    Rgb colour{};
    for (std::size_t i = 0; i < 3; ++i)
        colour[i] = static_cast<double>(std::stoi(std::string(text.substr(1 + 2 * i, 2)), nullptr, 16));
    return colour;
}

std::string to_string(Rgb const& colour)
{
    return fmt::format("#{:02x}{:02x}{:02x}", static_cast<int>(std::lround(colour[0])),
                       static_cast<int>(std::lround(colour[1])), static_cast<int>(std::lround(colour[2])));
}

Rgb mix(Rgb const& from, Rgb const& to, double share)
{
    Rgb mixed{};
    for (std::size_t i = 0; i < 3; ++i)
        mixed[i] = from[i] + (to[i] - from[i]) * share;
    return mixed;
}

std::string mix(std::string_view from, std::string_view to, double share)
{
    return to_string(mix(parse_colour(from), parse_colour(to), share));
}

double contrast(Rgb const& one, Rgb const& other)
{
    auto const first = luminance(one);
    auto const second = luminance(other);
    return (std::max(first, second) + 0.05) / (std::min(first, second) + 0.05);
}

double contrast(std::string_view one, std::string_view other)
{
    return contrast(parse_colour(one), parse_colour(other));
}

std::string readable_on(std::span<std::string const> grounds, std::string_view colour, std::string_view towards,
                        double ratio)
{
    constexpr int kSteps = 50;
    for (int step = 0; step <= kSteps; ++step) {
        auto candidate = mix(colour, towards, static_cast<double>(step) / kSteps);
        if (std::ranges::all_of(grounds, [&](auto const& ground) { return contrast(candidate, ground) >= ratio; }))
            return candidate;
    }
    return std::string(towards);
}

std::string black_or_white_on(std::string_view colour)
{
    return contrast(colour, "#ffffff") >= 4.5 ? "#ffffff" : "#000000";
}

} // namespace gatehouse::view
