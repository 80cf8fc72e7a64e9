#include "account/answer.hpp"
#include "account/changes.hpp"
#include "account/passkeys.hpp"
#include "account/security.hpp"
#include "base/json.hpp"
#include "http/page_headers.hpp"
#include "journey/page.hpp"
#include "messages/outbox.hpp"

#include <boost/json.hpp>

namespace gatehouse::account {

using credentials::CredentialId;
using credentials::Passkeys;
using http::Method;
using http::Request;
using http::Response;

namespace {

constexpr std::string_view kNewPasskey = "/account/security/passkey/new";
constexpr std::size_t kLargestAnswer = 64 * 1024; // with a chain of certificates

std::string address_of(CredentialId id)
{
    return "/account/security/passkey?id=" + id.to_string();
}

// What cannot be put right where it happened is told on the list.
Task<Result<Response>> refused_on_list(Services const& services, Context const& context, Request const& request,
                                       Visitor const& visitor, Error error)
{
    return refused(services, context, request, visitor, {.tab = Tab::security}, std::move(error));
}

// The page with a new challenge, and what went wrong with the last one.
Task<Result<Response>> show_creation(Services const& services, Context const& context, Request const& request,
                                     Visitor const& visitor, Notes const& notes)
{
    auto panel = co_await services.database.read(
        [&](storage::Tx& tx) { return new_passkey_panel(services, tx, context, visitor); });
    if (!panel)
        co_return co_await refused_on_list(services, context, request, visitor, std::move(panel).error());
    auto portal = security_portal(visitor);
    portal.panels.push_back(std::move(*panel));
    co_return portal_page(services, context, request, visitor, std::move(portal), notes);
}

Task<Result<Response>> show_new_passkey(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto const visitor, co_await find_visitor(services, context, request));
    if (!visitor)
        co_return co_await sign_in(services, context, request, std::string(kNewPasskey));
    if (!is_recent(*visitor, context.now))
        co_return co_await confirm_identity(services, context, request, *visitor, std::string(kNewPasskey));
    co_return co_await show_creation(services, context, request, *visitor, {});
}

Task<Result<Response>> add_passkey_form(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto form, co_await read_submission(services, context, request, Tab::security));
    if (form.answer)
        co_return std::move(*form.answer);
    auto const& visitor = *form.visitor;
    if (!is_recent(visitor, context.now))
        co_return co_await confirm_identity(services, context, request, visitor, std::string(kNewPasskey));
    NewPasskey wanted{.challenge = std::string(form.input.get("passkey_challenge")),
                      .name = std::string(http::trim(form.input.get("name"))),
                      .device = session::describe_user_agent(request.header("User-Agent"))};
    auto response = parse_json_object_strict(form.input.get("passkey"), {.size = kLargestAnswer, .depth = 8});
    auto codes =
        response ? Result<std::vector<std::string>>()
                 : refuse(ErrorKind::invalid, "passkey_malformed", "This is not what a browser sends for a passkey.")
                       .because(response.error().code);
    if (response) {
        wanted.response = std::move(*response);
        codes = co_await services.database.write(
            [&](storage::Tx& tx) { return add_passkey(services, tx, context, visitor, wanted); });
    }
    if (!codes && !journey::is_for_the_person(codes.error()))
        co_return std::unexpected(codes.error());
    if (!codes)
        co_return co_await show_creation(services, context, request, visitor,
                                         {.panel = "passkey_new", .error = codes.error(), .entered = nullptr});
    services.outbox.wake();
    if (codes->empty())
        co_return back(context, Tab::security, "passkey_added");
    CO_TRY(auto panel, recovery_codes_panel(services, context, visitor, *codes));
    auto portal = security_portal(visitor);
    portal.panels.push_back(std::move(panel));
    co_return portal_page(services, context, request, visitor, std::move(portal), {.saved = "portal.passkey_added"});
}

Task<Result<Response>> show_passkey(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto const visitor, co_await find_visitor(services, context, request));
    auto const id = CredentialId::parse(request.query.get("id"));
    if (!visitor)
        co_return co_await sign_in(services, context, request,
                                   id ? address_of(*id) : std::string(path_of(Tab::security)));
    if (!id)
        co_return back(context, Tab::security, "");
    auto portal = co_await services.database.read(
        [&](storage::Tx& tx) { return passkey_portal(services, tx, context, *visitor, *id); });
    if (!portal && portal.error().kind == ErrorKind::not_found)
        co_return back(context, Tab::security, "");
    if (!portal)
        co_return std::unexpected(portal.error());
    co_return portal_page(services, context, request, *visitor, std::move(*portal), {});
}

Task<Result<Response>> rename_passkey_form(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto form, co_await read_submission(services, context, request, Tab::security));
    if (form.answer)
        co_return std::move(*form.answer);
    auto const& visitor = *form.visitor;
    auto const id = CredentialId::parse(form.input.get("id"));
    if (!id)
        co_return co_await refused_on_list(services, context, request, visitor, id.error());
    auto const renamed = co_await services.database.write([&](storage::Tx& tx) {
        return Passkeys(services.vault, services.users)
            .rename(tx, context.tenant->id, visitor.user.id, *id, form.input.get("name"), origin_of(context, visitor),
                    context.now);
    });
    if (renamed)
        co_return back(context, Tab::security, "passkey_renamed");
    if (renamed.error().kind == ErrorKind::not_found)
        co_return back(context, Tab::security, "");
    auto portal = co_await services.database.read(
        [&](storage::Tx& tx) { return passkey_portal(services, tx, context, visitor, *id); });
    if (!portal || !journey::is_for_the_person(renamed.error()))
        co_return std::unexpected(renamed.error());
    co_return portal_page(services, context, request, visitor, std::move(*portal),
                          {.panel = "passkey", .error = renamed.error(), .entered = &form.input});
}

Task<Result<Response>> remove_passkey_form(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto form, co_await read_submission(services, context, request, Tab::security));
    if (form.answer)
        co_return std::move(*form.answer);
    auto const& visitor = *form.visitor;
    auto const id = CredentialId::parse(form.input.get("id"));
    if (!id)
        co_return co_await refused_on_list(services, context, request, visitor, id.error());
    if (!is_recent(visitor, context.now))
        co_return co_await confirm_identity(services, context, request, visitor, address_of(*id));
    auto opened = co_await services.database.write(
        [&](storage::Tx& tx) { return remove_passkey(services, tx, context, visitor, *id); });
    if (!opened && opened.error().kind == ErrorKind::not_found)
        co_return back(context, Tab::security, "");
    if (!opened)
        co_return co_await refused_on_list(services, context, request, visitor, opened.error());
    services.outbox.wake();
    auto response = back(context, Tab::security, "passkey_removed");
    auto const handles = session::with_handle(session::read_cookie(context, request), std::move(opened->handle));
    response.headers.add("Set-Cookie", to_string(session::make_cookie(context, handles)));
    co_return response;
}

// Where password managers send people who want a passkey here (W3C "A Well-Known URL for Relying Party Passkey
// Endpoints").
Task<Result<Response>> passkey_endpoints(Services const&, Context const& context, Request const& request)
{
    boost::json::object const endpoints{{"enroll", context.tenant->issuer + std::string(kNewPasskey)},
                                        {"manage", context.tenant->issuer + "/account/security"}};
    auto response = Response::json(200, boost::json::serialize(endpoints));
    http::add_api_headers(response, request.secure);
    co_return response;
}

} // namespace

Routes passkey_routes(Services const& services)
{
    using Endpoint = Task<Result<Response>> (*)(Services const&, Context const&, Request const&);
    Routes routes;
    auto const add = [&](Method method, std::string path, Endpoint endpoint, Audience audience = Audience::people) {
        routes.push_back({method, std::move(path),
                          [&services, endpoint](Context const& context, Request const& request) {
                              return endpoint(services, context, request);
                          },
                          audience});
    };
    add(Method::get, std::string(kNewPasskey), show_new_passkey);
    add(Method::post, std::string(kNewPasskey), add_passkey_form);
    add(Method::get, "/account/security/passkey", show_passkey);
    add(Method::post, "/account/security/passkey", rename_passkey_form);
    add(Method::post, "/account/security/passkey/remove", remove_passkey_form);
    add(Method::get, "/.well-known/passkey-endpoints", passkey_endpoints, Audience::machines);
    return routes;
}

} // namespace gatehouse::account
