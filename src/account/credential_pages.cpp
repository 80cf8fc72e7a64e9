#include "account/credential_pages.hpp"

#include "account/answer.hpp"
#include "account/routes.hpp"
#include "journey/page.hpp"
#include "journey/ways_in.hpp"
#include "messages/outbox.hpp"

namespace gatehouse::account {

using credentials::CredentialId;
using http::Method;
using http::Request;
using http::Response;

namespace {

std::string address_of(CredentialPages const& pages, CredentialId id)
{
    return fmt::format("{}?id={}", pages.path, id.to_string());
}

Task<Result<Response>> show(Services const& services, Context const& context, Request const& request,
                            CredentialPages const& pages)
{
    CO_TRY(auto const visitor, co_await find_visitor(services, context, request));
    auto const id = CredentialId::parse(request.query.get("id"));
    if (!visitor)
        co_return co_await sign_in(services, context, request,
                                   id ? address_of(pages, *id) : std::string(path_of(Tab::security)));
    if (!id)
        co_return back(context, Tab::security, "");
    auto portal = co_await services.database.read(
        [&](storage::Tx& tx) { return pages.portal(services, tx, context, *visitor, *id); });
    if (!portal && portal.error().kind == ErrorKind::not_found)
        co_return back(context, Tab::security, "");
    if (!portal)
        co_return std::unexpected(portal.error());
    co_return portal_page(services, context, request, *visitor, std::move(*portal), {});
}

Task<Result<Response>> rename(Services const& services, Context const& context, Request const& request,
                              CredentialPages const& pages)
{
    CO_TRY(auto form, co_await read_submission(services, context, request, Tab::security));
    if (form.answer)
        co_return std::move(*form.answer);
    auto const& visitor = *form.visitor;
    auto const id = CredentialId::parse(form.input.get("id"));
    if (!id)
        co_return co_await refused_on_list(services, context, request, visitor, id.error());
    auto const renamed = co_await services.database.write(
        [&](storage::Tx& tx) { return pages.rename(services, tx, context, visitor, *id, form.input.get("name")); });
    if (renamed)
        co_return back(context, Tab::security, pages.renamed);
    if (renamed.error().kind == ErrorKind::not_found)
        co_return back(context, Tab::security, "");
    auto portal = co_await services.database.read(
        [&](storage::Tx& tx) { return pages.portal(services, tx, context, visitor, *id); });
    if (!portal || !journey::is_for_the_person(renamed.error()))
        co_return std::unexpected(renamed.error());
    co_return portal_page(services, context, request, visitor, std::move(*portal),
                          {.panel = std::string(pages.panel), .error = renamed.error(), .entered = &form.input});
}

Task<Result<Response>> remove(Services const& services, Context const& context, Request const& request,
                              CredentialPages const& pages)
{
    CO_TRY(auto form, co_await read_submission(services, context, request, Tab::security));
    if (form.answer)
        co_return std::move(*form.answer);
    auto const& visitor = *form.visitor;
    auto const id = CredentialId::parse(form.input.get("id"));
    if (!id)
        co_return co_await refused_on_list(services, context, request, visitor, id.error());
    if (!is_recent(visitor, context.now))
        co_return co_await confirm_identity(services, context, request, visitor, address_of(pages, *id));
    auto opened = co_await services.database.write([&](storage::Tx& tx) {
        return journey::keeping_a_way_in(tx, services.users, *context.tenant, visitor.user.id, context.now,
                                         [&] { return pages.remove(services, tx, context, visitor, *id); });
    });
    if (!opened && opened.error().kind == ErrorKind::not_found)
        co_return back(context, Tab::security, "");
    if (!opened)
        co_return co_await refused_on_list(services, context, request, visitor, opened.error());
    services.outbox.wake();
    auto response = back(context, Tab::security, pages.removed);
    set_session(response, context, request, *std::move(opened));
    co_return response;
}

} // namespace

Task<Result<Response>> say_added(Services const& services, Context const& context, Request const& request,
                                 Visitor visitor, Added added, std::string done)
{
    auto response = back(context, Tab::security, done);
    if (!added.recovery_codes.empty()) {
        visitor.csrf = csrf_of(added.session.handle);
        CO_TRY(auto panel, recovery_codes_panel(services, context, visitor, added.recovery_codes));
        auto portal = security_portal(visitor);
        portal.panels.push_back(std::move(panel));
        response = portal_page(services, context, request, visitor, std::move(portal), {.saved = "portal." + done});
    }
    set_session(response, context, request, std::move(added.session));
    co_return response;
}

Task<Result<Response>> refused_on_list(Services const& services, Context const& context, Request const& request,
                                       Visitor const& visitor, Error error)
{
    return refused(services, context, request, visitor, {.tab = Tab::security}, std::move(error));
}

void add_credential_routes(Routes& routes, Services const& services, CredentialPages const& pages)
{
    auto const of_these = [&pages](auto* handler) {
        return [&pages, handler](Services const& all, Context const& context, Request const& request) {
            return handler(all, context, request, pages);
        };
    };
    routes.push_back(route(services, Method::get, pages.path, of_these(show)));
    routes.push_back(route(services, Method::post, pages.path, of_these(rename)));
    routes.push_back(route(services, Method::post, std::string(pages.path) + "/remove", of_these(remove)));
}

} // namespace gatehouse::account
