// Approval on a registered device, beside a password: ask the devices, wait for the answer.
#include "signin/push_steps.hpp"
#include "applications/registry.hpp"
#include "messages/push_sender.hpp"
#include "session/session.hpp"
#include "signin/factors.hpp"
#include "signin/steps.hpp"

#include <boost/json.hpp>

namespace gatehouse::signin {

namespace {

using credentials::Method;
using credentials::PushDetails;
using credentials::PushRequest;
using credentials::PushRequestId;
using credentials::PushState;

struct PushWork final : journey::Work {
    bool again = false;
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

// Asks, and once that is written tells the devices.
Result<journey::Outcome> ask(Services const& services, storage::Tx& tx, journey::Turn const& turn)
{
    auto const& context = turn.context;
    auto const user = known_person(turn);
    if (!user)
        return refuse(ErrorKind::conflict, "push_no_device", "No device is registered to approve sign-ins.");
    TRY(auto const request, services.push_requests.ask(tx, context.tenant->id, *user, turn.journey.id.value,
                                                       details_of(services, turn), origin_of(turn), context.now));
    TRY(auto messages, push_messages(services, tx, *context.tenant, request, context.now));
    journey::Outcome outcome{.journey = turn.journey};
    outcome.journey.facts.challenge = request.id.value;
    outcome.after_commit = [&services, messages = std::move(messages)] {
        for (auto const& message : messages)
            services.pushes.send(message);
    };
    return outcome;
}

class PushSend final : public journey::StepHandler {
public:
    explicit PushSend(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx&, journey::Turn const& turn, http::Fields const&) const override
    {
        view::ViewModel model{.title = "push.title", .lead = "push.send_lead"};
        model.account = turn.journey.facts.identifier;
        model.choices.push_back({.label = "push.send", .style = view::ChoiceStyle::primary});
        add_other_ways(model, turn, Method::push);
        return model;
    }
    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx&, journey::Turn const&,
                                                   http::Fields const&) const override
    {
        return std::make_unique<PushWork>();
    }
    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const&,
                                      journey::Computed const&) const override
    {
        return ask(services_, tx, turn);
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
        auto const state = request && request->journey == turn.journey.id.value ? request->state : PushState::expired;
        view::ViewModel model{.title = "push.wait_title", .lead = "push.wait_lead"};
        model.account = turn.journey.facts.identifier;
        bool const open = state == PushState::waiting || state == PushState::approved;
        if (open) {
            auto const number = std::to_string(request->number);
            model.keepsake = {.label = "push.number", .lines = {number}};
            model.waiting = "/signin/push/" + id.to_string();
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
        add_other_ways(model, turn, Method::push);
        return model;
    }
    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx&, journey::Turn const&,
                                                   http::Fields const& input) const override
    {
        auto work = std::make_unique<PushWork>();
        work->again = input.get("action") == "resend";
        return work;
    }
    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const& prepared,
                                      journey::Computed const&) const override
    {
        if (static_cast<PushWork const&>(prepared).again)
            return ask(services_, tx, turn);
        auto const& [context, request, journey, situation, sessions] = turn;
        auto const user = known_person(turn);
        if (!user)
            return refuse(ErrorKind::gone, "push_expired", "The request has expired. Ask your device once more.");
        TRY_DO(services_.push_requests.take(tx, context.tenant->id, *user, journey.id.value,
                                            PushRequestId{*journey.facts.challenge}, context.now));
        TRY(auto const active,
            services_.users.require_active(tx, context.tenant->id, *user, journey.facts.security_epoch));
        journey::Outcome outcome{.journey = journey};
        outcome.journey.facts.challenge.reset();
        outcome.journey.facts.prove(active.id, active.security_epoch, Method::push, context.now);
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
    for (auto const& device : devices) {
        if (!device.subscription)
            continue;
        boost::json::object const payload{{"request", request.id.to_string()},
                                          {"application", request.details.application},
                                          {"place", request.details.place},
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
