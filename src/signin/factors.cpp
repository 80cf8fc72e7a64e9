#include "signin/factors.hpp"

namespace gatehouse::signin {

std::optional<UserId> known_person(journey::Turn const& turn)
{
    if (what_counts(turn.journey, turn.situation, turn.context.now).empty())
        return std::nullopt;
    return turn.journey.facts.user;
}

void add_other_ways(view::ViewModel& model, journey::Turn const& turn, credentials::Method shown)
{
    auto const policy = journey::Policy::of(*turn.context.tenant);
    for (auto const method : journey::ways_on(turn.journey, policy, turn.situation, turn.context.now)) {
        bool const is_there = method == credentials::Method::passkey && !model.passkey.options.empty();
        if (method == shown || is_there)
            continue;
        auto const name = std::string(to_string(method));
        model.choices.push_back({.name = "use",
                                 .value = name,
                                 .label = view::Text("factor.use." + name),
                                 .style = view::ChoiceStyle::link,
                                 .skips_checks = true});
    }
}

} // namespace gatehouse::signin
