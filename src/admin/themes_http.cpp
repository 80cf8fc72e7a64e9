// Operations on themes: drafts, previews, activation, earlier versions.
#include "admin/management_api.hpp"
#include "identity/changes.hpp"
#include "identity/tenants.hpp"
#include "themes/preview.hpp"
#include "themes/themes.hpp"
#include "view/theme_tokens_shape.hpp"

#include <charconv>

namespace gatehouse::admin {

struct ThemeContentBody {
    view::ThemeTokens tokens;
    boost::json::object templates;
};
constexpr auto shape(ThemeContentBody const*)
{
    return Shape{
        "ThemeContent",
        Member{"tokens", &ThemeContentBody::tokens, {.text = "Colours, font, radius, logo.", .fallback = true}},
        Member{"templates",
               &ThemeContentBody::templates,
               {.text = "Templates of pages and mails by name, of tenants with a host name of their own.",
                .fallback = true}}};
}

struct ThemeDraftBody {
    view::ThemeTokens tokens;
    boost::json::object templates;
    TimePoint updated_at;
    std::int64_t revision = 0;
    std::optional<std::string> problem;
    std::optional<std::string> problem_pointer;
};
constexpr auto shape(ThemeDraftBody const*)
{
    return Shape{"ThemeDraft",
                 Member{"tokens", &ThemeDraftBody::tokens, {.text = "What is edited.", .fallback = true}},
                 Member{"templates", &ThemeDraftBody::templates, {.text = "Templates by name.", .fallback = true}},
                 Member{"updated_at", &ThemeDraftBody::updated_at, {.read_only = true}},
                 Member{"revision",
                        &ThemeDraftBody::revision,
                        {.text = "Grows with each change: what If-Match takes, in quotes.", .read_only = true}},
                 Member{"problem",
                        &ThemeDraftBody::problem,
                        {.text = "Why it cannot be activated as it is, with the measured and the needed contrast.",
                         .read_only = true}},
                 Member{"problem_pointer", &ThemeDraftBody::problem_pointer, {.text = "Where.", .read_only = true}}};
}

struct ThemeBody {
    std::string owner;
    ThemeContentBody active;
    std::optional<std::int64_t> version;
    std::optional<ThemeDraftBody> draft;
};
constexpr auto shape(ThemeBody const*)
{
    return Shape{
        "Theme", Member{"owner", &ThemeBody::owner, {.text = "\"tenant\", or an application's id."}},
        Member{"active", &ThemeBody::active, {.text = "What people see."}},
        Member{"version", &ThemeBody::version, {.text = "Of what is active; absent when it was set in the settings."}},
        Member{"draft", &ThemeBody::draft, {.text = "What is edited; absent when nothing is."}}};
}

struct ThemeVersionBody {
    std::int64_t version = 0;
    ThemeContentBody content;
    TimePoint activated_at;
    std::optional<std::int64_t> restores;
};
constexpr auto shape(ThemeVersionBody const*)
{
    return Shape{"ThemeVersion", Member{"version", &ThemeVersionBody::version, {.text = "Grows with each activation."}},
                 Member{"content", &ThemeVersionBody::content, {.text = "What it shows."}},
                 Member{"activated_at", &ThemeVersionBody::activated_at, {.text = "When people saw it first."}},
                 Member{"restores", &ThemeVersionBody::restores, {.text = "The version that it brought back."}}};
}
constexpr std::string_view list_name(ThemeVersionBody const*)
{
    return "ThemeVersionList";
}

struct ThemePreviewRequest {
    std::optional<std::int64_t> version;
};
constexpr auto shape(ThemePreviewRequest const*)
{
    return Shape{"ThemePreviewRequest",
                 Member{"version", &ThemePreviewRequest::version, {.text = "An earlier version; absent: the draft."}}};
}
struct ThemePreviewBody {
    std::string url;
    TimePoint expires_at;
};
constexpr auto shape(ThemePreviewBody const*)
{
    return Shape{"ThemePreview",
                 Member{"url", &ThemePreviewBody::url, {.text = "Shows every page; whoever has it may look."}},
                 Member{"expires_at", &ThemePreviewBody::expires_at, {.text = "From then on it shows nothing."}}};
}

namespace {

using themes::Content;
using themes::Themes;

ThemeContentBody body_of(Content const& content)
{
    ThemeContentBody body{.tokens = content.tokens, .templates = {}};
    for (auto const& [name, source] : content.templates)
        body.templates.emplace(name, source);
    return body;
}

ThemeVersionBody body_of(themes::Version const& version)
{
    return {.version = version.number,
            .content = body_of(version.content),
            .activated_at = version.activated_at,
            .restores = version.restores};
}

Result<Content> content_of(ThemeDraftBody const& body)
{
    Content content{.tokens = body.tokens, .templates = {}};
    for (auto const& [name, source] : body.templates) {
        if (!source.is_string())
            return refuse(ErrorKind::invalid, "field_type", "A template is a text.")
                .at(shapes::in_pointer("/templates", std::string_view(name)));
        content.templates.emplace(name, std::string_view(source.get_string()));
    }
    return content;
}

Result<themes::Change> theme_change_of(Call const& call)
{
    TRY(auto owner, themes::Owner::parse(call.request.path_parameters.get("owner")));
    return themes::Change{
        .tenant = call.context.tenant->id, .owner = owner, .origin = origin_of(call), .now = call.context.now};
}

Result<std::int64_t> version_of(Call const& call)
{
    auto const text = call.request.path_parameters.get("version");
    std::int64_t number = 0;
    auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc{} || end != text.data() + text.size())
        return refuse(ErrorKind::not_found, "theme_version_not_found", "There is no such version of this theme.");
    return number;
}

// With what would be refused if it were activated now.
Result<ThemeDraftBody> draft_body(Themes const& themes, storage::Tx& tx, themes::Change const& change,
                                  themes::Draft const& draft)
{
    auto const content = body_of(draft.content);
    ThemeDraftBody body{.tokens = content.tokens,
                        .templates = content.templates,
                        .updated_at = draft.updated_at,
                        .revision = draft.revision};
    if (auto const checked = themes.check(tx, change.tenant, change.owner, draft.content, ""); !checked) {
        if (checked.error().kind != ErrorKind::invalid)
            return std::unexpected(checked.error());
        body.problem = checked.error().message;
        body.problem_pointer = checked.error().pointer;
    }
    return body;
}

Task<Result<Answer>> get_theme(Parts const& parts, Call const& call)
{
    CO_TRY(auto change, theme_change_of(call));
    Themes const themes(parts.vault, parts.tenants, parts.pages);
    CO_TRY(auto body, co_await parts.database.read([&](storage::Tx& tx) -> Result<ThemeBody> {
        TRY(auto const theme, themes.get(tx, change.tenant, change.owner));
        ThemeBody made{
            .owner = change.owner.name(), .active = body_of(theme.active), .version = theme.version, .draft = {}};
        if (theme.draft) {
            TRY(made.draft, draft_body(themes, tx, change, *theme.draft));
        }
        return made;
    }));
    co_return Answer{.body = write_shape(body)};
}

Task<Result<Answer>> update_draft(Parts const& parts, Call const& call, boost::json::value const& patch)
{
    CO_TRY(auto change, theme_change_of(call));
    CO_TRY(auto expected, expected_version(call));
    Themes const themes(parts.vault, parts.tenants, parts.pages);
    std::int64_t revision = 0;
    CO_TRY(auto content, co_await parts.database.read([&](storage::Tx& tx) -> Result<Content> {
        TRY(auto const theme, themes.get(tx, change.tenant, change.owner));
        revision = theme.draft ? theme.draft->revision : 0;
        auto const& before = theme.draft ? theme.draft->content : theme.active;
        TRY(auto const wanted, read_shape<ThemeDraftBody>(merge_patch(write_shape(body_of(before)), patch)));
        TRY(auto merged, content_of(wanted));
        TRY_DO(themes.check_may_have_templates(tx, change, merged));
        return merged;
    }));
    CO_TRY_DO(themes.try_templates(content));
    if (!expected)
        expected = revision; // what the patch was merged into
    CO_TRY(auto body, co_await parts.database.write([&](storage::Tx& tx) -> Result<ThemeDraftBody> {
        TRY(auto const draft, themes.save_draft(tx, change, content, expected));
        revision = draft.revision;
        return draft_body(themes, tx, change, draft);
    }));
    co_return Answer{.body = write_shape(body), .version = revision};
}

Task<Result<Answer>> discard_draft(Parts const& parts, Call const& call)
{
    CO_TRY(auto change, theme_change_of(call));
    CO_TRY_DO(co_await parts.database.write(
        [&](storage::Tx& tx) { return Themes(parts.vault, parts.tenants, parts.pages).discard_draft(tx, change); }));
    co_return Answer{.status = 204};
}

Task<Result<Answer>> activate_draft(Parts const& parts, Call const& call)
{
    CO_TRY(auto change, theme_change_of(call));
    CO_TRY(auto version, co_await parts.database.write([&](storage::Tx& tx) {
        return Themes(parts.vault, parts.tenants, parts.pages).activate(tx, change);
    }));
    CO_TRY_DO(co_await parts.changes.poll(call.context.now));
    co_return Answer{.body = write_shape(body_of(version))};
}

Task<Result<Answer>> restore_version(Parts const& parts, Call const& call)
{
    CO_TRY(auto change, theme_change_of(call));
    CO_TRY(auto number, version_of(call));
    CO_TRY(auto version, co_await parts.database.write([&](storage::Tx& tx) {
        return Themes(parts.vault, parts.tenants, parts.pages).restore(tx, change, number);
    }));
    CO_TRY_DO(co_await parts.changes.poll(call.context.now));
    co_return Answer{.body = write_shape(body_of(version))};
}

Task<Result<Answer>> list_versions(Parts const& parts, Call const& call)
{
    CO_TRY(auto change, theme_change_of(call));
    CO_TRY(auto found, co_await parts.database.read([&](storage::Tx& tx) {
        return Themes(parts.vault, parts.tenants, parts.pages).versions(tx, change.tenant, change.owner);
    }));
    List<ThemeVersionBody> list;
    for (auto const& version : found)
        list.items.push_back(body_of(version));
    co_return Answer{.body = write_shape(list)};
}

Task<Result<Answer>> make_preview(Parts const& parts, Call const& call, boost::json::value const& json)
{
    CO_TRY(auto change, theme_change_of(call));
    CO_TRY(auto wanted, read_shape<ThemePreviewRequest>(json));
    CO_TRY_DO(co_await parts.database.read([&](storage::Tx& tx) -> Result<void> {
        Themes const themes(parts.vault, parts.tenants, parts.pages);
        if (wanted.version) {
            TRY_DO(themes.version(tx, change.tenant, change.owner, *wanted.version));
            return {};
        }
        TRY(auto const theme, themes.get(tx, change.tenant, change.owner));
        if (!theme.draft)
            return refuse(ErrorKind::conflict, "no_draft", "There is no draft to look at. Save one first.");
        return {};
    }));
    auto const expires_at = change.now + themes::kPreviewLife;
    CO_TRY(auto token, themes::make_preview_token(parts.vault, change.tenant,
                                                  {.owner = change.owner, .version = wanted.version}, change.now));
    ThemePreviewBody const body{.url = fmt::format("{}/theme-preview/{}", call.context.tenant->issuer, token),
                                .expires_at = expires_at};
    co_return Answer{.status = 201, .body = write_shape(body)};
}

} // namespace

std::vector<Operation> theme_operations(Parts const& parts)
{
    using http::Method;
    std::vector<Operation> operations;
    auto const add = [&](Operation operation) {
        operation.tag = "themes";
        operations.push_back(std::move(operation));
    };
    add(Operation{
        .method = Method::get,
        .path = "/themes/{owner}",
        .id = "themes_get",
        .summary = "Read a theme: what is active, and its draft",
        .scope = "tenants:read",
        .run = [&parts](Call const& call, auto const&) {
            return get_theme(parts, call);
        }}.gives<ThemeBody>());
    add(Operation{.method = Method::patch,
                  .path = "/themes/{owner}/draft",
                  .id = "themes_update_draft",
                  .summary = "Change the draft of a theme; it begins as what is active",
                  .scope = "tenants:update",
                  .versioned = true,
                  .run = [&parts](Call const& call, auto const& body) { return update_draft(parts, call, body); }}
            .takes<ThemeDraftBody>()
            .gives<ThemeDraftBody>());
    add(Operation{.method = Method::delete_,
                  .path = "/themes/{owner}/draft",
                  .id = "themes_discard_draft",
                  .summary = "Throw the draft of a theme away",
                  .scope = "tenants:update",
                  .success = 204,
                  .run = [&parts](Call const& call, auto const&) { return discard_draft(parts, call); }});
    add(Operation{
        .method = Method::post,
        .path = "/themes/{owner}/draft/activate",
        .id = "themes_activate",
        .summary = "Show the draft of a theme to people",
        .scope = "tenants:update",
        .run = [&parts](Call const& call, auto const&) {
            return activate_draft(parts, call);
        }}.gives<ThemeVersionBody>());
    add(Operation{.method = Method::post,
                  .path = "/themes/{owner}/preview",
                  .id = "themes_preview",
                  .summary = "Make a link that shows every page with the draft or an earlier version",
                  .scope = "tenants:read",
                  .success = 201,
                  .run = [&parts](Call const& call, auto const& body) { return make_preview(parts, call, body); }}
            .takes<ThemePreviewRequest>()
            .gives<ThemePreviewBody>());
    add(Operation{
        .method = Method::get,
        .path = "/themes/{owner}/versions",
        .id = "themes_versions",
        .summary = "List what was active, newest first",
        .scope = "tenants:read",
        .run = [&parts](Call const& call, auto const&) {
            return list_versions(parts, call);
        }}.gives<List<ThemeVersionBody>>());
    add(Operation{
        .method = Method::post,
        .path = "/themes/{owner}/versions/{version}/activate",
        .id = "themes_restore",
        .summary = "Show an earlier version of a theme to people again",
        .scope = "tenants:update",
        .run = [&parts](Call const& call, auto const&) {
            return restore_version(parts, call);
        }}.gives<ThemeVersionBody>());
    return operations;
}

} // namespace gatehouse::admin
