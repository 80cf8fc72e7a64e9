#include "account/changes.hpp"
#include "account/data.hpp"
#include "account/proof.hpp"
#include "account/routes.hpp"
#include "account/security.hpp"
#include "applications/registry.hpp"
#include "events/account_types.hpp"
#include "journey/page.hpp"
#include "session/trusted_devices.hpp"
#include "tokens/families.hpp"

#include <boost/json/serialize.hpp>

namespace gatehouse::account {

using http::Method;
using http::Request;
using http::Response;

namespace {

constexpr std::string_view kDelete = "/account/data/delete";
constexpr std::string_view kSecure = "/account/secure";

Response page_of(Services const& services, Context const& context, Request const& request, Visitor const& visitor,
                 std::vector<view::ViewModel> panels, Notes const& notes = {}, char const* title = "portal.title")
{
    auto portal = security_portal(visitor);
    portal.active = "data";
    portal.title = title;
    portal.panels = std::move(panels);
    return portal_page(services, context, request, visitor, std::move(portal), notes);
}

Task<Result<Response>> show_data(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto const visitor, co_await find_visitor(services, context, request));
    if (!visitor)
        co_return co_await sign_in(services, context, request, std::string(path_of(Tab::data)));
    CO_TRY_DO(co_await services.registry.get(context.tenant->id));
    std::optional<events::EventId> before;
    if (auto const text = request.query.get("before"); !text.empty())
        if (auto const id = events::EventId::parse(text))
            before = *id;
    CO_TRY(auto panels, co_await services.database.read(
                            [&](storage::Tx& tx) { return data_panels(services, tx, context, *visitor, before); }));
    co_return page_of(services, context, request, *visitor, std::move(panels),
                      {.saved = message_of(request.query.get("done"))});
}

Task<Result<Response>> export_form(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto form, co_await read_submission(services, context, request, Tab::data));
    if (form.answer)
        co_return std::move(*form.answer);
    auto const& visitor = *form.visitor;
    auto const tenant = context.tenant->id;
    CO_TRY(auto to_prove, co_await demand_proof(services, context, request, visitor, std::string(path_of(Tab::data))));
    if (to_prove)
        co_return std::move(*to_prove);
    CO_TRY(auto data, co_await services.database.read([&](storage::Tx& tx) {
        return services.users.export_person(tx, tenant, visitor.user.id, context.now);
    }));
    CO_TRY_DO(co_await services.database.write([&](storage::Tx& tx) {
        return events::append(tx, services.vault,
                              {.type = &events::kUserDataExported,
                               .tenant = tenant,
                               .user = visitor.user.id,
                               .origin = origin_of(context, visitor)},
                              context.now);
    }));
    data["exported_at"] = to_rfc3339(context.now);
    data["issuer"] = context.tenant->issuer;
    auto response = Response::json(200, boost::json::serialize(data));
    response.headers.set("Content-Disposition", "attachment; filename=\"account-data.json\"");
    response.headers.set("Cache-Control", "no-store");
    co_return response;
}

Task<Result<Response>> show_deletion(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto const visitor, co_await find_visitor(services, context, request));
    if (!visitor)
        co_return co_await sign_in(services, context, request, std::string(kDelete));
    if (!context.tenant->settings.account.deletion)
        co_return Response::see_other(context.base_path + std::string(path_of(Tab::data)));
    CO_TRY(auto to_prove, co_await demand_proof(services, context, request, *visitor, std::string(kDelete)));
    if (to_prove)
        co_return std::move(*to_prove);
    co_return page_of(services, context, request, *visitor, {deletion_confirm_panel(context)});
}

Task<Result<Response>> delete_form(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto form, co_await read_submission(services, context, request, Tab::data));
    if (form.answer)
        co_return std::move(*form.answer);
    auto const& visitor = *form.visitor;
    CO_TRY(auto to_prove, co_await demand_proof(services, context, request, visitor, std::string(kDelete)));
    if (to_prove)
        co_return std::move(*to_prove);
    auto const due = co_await services.database.write(
        [&](storage::Tx& tx) { return delete_account(services, tx, context, visitor); });
    if (!due)
        co_return co_await refused(services, context, request, visitor, {.tab = Tab::data}, due.error());
    services.outbox.wake();
    view::ViewModel model{.step = "deletion_asked"};
    if (*due) {
        model.title = "portal.deletion_asked_title";
        model.lead = {"portal.deletion_asked_lead", {{"until", **due}}};
        model.links.push_back({.label = "action.sign_in", .href = "/signin"});
    } else {
        model.title = "portal.deleted_title";
        model.lead = "portal.deleted_lead";
    }
    auto response =
        journey::page(services.pages, context, request, model,
                      {.account_locale = visitor.profile_text("locale"), .development = services.development});
    auto handles = session::without(session::read_cookie(context, request), visitor.session.id);
    response.headers.add("Set-Cookie", to_string(session::make_cookie(context, handles)));
    co_return response;
}

Task<Result<Response>> show_secure(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto const visitor, co_await find_visitor(services, context, request));
    if (!visitor)
        co_return co_await sign_in(services, context, request, std::string(kSecure));
    co_return page_of(services, context, request, *visitor, secure_panels(), {}, "secure.title");
}

// Everything but this session. Nobody is asked for proof here: it only takes away, and must be quick.
Task<Result<Response>> secure_form(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto form, co_await read_submission(services, context, request, Tab::data));
    if (form.answer)
        co_return std::move(*form.answer);
    auto const& visitor = *form.visitor;
    auto const tenant = context.tenant->id;
    auto const user = visitor.user.id;
    auto const origin = origin_of(context, visitor);
    CO_TRY_DO(co_await services.database.write([&](storage::Tx& tx) -> Result<void> {
        TRY_DO(session::end_all(tx, services.vault, tenant, user, visitor.session.id,
                                session::EndReason::revoked_by_user, origin, context.now));
        TRY_DO(session::end_all_trust(tx, services.vault, tenant, user, session::EndReason::revoked_by_user, origin,
                                      context.now));
        TRY_DO(tokens::revoke_families(tx, services.vault, tenant, user, std::nullopt,
                                       tokens::RevokeReason::revoked_by_user, origin, context.now));
        return {};
    }));
    co_return back(context, Tab::security, "secured");
}

} // namespace

Routes data_routes(Services const& services)
{
    return {route(services, Method::get, path_of(Tab::data), show_data),
            route(services, Method::post, "/account/data/export", export_form),
            route(services, Method::get, kDelete, show_deletion),
            route(services, Method::post, kDelete, delete_form),
            route(services, Method::get, kSecure, show_secure),
            route(services, Method::post, kSecure, secure_form)};
}

} // namespace gatehouse::account
