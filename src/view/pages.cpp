#include "view/pages.hpp"

#include "base/embedded.hpp"
#include "view/page_model.hpp"
#include "view/template_trial.hpp"
#include "view/templates.hpp"

#include <boost/json.hpp>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

namespace gatehouse::embedded {
std::span<EmbeddedFile const> page_templates();
}

namespace gatehouse::view {
namespace {

std::map<std::string, std::string> template_sources(std::optional<std::string> const& folder)
{
    std::map<std::string, std::string> sources;
    if (!folder) {
        for (auto const& file : embedded::page_templates())
            sources.emplace(file.path, file.content);
        return sources;
    }
    std::error_code failed;
    for (auto const& file : std::filesystem::recursive_directory_iterator(*folder, failed)) {
        if (!file.is_regular_file())
            continue;
        std::ostringstream content;
        content << std::ifstream(file.path(), std::ios::binary).rdbuf();
        sources.emplace(std::filesystem::relative(file.path(), *folder).generic_string(), content.str());
    }
    return sources;
}

class CompiledPages final : public Pages {
public:
    CompiledPages(std::unique_ptr<Locales> locales, TemplateSources sources, std::unique_ptr<Templates> templates,
                  AssetAddresses assets)
        : locales_(std::move(locales)), sources_(std::move(sources)), templates_(std::move(templates)),
          assets_(std::move(assets))
    {
    }

    std::string render(ViewModel const& model, PageContext const& context) const override
    {
        return expand("step.html", page_json(model, context, *locales_, assets_), context);
    }
    std::string render(Portal const& portal, PageContext const& context) const override
    {
        return expand("portal.html", page_json(portal, context, *locales_, assets_), context);
    }
    std::string render(MailPage const& mail, PageContext const& context) const override
    {
        return expand("mail_page.html", page_json(mail, context, *locales_, assets_), context);
    }
    Result<std::string> render_template(std::string_view name, boost::json::object const& model, Locale const& locale,
                                        Templates const* templates) const override
    {
        return (templates ? *templates : *templates_).render(name, model, locale);
    }
    std::string const* source_of(std::string_view name) const override
    {
        auto const found = sources_.find(std::string(name));
        return found == sources_.end() ? nullptr : &found->second;
    }
    Result<std::shared_ptr<Templates const>> with_templates(std::map<std::string, std::string> const& own,
                                                            std::string const& pointer) const override
    {
        TRY_DO(try_templates(*this, sources_, own, pointer));
        auto sources = sources_;
        for (auto const& [name, source] : own)
            sources.insert_or_assign(name, source);
        // What a page that no example shows may lack is left empty rather than refused.
        TRY(auto templates, Templates::compile(std::move(sources), *locales_, false));
        return std::shared_ptr<Templates const>(std::move(templates));
    }
    Locales const& locales() const override { return *locales_; }
    Looks const& looks() const override { return looks_; }

private:
    // The templates of pages were compiled at start: one that cannot be expanded is a bug.
    std::string expand(std::string_view name, boost::json::object const& model, PageContext const& context) const
    {
        auto html = render_template(name, model, *context.locale, context.templates);
        if (!html)
            throw std::logic_error(html.error().detail);
        return *std::move(html);
    }

    std::unique_ptr<Locales> locales_;
    TemplateSources sources_;
    std::unique_ptr<Templates> templates_;
    AssetAddresses assets_;
    Looks looks_;
};

} // namespace

Result<std::unique_ptr<Pages>> Pages::create(Options options)
{
    auto const below = [&](char const* name) {
        return options.folder ? std::optional(*options.folder + name) : std::nullopt;
    };
    TRY(auto locales, Locales::load(below("/locales")));
    auto sources = template_sources(below("/templates"));
    TRY(auto templates, Templates::compile(sources, *locales, options.strict));
    auto const address = [&](std::string_view name) {
        return options.asset_url ? options.asset_url(name) : fmt::format("/assets/{}", name);
    };
    return std::make_unique<CompiledPages>(
        std::move(locales), std::move(sources), std::move(templates),
        AssetAddresses{.stylesheet = address("page.css"), .script = address("page.js"), .icon = address("icon.svg"), .push_script = address("push.js")});
}

} // namespace gatehouse::view
