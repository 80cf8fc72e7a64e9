#include "signin/recovery_hold.hpp"

#include "credentials/recovery_holds.hpp"
#include "credentials/reset_caution.hpp"
#include "events/types.hpp"
#include "http/page_headers.hpp"
#include "journey/page.hpp"
#include "messages/outbox.hpp"
#include "session/cookie.hpp"

namespace gatehouse::signin {

namespace {

using credentials::HoldId;

constexpr std::string_view kTicket = "recovery_ticket";
constexpr std::string_view kStop = "recovery_stop";
constexpr std::string_view kCookie = "recovery";

struct Named {
    UserId user;
    HoldId hold;
};

Result<std::string> seal_named(Services const& services, Context const& context, std::string_view purpose, Named named,
                               TimePoint expires_at)
{
    auto payload = to_bytes(named.user.bytes());
    auto const hold = named.hold.bytes();
    payload.insert(payload.end(), hold.begin(), hold.end());
    return vault::seal(services.vault,
                       {.tenant = context.tenant->id, .purpose = purpose, .binding = {}, .expires_at = expires_at},
                       payload, context.now);
}

std::optional<Named> open_named(Services const& services, Context const& context, std::string_view purpose,
                                std::string_view text)
{
    auto const payload = vault::open(
        services.vault, {.tenant = context.tenant->id, .purpose = purpose, .binding = {}, .now = context.now}, text);
    if (!payload || payload->size() != 32)
        return std::nullopt;
    return Named{UserId{*Uuid::from_bytes(ByteView(*payload).first(16))},
                 HoldId{*Uuid::from_bytes(ByteView(*payload).last(16))}};
}

// How long a reset with these facts waits after its proof.
Result<Duration> wait_of(storage::Tx& tx, Context const& context, journey::Facts const& facts)
{
    Duration wait = std::chrono::hours(context.tenant->settings.recovery.waiting_hours);
    if (wait >= credentials::kCautiousWait || journey::is_proven_by_own(facts))
        return wait;
    TRY(auto const cautious, credentials::is_cautious(tx, context.tenant->id, *facts.user, context.now));
    return cautious ? credentials::kCautiousWait : wait;
}

Result<void> begin(Services const& services, storage::Tx& tx, journey::Turn const& turn, Duration wait,
                   journey::Outcome& outcome)
{
    auto const& context = turn.context;
    auto const tenant = context.tenant->id;
    auto const user = *outcome.journey.facts.user;
    TRY(auto const hold, credentials::begin_hold(tx, tenant, user, wait, context.now));
    outcome.journey.facts.hold = hold.id.value;
    TRY(auto const stop, seal_named(services, context, kStop, {user, hold.id}, hold.ends_at));
    // No throttle stands before this: whoever could use it up could keep the owner from hearing of it.
    TRY_DO(
        tell_everywhere(services, tx, turn, user, messages::Kind::recovery_held,
                        {{"when", hold.ready_at}, {"link", context.tenant->issuer + "/recover/stop?token=" + stop}}));
    TRY_DO(events::append(tx, services.vault,
                          {.type = &events::kRecoveryHeld,
                           .tenant = tenant,
                           .user = user,
                           .origin = origin_of(turn),
                           .data = {{"until", to_rfc3339(hold.ready_at)}}},
                          context.now));
    outcome.sent_mail = true;
    if (turn.journey.face != journey::Face::pages)
        return {};
    TRY(auto ticket, seal_named(services, context, kTicket, {user, hold.id}, hold.ends_at));
    outcome.cookies.push_back({.name = session::cookie_name(context, kCookie),
                               .value = std::move(ticket),
                               .max_age = std::chrono::duration_cast<std::chrono::seconds>(hold.ends_at - context.now),
                               .secure = context.secure});
    return {};
}

class RecoveryWait final : public journey::StepHandler {
public:
    explicit RecoveryWait(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx& tx, journey::Turn const& turn, http::Fields const&) const override
    {
        auto const& context = turn.context;
        auto const& facts = turn.journey.facts;
        view::ViewModel model{.title = "recover.wait_title"};
        std::optional<credentials::Hold> hold;
        if (facts.hold) {
            TRY(hold, credentials::find_hold(tx, context.tenant->id, *facts.user, {*facts.hold}, context.now));
        }
        if (hold && !hold->stopped) {
            model.lead = {"recover.wait_lead", {{"when", hold->ready_at}}};
            model.note = "recover.wait_note";
            TRY(auto const ticket, seal_named(services_, context, kTicket, {*facts.user, hold->id}, hold->ends_at));
            model.extra["ticket"] = ticket; // an app keeps it as a browser keeps its cookie
            model.extra["ready_at"] = to_rfc3339(hold->ready_at);
        } else {
            model.title = "recover.stopped_title";
            model.lead = "recover.wait_stopped_lead";
        }
        model.links.push_back({.label = "action.back_to_sign_in", .href = "/signin"});
        return model;
    }
    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx&, journey::Turn const&,
                                                   http::Fields const&) const override
    {
        return refuse(ErrorKind::conflict, "recovery_waits", "This reset has to wait. Nothing can be done before.");
    }
    Result<journey::Outcome> complete(storage::Tx&, journey::Turn const& turn, journey::Work const&,
                                      journey::Computed const&) const override
    {
        return journey::Outcome{.journey = turn.journey};
    }

private:
    Services const& services_;
};

http::Response told(Services const& services, Context const& context, http::Request const& request,
                    view::ViewModel const& model, int status = 200)
{
    return journey::page(services.pages, context, request, model,
                         {.status = status, .development = services.development});
}

http::Response dead_link(Services const& services, Context const& context, http::Request const& request)
{
    view::ViewModel model{.step = "recovery_stop", .title = "recover.stop_title", .lead = "recover.stop_dead_lead"};
    model.links.push_back({.label = "action.back_to_sign_in", .href = "/signin"});
    return told(services, context, request, model, 410);
}

} // namespace

std::string ticket_of(journey::Turn const& turn, http::Fields const& input)
{
    if (turn.journey.face == journey::Face::json)
        return std::string(input.get("ticket"));
    return std::string(turn.request.cookie(session::cookie_name(turn.context, kCookie)).value_or(std::string_view{}));
}

void read_ticket(Services const& services, journey::Turn const& turn, std::string_view ticket,
                 journey::Outcome& outcome)
{
    if (auto const named = open_named(services, turn.context, kTicket, ticket))
        outcome.journey.facts.hold = named->hold.value;
}

Result<void> hold_reset(Services const& services, storage::Tx& tx, journey::Turn const& turn, journey::Outcome& outcome)
{
    auto const& context = turn.context;
    auto const& facts = outcome.journey.facts;
    TRY(auto const wait, wait_of(tx, context, facts));
    if (wait == Duration::zero())
        return {};
    if (facts.hold) {
        TRY(auto const hold, credentials::find_hold(tx, context.tenant->id, *facts.user, {*facts.hold}, context.now));
        if (hold && !hold->stopped)
            return {};
    }
    return begin(services, tx, turn, wait, outcome);
}

Result<bool> may_set_password(storage::Tx& tx, journey::Turn const& turn)
{
    auto const& context = turn.context;
    auto const& facts = turn.journey.facts;
    TRY(auto const wait, wait_of(tx, context, facts));
    if (wait == Duration::zero())
        return true;
    if (!facts.hold)
        return false;
    TRY(auto const hold, credentials::find_hold(tx, context.tenant->id, *facts.user, {*facts.hold}, context.now));
    return hold && hold->is_over(context.now);
}

Task<Result<http::Response>> show_stop(Services const& services, Context const& context, http::Request const& request)
{
    auto const token = std::string(request.query.get("token"));
    if (!open_named(services, context, kStop, token))
        co_return dead_link(services, context, request);
    view::ViewModel model{.step = "recovery_stop", .title = "recover.stop_title", .lead = "recover.stop_lead"};
    model.choices.push_back({.label = "recover.stop", .style = view::ChoiceStyle::primary});
    co_return journey::page(
        services.pages, context, request, model,
        {.form_action = "/recover/stop", .hidden = {{"token", token}}, .development = services.development});
}

Task<Result<http::Response>> submit_stop(Services const& services, Context const& context, http::Request const& request)
{
    CO_TRY_DO(http::check_same_origin(request));
    CO_TRY(auto const input, request.form());
    auto const named = open_named(services, context, kStop, input.get("token"));
    if (!named)
        co_return dead_link(services, context, request);
    CO_TRY(auto const stands, co_await services.database.write([&](storage::Tx& tx) -> Result<bool> {
        auto const tenant = context.tenant->id;
        TRY(auto const stopped, credentials::stop_hold(tx, tenant, named->user, named->hold));
        if (!stopped) { // a second press of the button, or too late
            TRY(auto const hold, credentials::find_hold(tx, tenant, named->user, named->hold, context.now));
            return hold.has_value();
        }
        TRY_DO(events::append(tx, services.vault,
                              {.type = &events::kRecoveryStopped,
                               .tenant = tenant,
                               .user = named->user,
                               .origin = {.request_id = context.request_id}},
                              context.now));
        return true;
    }));
    if (!stands)
        co_return dead_link(services, context, request);
    view::ViewModel model{.step = "recovery_stopped", .title = "recover.stopped_title", .lead = "recover.stopped_lead"};
    model.links.push_back({.label = "action.back_to_sign_in", .href = "/signin"});
    co_return told(services, context, request, model);
}

std::unique_ptr<journey::StepHandler> make_recovery_wait_step(Services const& services)
{
    return std::make_unique<RecoveryWait>(services);
}

} // namespace gatehouse::signin
