// What a tenant or an application says about its look: design tokens, every one optional. What is not named is
// inherited (an application's from its tenant) or derived from what is named (view/theme.hpp), so that it can be read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::view {

// Families of fonts that devices bring along: nothing is fetched from anywhere.
enum class Font : std::uint8_t { system, humanist, geometric, grotesque, classical, serif, slab, rounded, mono };
constexpr std::string_view choices_of(Font const*)
{
    return "system|humanist|geometric|grotesque|classical|serif|slab|rounded|mono";
}

// Of one colour scheme; colours are "#rrggbb".
struct SchemeTokens {
    std::optional<std::string> accent;     // main buttons, check boxes
    std::optional<std::string> on_accent;  // words on them
    std::optional<std::string> link;       // links and the ring of the focus
    std::optional<std::string> background; // of the page
    std::optional<std::string> surface;    // of cards and fields
    std::optional<std::string> raised;     // of quiet notices and rows under the pointer
    std::optional<std::string> text;
    std::optional<std::string> soft; // hints, details
    std::optional<std::string> line; // that divides
    std::optional<std::string> edge; // of fields and buttons
    std::optional<std::string> error;
    std::optional<std::string> success;
    std::optional<std::string> logo; // https address or a path of this site
    friend bool operator==(SchemeTokens const&, SchemeTokens const&) = default;
};

struct ThemeTokens {
    SchemeTokens light;
    SchemeTokens dark;
    std::optional<Font> font;
    std::optional<std::int64_t> radius; // of corners, 0 to 24 px
    friend bool operator==(ThemeTokens const&, ThemeTokens const&) = default;
};

} // namespace gatehouse::view
