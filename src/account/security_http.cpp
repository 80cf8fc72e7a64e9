#include "account/answer.hpp"
#include "account/changes.hpp"
#include "account/credential_pages.hpp"
#include "account/routes.hpp"
#include "account/security.hpp"
#include "journey/page.hpp"
#include "messages/outbox.hpp"

namespace gatehouse::account {

using credentials::Authenticators;
using http::Method;
using http::Request;
using http::Response;

namespace {

constexpr std::string_view kNewAuthenticator = "/account/security/authenticator/new";
constexpr CredentialPages kAuthenticatorPages{.path = "/account/security/authenticator",
                                              .panel = "authenticator",
                                              .renamed = "authenticator_renamed",
                                              .removed = "authenticator_removed",
                                              .portal = authenticator_portal,
                                              .rename = rename_authenticator,
                                              .remove = remove_authenticator};

Task<Result<Response>> show_enrolment(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto const visitor, co_await find_visitor(services, context, request));
    if (!visitor)
        co_return co_await sign_in(services, context, request, std::string(kNewAuthenticator));
    if (!is_recent(*visitor, context.now))
        co_return co_await confirm_identity(services, context, request, *visitor, std::string(kNewAuthenticator));
    if (auto const offered = check_enrolment(context, credentials::Method::totp); !offered)
        co_return co_await refused_on_list(services, context, request, *visitor, offered.error());
    CO_TRY(auto const pending, Authenticators(services.vault)
                                   .begin(context.tenant->id, visitor->user.id, visitor->session.id.bytes(),
                                          credentials::totp_form_of(*context.tenant), context.now));
    co_return panel_page(services, context, request, *visitor, enrolment_panel(context, *visitor, pending));
}

Task<Result<Response>> add_authenticator_form(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto form, co_await read_submission(services, context, request, Tab::security));
    if (form.answer)
        co_return std::move(*form.answer);
    auto const& visitor = *form.visitor;
    if (!is_recent(visitor, context.now))
        co_return co_await confirm_identity(services, context, request, visitor, std::string(kNewAuthenticator));
    NewAuthenticator const wanted{.enrolment = std::string(form.input.get("enrolment")),
                                  .code = std::string(form.input.get("code")),
                                  .name = std::string(form.input.get("name"))};
    auto added = co_await services.database.write(
        [&](storage::Tx& tx) { return add_authenticator(services, tx, context, visitor, wanted); });
    if (!added && added.error().kind == ErrorKind::invalid) {
        // The same secret once more: the app has it already.
        auto const pending =
            Authenticators(services.vault)
                .reopen(context.tenant->id, visitor.user.id, visitor.session.id.bytes(), wanted.enrolment, context.now);
        if (pending)
            co_return panel_page(services, context, request, visitor, enrolment_panel(context, visitor, *pending),
                                 {.panel = "authenticator_new", .error = added.error(), .entered = &form.input});
    }
    if (!added)
        co_return co_await refused_on_list(services, context, request, visitor, added.error());
    services.outbox.wake();
    co_return co_await say_added(services, context, request, *std::move(form.visitor), *std::move(added),
                                 "authenticator_added");
}

Task<Result<Response>> make_codes_form(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto form, co_await read_submission(services, context, request, Tab::security));
    if (form.answer)
        co_return std::move(*form.answer);
    auto const& visitor = *form.visitor;
    if (!is_recent(visitor, context.now))
        co_return co_await confirm_identity(services, context, request, visitor, std::string(path_of(Tab::security)));
    auto const codes = co_await services.database.write(
        [&](storage::Tx& tx) { return make_recovery_codes(services, tx, context, visitor); });
    if (!codes)
        co_return co_await refused_on_list(services, context, request, visitor, codes.error());
    services.outbox.wake();
    CO_TRY(auto panel, recovery_codes_panel(services, context, visitor, *codes));
    co_return panel_page(services, context, request, visitor, std::move(panel));
}

Task<Result<Response>> download_form(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto form, co_await read_submission(services, context, request, Tab::security));
    if (form.answer)
        co_return std::move(*form.answer);
    auto const file = recovery_codes_file(services, context, *form.visitor, form.input.get("codes"));
    if (!file)
        co_return co_await refused_on_list(services, context, request, *form.visitor, file.error());
    co_return journey::download(request, credentials::kRecoveryCodesFile, *file);
}

} // namespace

Routes security_routes(Services const& services)
{
    Routes routes{route(services, Method::get, kNewAuthenticator, show_enrolment),
                  route(services, Method::post, kNewAuthenticator, add_authenticator_form),
                  route(services, Method::post, "/account/security/recovery-codes", make_codes_form),
                  route(services, Method::post, "/account/security/recovery-codes/download", download_form)};
    add_credential_routes(routes, services, kAuthenticatorPages);
    return routes;
}

} // namespace gatehouse::account
