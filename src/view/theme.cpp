#include "view/theme.hpp"

#include "base/bytes.hpp"
#include "view/palette.hpp"

#include <fmt/format.h>
#include <iterator>
#include <openssl/sha.h>

namespace gatehouse::view {
namespace {

// Names without quotation marks are lists of identifiers, which CSS takes as well; mails carry them in attributes.
std::string_view families_of(Font font)
{
    switch (font) {
    case Font::system:
        return "system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, Noto Sans, Liberation Sans, Arial, "
               "sans-serif";
    case Font::humanist:
        return "Seravek, Gill Sans Nova, Ubuntu, Calibri, DejaVu Sans, source-sans-pro, sans-serif";
    case Font::geometric:
        return "Avenir, Montserrat, Corbel, URW Gothic, source-sans-pro, sans-serif";
    case Font::grotesque:
        return "Inter, Roboto, Helvetica Neue, Arial Nova, Nimbus Sans, Liberation Sans, Arial, sans-serif";
    case Font::classical:
        return "Optima, Candara, Noto Sans, source-sans-pro, sans-serif";
    case Font::serif:
        return "Charter, Bitstream Charter, Sitka Text, Cambria, Liberation Serif, Georgia, serif";
    case Font::slab:
        return "Rockwell, Rockwell Nova, Roboto Slab, DejaVu Serif, Sitka Small, serif";
    case Font::rounded:
        return "ui-rounded, Hiragino Maru Gothic ProN, Quicksand, Comfortaa, Manjari, Arial Rounded MT, Calibri, "
               "sans-serif";
    case Font::mono:
        return "ui-monospace, SFMono-Regular, Menlo, Consolas, Liberation Mono, monospace";
    }
    return "sans-serif";
}

constexpr std::pair<std::string_view, std::string Palette::*> kProperties[] = {
    {"accent", &Palette::accent},
    {"on-accent", &Palette::on_accent},
    {"accent-hover", &Palette::accent_hover},
    {"accent-active", &Palette::accent_active},
    {"accent-text", &Palette::link},
    {"background", &Palette::background},
    {"surface", &Palette::surface},
    {"raised", &Palette::raised},
    {"text", &Palette::text},
    {"soft", &Palette::soft},
    {"line", &Palette::line},
    {"edge", &Palette::edge},
    {"error", &Palette::error},
    {"error-tint", &Palette::error_tint},
    {"success", &Palette::success},
    {"success-tint", &Palette::success_tint},
};

std::string properties_of(Palette const& palette)
{
    std::string css;
    for (auto const& [name, member] : kProperties)
        fmt::format_to(std::back_inserter(css), "--{}:{};", name, palette.*member);
    return css;
}

std::string fingerprint_of(std::string_view content)
{
    std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<unsigned char const*>(content.data()), content.size(), digest.data());
    return hex_encode(ByteView(digest).first(8));
}

void append(std::string& key, SchemeTokens const& tokens)
{
    for (auto const* token :
         {&tokens.accent, &tokens.on_accent, &tokens.link, &tokens.background, &tokens.surface, &tokens.raised,
          &tokens.text, &tokens.soft, &tokens.line, &tokens.edge, &tokens.error, &tokens.success, &tokens.logo})
        key.append(token->value_or("-")).push_back('\n');
}

void append(std::string& key, ThemeTokens const& tokens)
{
    append(key, tokens.light);
    append(key, tokens.dark);
    key.push_back(tokens.font ? static_cast<char>('a' + static_cast<int>(*tokens.font)) : '-');
    key.push_back(tokens.radius ? static_cast<char>('A' + *tokens.radius) : '-');
}

template <class T>
void take(std::optional<T>& onto, std::optional<T> const& from)
{
    if (from)
        onto = from;
}

void take(SchemeTokens& onto, SchemeTokens const& from)
{
    take(onto.accent, from.accent);
    take(onto.on_accent, from.on_accent);
    take(onto.link, from.link);
    take(onto.background, from.background);
    take(onto.surface, from.surface);
    take(onto.raised, from.raised);
    take(onto.text, from.text);
    take(onto.soft, from.soft);
    take(onto.line, from.line);
    take(onto.edge, from.edge);
    take(onto.error, from.error);
    take(onto.success, from.success);
    take(onto.logo, from.logo);
}

} // namespace

std::shared_ptr<Look const> make_look(ThemeTokens const& tokens)
{
    auto look = std::make_shared<Look>();
    look->light = derive_palette(tokens.light, tokens.dark, false);
    look->dark = derive_palette(tokens.dark, tokens.light, true);
    look->font = families_of(tokens.font.value_or(Font::system));
    look->radius = tokens.radius.value_or(10);
    look->logo = tokens.light.logo.value_or("");
    look->dark_logo = tokens.dark.logo.value_or(look->logo);
    auto bare = tokens;
    bare.light.logo = bare.dark.logo = std::nullopt;
    look->is_built_in = bare == ThemeTokens{};
    look->stylesheet = stylesheet_of(*look, Scheme::both);
    look->fingerprint = fingerprint_of(look->stylesheet);
    return look;
}

std::string stylesheet_of(Look const& look, Scheme scheme)
{
    auto const shape = fmt::format("--radius:{}px;--font:{}", look.radius, look.font);
    switch (scheme) {
    case Scheme::light:
        return fmt::format(":root{{color-scheme:light;{}{}}}\n", properties_of(look.light), shape);
    case Scheme::dark:
        return fmt::format(":root{{color-scheme:dark;{}--shadow:none;{}}}\n", properties_of(look.dark), shape);
    case Scheme::both:
        break;
    }
    return fmt::format(":root{{{}{}}}\n@media (prefers-color-scheme:dark){{:root{{{}}}}}\n", properties_of(look.light),
                       shape, properties_of(look.dark));
}

ThemeTokens inherit(ThemeTokens const& tenant, ThemeTokens const& application)
{
    auto tokens = tenant;
    take(tokens.light, application.light);
    take(tokens.dark, application.dark);
    take(tokens.font, application.font);
    take(tokens.radius, application.radius);
    return tokens;
}

std::shared_ptr<Look const> Looks::find(ThemeTokens const& tenant, ThemeTokens const* application) const
{
    constexpr std::size_t kMost = 4096;
    if (application && *application == ThemeTokens{})
        application = nullptr;
    std::string key;
    append(key, tenant);
    if (application)
        append(key, *application);
    {
        std::lock_guard const lock(mutex_);
        if (auto const found = looks_.find(key); found != looks_.end())
            return found->second;
    }
    auto tokens = application ? inherit(tenant, *application) : tenant;
    if (application && !check_theme(tokens, ""))
        tokens = tenant;
    auto look = make_look(tokens);
    std::lock_guard const lock(mutex_);
    if (looks_.size() >= kMost)
        looks_.clear();
    looks_.insert_or_assign(std::move(key), look);
    return look;
}

} // namespace gatehouse::view
