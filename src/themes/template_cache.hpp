// The templates that tenants have of their own, compiled and in memory.
//
// A template is tried again whenever it is loaded: when a new version of Gatehouse lacks a text or marker that it
// names, the built-in one is shown in its place; `watch_templates` says so in the event log, and `gatehouse doctor` to
// whoever asks.
#pragma once

#include "identity/tenant_cache.hpp"
#include "themes/themes_store.hpp"

namespace gatehouse::view {
class Pages;
class Templates;
} // namespace gatehouse::view

namespace gatehouse::themes {

class TemplateCache {
public:
    using Found = std::shared_ptr<view::Templates const>; // null: the built-in ones

    TemplateCache(storage::Database& database, identity::ChangeFeed& changes, view::Pages const& pages);

    Task<Result<Found>> get(TenantId tenant);
    Result<Found> get_now(TenantId tenant);

private:
    struct Entry {
        Found templates;
    };
    identity::TenantCache<Entry> cache_;
};

// Each template by itself: the names and faults of those that cannot be used; the others are left in `templates`.
std::map<std::string, std::string> take_out_faulty(view::Pages const& pages,
                                                   std::map<std::string, std::string>& templates);

// Notes which of a tenant's templates cannot be used by this version, and which can again. Event
// "theme.template_failed" for each that could be used until now.
Result<void> watch_templates(storage::Tx& tx, vault::Vault& vault, view::Pages const& pages, TenantId tenant,
                             TimePoint now);

} // namespace gatehouse::themes
