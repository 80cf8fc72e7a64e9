// What is refused of a theme, and why.
#include "view/palette.hpp"

#include <array>
#include <fmt/format.h>
#include <vector>

namespace gatehouse::view {
namespace {

using Token = std::optional<std::string> SchemeTokens::*;
using Colour = std::string Palette::*;

struct NamedToken {
    std::string_view name;
    Token token;
};
constexpr NamedToken kColours[] = {
    {"accent", &SchemeTokens::accent},   {"on_accent", &SchemeTokens::on_accent},
    {"link", &SchemeTokens::link},       {"background", &SchemeTokens::background},
    {"surface", &SchemeTokens::surface}, {"raised", &SchemeTokens::raised},
    {"text", &SchemeTokens::text},       {"soft", &SchemeTokens::soft},
    {"line", &SchemeTokens::line},       {"edge", &SchemeTokens::edge},
    {"error", &SchemeTokens::error},     {"success", &SchemeTokens::success},
};

constexpr double kWords = 4.5;    // WCAG 2.2, 1.4.3
constexpr double kControls = 3.0; // WCAG 2.2, 1.4.11

// Two colours that meet on pages; `page.css` is where. The tokens that decide them, the first named one is at fault.
struct Pair {
    Colour front;
    Colour back;
    double needed;
    std::string_view what;
    std::array<Token, 4> decided_by;
};
using S = SchemeTokens;
using P = Palette;
constexpr Pair kPairs[] = {
    {&P::text, &P::surface, kWords, "text on surface", {&S::text, &S::surface}},
    {&P::text, &P::background, kWords, "text on background", {&S::text, &S::background, &S::surface}},
    {&P::text, &P::raised, kWords, "text on raised", {&S::text, &S::raised, &S::surface}},
    {&P::text, &P::glow, kWords, "text on the tinted background", {&S::text, &S::background, &S::accent, &S::surface}},
    {&P::text, &P::error_tint, kWords, "text on a tint of error", {&S::text, &S::error, &S::surface}},
    {&P::text, &P::success_tint, kWords, "text on a tint of success", {&S::text, &S::success, &S::surface}},
    {&P::soft, &P::surface, kWords, "soft on surface", {&S::soft, &S::surface, &S::text}},
    {&P::soft, &P::background, kWords, "soft on background", {&S::soft, &S::background, &S::text, &S::surface}},
    {&P::soft, &P::raised, kWords, "soft on raised", {&S::soft, &S::raised, &S::text, &S::surface}},
    {&P::link, &P::surface, kWords, "link on surface", {&S::link, &S::surface, &S::text}},
    {&P::link, &P::background, kWords, "link on background", {&S::link, &S::background, &S::text, &S::surface}},
    {&P::link, &P::raised, kWords, "link on raised", {&S::link, &S::raised, &S::text, &S::surface}},
    {&P::on_accent, &P::accent, kWords, "on_accent on accent", {&S::on_accent, &S::accent}},
    {&P::on_accent, &P::accent_hover, kWords, "on_accent on accent", {&S::on_accent, &S::accent}},
    {&P::on_accent, &P::accent_active, kWords, "on_accent on accent", {&S::on_accent, &S::accent}},
    {&P::error, &P::surface, kWords, "error on surface", {&S::error, &S::surface, &S::text}},
    {&P::error, &P::error_tint, kWords, "error on a tint of itself", {&S::error, &S::surface, &S::text}},
    {&P::success, &P::surface, kWords, "success on surface", {&S::success, &S::surface, &S::text}},
    {&P::success, &P::success_tint, kWords, "success on a tint of itself", {&S::success, &S::surface, &S::text}},
    {&P::accent, &P::surface, kControls, "accent on surface", {&S::accent, &S::surface, &S::text}},
    {&P::edge, &P::surface, kControls, "edge on surface", {&S::edge, &S::surface, &S::text}},
};

struct Fault {
    Token token; // that is to be changed
    std::string_view what;
    std::string front, back;
    double measured = 0;
    double needed = 0;
};

// What is wrong with one scheme, in the order of the pairs.
std::vector<Fault> faults_of(SchemeTokens const& named, SchemeTokens const& other, bool dark)
{
    auto const palette = derive_palette(named, other, dark);
    std::vector<Fault> faults;
    auto const measure = [&](Pair const& pair, std::string const& front, std::string const& back) {
        auto const measured = contrast(front, back);
        if (measured >= pair.needed)
            return;
        for (auto const token : pair.decided_by)
            if (token && named.*token) {
                faults.push_back({token, pair.what, front, back, measured, pair.needed});
                return;
            }
    };
    for (auto const& pair : kPairs)
        measure(pair, palette.*pair.front, palette.*pair.back);
    // The initials of a person: the link on a tile tinted with it.
    measure({&P::link, &P::surface, kWords, "link on a tint of itself", {&S::link, &S::surface, &S::text}},
            palette.link, mix(palette.surface, palette.link, 0.11));
    return faults;
}

// The nearest colour, towards black or white, with which nothing is wrong that is this token's fault; "" for none.
std::string nearest(SchemeTokens named, SchemeTokens const& other, bool dark, Token token)
{
    constexpr int kSteps = 48;
    auto const start = *(named.*token);
    auto const does = [&](std::string const& candidate) {
        named.*token = candidate;
        auto const faults = faults_of(named, other, dark);
        return std::ranges::none_of(faults, [&](Fault const& fault) { return fault.token == token; });
    };
    for (int step = 1; step <= kSteps; ++step)
        for (auto const* end : {"#000000", "#ffffff"})
            if (auto candidate = mix(start, end, static_cast<double>(step) / kSteps); does(candidate))
                return candidate;
    return {};
}

std::string_view name_of(Token token)
{
    return std::ranges::find(kColours, token, &NamedToken::token)->name;
}

Result<void> check_contrast(SchemeTokens const& named, SchemeTokens const& other, bool dark, std::string const& pointer)
{
    auto const faults = faults_of(named, other, dark);
    if (faults.empty())
        return {};
    auto const& worst = faults.front();
    auto const suggestion = nearest(named, other, dark, worst.token);
    // Rounded down: 4.499 must not read as 4.5.
    auto const ratio = fmt::format("{:.2f}", std::floor(worst.measured * 100) / 100);
    auto message = fmt::format("In the {} scheme, {} ({} on {}) has a contrast of {}:1; {}:1 is needed.",
                               dark ? "dark" : "light", worst.what, worst.front, worst.back, ratio, worst.needed);
    message += suggestion.empty() ? " No colour near it would do: change the colours around it."
                                  : fmt::format(" The nearest colour that would do is {}.", suggestion);
    return refuse(ErrorKind::invalid, "theme_contrast", std::move(message))
        .at(fmt::format("{}/{}", pointer, name_of(worst.token)))
        .with("measured", ratio)
        .with("needed", fmt::format("{}", worst.needed))
        .with("nearest", suggestion);
}

// An https address, or a path on this site: never another scheme, never "//host".
bool is_safe_image(std::string_view text)
{
    if (std::ranges::any_of(text, [](unsigned char c) {
            return c <= ' ' || c == '"' || c == '\'' || c == '<' || c == '>' || c == '\\' || c >= 0x7f;
        }))
        return false;
    return text.starts_with("https://") || (text.starts_with('/') && !text.starts_with("//"));
}

Refusal invalid(std::string pointer, std::string_view what)
{
    return refuse(ErrorKind::invalid, "invalid_theme", std::string(what)).at(std::move(pointer));
}

Result<void> check_form(SchemeTokens const& tokens, std::string const& pointer)
{
    for (auto const& [name, token] : kColours)
        if (auto const& value = tokens.*token; value && !is_colour(*value))
            return invalid(fmt::format("{}/{}", pointer, name), "A colour is written as #rrggbb.");
    if (tokens.logo && !tokens.logo->empty() && !is_safe_image(*tokens.logo))
        return invalid(pointer + "/logo", "A logo is an https address or a path of this site.");
    return {};
}

} // namespace

Result<void> check_theme_form(ThemeTokens const& tokens, std::string const& pointer)
{
    TRY_DO(check_form(tokens.light, pointer + "/light"));
    TRY_DO(check_form(tokens.dark, pointer + "/dark"));
    if (tokens.radius && (*tokens.radius < 0 || *tokens.radius > 24))
        return invalid(pointer + "/radius", "The radius is a whole number from 0 to 24.");
    return {};
}

Result<void> check_theme(ThemeTokens const& tokens, std::string const& pointer)
{
    TRY_DO(check_theme_form(tokens, pointer));
    TRY_DO(check_contrast(tokens.light, tokens.dark, false, pointer + "/light"));
    return check_contrast(tokens.dark, tokens.light, true, pointer + "/dark");
}

} // namespace gatehouse::view
