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

// The same templates with the faults that they have in this version. Slow: not inside a transaction.
std::vector<StoredTemplate> judge_templates(view::Pages const& pages, std::vector<StoredTemplate> stored);
// Notes the faults that were found. Event "theme.template_failed" for each template that could be used until now.
Result<void> note_faults(storage::Tx& tx, vault::Vault& vault, TenantId tenant,
                         std::vector<StoredTemplate> const& judged, TimePoint now);

} // namespace gatehouse::themes
