#include "account/portal.hpp"

#include "account/agreements.hpp"
#include "account/avatar.hpp"
#include "account/data.hpp"
#include "account/own_password.hpp"
#include "account/passkeys.hpp"
#include "account/push_devices.hpp"
#include "account/security.hpp"
#include "account/trusted_devices.hpp"
#include "applications/registry.hpp"
#include "crypto/digest.hpp"
#include "identity/attributes.hpp"
#include "journey/attribute_fields.hpp"
#include "journey/page.hpp"
#include "places/places.hpp"
#include "tokens/grants.hpp"

#include <algorithm>

namespace gatehouse::account {

namespace {

using view::ChoiceStyle;
using view::Text;

view::Choice primary(char const* label)
{
    return {.label = label, .style = ChoiceStyle::primary};
}

view::Field current_password()
{
    return {.name = "current",
            .kind = view::FieldKind::password,
            .label = "field.current_password",
            .required = true,
            .autocomplete = "current-password"};
}

// Every attribute that the person may see, in the order of the schema; those without a value only where they may be
// filled in.
view::ViewModel profile_panel(Services const& services, Context const& context, Visitor const& visitor)
{
    view::ViewModel panel{
        .step = "profile", .title = "portal.profile", .lead = "portal.profile_lead", .action = "/account"};
    for (auto const& attribute : context.tenant->profile->attributes) {
        auto const* value = visitor.user.profile.if_contains(attribute.name);
        auto const editable = attribute.user == identity::Access::edit;
        if (attribute.user == identity::Access::none || (!editable && !value))
            continue;
        std::ranges::move(journey::fields_of(attribute,
                                             {.value = value ? *value : boost::json::value(),
                                              .required = attribute.required,
                                              .read_only = !editable},
                                             *visitor.locale, services.pages.locales(), context.now),
                          std::back_inserter(panel.fields));
    }
    panel.choices.push_back(primary("action.save_changes"));
    return panel;
}

view::ViewModel email_panel(Visitor const& visitor)
{
    view::ViewModel panel{.step = "email", .title = "portal.email", .action = "/account/email"};
    if (!visitor.email.empty())
        panel.lead = {"portal.email_lead", {{"email", visitor.email}}};
    panel.fields.push_back({.name = "new_email",
                            .kind = view::FieldKind::email,
                            .label = "field.new_email",
                            .required = true,
                            .autocomplete = "email",
                            .max_length = 320});
    panel.fields.push_back(current_password());
    panel.choices.push_back(primary("action.send_code"));
    panel.links.push_back({.label = "identifiers.manage", .href = "/account/identifiers"});
    return panel;
}

Result<view::ViewModel> verify_panel(Services const& services, storage::Tx& tx, Context const& context,
                                     Visitor const& visitor, std::string const& challenge)
{
    TRY(auto const id, credentials::ChallengeId::parse(challenge));
    TRY(auto const opened, services.challenges.peek(tx, context.tenant->id, id, "email_change", context.now));
    auto const* email = opened.payload.if_contains("email");
    if (opened.user != visitor.user.id || !email || !email->is_string())
        return refuse(ErrorKind::gone, "code_expired", "This code has expired. Ask for a new one.");
    view::ViewModel panel{.step = "email_code",
                          .title = "portal.email_verify",
                          .lead = {"portal.email_verify_lead", {{"email", std::string(email->get_string())}}},
                          .action = "/account/email/verify"};
    panel.fields.push_back({.name = "challenge", .kind = view::FieldKind::hidden, .value = challenge});
    panel.fields.push_back({.name = "code",
                            .kind = view::FieldKind::code,
                            .label = "field.code",
                            .hint = "field.code_hint",
                            .required = true,
                            .autofocus = true,
                            .autocomplete = "one-time-code",
                            .max_length = 16});
    panel.choices.push_back(primary("action.verify"));
    panel.links.push_back({.label = "action.cancel", .href = "/account/security"});
    return panel;
}

Result<view::ViewModel> sessions_panel(Services const& services, storage::Tx& tx, Context const& context,
                                       Visitor const& visitor)
{
    view::ViewModel panel{
        .step = "sessions", .title = "portal.sessions", .lead = "portal.sessions_lead", .action = "/account/sessions"};
    TRY(auto const listed, session::list(tx, services.vault, context.tenant->id, visitor.user.id, context.now));
    for (auto const& one : listed) {
        auto name = session::describe_user_agent(one.device.user_agent);
        view::Item item{.title = name.empty() ? Text("portal.unknown_device") : Text::plain(std::move(name)),
                        .icon = "device"};
        auto const here = one.session.id == visitor.session.id;
        item.details.push_back(here ? Text("time.active_now")
                                    : view::last_active(one.session.last_seen_at, context.now));
        item.details.push_back({"portal.session_started", {{"when", one.session.created_at}}});
        if (!one.device.address.empty())
            item.details.push_back(
                {"portal.session_from",
                 {{"address", services.places.describe_address(one.device.address, *visitor.locale)}}});
        if (here)
            item.badge = "portal.this_device";
        else
            item.choices.push_back({.name = "session",
                                    .value = one.session.id.to_string(),
                                    .label = "action.end",
                                    .style = ChoiceStyle::secondary});
        panel.items.push_back(std::move(item));
    }
    if (listed.size() > 1)
        panel.choices.push_back(
            {.name = "action", .value = "end_others", .label = "action.end_others", .style = ChoiceStyle::danger});
    return panel;
}

Result<view::ViewModel> applications_panel(Services const& services, storage::Tx& tx, Context const& context,
                                           Visitor const& visitor)
{
    view::ViewModel panel{.step = "applications",
                          .title = "portal.applications",
                          .lead = "portal.applications_lead",
                          .items_empty = "portal.applications_empty",
                          .action = "/account/applications"};
    TRY(auto const grants, tokens::list_grants(tx, context.tenant->id, visitor.user.id));
    auto const catalogue = services.registry.cached(context.tenant->id);
    for (auto const& grant : grants) {
        auto const* client = catalogue ? catalogue->find(grant.application) : nullptr;
        view::Item item{.title = client ? Text::plain(client->application.name) : Text("portal.unknown_application"),
                        .icon = "application"};
        item.details.push_back({"portal.application_since", {{"when", grant.granted_at}}});
        item.choices.push_back({.name = "application",
                                .value = grant.application.to_string(),
                                .label = "action.remove_access",
                                .style = ChoiceStyle::secondary});
        panel.items.push_back(std::move(item));
    }
    return panel;
}

} // namespace

std::string Visitor::profile_text(std::string_view name) const
{
    auto const* value = user.profile.if_contains(name);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string_view path_of(Tab tab)
{
    switch (tab) {
    case Tab::profile:
        return "/account";
    case Tab::security:
        return "/account/security";
    case Tab::sessions:
        return "/account/sessions";
    case Tab::applications:
        return "/account/applications";
    case Tab::data:
        return "/account/data";
    case Tab::verify_email:
        return "/account/email/verify";
    }
    return "/account";
}

std::string csrf_of(session::Handle const& handle)
{
    return base64url_encode(crypto::sha256({as_bytes("account csrf"), handle.id.bytes(), handle.secret.expose()}));
}

Task<Result<std::optional<Visitor>>> find_visitor(Services const& services, Context const& context,
                                                  http::Request const& request, std::optional<SessionId> only)
{
    auto const tenant = context.tenant->id;
    auto const handles = session::read_cookie(context, request);
    if (handles.empty())
        co_return std::nullopt;
    CO_TRY(auto visitor, co_await services.database.read([&](storage::Tx& tx) -> Result<std::optional<Visitor>> {
        TRY(auto const sessions, session::find_all(tx, tenant, handles, context.now));
        // A session that another application was content with may be too little here.
        auto const policy = journey::Policy::of(*context.tenant);
        for (auto const& session : sessions) {
            if (only && session.id != *only)
                continue;
            TRY(auto const strong, services.engine.satisfies(tx, context, policy, session, {}));
            if (!strong)
                continue;
            auto const handle = std::ranges::find(handles, session.id, &session::Handle::id);
            TRY(auto user, services.users.get(tx, tenant, session.user));
            TRY(auto const email, services.users.primary_email(tx, tenant, user.id));
            TRY(auto picture, picture_of(tx, context, user.id));
            return Visitor{.session = session,
                           .user = std::move(user),
                           .email = email ? email->value : "",
                           .picture = std::move(picture),
                           .csrf = csrf_of(*handle)};
        }
        return std::nullopt;
    }));
    if (visitor)
        visitor->locale = &journey::locale_of(services.pages, context, request,
                                              {.ui_locales = std::string(request.query.get("ui_locales")),
                                               .account_locale = visitor->profile_text("locale")});
    auto const lifetimes = session::lifetimes_of(*context.tenant);
    if (visitor && session::touch_is_due(visitor->session, lifetimes, context.now))
        CO_TRY_DO(co_await services.database.write(
            [&](storage::Tx& tx) { return session::touch(tx, tenant, visitor->session, lifetimes, context.now); },
            storage::Durability::Relaxed));
    co_return visitor;
}

Result<view::Portal> portal_of(Services const& services, storage::Tx& tx, Context const& context,
                               Visitor const& visitor, Tab tab, std::string const& challenge)
{
    auto portal = security_portal(visitor);
    switch (tab) {
    case Tab::profile:
        portal.active = "profile";
        portal.picture.editable = context.tenant->settings.account.avatars;
        portal.panels.push_back(profile_panel(services, context, visitor));
        break;
    case Tab::security: {
        TRY(auto password, password_panel(services, tx, context, visitor));
        portal.panels.push_back(std::move(password));
        TRY(auto passkeys, passkeys_panel(services, tx, context, visitor));
        if (passkeys)
            portal.panels.push_back(std::move(*passkeys));
        TRY(auto devices, push_devices_panel(services, tx, context, visitor));
        portal.panels.push_back(std::move(devices));
        TRY(auto factors, second_factor_panels(services, tx, context, visitor));
        std::ranges::move(factors, std::back_inserter(portal.panels));
        portal.panels.push_back(email_panel(visitor));
        break;
    }
    case Tab::verify_email: {
        TRY(auto panel, verify_panel(services, tx, context, visitor, challenge));
        portal.panels.push_back(std::move(panel));
        break;
    }
    case Tab::data: {
        portal.active = "data";
        TRY(portal.panels, data_panels(services, tx, context, visitor));
        break;
    }
    case Tab::sessions: {
        portal.active = "sessions";
        TRY(auto panel, sessions_panel(services, tx, context, visitor));
        portal.panels.push_back(std::move(panel));
        TRY(auto trusted, trusted_devices_panel(services, tx, context, visitor));
        if (trusted)
            portal.panels.push_back(std::move(*trusted));
        break;
    }
    case Tab::applications: {
        portal.active = "applications";
        TRY(auto panel, applications_panel(services, tx, context, visitor));
        portal.panels.push_back(std::move(panel));
        TRY(auto agreements, agreements_panel(services, tx, context, visitor));
        if (agreements)
            portal.panels.push_back(std::move(*agreements));
        break;
    }
    }
    return portal;
}

} // namespace gatehouse::account
