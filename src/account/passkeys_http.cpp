#include "account/answer.hpp"
#include "account/credential_pages.hpp"
#include "account/passkeys.hpp"
#include "account/routes.hpp"
#include "account/security.hpp"
#include "base/json.hpp"
#include "http/page_headers.hpp"
#include "journey/page.hpp"
#include "messages/outbox.hpp"

#include <boost/json.hpp>

namespace gatehouse::account {

using http::Method;
using http::Request;
using http::Response;

namespace {

constexpr std::string_view kNewPasskey = "/account/security/passkey/new";
constexpr CredentialPages kPasskeyPages{.path = "/account/security/passkey",
                                        .panel = "passkey",
                                        .renamed = "passkey_renamed",
                                        .removed = "passkey_removed",
                                        .portal = passkey_portal,
                                        .rename = rename_passkey,
                                        .remove = remove_passkey};
constexpr std::size_t kLargestAnswer = 64 * 1024; // with a chain of certificates

// The page with a new challenge, and what went wrong with the last one.
Task<Result<Response>> show_creation(Services const& services, Context const& context, Request const& request,
                                     Visitor const& visitor, Notes const& notes)
{
    auto panel = co_await services.database.read(
        [&](storage::Tx& tx) { return new_passkey_panel(services, tx, context, visitor); });
    if (!panel)
        co_return co_await refused_on_list(services, context, request, visitor, std::move(panel).error());
    co_return panel_page(services, context, request, visitor, std::move(*panel), notes);
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
    auto added =
        response ? Result<Added>()
                 : refuse(ErrorKind::invalid, "passkey_malformed", "This is not what a browser sends for a passkey.")
                       .because(response.error().code);
    if (response) {
        wanted.response = std::move(*response);
        added = co_await services.database.write(
            [&](storage::Tx& tx) { return add_passkey(services, tx, context, visitor, wanted); });
    }
    if (!added && !journey::is_for_the_person(added.error()))
        co_return std::unexpected(added.error());
    if (!added)
        co_return co_await show_creation(services, context, request, visitor,
                                         {.panel = "passkey_new", .error = added.error(), .entered = nullptr});
    services.outbox.wake();
    co_return co_await say_added(services, context, request, *std::move(form.visitor), *std::move(added),
                                 "passkey_added");
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

// The pages that may ask for our passkeys beside those of the RP ID's own host (WebAuthn level 3 section 5.11).
// Browsers ask at the root of that host, so it is the tenant there who answers.
Task<Result<Response>> related_origins(Services const&, Context const& context, Request const& request)
{
    auto const party = credentials::relying_party(*context.tenant);
    if (!party)
        co_return refuse(ErrorKind::not_found, "passkey_unavailable", "Passkeys do not work at this address.");
    boost::json::object document;
    document["origins"] = boost::json::array(party->origins.begin(), party->origins.end());
    auto response = Response::json(200, boost::json::serialize(document));
    http::add_api_headers(response, request.secure);
    co_return response;
}

} // namespace

Routes passkey_routes(Services const& services)
{
    Routes routes{route(services, Method::get, kNewPasskey, show_new_passkey),
                  route(services, Method::post, kNewPasskey, add_passkey_form),
                  route(services, Method::get, "/.well-known/passkey-endpoints", passkey_endpoints, Audience::machines),
                  route(services, Method::get, "/.well-known/webauthn", related_origins, Audience::machines)};
    add_credential_routes(routes, services, kPasskeyPages);
    return routes;
}

} // namespace gatehouse::account
