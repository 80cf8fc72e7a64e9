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

Result<void> watch_templates(storage::Tx& tx, vault::Vault& vault, view::Pages const& pages, TenantId tenant,
                             TimePoint now)
{
    TRY(auto const stored, select_templates(tx, tenant));
    std::map<std::string, std::string> templates;
    for (auto const& one : stored)
        templates.emplace(one.name, one.source);
    auto const faults = take_out_faulty(pages, templates);
    for (auto const& one : stored) {
        auto const found = faults.find(one.name);
        auto const& fault = found == faults.end() ? std::string() : found->second;
        if (fault == one.fault)
            continue;
        TRY_DO(update_template_fault(tx, tenant, one.name, fault));
        if (one.fault.empty())
            TRY_DO(events::append(tx, vault,
                                  {.type = &events::kThemeTemplateFailed,
                                   .tenant = tenant,
                                   .data = {{"template", one.name}, {"reason", fault}}},
                                  now));
    }
    return {};
}

} // namespace gatehouse::themes
