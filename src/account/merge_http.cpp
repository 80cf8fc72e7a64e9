#include "account/answer.hpp"
#include "account/changes.hpp"
#include "account/merge.hpp"
#include "account/proof.hpp"
#include "account/routes.hpp"
#include "account/security.hpp"
#include "applications/registry.hpp"
#include "http/page_headers.hpp"
#include "identity/attributes.hpp"
#include "journey/attribute_fields.hpp"
#include "journey/merge.hpp"
#include "journey/page.hpp"
#include "messages/outbox.hpp"
#include "vault/sealed.hpp"

namespace gatehouse::account {

using http::Method;
using http::Request;
using http::Response;

namespace {

constexpr std::string_view kConfirm = "/account/merge/confirm";
constexpr std::string_view kPurpose = "account_merge";
constexpr std::chrono::minutes kWindow{10}; // both proofs are at most this old when it happens

// The sessions that the yes is bound to: the one that stays, and the other.
Result<std::string> seal_sessions(Services const& services, Context const& context, std::vector<SessionId> const& of)
{
    Bytes payload;
    for (auto const& id : of)
        payload.insert(payload.end(), id.bytes().begin(), id.bytes().end());
    return vault::seal(
        services.vault,
        {.tenant = context.tenant->id, .purpose = kPurpose, .binding = {}, .expires_at = context.now + 2 * kWindow},
        payload, context.now);
}

std::vector<SessionId> open_sessions(Services const& services, Context const& context, std::string_view text)
{
    auto const payload = vault::open(
        services.vault, {.tenant = context.tenant->id, .purpose = kPurpose, .binding = {}, .now = context.now}, text);
    std::vector<SessionId> ids;
    if (payload)
        for (std::size_t at = 0; at + 16 <= payload->size(); at += 16)
            ids.push_back(SessionId{*Uuid::from_bytes(ByteView(*payload).subspan(at, 16))});
    return ids;
}

Error expired()
{
    return {.kind = ErrorKind::gone,
            .code = "merge_expired",
            .message = "This took too long, or one of the accounts is not signed in here any more. Begin again."};
}
Error closed()
{
    return {.kind = ErrorKind::forbidden, .code = "merging_closed", .message = "Accounts cannot be joined here."};
}

view::ViewModel begin_panel()
{
    view::ViewModel panel{.step = "merge",
                          .title = "merge.title",
                          .lead = "merge.lead",
                          .paragraphs = {"merge.how"},
                          .action = std::string(kMerge)};
    panel.choices.push_back({.label = "merge.begin", .style = view::ChoiceStyle::primary});
    panel.links.push_back({.label = "action.cancel", .href = "/account/data"});
    return panel;
}

Task<Result<Response>> show_begin(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto const visitor, co_await find_visitor(services, context, request));
    if (!visitor)
        co_return co_await sign_in(services, context, request, std::string(kMerge));
    if (!context.tenant->settings.account.merging)
        co_return Response::see_other(context.base_path + std::string(path_of(Tab::data)));
    CO_TRY(auto to_prove, co_await demand_proof(services, context, request, *visitor, std::string(kMerge)));
    if (to_prove)
        co_return std::move(*to_prove);
    Notes notes{.panel = "merge"};
    if (request.query.get("again") == "expired")
        notes.error = expired();
    co_return panel_page(services, context, request, *visitor, begin_panel(), notes, "data");
}

Task<Result<Response>> begin_form(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto form, co_await read_submission(services, context, request, Tab::data));
    if (form.answer)
        co_return std::move(*form.answer);
    auto const& visitor = *form.visitor;
    if (!context.tenant->settings.account.merging)
        co_return co_await refused(services, context, request, visitor, {.tab = Tab::data}, closed());
    CO_TRY(auto to_prove, co_await demand_proof(services, context, request, visitor, std::string(kMerge)));
    if (to_prove)
        co_return std::move(*to_prove);
    CO_TRY(auto payload, seal_sessions(services, context, {visitor.session.id}));
    // Fresh, and of an age: neither a session that happens to be open nor a trusted browser stands for anything.
    co_return co_await services.engine.start(context, request,
                                             {.continuation = "merge",
                                              .payload = std::move(payload),
                                              .requirements = {.fresh = true,
                                                               .choose_account = true, // not the one that is here
                                                               .max_age = kWindow}});
}

// Both, as this browser is signed in to them, and how they proved it.
struct Both {
    Visitor into;
    Visitor from;
};
Task<Result<std::optional<Both>>> find_both(Services const& services, Context const& context, Request const& request,
                                            std::string_view ticket)
{
    auto const ids = open_sessions(services, context, ticket);
    if (ids.size() != 2)
        co_return std::nullopt;
    CO_TRY(auto into, co_await find_visitor(services, context, request, ids[0]));
    CO_TRY(auto from, co_await find_visitor(services, context, request, ids[1]));
    if (!into || !from)
        co_return std::nullopt;
    CO_TRY(auto const proven, co_await services.database.read([&](storage::Tx& tx) -> Result<bool> {
        TRY(auto const first, is_proven(services, tx, context, into->session, kWindow));
        TRY(auto const second, is_proven(services, tx, context, from->session, kWindow));
        return first && second;
    }));
    if (!proven)
        co_return std::nullopt;
    co_return Both{std::move(*into), std::move(*from)};
}

identity::Joined joined(Both const& both)
{
    return {.from = both.from.user.id, .into = both.into.user.id};
}

std::string name_of(Visitor const& visitor)
{
    return visitor.email.empty() ? visitor.profile_text("name") : visitor.email;
}

Response begin_again(Context const& context)
{
    return Response::see_other(context.base_path + std::string(kMerge) + "?again=expired");
}

view::ViewModel confirm_panel(Services const& services, Context const& context, Both const& both,
                              journey::MergePlan const& plan, std::string ticket)
{
    view::ViewModel panel{.step = "merge",
                          .title = "merge.confirm_title",
                          .lead = {"merge.confirm_lead", {{"from", name_of(both.from)}, {"into", name_of(both.into)}}},
                          .paragraphs = {"merge.stays", "merge.subject"},
                          .items_title = "merge.moves",
                          .items_empty = "merge.nothing",
                          .action = std::string(kConfirm)};
    for (auto const& one : plan.identifiers)
        panel.items.push_back({.title = view::Text::plain(one.value), .icon = "mail"});
    for (auto const& one : plan.credentials) {
        view::Item item{.title = {"activity.kind", {{"kind", one.kind}}}, .icon = "code"};
        if (!one.name.empty())
            item.details.push_back(view::Text::plain(one.name));
        panel.items.push_back(std::move(item));
    }
    for (auto const& attribute : context.tenant->profile->attributes)
        if (std::ranges::find(plan.attributes, attribute.name) != plan.attributes.end())
            panel.items.push_back({.title = journey::label_of(attribute, *both.into.locale), .icon = "profile"});
    auto const catalogue = services.registry.cached(context.tenant->id);
    for (auto const& id : plan.applications) {
        auto const* client = catalogue ? catalogue->find(id) : nullptr;
        panel.items.push_back(
            {.title = client ? view::Text::plain(client->application.name) : view::Text("portal.unknown_application"),
             .icon = "application"});
    }
    if (plan.agreements > 0)
        panel.items.push_back(
            {.title = {"merge.agreements", {{"count", static_cast<std::int64_t>(plan.agreements)}}}, .icon = "check"});
    panel.fields.push_back({.name = "ticket", .kind = view::FieldKind::hidden, .value = std::move(ticket)});
    panel.choices.push_back(
        {.name = "action", .value = "merge", .label = "merge.confirm", .style = view::ChoiceStyle::danger});
    panel.choices.push_back(
        {.name = "action", .value = "cancel", .label = "action.cancel", .style = view::ChoiceStyle::link});
    return panel;
}

Task<Result<Response>> show_confirm(Services const& services, Context const& context, Request const& request)
{
    std::string ticket(request.query.get("ticket"));
    CO_TRY(auto const both, co_await find_both(services, context, request, ticket));
    if (!both)
        co_return begin_again(context);
    CO_TRY_DO(co_await services.registry.get(context.tenant->id));
    auto const plan = co_await services.database.read([&](storage::Tx& tx) {
        return journey::plan_merge(tx, {services.outbox, services.users, services.vault}, *context.tenant,
                                   joined(*both), context.now);
    });
    if (!plan)
        co_return panel_page(services, context, request, both->into, begin_panel(),
                             {.panel = "merge", .error = plan.error()}, "data");
    co_return panel_page(services, context, request, both->into,
                         confirm_panel(services, context, *both, *plan, std::move(ticket)), {}, "data");
}

// The sessions once more in the transaction: what ended since the page was read proves nothing.
Result<session::Opened> merge(Services const& services, storage::Tx& tx, Context const& context,
                              std::vector<session::Handle> const& handles, Both const& both)
{
    auto const tenant = context.tenant->id;
    TRY(auto const live, session::find_all(tx, tenant, handles, context.now));
    for (auto const* visitor : {&both.into, &both.from})
        if (std::ranges::find(live, visitor->session.id, &session::Session::id) == live.end())
            return std::unexpected(expired());
    TRY(auto const epoch,
        journey::merge_accounts(tx, {services.outbox, services.users, services.vault}, *context.tenant,
                                {.joined = joined(both),
                                 .into_epoch = both.into.session.security_epoch,
                                 .from_epoch = both.from.session.security_epoch},
                                origin_of(context, both.into), context.now));
    return keep_only_this_session(services, tx, context, both.into, epoch);
}

Task<Result<Response>> turn_back(Services const& services, Context const& context, Request const& request,
                                 Both const& both)
{
    CO_TRY_DO(co_await services.database.write([&](storage::Tx& tx) {
        return session::end(tx, services.vault, context.tenant->id, both.from.user.id, both.from.session.id,
                            session::EndReason::sign_out, origin_of(context, both.from), context.now);
    }));
    auto response = back(context, Tab::data, "");
    auto const handles = session::without(session::read_cookie(context, request), both.from.session.id);
    response.headers.add("Set-Cookie", to_string(session::make_cookie(context, handles)));
    co_return response;
}

Task<Result<Response>> confirm_form(Services const& services, Context const& context, Request const& request)
{
    CO_TRY_DO(http::check_same_origin(request));
    CO_TRY(auto const input, request.form());
    CO_TRY(auto const both, co_await find_both(services, context, request, input.get("ticket")));
    if (!both || !constant_time_equal(as_bytes(input.get("csrf")), as_bytes(both->into.csrf)))
        co_return begin_again(context);
    if (input.get("action") != "merge")
        co_return co_await turn_back(services, context, request, *both);
    auto const& visitor = both->into;
    auto const handles = session::read_cookie(context, request);
    auto opened = context.tenant->settings.account.merging ? co_await services.database.write([&](storage::Tx& tx) {
        return merge(services, tx, context, handles, *both);
    })
                                                           : Result<session::Opened>(std::unexpected(closed()));
    if (!opened && !journey::is_for_the_person(opened.error()))
        co_return std::unexpected(opened.error());
    if (!opened)
        co_return panel_page(services, context, request, visitor, begin_panel(),
                             {.panel = "merge", .error = opened.error()}, "data");
    services.outbox.wake();
    auto response = back(context, Tab::profile, "merged");
    auto kept = session::without(session::read_cookie(context, request), both->from.session.id);
    kept = session::with_handle(std::move(kept), std::move(opened->handle));
    response.headers.add("Set-Cookie", to_string(session::make_cookie(context, kept)));
    co_return response;
}

} // namespace

void add_merge_continuation(Services const& services)
{
    services.engine.add_continuation(
        "merge",
        {.start_address = [](Context const&, std::string const&) { return std::string(kMerge); },
         .finish = [&services](Context const& context, journey::Finished const& finished) -> Task<Result<Response>> {
             auto ids = open_sessions(services, context, finished.payload);
             if (ids.size() != 1)
                 co_return begin_again(context);
             ids.push_back(finished.session.id);
             CO_TRY(auto const ticket, seal_sessions(services, context, ids));
             co_return Response::see_other(context.base_path + std::string(kConfirm) + "?ticket=" + ticket);
         },
         .cancel = [](Context const& context, std::string const&) -> Task<Result<Response>> {
             co_return Response::see_other(context.base_path + std::string(path_of(Tab::data)));
         }});
}

Routes merge_routes(Services const& services)
{
    return {route(services, Method::get, kMerge, show_begin), route(services, Method::post, kMerge, begin_form),
            route(services, Method::get, kConfirm, show_confirm),
            route(services, Method::post, kConfirm, confirm_form)};
}

} // namespace gatehouse::account
