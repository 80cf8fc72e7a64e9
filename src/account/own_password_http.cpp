#include "account/answer.hpp"
#include "account/changes.hpp"
#include "account/own_password.hpp"
#include "account/routes.hpp"
#include "account/security.hpp"
#include "credentials/new_password.hpp"
#include "credentials/password_policy.hpp"
#include "journey/page.hpp"
#include "messages/outbox.hpp"
#include "risk/throttle.hpp"

namespace gatehouse::account {

using http::Method;
using http::Request;
using http::Response;

namespace {

constexpr std::string_view kNew = "/account/security/password/new";
constexpr std::string_view kRemove = "/account/security/password/remove";

view::ViewModel new_panel(Context const& context, Visitor const& visitor)
{
    auto const minimum = context.tenant->settings.password.minimum_length;
    view::ViewModel panel{.step = "password_new",
                          .title = "portal.password_set",
                          .lead = "portal.password_set_lead",
                          .action = std::string(kNew)};
    // For password managers: whose it is.
    panel.fields.push_back({.name = "username",
                            .kind = view::FieldKind::email,
                            .label = "field.email",
                            .value = visitor.email,
                            .read_only = true,
                            .autocomplete = "username"});
    if (visitor.email.empty())
        panel.fields.clear();
    panel.fields.push_back({.name = "password",
                            .kind = view::FieldKind::password,
                            .label = "field.new_password",
                            .hint = {"field.password_hint", {{"min", minimum}}},
                            .required = true,
                            .autofocus = true,
                            .autocomplete = "new-password",
                            .min_length = static_cast<int>(minimum)});
    panel.choices.push_back({.label = "portal.password_set", .style = view::ChoiceStyle::primary});
    panel.links.push_back({.label = "action.cancel", .href = std::string(path_of(Tab::security))});
    return panel;
}

view::ViewModel remove_panel(Context const&, Visitor const&)
{
    view::ViewModel panel{.step = "password_remove",
                          .title = "portal.password_remove",
                          .lead = "portal.password_remove_lead",
                          .action = std::string(kRemove)};
    panel.choices.push_back({.label = "portal.password_remove", .style = view::ChoiceStyle::danger});
    panel.links.push_back({.label = "action.cancel", .href = std::string(path_of(Tab::security))});
    return panel;
}

// Both pages, for who has shown lately who they are.
using Panel = view::ViewModel (*)(Context const&, Visitor const&);

Task<Result<Response>> show(Services const& services, Context const& context, Request const& request,
                            std::string_view path, Panel panel)
{
    CO_TRY(auto const visitor, co_await find_visitor(services, context, request));
    if (!visitor)
        co_return co_await sign_in(services, context, request, std::string(path));
    if (!is_recent(*visitor, context.now))
        co_return co_await confirm_identity(services, context, request, *visitor, std::string(path));
    // Each is for who has the other.
    CO_TRY(auto const set_at, co_await services.database.read([&](storage::Tx& tx) {
        return services.passwords.changed_at(tx, context.tenant->id, visitor->user.id);
    }));
    if (set_at.has_value() == (path == kNew))
        co_return back(context, Tab::security, "");
    co_return panel_page(services, context, request, *visitor, panel(context, *visitor));
}

Response changed(Context const& context, Request const& request, session::Opened opened, std::string_view done)
{
    auto response = back(context, Tab::security, done);
    set_session(response, context, request, std::move(opened));
    return response;
}

// A password that may be taken, hashed. Errors at "password".
Task<Result<std::string>> hash_wanted(Services const& services, Context const& context, Visitor const& visitor,
                                      std::string_view typed)
{
    auto wanted = credentials::normalize_password(Secret(typed));
    std::vector<std::string> const personal{visitor.email, visitor.profile_text("name"), context.tenant->name};
    auto const fits = wanted ? credentials::check_password(*wanted, *context.tenant, personal)
                             : Result<void>(std::unexpected(wanted.error()));
    if (!fits)
        co_return Refusal(fits.error()).at("password");
    auto const kept = context.tenant->settings.password.history;
    CO_TRY(auto history, co_await services.database.read([&](storage::Tx& tx) {
        return services.passwords.history(tx, context.tenant->id, visitor.user.id, kept);
    }));
    crypto::HashRequest chosen{.tenant = context.tenant->id.to_string(),
                               .client_address = risk::address_key(context.client_address),
                               .password = std::move(*wanted),
                               .phc = {}};
    CO_TRY_DO(co_await credentials::check_new_password(services.breached_passwords, services.hash_pool, chosen,
                                                       {.current = {}, .history = std::move(history)}));
    co_return co_await services.hash_pool.hash(std::move(chosen));
}

Task<Result<Response>> set_form(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto form, co_await read_submission(services, context, request, Tab::security));
    if (form.answer)
        co_return std::move(*form.answer);
    auto const& visitor = *form.visitor;
    if (!is_recent(visitor, context.now))
        co_return co_await confirm_identity(services, context, request, visitor, std::string(kNew));
    auto const phc = co_await hash_wanted(services, context, visitor, form.input.get("password"));
    if (!phc && !journey::is_for_the_person(phc.error()))
        co_return std::unexpected(phc.error());
    if (!phc)
        co_return panel_page(services, context, request, visitor, new_panel(context, visitor),
                             {.panel = "password_new", .error = phc.error(), .entered = &form.input});
    auto opened = co_await services.database.write(
        [&](storage::Tx& tx) { return set_first_password(services, tx, context, visitor, *phc); });
    if (!opened)
        co_return co_await refused(services, context, request, visitor, {.tab = Tab::security}, opened.error());
    services.outbox.wake();
    co_return changed(context, request, std::move(*opened), "password_added");
}

Task<Result<Response>> remove_form(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto form, co_await read_submission(services, context, request, Tab::security));
    if (form.answer)
        co_return std::move(*form.answer);
    auto const& visitor = *form.visitor;
    if (!is_recent(visitor, context.now))
        co_return co_await confirm_identity(services, context, request, visitor, std::string(kRemove));
    auto opened = co_await services.database.write(
        [&](storage::Tx& tx) { return remove_own_password(services, tx, context, visitor); });
    if (!opened && opened.error().kind == ErrorKind::not_found)
        co_return back(context, Tab::security, "");
    if (!opened)
        co_return co_await refused(services, context, request, visitor, {.tab = Tab::security}, opened.error());
    services.outbox.wake();
    co_return changed(context, request, std::move(*opened), "password_removed");
}

} // namespace

Routes own_password_routes(Services const& services)
{
    auto const page = [](std::string_view path, Panel panel) {
        return [path, panel](Services const& all, Context const& context, Request const& request) {
            return show(all, context, request, path, panel);
        };
    };
    return {route(services, Method::get, kNew, page(kNew, new_panel)),
            route(services, Method::get, kRemove, page(kRemove, remove_panel)),
            route(services, Method::post, kNew, set_form), route(services, Method::post, kRemove, remove_form)};
}

} // namespace gatehouse::account
