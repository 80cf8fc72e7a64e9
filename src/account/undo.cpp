#include "account/undo.hpp"

#include "account/identifier_notices.hpp"
#include "account/routes.hpp"
#include "credentials/open_challenges.hpp"
#include "credentials/reset_caution.hpp"
#include "credentials/revocation.hpp"
#include "events/types.hpp"
#include "http/page_headers.hpp"
#include "journey/notices.hpp"
#include "journey/page.hpp"
#include "messages/outbox.hpp"
#include "view/standard_pages.hpp"

#include <boost/json.hpp>

namespace gatehouse::account {

using credentials::ChallengeId;
using http::Method;
using http::Request;
using http::Response;

namespace {

constexpr std::string_view kPurpose = "identifier_undo";
constexpr std::string_view kPath = "/account/undo";
constexpr std::chrono::microseconds kMoment{1};

struct Token {
    ChallengeId challenge;
    std::string code;
};

std::optional<Token> parse_token(std::string_view text)
{
    auto const dot = text.find('.');
    auto const raw = base64url_decode(text.substr(0, dot));
    if (dot == text.npos || !raw)
        return std::nullopt;
    auto const id = ChallengeId::from_bytes(*raw);
    if (!id)
        return std::nullopt;
    return Token{*id, std::string(text.substr(dot + 1))};
}

namespace json = boost::json;

json::object to_json(Former const& former)
{
    return {{"kind", to_string(former.kind)}, {"value", former.value}, {"primary", former.primary}};
}

// Gives back what was lost, and makes it what it was. Nothing when somebody else has it by now: the rest is given back
// all the same.
Result<std::optional<identity::Identifier>> give_back(Services const& services, storage::Tx& tx, Context const& context,
                                                      UserId user, json::object const& former)
{
    auto const tenant = context.tenant->id;
    events::Origin const origin{.request_id = context.request_id};
    std::string const value(former.at("value").as_string());
    TRY(auto const kind, identity::parse_identifier_kind(std::string_view(former.at("kind").as_string())));
    TRY(auto const owned, services.users.identifiers(tx, tenant, user));
    auto const found = std::ranges::find_if(
        owned, [&](auto const& one) { return one.kind == kind && one.value == value && one.verified_at; });
    std::optional<identity::Identifier> restored;
    if (found != owned.end()) {
        restored = *found;
    } else {
        TRY(auto normalized, identity::normalize_stored(kind, value));
        auto given = services.users.restore_identifier(tx, tenant, user, normalized, origin, context.now);
        if (!given && given.error().code == "identifier_taken")
            return std::nullopt;
        TRY(restored, std::move(given));
    }
    if (former.at("primary").as_bool())
        TRY_DO(services.users.set_primary(tx, tenant, user, restored->id, origin, context.now));
    return restored;
}

// What a link takes back.
struct Undoing {
    std::int64_t since; // what was added from then on goes
    std::int64_t made;  // the first of the changes: links that went out from then on are void
    json::array restore;
};

// What stands of earlier changes that the same recipient was told of. One that was primary then is made primary again.
Result<void> take_in_earlier(Services const& services, storage::Tx& tx, Context const& context, UserId user,
                             std::string_view recipient, Undoing& undoing)
{
    auto& restore = undoing.restore;
    TRY(auto const earlier,
        credentials::open_challenges_of(tx, services.vault, context.tenant->id, user, kPurpose, context.now));
    for (auto const& one : earlier) {
        if (one.payload.at("recipient").as_string() != recipient)
            continue;
        undoing.since = std::min(undoing.since, one.payload.at("since").as_int64());
        undoing.made = std::min(undoing.made, one.payload.at("made").as_int64());
        for (auto const& former : one.payload.at("restore").as_array()) {
            auto const same = std::ranges::find_if(restore, [&](json::value const& known) {
                return known.at("kind") == former.at("kind") && known.at("value") == former.at("value");
            });
            if (same == restore.end())
                restore.insert(restore.begin(), former);
            else if (former.at("primary").as_bool())
                same->as_object()["primary"] = true;
        }
    }
    return {};
}

Result<void> remove_what_is_new(Services const& services, storage::Tx& tx, Context const& context, UserId user,
                                std::vector<identity::Identifier> const& kept, TimePoint since)
{
    events::Origin const origin{.request_id = context.request_id};
    TRY(auto const owned, services.users.identifiers(tx, context.tenant->id, user));
    for (auto const& one : owned) {
        auto const is_new = one.created_at >= since || one.verified_at.value_or(TimePoint{}) >= since;
        if (!is_new || std::ranges::find(kept, one.id, &identity::Identifier::id) != kept.end())
            continue;
        auto const removed = services.users.remove_identifier(tx, *context.tenant, user, one.id, origin, context.now);
        // An account that nobody could sign in to would help nobody.
        if (!removed && removed.error().code != "identifier_last")
            return removed;
    }
    TRY_DO(credentials::remove_since(tx, context.tenant->id, user, since));
    return {};
}

Response show(Services const& services, Context const& context, Request const& request, std::string_view token)
{
    view::ViewModel model{.step = "undo", .title = "undo.title", .lead = "undo.lead"};
    model.choices.push_back({.label = "undo.action", .style = view::ChoiceStyle::danger});
    return journey::page(services.pages, context, request, model,
                         {.form_action = std::string(kPath),
                          .hidden = {{"token", std::string(token)}},
                          .development = services.development});
}

Response dead_link(Services const& services, Context const& context, Request const& request)
{
    return journey::page(services.pages, context, request, view::fault_page(view::Fault::link_expired, {}, "/signin"),
                         {.status = 410, .development = services.development});
}

// A GET does nothing: link scanners follow every link of a mail.
Task<Result<Response>> show_undo(Services const& services, Context const& context, Request const& request)
{
    auto const text = request.query.get("token");
    auto const token = parse_token(text);
    if (!token)
        co_return dead_link(services, context, request);
    auto const known = co_await services.database.read([&](storage::Tx& tx) {
        return services.challenges.peek(tx, context.tenant->id, token->challenge, kPurpose, context.now);
    });
    if (!known && known.error().kind == ErrorKind::gone)
        co_return dead_link(services, context, request);
    if (!known)
        co_return std::unexpected(known.error());
    co_return show(services, context, request, text);
}

Task<Result<Response>> submit_undo(Services const& services, Context const& context, Request const& request)
{
    CO_TRY_DO(http::check_same_origin(request));
    CO_TRY(auto const input, request.form());
    auto const token = parse_token(input.get("token"));
    if (!token)
        co_return dead_link(services, context, request);
    auto const undone = co_await services.database.write(
        [&](storage::Tx& tx) { return undo_change(services, tx, context, token->challenge, token->code); });
    if (!undone && (undone.error().kind == ErrorKind::gone || undone.error().code == "code_wrong"))
        co_return dead_link(services, context, request);
    if (!undone)
        co_return std::unexpected(undone.error());
    services.outbox.wake();
    view::ViewModel model{.step = "undone", .title = "undo.done_title", .lead = "undo.done_lead"};
    model.links.push_back({.label = "undo.new_password", .href = "/recover", .style = view::ChoiceStyle::primary});
    model.links.push_back({.label = "action.sign_in", .href = "/signin", .style = view::ChoiceStyle::secondary});
    co_return journey::page(services.pages, context, request, model, {.development = services.development});
}

} // namespace

Result<std::string> make_undo_link(Services const& services, storage::Tx& tx, Context const& context,
                                   UndoableChange const& change)
{
    auto const days = std::chrono::days(context.tenant->settings.identifiers.undo_days);
    if (days == std::chrono::days(0))
        return std::string();
    // What the acting session did before is of the same hand; so is what was set up on the way into it. Of what the
    // account began with nothing goes.
    Undoing undoing{.since = to_micros(std::max(change.acting_since - journey::kLifetime, change.user_since + kMoment)),
                    .made = to_micros(context.now),
                    .restore = {}};
    // The recipient last: of two that were primary at different times, theirs is.
    if (change.lost)
        undoing.restore.push_back(to_json(*change.lost));
    undoing.restore.push_back(to_json(change.recipient));
    auto const& recipient = change.recipient.value;
    TRY_DO(take_in_earlier(services, tx, context, change.user, recipient, undoing));
    undoing.since = std::max(undoing.since, to_micros(context.now - days));
    TRY(auto const challenge, services.challenges.create(tx, context.tenant->id,
                                                         {.purpose = kPurpose,
                                                          .user = change.user,
                                                          .payload = {{"recipient", recipient},
                                                                      {"restore", std::move(undoing.restore)},
                                                                      {"since", undoing.since},
                                                                      {"made", undoing.made}},
                                                          .form = credentials::CodeForm::link,
                                                          .lifetime = days},
                                                         context.now));
    return fmt::format("{}{}?token={}.{}", context.tenant->issuer, kPath, base64url_encode(challenge.id.bytes()),
                       challenge.code.expose_text());
}

Result<void> undo_change(Services const& services, storage::Tx& tx, Context const& context, ChallengeId challenge,
                         std::string_view code)
{
    auto const tenant = context.tenant->id;
    events::Origin const origin{.request_id = context.request_id};
    TRY(auto const opened, services.challenges.redeem(tx, tenant, challenge, kPurpose, code, context.now));
    if (!opened.user)
        return fault("a change of nobody's");
    auto const user = *opened.user;
    auto const since = from_micros(opened.payload.at("since").as_int64());
    TRY(auto told, services.users.identifiers(tx, tenant, user));
    std::vector<identity::Identifier> kept;
    for (auto const& former : opened.payload.at("restore").as_array()) {
        TRY(auto restored, give_back(services, tx, context, user, former.as_object()));
        if (restored)
            kept.push_back(*std::move(restored));
    }
    if (kept.empty()) // the account would be left with what is to go
        return refuse(ErrorKind::conflict, "identifier_taken", "Somebody else has this by now.");
    TRY_DO(remove_what_is_new(services, tx, context, user, kept, since));
    told.insert(told.end(), kept.begin(), kept.end());
    TRY_DO(tell_of_undo(services, tx, context, user, told, kept.back()));
    TRY_DO(credentials::begin_caution(tx, services.challenges, tenant, user, context.now));
    // Whoever made the change cannot take this back: links that went out since are void. Earlier ones stay: whoever
    // changed it twice cannot use the second link against the owner's first.
    TRY_DO(services.challenges.cancel_of_user_since(tx, tenant, user, kPurpose,
                                                    from_micros(opened.payload.at("made").as_int64())));
    TRY_DO(services.users.raise_security_epoch(tx, tenant, user, context.now));
    // A thief who wanted the account gone as well has not got that either.
    TRY_DO(journey::keep_account(tx, {services.outbox, services.users, services.vault}, *context.tenant, user, origin,
                                 context.now));
    TRY_DO(session::end_all(tx, services.vault, tenant, user, std::nullopt, session::EndReason::credential_changed,
                            origin, context.now));
    TRY_DO(events::append(tx, services.vault,
                          {.type = &events::kIdentifierChangeUndone,
                           .tenant = tenant,
                           .user = user,
                           .origin = origin,
                           .data = {{"kind", opened.payload.at("restore").as_array().back().at("kind")}},
                           .personal = {{"address", context.client_address}}},
                          context.now));
    return {};
}

Routes undo_routes(Services const& services)
{
    return {route(services, Method::get, kPath, show_undo), route(services, Method::post, kPath, submit_undo)};
}

} // namespace gatehouse::account
