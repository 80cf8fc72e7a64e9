// Previews: every page as it would look, for whoever has the link, for half an hour.
//
//   /theme-preview/{token}                the list of pages
//   /theme-preview/{token}/pages/{name}   one of them, with made-up content; ?scheme=light|dark, ?ui_locales=
//   /theme-preview/{token}/theme.css      the properties
//
// The link is a sealed value: it names the tenant's draft or an earlier version and nothing else. The pages run no
// script, send no form and show nothing of anybody.
#pragma once

#include "identity/routes.hpp"
#include "themes/compiled_drafts.hpp"
#include "themes/themes.hpp"

namespace gatehouse::view {
class Pages;
}

namespace gatehouse::themes {

inline constexpr Duration kPreviewLife = std::chrono::minutes(30);

struct Previewed {
    Owner owner;
    std::optional<std::int64_t> version; // none: the draft
};
Result<std::string> make_preview_token(vault::Vault const& vault, TenantId tenant, Previewed const& what,
                                       TimePoint now);
// Errors: "sealed_invalid", "sealed_expired".
Result<Previewed> open_preview_token(vault::Vault const& vault, TenantId tenant, std::string_view token, TimePoint now);

struct PreviewParts {
    storage::Database& database;
    vault::Vault const& vault;
    Themes const& themes;
    view::Pages const& pages;
    std::shared_ptr<CompiledDrafts> compiled = std::make_shared<CompiledDrafts>(pages);
};
// The parts are copied; what they refer to outlives the routes.
Routes preview_routes(PreviewParts const& parts);

} // namespace gatehouse::themes
