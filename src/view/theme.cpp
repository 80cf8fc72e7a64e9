#include "view/theme.hpp"

#include <array>
#include <cmath>
#include <fmt/format.h>

namespace gatehouse::view {
namespace {

using Rgb = std::array<double, 3>; // 0 to 255

constexpr std::string_view kLightSurface = "#ffffff"; // the two surfaces of page.css
constexpr std::string_view kDarkSurface = "#181b22";
// Above 4.5, so that links and initials can also be read on the page's background and on a tint of themselves.
constexpr double kLightContrast = 5.3;
constexpr double kDarkContrast = 6.2;

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

// The nearest colour towards black or white that can be read on `surface`.
std::string readable_on(std::string_view colour, std::string_view surface, Rgb const& towards, double wanted)
{
    auto const start = parse_colour(colour);
    for (int step = 0; step <= 50; ++step) {
        auto const candidate = to_string(mix(start, towards, step / 50.0));
        if (contrast(candidate, surface) >= wanted)
            return candidate;
    }
    return to_string(towards);
}

std::string text_on(std::string_view colour)
{
    if (contrast(colour, "#ffffff") >= 4.5)
        return "#ffffff";
    return "#000000"; // what white cannot be read on, black can: the product of the two contrasts is 21
}

bool is_path(std::string_view text)
{
    return text.starts_with('/') && !text.starts_with("//") && text.find('\\') == text.npos;
}

Refusal invalid(std::string_view member, std::string_view what)
{
    return refuse(ErrorKind::invalid, "invalid_theme", std::string(what)).at("/" + std::string(member));
}

} // namespace

Result<Theme> Theme::parse(std::string name, boost::json::object const& settings)
{
    Theme theme{.name = std::move(name)};
    for (auto const& [member, value] : settings) {
        std::string const text = value.is_string() ? std::string(value.get_string()) : std::string();
        if (member == "accent" || member == "background") {
            if (!is_colour(text))
                return invalid(member, "A colour is written as #rrggbb.");
            (member == "accent" ? theme.accent : theme.background) = text;
        } else if (member == "logo") {
            auto const control = text.find_first_of(std::string_view("\0\t\r\n \"'<>", 9)) != text.npos;
            if (control || !(text.starts_with("https://") || is_path(text)))
                return invalid(member, "A logo is an https address or a path of this site.");
            theme.logo = text;
        } else if (member == "radius") {
            if (!value.is_int64() || value.get_int64() < 0 || value.get_int64() > 24)
                return invalid(member, "The radius is a whole number from 0 to 24.");
            theme.radius = static_cast<int>(value.get_int64());
        } else {
            return invalid(member, "A theme has accent, background, logo and radius.");
        }
    }
    return theme;
}

double contrast(std::string_view one, std::string_view other)
{
    auto const first = luminance(parse_colour(one));
    auto const second = luminance(parse_colour(other));
    return (std::max(first, second) + 0.05) / (std::min(first, second) + 0.05);
}

ThemeColours colours_of(Theme const& theme)
{
    auto const accent = is_colour(theme.accent) ? theme.accent : Theme{}.accent;
    Rgb const black{};
    Rgb const white{255, 255, 255};
    ThemeColours colours;
    // A button must stand out from its surface (3:1, WCAG 2.2 1.4.11) as well as carry text.
    colours.accent = contrast(accent, kLightSurface) >= 3 ? accent : readable_on(accent, kLightSurface, black, 3);
    colours.on_accent = text_on(colours.accent);
    colours.accent_text = readable_on(accent, kLightSurface, black, kLightContrast);
    colours.dark_accent = contrast(accent, kDarkSurface) >= 3 ? accent : readable_on(accent, kDarkSurface, white, 3);
    colours.dark_on_accent = text_on(colours.dark_accent);
    colours.dark_accent_text = readable_on(accent, kDarkSurface, white, kDarkContrast);
    if (is_colour(theme.background))
        colours.background = theme.background;
    return colours;
}

} // namespace gatehouse::view
