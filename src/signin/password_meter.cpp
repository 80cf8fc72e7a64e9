#include "signin/password_meter.hpp"

#include "credentials/password_policy.hpp"
#include "credentials/password_strength.hpp"
#include "http/page_headers.hpp"
#include "journey/page.hpp"
#include "view/pages.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>

namespace gatehouse::signin {

namespace {

// What would be said if the form were sent now; nothing while it would be taken.
std::optional<Error> complaint(Services const& services, Context const& context, Secret const& normalized,
                               std::vector<std::string> const& personal)
{
    if (auto const fits = credentials::check_password(normalized, *context.tenant, personal); !fits)
        return fits.error();
    if (services.breached_passwords.knows(normalized))
        return Error{.kind = ErrorKind::invalid, .code = "password_breached"};
    return std::nullopt;
}

} // namespace

Task<Result<http::Response>> rate_password(Services const& services, Context const& context,
                                           http::Request const& request)
{
    CO_TRY_DO(http::check_same_origin(request));
    CO_TRY(auto const input, request.form());
    auto const& locale =
        journey::locale_of(services.pages, context, request, {.ui_locales = std::string(input.get("ui_locales"))});
    std::vector<std::string> personal{context.tenant->name};
    for (auto const* name : {"name", "email", "identifier", "username"})
        if (auto const value = input.get(name); !value.empty() && value.size() <= 320)
            personal.emplace_back(value);
    int score = 0;
    std::string advice;
    auto const normalized = credentials::normalize_password(Secret(input.get("password")));
    if (!normalized) {
        advice = locale.text(view::Text::of(normalized.error()));
    } else {
        score = credentials::measure_strength(normalized->expose_text(), personal).score;
        if (auto const error = complaint(services, context, *normalized, personal)) {
            advice = locale.text(view::Text::of(*error));
            // One that is too short may become a good one; the others are the first to be tried.
            score = std::min(score, error->code == "password_too_short" ? 2 : 1);
        }
    }
    auto response = http::Response::json(
        200, boost::json::serialize(boost::json::object{
                 {"score", score}, {"label", locale.text(fmt::format("strength.{}", score))}, {"advice", advice}}));
    response.headers.set("Cache-Control", "no-store");
    co_return response;
}

} // namespace gatehouse::signin
