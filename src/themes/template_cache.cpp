#include "themes/template_cache.hpp"

#include "base/log.hpp"
#include "events/types.hpp"
#include "view/pages.hpp"

namespace gatehouse::themes {

std::map<std::string, std::string> take_out_faulty(view::Pages const& pages,
                                                   std::map<std::string, std::string>& templates)
{
    std::map<std::string, std::string> faults;
    for (auto const& [name, source] : templates)
        if (auto const usable = pages.with_templates({{name, source}}, ""); !usable)
            faults.emplace(name, usable.error().message);
    for (auto const& [name, reason] : faults)
        templates.erase(name);
    return faults;
}

TemplateCache::TemplateCache(storage::Database& database, identity::ChangeFeed& changes, view::Pages const& pages)
    : cache_(database, changes, [&pages](storage::Tx& tx, TenantId tenant) -> Result<std::shared_ptr<Entry const>> {
          auto entry = std::make_shared<Entry>();
          TRY(auto const stored, select_templates(tx, tenant));
          std::map<std::string, std::string> templates;
          for (auto const& one : stored)
              templates.emplace(one.name, one.source);
          if (templates.empty())
              return entry;
          auto usable = pages.with_templates(templates, "");
          if (!usable) {
              for (auto const& [name, reason] : take_out_faulty(pages, templates))
                  log::warning("a tenant's template cannot be used; the built-in one is shown",
                               {{"tenant", tenant.to_string()}, {"template", name}, {"reason", reason}});
              if (!templates.empty())
                  usable = pages.with_templates(templates, "");
          }
          if (usable && !templates.empty())
              entry->templates = *std::move(usable);
          return entry;
      })
{
}

Task<Result<TemplateCache::Found>> TemplateCache::get(TenantId tenant)
{
    CO_TRY(auto entry, co_await cache_.get(tenant));
    co_return entry->templates;
}

Result<TemplateCache::Found> TemplateCache::get_now(TenantId tenant)
{
    TRY(auto const entry, cache_.get_now(tenant));
    return entry->templates;
}

std::vector<StoredTemplate> judge_templates(view::Pages const& pages, std::vector<StoredTemplate> stored)
{
    for (auto& one : stored) {
        auto const usable = pages.with_templates({{one.name, one.source}}, "");
        one.fault = usable ? std::string() : usable.error().message;
    }
    return stored;
}

Result<void> note_faults(storage::Tx& tx, vault::Vault& vault, TenantId tenant,
                         std::vector<StoredTemplate> const& judged, TimePoint now)
{
    TRY(auto const stored, select_templates(tx, tenant));
    for (auto const& one : stored) {
        auto const found = std::ranges::find(judged, one.name, &StoredTemplate::name);
        if (found == judged.end() || found->source != one.source || found->fault == one.fault)
            continue;
        TRY_DO(update_template_fault(tx, tenant, one.name, found->fault));
        if (one.fault.empty())
            TRY_DO(events::append(tx, vault,
                                  {.type = &events::kThemeTemplateFailed,
                                   .tenant = tenant,
                                   .data = {{"template", one.name}, {"reason", found->fault}}},
                                  now));
    }
    return {};
}

} // namespace gatehouse::themes
