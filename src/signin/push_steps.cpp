// Approval on a registered device, beside a password: ask the devices, wait for the answer.
#include "signin/push_steps.hpp"
#include "applications/registry.hpp"
#include "journey/language.hpp"
#include "messages/push_sender.hpp"
#include "places/places.hpp"
#include "session/session.hpp"
#include "signin/factors.hpp"
#include "signin/mailed_code.hpp"
#include "signin/steps.hpp"
#include "view/locale.hpp"

#include <boost/json.hpp>

namespace gatehouse::signin {

namespace {

using credentials::Method;
using credentials::PushDetails;
using credentials::PushRequest;
using credentials::PushRequestId;
using credentials::PushState;

struct PushWork final : journey::Work {
    std::string action; // "", "resend", "change"
    Typed typed;        // by a stranger
};

PushDetails details_of(Services const& services, journey::Turn const& turn)
{
    auto const& [context, request, journey, situation, sessions] = turn;
    auto const known = services.registry.cached(context.tenant->id);
    auto const* const application = known && journey.application ? known->find(*journey.application) : nullptr;
    return {.application = application ? application->application.name : context.tenant->name,
            .place = context.client_address,
            .browser = session::describe_user_agent(request.header("User-Agent"))};
}

// Whose account a stranger named, if they may sign in; and whether they have done so in this browser before, which is
// told what the account's own limits are.
struct Named {
    std::optional<UserId> user;
    bool known_here = false;
};
Result<Named> find_named(Services const& services, storage::Tx& tx, journey::Turn const& turn, Typed const& typed)
{
    TRY(auto const found, find_typed(services, tx, turn.context.tenant->id, typed));
    if (!found || !found->user.enabled)
        return Named{};
    auto const device = risk::read_device(turn.context, turn.request, services.vault);
    return Named{.user = found->user.id, .known_here = device && device->knows(found->user.id)};
}

Result<PushRequest> ask_devices(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                                Typed const& typed)
{
    auto const& context = turn.context;
    auto const tenant = context.tenant->id;
    auto const& id = turn.journey.id.value;
    auto const details = details_of(services, turn);
    auto known = known_person(turn);
    if (!known) {
        TRY(auto const named, find_named(services, tx, turn, typed));
        if (!named.known_here)
            return services.push_requests.ask_unproven(tx, tenant, named.user, typed.digest, id, details,
                                                       origin_of(turn), context.now);
        known = named.user;
    }
    return services.push_requests.ask(tx, tenant, *known, id, details, origin_of(turn), context.now);
}

// Asks, and once that is written tells the devices.
Result<journey::Outcome> ask(Services const& services, storage::Tx& tx, journey::Turn const& turn, PushWork const& work)
{
    auto const& context = turn.context;
    TRY(auto const request, ask_devices(services, tx, turn, work.typed));
    TRY(auto messages, push_messages(services, tx, *context.tenant, request, context.now));
    journey::Outcome outcome{.journey = turn.journey};
    auto& facts = outcome.journey.facts;
    facts.challenge = request.id.value;
    if (!known_person(turn))
        facts.identifier = work.typed.text;
    outcome.after_commit = [&services, messages = std::move(messages)] {
        for (auto const& message : messages)
            services.pushes.send(message);
    };
    return outcome;
}

// Before a stranger has anybody's devices asked.
Result<void> take_slots(Services const& services, storage::Tx& tx, journey::Turn const& turn, std::string_view entered,
                        PushWork& work)
{
    auto const& tenant = *turn.context.tenant;
    TRY(work.typed, read_entered(services, tenant, entered));
    TRY(auto const named, find_named(services, tx, turn, work.typed));
    if (named.known_here)
        return {};
    TRY(auto slots,
        risk::push_slots(services.vault, turn.context, {.identifier = work.typed.digest, .user = named.user}));
    TRY_DO(risk::reserve(tx, tenant.id, std::move(slots), turn.context.now));
    return {};
}

class PushSend final : public journey::StepHandler {
public:
    explicit PushSend(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx&, journey::Turn const& turn, http::Fields const& entered) const override
    {
        view::ViewModel model{.title = "push.title", .lead = "push.send_lead"};
        if (known_person(turn)) {
            model.account = turn.journey.facts.identifier;
        } else {
            model.lead = "push.first_lead";
            model.fields.push_back(identifier_field(turn, entered));
            if (turn.policy().registration_open && !turn.journey.requirements.user)
                model.links.push_back(
                    {.label = "signin.create_account", .href = "/register", .lead = "signin.no_account"});
        }
        model.choices.push_back({.label = "push.send", .style = view::ChoiceStyle::primary});
        add_other_ways(model, turn, Method::push);
        return model;
    }
    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx& tx, journey::Turn const& turn,
                                                   http::Fields const& input) const override
    {
        auto work = std::make_unique<PushWork>();
        if (known_person(turn))
            return work;
        TRY(auto const entered,
            required(input, "identifier", "identifier_required", "Enter your address or username."));
        TRY_DO(take_slots(services_, tx, turn, entered, *work));
        return work;
    }
    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const& work,
                                      journey::Computed const&) const override
    {
        return ask(services_, tx, turn, static_cast<PushWork const&>(work));
    }

private:
    Services const& services_;
};

class PushWait final : public journey::StepHandler {
public:
    explicit PushWait(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx& tx, journey::Turn const& turn, http::Fields const&) const override
    {
        auto const& context = turn.context;
        auto const id = PushRequestId{*turn.journey.facts.challenge};
        TRY(auto const request, services_.push_requests.find(tx, context.tenant->id, id, context.now));
        auto const state = request && request->journey == turn.journey.id.value
                               ? credentials::told_state(*request, context.now)
                               : PushState::expired;
        auto const known = known_person(turn).has_value();
        view::ViewModel model{.title = "push.wait_title", .lead = known ? "push.wait_lead" : "push.first_wait_lead"};
        model.account = turn.journey.facts.identifier;
        bool const open = state == PushState::waiting || state == PushState::approved;
        if (open) {
            auto const number = std::to_string(request->number);
            model.keepsake = {.label = "push.number", .lines = {number}};
            TRY(auto const ticket, push_ticket(services_, context.tenant->id, id, turn.journey, context.now));
            model.waiting = "/signin/push/" + ticket;
            model.choices.push_back({.label = "push.approved_it", .style = view::ChoiceStyle::primary});
            model.note = "push.wait_note";
            model.extra["push"] = {{"number", number},
                                   {"state", to_string(state)},
                                   {"state_address", context.tenant->issuer + model.waiting},
                                   {"expires_at", to_rfc3339(request->expires_at)}};
        } else {
            model.lead = "push.over_lead";
            model.extra["push"] = {{"state", to_string(state)}};
        }
        model.choices.push_back({.name = "action",
                                 .value = "resend",
                                 .label = "push.send_again",
                                 .style = open ? view::ChoiceStyle::link : view::ChoiceStyle::primary});
        if (!known)
            model.choices.push_back({.name = "action",
                                     .value = "change",
                                     .label = "action.change_account",
                                     .style = view::ChoiceStyle::link});
        add_other_ways(model, turn, Method::push);
        return model;
    }
    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx& tx, journey::Turn const& turn,
                                                   http::Fields const& input) const override
    {
        auto work = std::make_unique<PushWork>();
        work->action = input.get("action");
        if (work->action == "resend" && !known_person(turn))
            TRY_DO(take_slots(services_, tx, turn, turn.journey.facts.identifier, *work));
        return work;
    }
    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const& prepared,
                                      journey::Computed const&) const override
    {
        auto const& work = static_cast<PushWork const&>(prepared);
        if (work.action == "resend")
            return ask(services_, tx, turn, work);
        auto const& [context, request, journey, situation, sessions] = turn;
        journey::Outcome outcome{.journey = journey};
        auto& facts = outcome.journey.facts;
        facts.challenge.reset();
        if (work.action == "change")
            return outcome;
        auto const known = known_person(turn);
        TRY(auto const user, services_.push_requests.take(tx, context.tenant->id, known, journey.id.value,
                                                          PushRequestId{*journey.facts.challenge}, context.now));
        auto const epoch = known ? std::optional(journey.facts.security_epoch) : std::nullopt;
        TRY(auto const active, services_.users.require_active(tx, context.tenant->id, user, epoch));
        facts.prove(active.id, active.security_epoch, Method::push, context.now);
        return outcome;
    }

private:
    Services const& services_;
};

} // namespace

Result<std::vector<messages::Push>> push_messages(Services const& services, storage::Tx& tx,
                                                  identity::Tenant const& tenant, PushRequest const& request,
                                                  TimePoint now)
{
    std::vector<messages::Push> pushes;
    TRY(auto const devices, services.push_devices.list(tx, tenant.id, request.user));
    TRY(auto const sender, services.push_devices.sender_key(tx, tenant.id, now));
    if (devices.empty()) // of somebody who may not exist
        return pushes;
    TRY(auto const* const locale, journey::language_of(services, tx, tenant, request.user));
    for (auto const& device : devices) {
        if (!device.subscription)
            continue;
        boost::json::object const payload{{"request", request.id.to_string()},
                                          {"application", request.details.application},
                                          {"place", services.places.describe_address(request.details.place, *locale)},
                                          {"browser", request.details.browser}};
        auto const gone = [&services, id = tenant.id, device] {
            // Its browser gave it up; the device looks for requests itself from now on.
            auto const done = services.database.write_now(
                [&](storage::Tx& later) { return services.push_devices.subscribe(later, id, device, std::nullopt); });
            (void)done; // it is found gone once more next time
        };
        pushes.push_back({.endpoint = device.subscription->endpoint,
                          .keys = device.subscription->keys,
                          .payload = boost::json::serialize(payload),
                          .life = std::chrono::duration_cast<std::chrono::seconds>(credentials::kPushLifetime),
                          .sender = sender,
                          .subject = tenant.issuer,
                          .gone = gone});
    }
    return pushes;
}

std::unique_ptr<journey::StepHandler> make_push_send_step(Services const& services)
{
    return std::make_unique<PushSend>(services);
}
std::unique_ptr<journey::StepHandler> make_push_wait_step(Services const& services)
{
    return std::make_unique<PushWait>(services);
}

} // namespace gatehouse::signin
