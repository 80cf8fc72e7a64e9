#include "journey/page.hpp"

#include "applications/application.hpp"
#include "http/page_headers.hpp"
#include "view/pages.hpp"

#include <fmt/format.h>

namespace gatehouse::journey {

namespace {

view::PageTheme theme_of(view::Pages const& pages, identity::Tenant const& tenant,
                         applications::Application const* application)
{
    bool const own = application && application->theme != view::ThemeTokens{};
    view::PageTheme theme{.name = tenant.name,
                          .look = pages.looks().find(tenant.settings.theme, own ? &application->theme : nullptr)};
    if (!theme.look->is_built_in)
        theme.stylesheet =
            fmt::format("/theme/{}/{}.css", own ? application->id.to_string() : "tenant", theme.look->fingerprint);
    return theme;
}

// The origin of an image elsewhere; the policy admits nothing but what the page shows.
void add_origin(std::vector<std::string>& origins, std::string const& address)
{
    constexpr std::string_view kScheme = "https://";
    if (address.starts_with(kScheme))
        origins.push_back(address.substr(0, address.find('/', kScheme.size())));
}

template <class Model>
http::Response respond(view::Pages const& pages, Context const& context, http::Request const& request,
                       Model const& model, PageOptions const& options, std::string const& other_logo)
{
    view::PageContext page;
    auto const& locale = locale_of(pages, context, request, options);
    page.locale = &locale;
    page.theme = theme_of(pages, *context.tenant, options.application);
    page.base_path = context.base_path;
    page.form_action = options.form_action;
    page.hidden = options.hidden;
    page.language_link = options.language_link;
    page.development = options.development;
    page.templates = context.templates.get();
    auto response = http::Response::html(options.status, pages.render(model, page));
    http::PagePolicy policy{.form_targets = options.form_targets};
    add_origin(policy.image_sources, page.theme.look->logo);
    add_origin(policy.image_sources, page.theme.look->dark_logo);
    add_origin(policy.image_sources, other_logo);
    http::add_page_headers(response, policy, context.secure);
    response.headers.set("Content-Language", locale.tag());
    return response;
}

} // namespace

view::Locale const& locale_of(view::Pages const& pages, Context const& context, http::Request const& request,
                              PageOptions const& options)
{
    return pages.locales().choose(options.ui_locales, options.account_locale, request.header("Accept-Language"),
                                  context.tenant->settings.locale.fallback);
}

http::Response page(view::Pages const& pages, Context const& context, http::Request const& request,
                    view::ViewModel const& model, PageOptions const& options)
{
    return respond(pages, context, request, model, options, model.application.logo);
}

http::Response page(view::Pages const& pages, Context const& context, http::Request const& request,
                    view::Portal const& portal, PageOptions const& options)
{
    return respond(pages, context, request, portal, options, {});
}

http::Response download(http::Request const& request, std::string_view name, std::string text)
{
    auto response = http::Response::text(200, std::move(text));
    response.headers.set("Content-Disposition", fmt::format("attachment; filename=\"{}\"", name));
    response.headers.set("Cache-Control", "no-store");
    http::add_api_headers(response, request.secure);
    return response;
}

bool is_for_the_person(Error const& error)
{
    switch (error.kind) {
    case ErrorKind::invalid:
    case ErrorKind::unauthenticated:
    case ErrorKind::forbidden:
    case ErrorKind::conflict:
    case ErrorKind::gone:
    case ErrorKind::too_many:
        return true;
    case ErrorKind::unavailable:
        return error.code == "busy";
    default:
        return false;
    }
}

int page_status(Error const& error)
{
    if (error.kind == ErrorKind::too_many || error.kind == ErrorKind::unavailable)
        return http::status_of(error.kind);
    return 422;
}

} // namespace gatehouse::journey
