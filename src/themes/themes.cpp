#include "themes/themes.hpp"

#include "applications/applications.hpp"
#include "events/types.hpp"
#include "identity/changes.hpp"
#include "identity/tenant_store.hpp"
#include "identity/tenants.hpp"
#include "themes/themes_store.hpp"
#include "view/pages.hpp"

#include <fmt/format.h>

namespace gatehouse::themes {

namespace {

Refusal no_application()
{
    return refuse(ErrorKind::not_found, "application_not_found", "There is no such application.");
}

Refusal no_version()
{
    return refuse(ErrorKind::not_found, "theme_version_not_found", "There is no such version of this theme.");
}

// "light", "dark", "font", "radius", "templates": what differs.
boost::json::array differences(Content const& before, Content const& after)
{
    boost::json::array changed;
    auto const note = [&](bool differs, char const* name) {
        if (differs)
            changed.emplace_back(name);
    };
    note(before.tokens.light != after.tokens.light, "light");
    note(before.tokens.dark != after.tokens.dark, "dark");
    note(before.tokens.font != after.tokens.font, "font");
    note(before.tokens.radius != after.tokens.radius, "radius");
    note(before.templates != after.templates, "templates");
    return changed;
}

// An error of an application's theme, said to whoever changes the tenant's below it.
Error named(Error error, std::string const& application, std::string const& pointer)
{
    error.message =
        fmt::format("The theme of the application \"{}\" could not be read over it. {}", application, error.message);
    error.pointer = pointer;
    return error;
}

} // namespace

std::string Owner::name() const
{
    return application ? application->to_string() : "tenant";
}

Result<Owner> Owner::parse(std::string_view name)
{
    if (name == "tenant")
        return Owner{};
    auto const id = ApplicationId::parse(name);
    if (!id)
        return refuse(ErrorKind::not_found, "not_found", "Themes belong to \"tenant\" or to an application's id.");
    return Owner{.application = *id};
}

Result<void> check_tenant_theme(storage::Tx& tx, TenantId tenant, view::ThemeTokens const& tokens,
                                std::string const& pointer)
{
    TRY_DO(view::check_theme(tokens, pointer));
    TRY(auto const everything, applications::load_everything(tx, tenant));
    for (auto const& application : everything.applications) {
        if (application.theme == view::ThemeTokens{})
            continue;
        if (auto read = view::check_theme(view::inherit(tokens, application.theme), pointer); !read)
            return std::unexpected(named(std::move(read).error(), application.name, pointer));
    }
    return {};
}

Result<void> check_application_theme(storage::Tx& tx, TenantId tenant, view::ThemeTokens const& tokens,
                                     std::string const& pointer)
{
    TRY(auto const found, identity::select_tenant(tx, tenant));
    auto const below = found ? found->settings.theme : view::ThemeTokens{};
    return view::check_theme(view::inherit(below, tokens), pointer);
}

Result<void> Themes::check(storage::Tx& tx, TenantId tenant, Owner const& owner, Content const& content,
                           std::string const& pointer) const
{
    return owner.application ? check_application_theme(tx, tenant, content.tokens, pointer + "/tokens")
                             : check_tenant_theme(tx, tenant, content.tokens, pointer + "/tokens");
}

Result<Content> Themes::active_content(storage::Tx& tx, TenantId tenant, Owner const& owner) const
{
    if (owner.application) {
        TRY(auto const application, applications::find(tx, tenant, *owner.application));
        if (!application)
            return no_application();
        return Content{.tokens = application->theme, .templates = {}};
    }
    TRY(auto const found, tenants_.get(tx, tenant));
    Content content{.tokens = found.settings.theme, .templates = {}};
    TRY(auto templates, select_templates(tx, tenant));
    for (auto& one : templates)
        content.templates.emplace(std::move(one.name), std::move(one.source));
    return content;
}

Result<Theme> Themes::get(storage::Tx& tx, TenantId tenant, Owner const& owner) const
{
    Theme theme;
    TRY(theme.active, active_content(tx, tenant, owner));
    TRY(auto const earlier, select_versions(tx, tenant, owner));
    if (!earlier.empty() && earlier.front().content == theme.active)
        theme.version = earlier.front().number;
    TRY(theme.draft, select_draft(tx, tenant, owner));
    return theme;
}

// Tenants on a path share one browser's security domain: markup of one's own needs a host of one's own.
Result<void> Themes::check_may_have_templates(storage::Tx& tx, Change const& change, Content const& content) const
{
    if (content.templates.empty())
        return {};
    TRY(auto const tenant, tenants_.get(tx, change.tenant));
    if (change.owner.application || !tenant.host)
        return refuse(ErrorKind::conflict, "theme_templates_unavailable",
                      "Only a tenant with a host name of its own has templates of its own.")
            .at("/templates");
    return {};
}

Result<void> Themes::try_templates(Content const& content) const
{
    if (content.templates.empty())
        return {};
    TRY_DO(pages_.with_templates(content.templates, "/templates"));
    return {};
}

Result<Draft> Themes::save_draft(storage::Tx& tx, Change const& change, Content const& content,
                                 std::optional<std::int64_t> expected_revision) const
{
    TRY_DO(active_content(tx, change.tenant, change.owner)); // there is such an owner
    TRY_DO(view::check_theme_form(content.tokens, "/tokens"));
    TRY_DO(check_may_have_templates(tx, change, content));
    TRY(auto const before, select_draft(tx, change.tenant, change.owner));
    auto const revision = before ? before->revision : 0;
    if (expected_revision && *expected_revision != revision)
        return refuse(ErrorKind::precondition_failed, "version_differs",
                      "The draft was changed meanwhile. Read it again and repeat the change.");
    Draft draft{.content = content, .updated_at = change.now, .revision = revision + 1};
    TRY_DO(upsert_draft(tx, change.tenant, change.owner, draft));
    return draft;
}

Result<void> Themes::discard_draft(storage::Tx& tx, Change const& change) const
{
    return delete_draft(tx, change.tenant, change.owner);
}

Result<void> Themes::make_active(storage::Tx& tx, Change const& change, Content const& content) const
{
    if (change.owner.application) {
        TRY(auto application, applications::find(tx, change.tenant, *change.owner.application));
        if (!application)
            return no_application();
        application->theme = content.tokens;
        TRY_DO(applications::update(tx, {vault_, change.tenant, change.origin, change.now}, *std::move(application)));
        return {};
    }
    TRY(auto tenant, tenants_.get(tx, change.tenant));
    tenant.settings.theme = content.tokens;
    TRY_DO(replace_templates(tx, change.tenant, content.templates, change.now));
    TRY_DO(tenants_.update(tx, change.tenant, {.settings = identity::write_settings(tenant.settings)}, std::nullopt,
                           change.origin, change.now));
    return identity::raise_change_counter(tx, change.tenant);
}

Result<Version> Themes::put_in_place(storage::Tx& tx, Change const& change, Content const& content,
                                     std::optional<std::int64_t> restores) const
{
    TRY_DO(check(tx, change.tenant, change.owner, content, ""));
    TRY_DO(check_may_have_templates(tx, change, content));
    TRY(auto const before, active_content(tx, change.tenant, change.owner));
    TRY(auto const earlier, select_versions(tx, change.tenant, change.owner));
    auto number = earlier.empty() ? 0 : earlier.front().number;
    // What was set directly is kept as a version, so that there is a way back to it.
    if (earlier.empty() || earlier.front().content != before)
        TRY_DO(insert_version(tx, change.tenant, change.owner,
                              {.number = ++number, .content = before, .activated_at = change.now}));
    Version version{.number = ++number, .content = content, .activated_at = change.now, .restores = restores};
    TRY_DO(make_active(tx, change, content));
    TRY_DO(insert_version(tx, change.tenant, change.owner, version));
    TRY_DO(delete_versions_up_to(tx, change.tenant, change.owner, number - kMostVersions));
    TRY_DO(events::append(
        tx, vault_,
        {.type = &events::kThemeActivated,
         .tenant = change.tenant,
         .origin = change.origin,
         .data = {{"owner", change.owner.name()}, {"version", number}, {"changed", differences(before, content)}}},
        change.now));
    return version;
}

Result<Version> Themes::activate(storage::Tx& tx, Change const& change) const
{
    TRY(auto const draft, select_draft(tx, change.tenant, change.owner));
    if (!draft)
        return refuse(ErrorKind::conflict, "no_draft", "There is no draft to activate. Save one first.");
    TRY(auto version, put_in_place(tx, change, draft->content, std::nullopt));
    TRY_DO(delete_draft(tx, change.tenant, change.owner));
    return version;
}

Result<Version> Themes::restore(storage::Tx& tx, Change const& change, std::int64_t number) const
{
    TRY(auto const earlier, version(tx, change.tenant, change.owner, number));
    return put_in_place(tx, change, earlier.content, number);
}

Result<std::vector<Version>> Themes::versions(storage::Tx& tx, TenantId tenant, Owner const& owner) const
{
    TRY_DO(active_content(tx, tenant, owner));
    return select_versions(tx, tenant, owner);
}

Result<void> forget_application(storage::Tx& tx, TenantId tenant, ApplicationId application)
{
    return delete_owner(tx, tenant, {.application = application});
}

Result<Version> Themes::version(storage::Tx& tx, TenantId tenant, Owner const& owner, std::int64_t number) const
{
    TRY(auto found, select_version(tx, tenant, owner, number));
    if (!found)
        return no_version();
    return *std::move(found);
}

} // namespace gatehouse::themes
