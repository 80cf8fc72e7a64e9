#include "account/agreements.hpp"
#include "account/answer.hpp"
#include "account/avatar.hpp"
#include "account/changes.hpp"
#include "account/data.hpp"
#include "account/identifiers.hpp"
#include "account/merge.hpp"
#include "account/own_password.hpp"
#include "account/passkeys.hpp"
#include "account/push_devices.hpp"
#include "account/routes.hpp"
#include "account/security.hpp"
#include "account/trusted_devices.hpp"
#include "account/undo.hpp"
#include "applications/registry.hpp"
#include "base/digits.hpp"
#include "credentials/password_policy.hpp"
#include "crypto/hash_pool.hpp"
#include "http/page_headers.hpp"
#include "http/url.hpp"
#include "identity/mail_domains.hpp"
#include "journey/attribute_fields.hpp"
#include "journey/page.hpp"
#include "messages/outbox.hpp"
#include "tokens/grants.hpp"

#include <algorithm>

namespace gatehouse::account {

using http::Fields;
using http::Method;
using http::Request;
using http::Response;

namespace {

Task<Result<Response>> show(Services const& services, Context const& context, Request const& request, Tab tab)
{
    CO_TRY(auto const visitor, co_await find_visitor(services, context, request));
    if (!visitor)
        co_return co_await sign_in(services, context, request,
                                   std::string(path_of(tab == Tab::verify_email ? Tab::security : tab)));
    CO_TRY_DO(co_await services.registry.get(context.tenant->id));
    co_return co_await render(services, context, request, *visitor,
                              {.tab = tab,
                               .challenge = std::string(request.query.get("challenge")),
                               .notes = {.saved = message_of(request.query.get("done"))}});
}

// Compares the current password, under the throttle of sign-in. The answer's slots are released by the change itself.
Task<Result<Check>> check_password(Services const& services, Context const& context, Request const& request,
                                   Visitor const& visitor, std::string_view typed)
{
    if (typed.empty())
        co_return refuse(ErrorKind::invalid, "password_required", "Enter your password.").at("current");
    auto password = credentials::normalize_password(Secret(typed));
    if (!password)
        co_return Refusal(std::move(password).error()).at("current");
    auto check = co_await services.database.write(
        [&](storage::Tx& tx) { return begin_check(services, tx, context, request, visitor); },
        storage::Durability::Relaxed);
    if (!check)
        co_return Refusal(std::move(check).error()).at("current");
    auto const verdict =
        co_await services.hash_pool.verify({.tenant = context.tenant->id.to_string(),
                                            .client_address = risk::address_key(context.client_address),
                                            .password = std::move(*password),
                                            .phc = check->phc});
    if (!verdict) {
        CO_TRY_DO(co_await services.database.write(
            [&](storage::Tx& tx) { return risk::give_back(tx, context.tenant->id, check->reservation); },
            storage::Durability::Relaxed));
        co_return std::unexpected(verdict.error());
    }
    if (!crypto::matches(*verdict))
        CO_TRY_DO(co_await services.database.write(
            [&](storage::Tx& tx) { return fail_check(services, tx, context, visitor); }));
    co_return check;
}

// The profile with what the form says of the attributes that the person may edit.
Result<boost::json::object> read_profile(Context const& context, Visitor const& visitor, Fields const& input)
{
    auto const& schema = *context.tenant->profile;
    std::vector<identity::FormField> asked;
    for (auto const& attribute : schema.attributes)
        if (attribute.user == identity::Access::edit)
            asked.push_back({attribute.name, attribute.required});
    return journey::read_fields(schema, asked, input, visitor.user.profile, context.now);
}

Task<Result<Response>> save_profile_form(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto form, co_await read_submission(services, context, request, Tab::profile));
    if (form.answer)
        co_return std::move(*form.answer);
    auto const& visitor = *form.visitor;
    Page const page{.tab = Tab::profile, .notes = {.panel = "profile", .entered = &form.input}};
    auto profile = read_profile(context, visitor, form.input);
    if (!profile)
        co_return co_await refused(services, context, request, visitor, page, std::move(profile).error());
    auto const locale = form.input.get("locale");
    if (!locale.empty() && locale != visitor.profile_text("locale") && !services.pages.locales().find(locale))
        co_return co_await refused(
            services, context, request, visitor, page,
            Error{
                .kind = ErrorKind::invalid, .code = "required", .message = "Choose a language.", .pointer = "locale"});
    auto saved = co_await services.database.write(
        [&](storage::Tx& tx) { return save_profile(services, tx, context, visitor, *profile); });
    if (!saved)
        co_return co_await refused(services, context, request, visitor, page, std::move(saved).error());
    co_return back(context, Tab::profile, "saved");
}

Task<Result<Response>> change_password_form(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto form, co_await read_submission(services, context, request, Tab::security));
    if (form.answer)
        co_return std::move(*form.answer);
    auto const& visitor = *form.visitor;
    Page const page{.tab = Tab::security, .notes = {.panel = "password", .entered = &form.input}};
    auto wanted = credentials::normalize_password(Secret(form.input.get("password")));
    std::vector<std::string> const personal{visitor.email, visitor.profile_text("name"), context.tenant->name};
    auto fits = wanted ? credentials::check_password(*wanted, *context.tenant, personal)
                       : Result<void>(std::unexpected(wanted.error()));
    if (!fits) {
        fits.error().pointer = "password";
        co_return co_await refused(services, context, request, visitor, page, std::move(fits).error());
    }
    auto check = co_await check_password(services, context, request, visitor, form.input.get("current"));
    if (!check)
        co_return co_await refused(services, context, request, visitor, page, std::move(check).error());
    crypto::HashRequest chosen{.tenant = context.tenant->id.to_string(),
                               .client_address = risk::address_key(context.client_address),
                               .password = std::move(*wanted),
                               .phc = {}};
    auto unknown = co_await credentials::check_new_password(services.breached_passwords, services.hash_pool, chosen,
                                                            {.current = {}, .history = check->history});
    if (!unknown)
        co_return co_await refused(services, context, request, visitor, page, std::move(unknown).error());
    auto phc = co_await services.hash_pool.hash(std::move(chosen));
    if (!phc)
        co_return co_await refused(services, context, request, visitor, page, std::move(phc).error());
    auto opened = co_await services.database.write(
        [&](storage::Tx& tx) { return change_password(services, tx, context, visitor, *check, *phc); });
    if (!opened)
        co_return co_await refused(services, context, request, visitor, page, std::move(opened).error());
    services.outbox.wake();
    auto response = back(context, Tab::security, "password_changed");
    set_session(response, context, request, *std::move(opened));
    co_return response;
}

Task<Result<Response>> change_email_form(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto form, co_await read_submission(services, context, request, Tab::security));
    if (form.answer)
        co_return std::move(*form.answer);
    auto const& visitor = *form.visitor;
    Page const page{.tab = Tab::security, .notes = {.panel = "email", .entered = &form.input}};
    auto email = identity::normalize_email(form.input.get("new_email"));
    if (!email) {
        email.error().pointer = "new_email";
        co_return co_await refused(services, context, request, visitor, page, std::move(email).error());
    }
    // What may not register may not be moved to either.
    auto allowed = identity::check_mail_domain(context.tenant->settings.registration, *email, "new_email");
    if (!allowed)
        co_return co_await refused(services, context, request, visitor, page, std::move(allowed).error());
    auto check = co_await check_password(services, context, request, visitor, form.input.get("current"));
    if (!check)
        co_return co_await refused(services, context, request, visitor, page, std::move(check).error());
    auto const reserved = co_await services.database.write(
        [&](storage::Tx& tx) { return reserve_mail(services, tx, context, *email); }, storage::Durability::Relaxed);
    if (!reserved)
        co_return co_await refused(services, context, request, visitor, page, reserved.error());
    auto const challenge = co_await services.database.write(
        [&](storage::Tx& tx) { return begin_email_change(services, tx, context, visitor, *check, *email); });
    if (!challenge)
        co_return co_await refused(services, context, request, visitor, page, challenge.error());
    services.outbox.wake();
    co_return Response::see_other(context.base_path + std::string(path_of(Tab::verify_email)) +
                                  "?challenge=" + challenge->to_string());
}

Task<Result<Response>> verify_email_form(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto form, co_await read_submission(services, context, request, Tab::security));
    if (form.answer)
        co_return std::move(*form.answer);
    auto const& visitor = *form.visitor;
    Page const page{.tab = Tab::verify_email,
                    .challenge = std::string(form.input.get("challenge")),
                    .notes = {.panel = "email_code"}};
    auto const id = credentials::ChallengeId::parse(page.challenge);
    if (!id)
        co_return co_await refused(services, context, request, visitor, page, id.error());
    auto code = with_latin_digits(form.input.get("code"));
    std::erase_if(code, [](char c) { return c == ' ' || c == '-'; });
    auto const reserved = co_await services.database.write(
        [&](storage::Tx& tx) -> Result<risk::Reservation> {
            TRY(auto const email, pending_email(services, tx, context, visitor, *id));
            return reserve_code(services, tx, context, visitor, email);
        },
        storage::Durability::Relaxed);
    auto done = reserved ? co_await services.database.write([&](storage::Tx& tx) -> Result<session::Opened> {
        TRY(auto opened, finish_email_change(services, tx, context, visitor, *id, code));
        TRY_DO(risk::succeed(tx, context.tenant->id, *reserved));
        return opened;
    })
                         : Result<session::Opened>(std::unexpected(reserved.error()));
    if (!done) {
        done.error().pointer = "code";
        co_return co_await refused(services, context, request, visitor, page, std::move(done).error());
    }
    services.outbox.wake();
    auto response = back(context, Tab::security, "email_changed");
    set_session(response, context, request, *std::move(done));
    co_return response;
}

Task<Result<Response>> end_sessions_form(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto form, co_await read_submission(services, context, request, Tab::sessions));
    if (form.answer)
        co_return std::move(*form.answer);
    auto const& visitor = *form.visitor;
    auto const tenant = context.tenant->id;
    auto const origin = origin_of(context, visitor);
    if (form.input.get("action") == "end_others") {
        CO_TRY_DO(co_await services.database.write([&](storage::Tx& tx) {
            return session::end_all(tx, services.vault, tenant, visitor.user.id, visitor.session.id,
                                    session::EndReason::revoked_by_user, origin, context.now);
        }));
        co_return back(context, Tab::sessions, "other_sessions_ended");
    }
    auto const id = SessionId::parse(form.input.get("session"));
    if (!id)
        co_return co_await refused(
            services, context, request, visitor, {.tab = Tab::sessions},
            Error{.kind = ErrorKind::invalid, .code = "choice_required", .message = "Choose a session."});
    // Only the visitor's own: of another person's id nothing is found.
    CO_TRY_DO(co_await services.database.write([&](storage::Tx& tx) {
        return session::end(tx, services.vault, tenant, visitor.user.id, *id, session::EndReason::revoked_by_user,
                            origin, context.now);
    }));
    co_return back(context, Tab::sessions, "session_ended");
}

Task<Result<Response>> revoke_form(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto form, co_await read_submission(services, context, request, Tab::applications));
    if (form.answer)
        co_return std::move(*form.answer);
    auto const& visitor = *form.visitor;
    auto const id = ApplicationId::parse(form.input.get("application"));
    if (!id)
        co_return co_await refused(
            services, context, request, visitor, {.tab = Tab::applications},
            Error{.kind = ErrorKind::invalid, .code = "choice_required", .message = "Choose an application."});
    CO_TRY_DO(co_await services.database.write([&](storage::Tx& tx) {
        return tokens::revoke_grant(tx, services.vault, context.tenant->id, visitor.user.id, *id,
                                    origin_of(context, visitor), context.now);
    }));
    co_return back(context, Tab::applications, "access_ended");
}

// Where a journey of these pages leads to: nothing but one of them.
std::string target_of(std::string const& payload)
{
    auto const path = http::safe_local_path(payload);
    return path && path->starts_with("/account") ? *path : "/account";
}

} // namespace

Account::Account(Services services) : services_(services)
{
    services_.engine.add_continuation(
        "account", {.start_address = [](Context const&, std::string const& payload) { return target_of(payload); },
                    .finish = [](Context const& context, journey::Finished const& finished) -> Task<Result<Response>> {
                        co_return Response::see_other(context.base_path + target_of(finished.payload));
                    },
                    .cancel = [](Context const& context, std::string const&) -> Task<Result<Response>> {
                        co_return Response::see_other(context.base_path + "/");
                    }});
    services_.engine.set_default_continuation("account");
    add_merge_continuation(services_);
}

Routes Account::routes()
{
    Routes routes;
    auto const form = [&](std::string_view path, auto* handler) {
        routes.push_back(route(services_, Method::post, path, handler));
    };
    for (auto const tab : {Tab::profile, Tab::security, Tab::sessions, Tab::applications, Tab::verify_email})
        routes.push_back(route(services_, Method::get, path_of(tab),
                               [tab](Services const& all, Context const& context, Request const& request) {
                                   return show(all, context, request, tab);
                               }));
    std::ranges::move(security_routes(services_), std::back_inserter(routes));
    std::ranges::move(own_password_routes(services_), std::back_inserter(routes));
    std::ranges::move(passkey_routes(services_), std::back_inserter(routes));
    std::ranges::move(push_device_routes(services_), std::back_inserter(routes));
    std::ranges::move(avatar_routes(services_), std::back_inserter(routes));
    std::ranges::move(push_api_routes(services_), std::back_inserter(routes));
    std::ranges::move(trusted_device_routes(services_), std::back_inserter(routes));
    std::ranges::move(identifier_routes(services_), std::back_inserter(routes));
    std::ranges::move(undo_routes(services_), std::back_inserter(routes));
    std::ranges::move(data_routes(services_), std::back_inserter(routes));
    std::ranges::move(merge_routes(services_), std::back_inserter(routes));
    form("/account", save_profile_form);
    form("/account/password", change_password_form);
    form("/account/email", change_email_form);
    form("/account/email/verify", verify_email_form);
    form("/account/sessions", end_sessions_form);
    form("/account/applications", revoke_form);
    form("/account/agreements", agreements_form);
    return routes;
}

} // namespace gatehouse::account
