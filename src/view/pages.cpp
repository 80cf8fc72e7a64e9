#include "view/pages.hpp"

#include "base/embedded.hpp"
#include "view/page_model.hpp"
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
    CompiledPages(std::unique_ptr<Locales> locales, std::unique_ptr<Templates> templates, AssetAddresses assets)
        : locales_(std::move(locales)), templates_(std::move(templates)), assets_(std::move(assets))
    {
    }

    std::string render(ViewModel const& model, PageContext const& context) const override
    {
        return expand("step.html", page_json(model, context, *locales_, assets_), *context.locale);
    }
    std::string render(Portal const& portal, PageContext const& context) const override
    {
        return expand("portal.html", page_json(portal, context, *locales_, assets_), *context.locale);
    }
    std::string render(MailPage const& mail, PageContext const& context) const override
    {
        return expand("mail_page.html", page_json(mail, context, *locales_, assets_), *context.locale);
    }
    Result<std::string> render_template(std::string_view name, boost::json::object const& model,
                                        Locale const& locale) const override
    {
        return templates_->render(name, model, locale);
    }
    Locales const& locales() const override { return *locales_; }
    Looks const& looks() const override { return looks_; }

private:
    // The templates of pages were compiled at start: one that cannot be expanded is a bug.
    std::string expand(std::string_view name, boost::json::object const& model, Locale const& locale) const
    {
        auto html = templates_->render(name, model, locale);
        if (!html)
            throw std::logic_error(html.error().detail);
        return *std::move(html);
    }

    std::unique_ptr<Locales> locales_;
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
    TRY(auto templates, Templates::compile(template_sources(below("/templates")), *locales, options.strict));
    auto const address = [&](std::string_view name) {
        return options.asset_url ? options.asset_url(name) : fmt::format("/assets/{}", name);
    };
    return std::make_unique<CompiledPages>(
        std::move(locales), std::move(templates),
        AssetAddresses{.stylesheet = address("page.css"), .script = address("page.js"), .icon = address("icon.svg"), .push_script = address("push.js")});
}

} // namespace gatehouse::view
