#include "http/page_headers.hpp"
#include "storage/database.hpp"
#include "themes/preview.hpp"
#include "themes/stylesheet_http.hpp"
#include "view/fixtures.hpp"
#include "view/standard_pages.hpp"

#include <fmt/format.h>

namespace gatehouse::themes {
namespace {

// What a link shows, read anew for each page: an edited draft is seen with the next click.
struct Opened {
    std::string token;
    Content content;
    std::shared_ptr<view::Look const> look;
    std::shared_ptr<view::Templates const> templates; // of the tenant's draft
    view::Scheme scheme = view::Scheme::both;

    std::string address(std::string_view rest) const
    {
        auto address = fmt::format("/theme-preview/{}{}", token, rest);
        if (scheme != view::Scheme::both)
            address += scheme == view::Scheme::light ? "?scheme=light" : "?scheme=dark";
        return address;
    }
};

Task<Result<Opened>> open(PreviewParts const& parts, Context const& context, http::Request const& request)
{
    Opened opened{
        .token = std::string(request.path_parameters.get("token")), .content = {}, .look = {}, .templates = {}};
    auto const tenant = context.tenant->id;
    CO_TRY(auto what, open_preview_token(parts.vault, tenant, opened.token, context.now));
    CO_TRY(opened.content, co_await parts.database.read([&](storage::Tx& tx) -> Result<Content> {
        if (what.version) {
            TRY(auto version, parts.themes.version(tx, tenant, what.owner, *what.version));
            return std::move(version.content);
        }
        TRY(auto theme, parts.themes.get(tx, tenant, what.owner));
        return theme.draft ? std::move(theme.draft->content) : std::move(theme.active);
    }));
    auto const& tokens = opened.content.tokens;
    opened.look =
        view::make_look(what.owner.application ? view::inherit(context.tenant->settings.theme, tokens) : tokens);
    if (context.tenant->host && !opened.content.templates.empty()) {
        CO_TRY(opened.templates, parts.compiled->get(opened.content.templates));
    }
    auto const scheme = request.query.get("scheme");
    if (scheme == "light" || scheme == "dark")
        opened.scheme = scheme == "light" ? view::Scheme::light : view::Scheme::dark;
    co_return opened;
}

view::PageContext page_context(PreviewParts const& parts, Context const& context, http::Request const& request,
                               Opened const& opened)
{
    auto const& locale = parts.pages.locales().choose(request.query.get("ui_locales"), {},
                                                      request.headers.find("Accept-Language").value_or(""));
    auto page = view::fixture_context(locale);
    page.theme = {.name = context.tenant->name, .look = opened.look, .stylesheet = opened.address("/theme.css")};
    page.base_path = context.base_path;
    page.language_link = opened.address("");
    page.templates = opened.templates.get();
    page.development = false;
    return page;
}

std::string origin_of(std::string const& address)
{
    constexpr std::string_view kScheme = "https://";
    if (!address.starts_with(kScheme))
        return {};
    return " " + address.substr(0, address.find('/', kScheme.size()));
}

// Pages of made-up content: no script, no form, nothing in frames of others.
http::Response page_answer(Context const& context, Opened const& opened, std::string html)
{
    auto response = http::Response::html(200, std::move(html));
    http::add_page_headers(response, {}, context.secure);
    response.headers.set("Content-Security-Policy",
                         fmt::format("default-src 'none'; style-src 'self'; img-src 'self' data:{}{}; form-action "
                                     "'none'; frame-ancestors 'none'; base-uri 'none'",
                                     origin_of(opened.look->logo), origin_of(opened.look->dark_logo)));
    response.headers.set("Referrer-Policy", "no-referrer"); // the address is the key
    return response;
}

Task<Result<http::Response>> show_list(PreviewParts const& parts, Context const& context, http::Request const& request)
{
    CO_TRY(auto opened, co_await open(parts, context, request));
    view::ViewModel model{.step = "theme_preview", .title = "preview.title", .lead = "preview.lead"};
    for (auto const& fixture : view::page_fixtures())
        model.items.push_back(
            {.title = view::Text::plain(fixture.name), .href = opened.address("/pages/" + fixture.name)});
    auto other = opened;
    for (auto const& [scheme, label] :
         {std::pair(view::Scheme::both, "preview.both"), std::pair(view::Scheme::light, "preview.light"),
          std::pair(view::Scheme::dark, "preview.dark")}) {
        if (scheme == opened.scheme)
            continue;
        other.scheme = scheme;
        model.links.push_back({.label = label, .href = other.address("")});
    }
    co_return page_answer(context, opened, parts.pages.render(model, page_context(parts, context, request, opened)));
}

Task<Result<http::Response>> show_page(PreviewParts const& parts, Context const& context, http::Request const& request)
{
    CO_TRY(auto opened, co_await open(parts, context, request));
    auto const fixtures = view::page_fixtures();
    auto const found = std::ranges::find(fixtures, request.path_parameters.get("name"), &view::Fixture::name);
    if (found == fixtures.end())
        co_return refuse(ErrorKind::not_found, "not_found", "There is no such page.");
    auto page = page_context(parts, context, request, opened);
    page.language_link = opened.address("/pages/" + found->name);
    co_return page_answer(context, opened, view::render(parts.pages, *found, page));
}

Task<Result<http::Response>> show_stylesheet(PreviewParts const& parts, Context const& context,
                                             http::Request const& request)
{
    CO_TRY(auto opened, co_await open(parts, context, request));
    co_return stylesheet_answer(request, view::stylesheet_of(*opened.look, opened.scheme),
                                opened.look->fingerprint + std::to_string(static_cast<int>(opened.scheme)), Kept::no);
}

} // namespace

Routes preview_routes(PreviewParts const& parts)
{
    auto const route = [&parts](std::string pattern, auto show) {
        return Route{.method = http::Method::get,
                     .pattern = std::move(pattern),
                     .endpoint = [parts, show](Context const& context,
                                               http::Request const& request) { return show(parts, context, request); },
                     .audience = Audience::people};
    };
    return {route("/theme-preview/{token}", show_list), route("/theme-preview/{token}/pages/{name}", show_page),
            route("/theme-preview/{token}/theme.css", show_stylesheet)};
}

} // namespace gatehouse::themes
