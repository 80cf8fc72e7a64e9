#include "account/changes.hpp"
#include "account/data.hpp"
#include "identity/deletions.hpp"
#include "journey/page.hpp"

#include <boost/json/serialize.hpp>

namespace gatehouse::account {

using http::Request;
using http::Response;

namespace {

// Sensitive: whoever finds an open browser gets neither the data nor the end of the account.
Task<Result<Submission>> read_confirmed(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto form, co_await read_submission(services, context, request, Tab::data));
    if (!form.answer && !is_recent(*form.visitor, context.now)) {
        CO_TRY(form.answer,
               co_await confirm_identity(services, context, request, *form.visitor, std::string(path_of(Tab::data))));
    }
    co_return form;
}

Result<identity::Deletion> ask(Services const& services, storage::Tx& tx, Context const& context,
                               Visitor const& visitor)
{
    auto const tenant = context.tenant->id;
    auto const user = visitor.user.id;
    auto const origin = origin_of(context, visitor);
    auto const due_at = context.now + std::chrono::days(context.tenant->settings.account.deletion_days);
    TRY_DO(services.users.require_active(tx, tenant, user, visitor.session.security_epoch));
    TRY(auto const deletion, identity::ask_deletion(tx, services.vault, tenant, user, due_at, origin, context.now));
    TRY_DO(notify(services, tx, context, visitor, messages::Kind::deletion_asked,
                  {{"until", deletion.due_at}, {"link", context.tenant->issuer + "/signin"}}));
    TRY_DO(session::end_all(tx, services.vault, tenant, user, std::nullopt, session::EndReason::sign_out, origin,
                            context.now));
    return deletion;
}

} // namespace

Task<Result<Response>> export_data(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto form, co_await read_confirmed(services, context, request));
    if (form.answer)
        co_return std::move(*form.answer);
    CO_TRY(auto data, co_await services.database.read([&](storage::Tx& tx) {
        return services.users.export_person(tx, context.tenant->id, form.visitor->user.id, context.now);
    }));
    data["exported_at"] = to_rfc3339(context.now);
    data["issuer"] = context.tenant->issuer;
    auto response = Response::json(200, boost::json::serialize(data));
    response.headers.set("Content-Disposition", "attachment; filename=\"account-data.json\"");
    co_return response;
}

Task<Result<Response>> delete_account(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto form, co_await read_confirmed(services, context, request));
    if (form.answer)
        co_return std::move(*form.answer);
    auto const& visitor = *form.visitor;
    if (!context.tenant->settings.account.deletion)
        co_return co_await refused(services, context, request, visitor, {.tab = Tab::data},
                                   Error{.kind = ErrorKind::forbidden,
                                         .code = "deletion_closed",
                                         .message = "Accounts cannot be deleted here."});
    auto deletion =
        co_await services.database.write([&](storage::Tx& tx) { return ask(services, tx, context, visitor); });
    if (!deletion)
        co_return co_await refused(services, context, request, visitor, {.tab = Tab::data},
                                   std::move(deletion).error());
    services.outbox.wake();
    view::ViewModel model{.step = "deletion_asked",
                          .title = "portal.deletion_asked_title",
                          .lead = {"portal.deletion_asked_lead", {{"until", deletion->due_at}}}};
    model.links.push_back({.label = "action.sign_in", .href = "/signin"});
    co_return journey::page(services.pages, context, request, model,
                            {.account_locale = visitor.profile_text("locale"), .development = services.development});
}

} // namespace gatehouse::account
