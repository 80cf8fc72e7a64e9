#include "view/palette.hpp"

#include <initializer_list>

namespace gatehouse::view {

namespace {

// The colours of page.css, but for those that are computed from them.
Palette const kLight{.accent = "#3b5bdb",
                     .background = "#f5f6f8",
                     .surface = "#ffffff",
                     .raised = "#f5f6f8",
                     .text = "#171a21",
                     .soft = "#5b6372",
                     .line = "#e2e5eb",
                     .edge = "#868e9e",
                     .error = "#b42318",
                     .error_tint = "#fef4f3",
                     .success = "#12663c",
                     .success_tint = "#f0f9f4"};
Palette const kDark{.accent = "#3b5bdb",
                    .background = "#0f1115",
                    .surface = "#181b22",
                    .raised = "#20242d",
                    .text = "#eceef2",
                    .soft = "#a4abba",
                    .line = "#2c313c",
                    .edge = "#767f91",
                    .error = "#ff9c92",
                    .error_tint = "#2d1c1d",
                    .success = "#7fd6a6",
                    .success_tint = "#162820"};

std::string readable(std::initializer_list<std::string> grounds, std::string_view colour, std::string_view towards,
                     double ratio)
{
    return readable_on({grounds.begin(), grounds.size()}, colour, towards, ratio);
}

// Words and a mark in a colour that says how it went, and the tint behind it.
void derive_signal(Palette& palette, std::string Palette::* signal, std::string Palette::* tint,
                   std::optional<std::string> const& named, Palette const& standard, double strength, bool own_ground)
{
    auto const& ground = palette.surface;
    palette.*signal = named.value_or(readable({ground}, standard.*signal, palette.text, 5.2));
    palette.*tint = named || own_ground ? mix(ground, palette.*signal, strength) : standard.*tint;
}

} // namespace

Palette derive_palette(SchemeTokens const& named, SchemeTokens const& other, bool dark)
{
    auto const& standard = dark ? kDark : kLight;
    bool const own_ground = named.surface || named.text;
    Palette palette = standard;
    palette.surface = named.surface.value_or(standard.surface);
    auto const opposite = black_or_white_on(palette.surface);
    if (named.background)
        palette.background = *named.background;
    else if (named.surface)
        palette.background = mix(palette.surface, dark ? "#000000" : opposite, dark ? 0.3 : 0.04);
    palette.text = named.text.value_or(readable({palette.surface, palette.background}, standard.text, opposite, 7));
    palette.raised = named.raised.value_or(own_ground ? mix(palette.surface, palette.text, 0.05) : standard.raised);
    palette.line = named.line.value_or(own_ground ? mix(palette.surface, palette.text, 0.13) : standard.line);
    palette.soft = named.soft.value_or(
        readable({palette.surface, palette.background, palette.raised}, standard.soft, palette.text, 4.5));
    palette.edge = named.edge.value_or(readable({palette.surface}, standard.edge, palette.text, 3));

    auto const& seed = other.accent ? *other.accent : standard.accent;
    palette.accent = named.accent.value_or(readable({palette.surface}, seed, palette.text, 3));
    palette.on_accent = named.on_accent.value_or(black_or_white_on(palette.accent));
    // Away from the words on it, so that they are read the better.
    auto const away = black_or_white_on(palette.on_accent);
    palette.accent_hover = mix(palette.accent, away, 0.12);
    palette.accent_active = mix(palette.accent, away, 0.2);
    palette.glow = mix(palette.background, palette.accent, 0.13);
    // Above 4.5, so that links and initials can also be read on a tint of themselves.
    palette.link = named.link.value_or(readable({palette.surface, palette.background, palette.raised}, palette.accent,
                                                palette.text, dark ? 6.2 : 5.3));

    derive_signal(palette, &Palette::error, &Palette::error_tint, named.error, standard, dark ? 0.1 : 0.05, own_ground);
    derive_signal(palette, &Palette::success, &Palette::success_tint, named.success, standard, dark ? 0.1 : 0.06,
                  own_ground);
    return palette;
}

} // namespace gatehouse::view
