// The look of a tenant's pages. Whatever a tenant names is used exactly as it is, and refused when it cannot be read;
// whatever it does not name is computed here to the contrast that WCAG 2.2 AA asks for.
//
//   TRY_DO(check_theme(tokens, "/settings/theme"));   when it is stored
//   auto const look = make_look(tokens);              when it is shown: colours of both schemes, the stylesheet
#pragma once

#include "base/result.hpp"
#include "view/colour.hpp"
#include "view/theme_tokens.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace gatehouse::view {

// Every colour of one scheme, "#rrggbb"; the custom properties of page.css have these names with "-" for "_".
struct Palette {
    std::string accent, on_accent;
    std::string accent_hover, accent_active; // a button under the pointer and while pressed: read no worse
    std::string link;
    std::string background, surface, raised;
    std::string text, soft, line, edge;
    std::string error, error_tint, success, success_tint;
    std::string glow; // the background where it is tinted most
    friend bool operator==(Palette const&, Palette const&) = default;
};

enum class Scheme : std::uint8_t { both, light, dark };

// Immutable; what pages and mails need of a theme.
struct Look {
    Palette light, dark;
    std::string font; // a CSS list of families, without quotation marks
    std::int64_t radius = 10;
    std::string logo, dark_logo; // "" none
    bool is_built_in = true;     // nothing was named that the stylesheet must know
    std::string stylesheet;      // custom properties of both schemes
    std::string fingerprint;     // of the stylesheet, 16 hexadecimal digits
};
std::shared_ptr<Look const> make_look(ThemeTokens const& tokens);
// The stylesheet for those who look at one scheme only (previews).
std::string stylesheet_of(Look const& look, Scheme scheme);

// What an application's pages look like: its own tokens, and its tenant's where it names none.
ThemeTokens inherit(ThemeTokens const& tenant, ThemeTokens const& application);

// A form that only colours, images and numbers have. Error: "invalid_theme", with the pointer below `pointer`.
Result<void> check_theme_form(ThemeTokens const& tokens, std::string const& pointer);
// The form, and the contrast of every pair of colours that pages use, in both schemes: 4.5:1 for words, 3:1 for
// controls (WCAG 2.2, 1.4.3 and 1.4.11). Error: "theme_contrast", at the token that was named, with the measured and
// the needed ratio and the nearest colour that would do.
Result<void> check_theme(ThemeTokens const& tokens, std::string const& pointer);

// Looks that were made before, by what they are made of.
class Looks {
public:
    // An application's theme that cannot be read over its tenant's is passed over: the tenant's is shown.
    std::shared_ptr<Look const> find(ThemeTokens const& tenant, ThemeTokens const* application = nullptr) const;

private:
    mutable std::mutex mutex_;
    mutable std::unordered_map<std::string, std::shared_ptr<Look const>> looks_;
};

} // namespace gatehouse::view
