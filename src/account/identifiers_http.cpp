#include "account/answer.hpp"
#include "account/changes.hpp"
#include "account/identifiers.hpp"
#include "account/routes.hpp"
#include "account/security.hpp"
#include "identity/mail_domains.hpp"
#include "journey/last_uses.hpp"
#include "journey/page.hpp"
#include "journey/ways_in.hpp"
#include "phone/phone_number.hpp"

namespace gatehouse::account {

using credentials::ChallengeId;
using http::Method;
using http::Request;
using http::Response;
using identity::IdentifierId;
using identity::IdentifierKind;
using messages::Channel;

namespace {

constexpr std::string_view kVerify = "/account/identifiers/verify";

view::Item item_of(identity::Identifier const& one, journey::LastUses const& uses)
{
    bool const is_phone = one.kind == IdentifierKind::phone;
    auto shown = one.value;
    if (is_phone)
        if (auto const number = phone::parse(one.value))
            shown = phone::format_international(*number);
    view::Item item{.title = view::Text::plain(std::move(shown)), .icon = is_phone ? "device" : "mail"};
    if (!one.verified_at)
        item.details.emplace_back("identifiers.not_verified");
    // Codes and links go to the primary one.
    auto const used =
        one.primary && one.verified_at ? uses.of(is_phone ? journey::kByPhone : journey::kByMail) : std::nullopt;
    if (used)
        item.details.push_back({"identifiers.code_used", {{"when", *used}}});
    if (one.primary && one.verified_at)
        item.badge = "identifiers.primary";
    auto const button = [&](char const* action, char const* label, view::ChoiceStyle style) {
        item.choices.push_back({.name = action, .value = one.id.to_string(), .label = label, .style = style});
    };
    if (!one.primary && one.verified_at)
        button("primary", "identifiers.make_primary", view::ChoiceStyle::secondary);
    button("remove", "identifiers.remove", view::ChoiceStyle::danger);
    return item;
}

view::ViewModel list_panel(std::vector<identity::Identifier> const& owned, journey::LastUses const& uses)
{
    view::ViewModel panel{.step = "identifiers",
                          .title = "identifiers.title",
                          .lead = "identifiers.lead",
                          .items_empty = "identifiers.empty",
                          .action = std::string(kIdentifiers)};
    for (auto const& one : owned)
        if (one.kind != IdentifierKind::username)
            panel.items.push_back(item_of(one, uses));
    return panel;
}

view::ViewModel add_panel(IdentifierKind kind)
{
    bool const is_phone = kind == IdentifierKind::phone;
    view::ViewModel panel{.step = is_phone ? "add_phone" : "add_email",
                          .title = is_phone ? "identifiers.add_phone" : "identifiers.add_email",
                          .action = std::string(kIdentifiers)};
    panel.fields.push_back({.name = is_phone ? "phone" : "email",
                            .kind = is_phone ? view::FieldKind::text : view::FieldKind::email,
                            .label = is_phone ? "field.phone" : "field.new_email",
                            .hint = is_phone ? view::Text("field.phone_hint") : view::Text(),
                            .required = true,
                            .autocomplete = is_phone ? "tel" : "email",
                            .max_length = is_phone ? 40 : 320});
    panel.choices.push_back({.label = "action.send_code", .style = view::ChoiceStyle::primary});
    return panel;
}

view::ViewModel verify_panel(Services const& services, identity::NormalizedIdentifier const& pending,
                             ChallengeId challenge)
{
    view::ViewModel panel{.step = "identifier_code",
                          .title = "textcode.enter_title",
                          .lead = {"identifiers.code_lead", {{"value", pending.value}, {"minutes", std::int64_t{10}}}},
                          .action = std::string(kVerify)};
    panel.fields.push_back({.name = "challenge", .kind = view::FieldKind::hidden, .value = challenge.to_string()});
    panel.fields.push_back({.name = "code",
                            .kind = view::FieldKind::code,
                            .label = "field.code",
                            .hint = "field.code_hint",
                            .required = true,
                            .autofocus = true,
                            .autocomplete = "one-time-code",
                            .max_length = 16});
    panel.choices.push_back({.label = "action.verify", .style = view::ChoiceStyle::primary});
    auto const again = [&](char const* action, char const* label) {
        panel.choices.push_back({.name = "action",
                                 .value = action,
                                 .label = label,
                                 .style = view::ChoiceStyle::secondary,
                                 .skips_checks = true});
    };
    again("resend", "action.resend_code");
    if (pending.kind == IdentifierKind::phone && services.outbox.carries(Channel::voice))
        again("call", "action.call_me");
    panel.links.push_back({.label = "action.cancel", .href = std::string(kIdentifiers)});
    return panel;
}

Task<Result<Response>> page_of(Services const& services, Context const& context, Request const& request,
                               Visitor const& visitor, Notes notes)
{
    CO_TRY(auto const owned, co_await services.database.read([&](storage::Tx& tx) {
        return services.users.identifiers(tx, context.tenant->id, visitor.user.id);
    }));
    auto portal = security_portal(visitor);
    CO_TRY(auto const uses, co_await services.database.read([&](storage::Tx& tx) {
        return journey::last_uses(tx, context.tenant->id, visitor.user.id);
    }));
    portal.panels.push_back(list_panel(owned, uses));
    portal.panels.push_back(add_panel(IdentifierKind::email));
    if (services.outbox.carries(Channel::sms) && check_addable(context, IdentifierKind::phone))
        portal.panels.push_back(add_panel(IdentifierKind::phone));
    co_return portal_page(services, context, request, visitor, std::move(portal), notes);
}

Task<Result<Response>> refused_here(Services const& services, Context const& context, Request const& request,
                                    Visitor const& visitor, Notes notes, Error error)
{
    if (!journey::is_for_the_person(error))
        co_return std::unexpected(std::move(error));
    notes.error = std::move(error);
    co_return co_await page_of(services, context, request, visitor, std::move(notes));
}

Response done(Context const& context, std::string_view what)
{
    return Response::see_other(fmt::format("{}{}?done={}", context.base_path, kIdentifiers, what));
}

std::string said(std::string_view what)
{
    for (std::string_view const known : {"added", "primary_changed", "removed"})
        if (what == known)
            return "identifiers." + std::string(known);
    return {};
}

Task<Result<Response>> show(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto const visitor, co_await find_visitor(services, context, request));
    if (!visitor)
        co_return co_await sign_in(services, context, request, std::string(kIdentifiers));
    co_return co_await page_of(services, context, request, *visitor, {.saved = said(request.query.get("done"))});
}

// Takes the slots of a message, sends the code, and leads to where it is entered.
Task<Result<Response>> send_code(Services const& services, Context const& context, Request const& request,
                                 Visitor const& visitor, identity::NormalizedIdentifier const& wanted, Channel channel,
                                 Notes notes)
{
    auto const reserved = co_await services.database.write(
        [&](storage::Tx& tx) { return reserve_mail(services, tx, context, wanted); }, storage::Durability::Relaxed);
    if (!reserved)
        co_return co_await refused_here(services, context, request, visitor, std::move(notes), reserved.error());
    auto const challenge = co_await services.database.write(
        [&](storage::Tx& tx) { return begin_identifier(services, tx, context, visitor, wanted, channel); });
    if (!challenge)
        co_return co_await refused_here(services, context, request, visitor, std::move(notes), challenge.error());
    services.outbox.wake();
    co_return Response::see_other(fmt::format("{}{}?challenge={}", context.base_path, kVerify, challenge->to_string()));
}

Task<Result<Response>> add_form(Services const& services, Context const& context, Request const& request,
                                Submission const& form, IdentifierKind kind)
{
    auto const& visitor = *form.visitor;
    auto const field = std::string(to_string(kind));
    Notes notes{.panel = "add_" + field, .entered = &form.input};
    auto wanted =
        identity::normalize_identifier(kind, form.input.get(field), context.tenant->settings.identifiers.country);
    if (!wanted) {
        wanted.error().pointer = field;
        co_return co_await refused_here(services, context, request, visitor, std::move(notes),
                                        std::move(wanted).error());
    }
    if (kind == IdentifierKind::email) {
        // What may not register may not be added to an account either.
        auto allowed = identity::check_mail_domain(context.tenant->settings.registration, *wanted, field);
        if (!allowed)
            co_return co_await refused_here(services, context, request, visitor, std::move(notes),
                                            std::move(allowed).error());
    }
    auto const channel = kind == IdentifierKind::phone ? Channel::sms : Channel::mail;
    co_return co_await send_code(services, context, request, visitor, *wanted, channel, std::move(notes));
}

// What is asked for: a new one, or something about one that there is.
Task<Result<Response>> change_form(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto form, co_await read_submission(services, context, request, Tab::security));
    if (form.answer)
        co_return std::move(*form.answer);
    auto const& visitor = *form.visitor;
    if (!is_recent(visitor, context.now))
        co_return co_await confirm_identity(services, context, request, visitor, std::string(kIdentifiers));
    if (form.input.find("email"))
        co_return co_await add_form(services, context, request, form, IdentifierKind::email);
    if (form.input.find("phone"))
        co_return co_await add_form(services, context, request, form, IdentifierKind::phone);
    bool const primary = form.input.find("primary").has_value();
    auto const id = IdentifierId::parse(form.input.get(primary ? "primary" : "remove"));
    if (!id)
        co_return co_await refused_here(services, context, request, visitor, {}, id.error());
    auto changed = co_await services.database.write([&](storage::Tx& tx) -> Result<std::optional<session::Opened>> {
        if (!primary)
            return journey::keeping_a_way_in(tx, services.users, *context.tenant, visitor.user.id, context.now,
                                             [&] { return remove_identifier(services, tx, context, visitor, *id); });
        TRY_DO(make_primary(services, tx, context, visitor, *id));
        return std::nullopt;
    });
    if (!changed && changed.error().kind == ErrorKind::not_found) // it went by another window
        co_return done(context, "");
    if (!changed)
        co_return co_await refused_here(services, context, request, visitor, {}, changed.error());
    services.outbox.wake();
    auto response = done(context, primary ? "primary_changed" : "removed");
    if (*changed)
        set_session(response, context, request, **std::move(changed));
    co_return response;
}

Task<Result<Response>> verify_page(Services const& services, Context const& context, Request const& request,
                                   Visitor const& visitor, std::string_view challenge, std::optional<Error> error)
{
    auto const id = ChallengeId::parse(challenge);
    auto const pending = id ? co_await services.database.read([&](storage::Tx& tx) {
        return pending_identifier(services, tx, context, visitor, *id);
    })
                            : Result<identity::NormalizedIdentifier>(std::unexpected(id.error()));
    if (!pending) // used up, or over: what was wrong is told on the list
        co_return co_await refused_here(services, context, request, visitor, {},
                                        error ? std::move(*error) : pending.error());
    co_return panel_page(services, context, request, visitor, verify_panel(services, *pending, *id),
                         {.panel = "identifier_code", .error = std::move(error)});
}

Task<Result<Response>> show_verify(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto const visitor, co_await find_visitor(services, context, request));
    if (!visitor)
        co_return co_await sign_in(services, context, request, std::string(kIdentifiers));
    co_return co_await verify_page(services, context, request, *visitor, request.query.get("challenge"), {});
}

Task<Result<Response>> verify_form(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto form, co_await read_submission(services, context, request, Tab::security));
    if (form.answer)
        co_return std::move(*form.answer);
    auto const& visitor = *form.visitor;
    auto const text = form.input.get("challenge");
    auto const id = ChallengeId::parse(text);
    if (!id)
        co_return co_await refused_here(services, context, request, visitor, {}, id.error());
    if (auto const action = form.input.get("action"); action == "resend" || action == "call") {
        if (!is_recent(visitor, context.now))
            co_return co_await confirm_identity(services, context, request, visitor,
                                                fmt::format("{}?challenge={}", kVerify, id->to_string()));
        auto const pending = co_await services.database.read(
            [&](storage::Tx& tx) { return pending_identifier(services, tx, context, visitor, *id); });
        if (!pending)
            co_return co_await refused_here(services, context, request, visitor, {}, pending.error());
        auto const by_phone = action == "call" ? Channel::voice : Channel::sms;
        auto const channel = pending->kind == IdentifierKind::phone ? by_phone : Channel::mail;
        co_return co_await send_code(services, context, request, visitor, *pending, channel, {});
    }
    std::string code(form.input.get("code"));
    std::erase_if(code, [](char c) { return c == ' ' || c == '-'; });
    auto const reserved = co_await services.database.write(
        [&](storage::Tx& tx) -> Result<risk::Reservation> {
            TRY(auto const wanted, pending_identifier(services, tx, context, visitor, *id));
            return reserve_code(services, tx, context, visitor, wanted);
        },
        storage::Durability::Relaxed);
    using Session = std::optional<session::Opened>; // where it has a new secret
    auto finished = reserved ? co_await services.database.write([&](storage::Tx& tx) -> Result<Session> {
        TRY(auto opened, finish_identifier(services, tx, context, visitor, *id, code));
        TRY_DO(risk::succeed(tx, context.tenant->id, *reserved));
        return opened;
    })
                             : Result<Session>(std::unexpected(reserved.error()));
    if (!finished) {
        if (!journey::is_for_the_person(finished.error()))
            co_return std::unexpected(finished.error());
        finished.error().pointer = "code";
        co_return co_await verify_page(services, context, request, visitor, text, std::move(finished).error());
    }
    services.outbox.wake();
    auto response = done(context, "added");
    if (*finished)
        set_session(response, context, request, **std::move(finished));
    co_return response;
}

} // namespace

Routes identifier_routes(Services const& services)
{
    return {route(services, Method::get, kIdentifiers, show), route(services, Method::post, kIdentifiers, change_form),
            route(services, Method::get, kVerify, show_verify), route(services, Method::post, kVerify, verify_form)};
}

} // namespace gatehouse::account
