#include "signin/factors.hpp"

namespace gatehouse::signin {

std::optional<UserId> known_person(journey::Turn const& turn)
{
    if (what_counts(turn.journey, turn.situation, turn.context.now).empty())
        return std::nullopt;
    return turn.journey.facts.user;
}

Result<void> read_factor(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                         http::Fields const& input, std::string_view message, FactorWork& into)
{
    TRY(into.code, required(input, "code", "code_required", message));
    auto const device = risk::read_device(turn.context, turn.request, services.vault);
    TRY(auto slots, risk::factor_slots(services.vault, turn.context, device, *turn.journey.facts.user));
    TRY(into.reservation, risk::reserve(tx, turn.context.tenant->id, std::move(slots), turn.context.now));
    return {};
}

Result<journey::Outcome> prove_factor(storage::Tx& tx, journey::Turn const& turn, FactorWork const& work,
                                      credentials::Method method)
{
    TRY_DO(risk::succeed(tx, turn.context.tenant->id, work.reservation));
    journey::Outcome outcome{.journey = turn.journey};
    auto& facts = outcome.journey.facts;
    facts.prove(*facts.user, facts.security_epoch, method, turn.context.now);
    return outcome;
}

Result<void> add_recovery_codes(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                                journey::Outcome& outcome)
{
    auto const& context = turn.context;
    auto& facts = outcome.journey.facts;
    if (!turn.policy().enrol.has(credentials::Method::recovery_code))
        return {};
    TRY(auto const status, services.recovery_codes.status(tx, context.tenant->id, *facts.user));
    if (status)
        return {};
    TRY(facts.new_recovery_codes,
        services.recovery_codes.generate(tx, context.tenant->id, *facts.user, origin_of(turn), context.now));
    return {};
}

namespace {

void add_way(view::ViewModel& model, credentials::Method method)
{
    auto const name = std::string(to_string(method));
    model.choices.push_back({.name = "use",
                             .value = name,
                             .label = view::Text("factor.use." + name),
                             .style = view::ChoiceStyle::link,
                             .skips_checks = true});
}

// It is offered, not demanded: they are signed in without it.
bool may_put_off_set_up(journey::Turn const& turn)
{
    return journey::is_authenticated(turn.journey, turn.policy(), turn.situation, turn.context.now);
}

} // namespace

void add_set_up_ways(view::ViewModel& model, journey::Turn const& turn, journey::Step shown)
{
    auto const& [journey, policy, now] = std::tie(turn.journey, turn.policy(), turn.context.now);
    auto const here = journey::method_set_up_at(shown, journey, policy, turn.situation, now);
    for (auto const method : journey::ways_to_set_up(journey, policy, turn.situation, now)) {
        if (method == here)
            continue;
        auto const name = std::string(to_string(method));
        model.choices.push_back({.name = "use",
                                 .value = name,
                                 .label = view::Text("factor.set_up." + name),
                                 .style = view::ChoiceStyle::link,
                                 .skips_checks = true});
    }
    if (!may_put_off_set_up(turn))
        return;
    auto const ends = turn.situation.grace_began.value_or(turn.context.now) + turn.policy().grace;
    model.note = {"factor.enrol_grace", {{"until", ends}}};
    model.choices.push_back({.name = "later",
                             .value = "yes",
                             .label = "factor.enrol_later",
                             .style = view::ChoiceStyle::link,
                             .skips_checks = true});
}

bool puts_off_set_up(journey::Turn const& turn, http::Fields const& input)
{
    return !input.get("later").empty() && may_put_off_set_up(turn);
}

journey::Outcome put_off_set_up(journey::Turn const& turn)
{
    journey::Outcome outcome{.journey = turn.journey};
    outcome.journey.facts.enrolment_put_off = true;
    outcome.journey.facts.challenge.reset();
    return outcome;
}

void add_recovery_ways(view::ViewModel& model, journey::Policy const& policy, credentials::Method shown)
{
    using credentials::Method;
    for (auto const method : {Method::email_code, Method::sms_code, Method::recovery_code, Method::passkey})
        if (policy.recovery.has(method) && method != shown)
            add_way(model, method);
}

void add_other_ways(view::ViewModel& model, journey::Turn const& turn, credentials::Method shown)
{
    if (turn.journey.purpose == journey::Purpose::recovery && !known_person(turn)) {
        add_recovery_ways(model, turn.policy(), shown);
        return;
    }
    for (auto const method : journey::ways_on(turn.journey, turn.policy(), turn.situation, turn.context.now)) {
        bool const is_there = method == credentials::Method::passkey && !model.passkey.options.empty();
        if (method == shown || is_there)
            continue;
        add_way(model, method);
    }
}

} // namespace gatehouse::signin
