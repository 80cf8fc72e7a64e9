#include "themes/stylesheet_http.hpp"

#include "applications/registry.hpp"
#include "view/theme.hpp"

#include <fmt/format.h>

namespace gatehouse::themes {

http::Response stylesheet_answer(http::Request const& request, std::string content, std::string_view fingerprint,
                                 Kept kept)
{
    http::Response response;
    response.headers.set("Content-Type", "text/css; charset=utf-8");
    response.headers.set("Cache-Control", kept == Kept::yes ? "public, max-age=31536000, immutable" : "no-cache");
    response.headers.set("X-Content-Type-Options", "nosniff");
    response.headers.set("Cross-Origin-Resource-Policy", "same-origin");
    response.headers.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    auto const etag = fmt::format("\"{}\"", fingerprint);
    response.headers.set("ETag", etag);
    if (request.header("If-None-Match").find(etag) != std::string_view::npos)
        response.status = 304;
    else
        response.body = std::move(content);
    return response;
}

Routes stylesheet_routes(applications::Registry& registry, view::Looks const& looks)
{
    auto const serve = [&](Context const& context, http::Request const& request) -> Task<Result<http::Response>> {
        auto const owner = request.path_parameters.get("owner");
        auto const file = request.path_parameters.get("file");
        auto const nothing = [] {
            return refuse(ErrorKind::not_found, "not_found", "There is nothing at this address.");
        };
        if (!file.ends_with(".css"))
            co_return nothing();
        CO_TRY(auto const catalogue, co_await registry.get(context.tenant->id));
        view::ThemeTokens const* own = nullptr;
        if (owner != "tenant") {
            auto const id = ApplicationId::parse(owner);
            auto const* client = id ? catalogue->find(*id) : nullptr;
            if (!client)
                co_return nothing();
            own = &client->application.theme;
        }
        auto const look = looks.find(context.tenant->settings.theme, own);
        // A page from before a change, or from a node that knows a newer one, gets what there is, for now.
        auto const asked = file.substr(0, file.size() - 4);
        co_return stylesheet_answer(request, look->stylesheet, look->fingerprint,
                                    asked == look->fingerprint ? Kept::yes : Kept::no);
    };
    return {{.method = http::Method::get, .pattern = "/theme/{owner}/{file}", .endpoint = serve}};
}

} // namespace gatehouse::themes
