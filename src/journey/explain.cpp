#include "journey/explain.hpp"

#include "applications/application.hpp"
#include "identity/users.hpp"

#include <algorithm>

namespace gatehouse::journey {

using credentials::Level;
using credentials::Method;
using credentials::Methods;
using identity::SecondFactor;

namespace {

struct Walk {
    Policy const& policy;
    identity::AcrNames const& names;
    TimePoint now;
    UserId user;
    std::vector<Path> paths;

    void end(Path path, Level level, bool leads_in)
    {
        path.leads_in = leads_in;
        path.acr = acr_of(level, names);
        paths.push_back(std::move(path));
    }
    void prove(Journey journey, Situation situation, Path path, Method method)
    {
        path.methods.push_back(method);
        situation.usable.add(method);
        journey.facts.prove(user, 0, method, now);
        go(std::move(journey), std::move(situation), std::move(path));
    }
    void go(Journey journey, Situation situation, Path path)
    {
        auto const level = policy.level_of(what_counts(journey, situation, now));
        auto const step = next_step(journey, policy, situation, now);
        if (is_authenticated(journey, policy, situation, now) &&
            !method_set_up_at(step, journey, policy, situation, now))
            return end(std::move(path), level, true);
        if (step == Step::too_weak) {
            auto const proven = journey.facts.proven;
            for (auto const method : policy.second)
                if (!situation.usable.has(method) && policy.level_of(proven | Methods{method}) > level)
                    path.missing.push_back(method);
            return end(std::move(path), level, false);
        }
        if (auto const method = method_set_up_at(step, journey, policy, situation, now)) {
            if (is_authenticated(journey, policy, situation, now)) {
                auto later = path;
                later.put_off = true;
                end(std::move(later), level, true);
            }
            path.set_up.push_back(*method);
            return prove(std::move(journey), std::move(situation), std::move(path), *method);
        }
        for (auto const method : ways_on(journey, policy, situation, now)) {
            if (situation.usable.has(method) && !journey.facts.proven.has(method)) {
                prove(journey, situation, path, method);
            } else if (!situation.usable.has(method)) {
                auto missed = path;
                missed.methods.push_back(method);
                missed.missing.push_back(method);
                end(std::move(missed), level, false);
            }
        }
    }
};

std::string setting_of(bool own, std::string_view member)
{
    return (own ? "application.signin." : "settings.signin.") + std::string(member);
}

} // namespace

std::vector<Path> paths_of(Policy const& policy, Situation const& situation, Requirements const& requirements,
                           identity::AcrNames const& names, TimePoint now)
{
    Walk walk{.policy = policy, .names = names, .now = now, .user = requirements.user.value_or(UserId{}), .paths = {}};
    if (situation.user_active)
        walk.go({.requirements = requirements}, situation, {});
    return std::move(walk.paths);
}

Result<Explanation> explain(storage::Tx& tx, identity::Users const& users, identity::Tenant const& tenant,
                            applications::Application const* application, UserId user, Level level, TimePoint now)
{
    TRY(auto const found, users.get(tx, tenant.id, user));
    auto const* own = application ? &application->signin : nullptr;
    auto const policy = Policy::of(tenant, own);
    Situation situation{.user_active = found.enabled};
    TRY_DO(look_up(tx, {.users = users}, tenant, policy, user, now, situation));

    auto const& names = tenant.settings.signin.acr;
    Explanation explanation{.enabled = found.enabled, .first = policy.first, .second = policy.second};
    for (auto const& traits : credentials::kMethodTraits)
        if (situation.usable.has(traits.method))
            explanation.usable.push_back(traits.method);
    auto const in_grace = may_put_off(policy, situation, now);
    if (in_grace)
        explanation.grace_ends = situation.grace_began.value_or(now) + policy.grace;

    auto const stricter = own && own->second_factor && *own->second_factor > tenant.settings.signin.second_factor;
    auto const demanded = (policy.second_factor == SecondFactor::required && !in_grace) ||
                          (policy.second_factor == SecondFactor::if_enrolled && has_second_factor(policy, situation));
    explanation.needed_acr = acr_of(std::max(level, demanded ? Level::multi : Level::single), names);
    explanation.needed_by =
        level > (demanded ? Level::multi : Level::single) ? "acr_values" : setting_of(stricter, "second_factor");

    explanation.paths = paths_of(policy, situation, {.user = user, .level = level}, names, now);
    for (auto& path : explanation.paths) {
        auto const begun = path.methods.size() <= 1;
        if (path.put_off)
            path.decided_by = setting_of(own && own->grace_days && *own->grace_days < tenant.settings.signin.grace_days,
                                         "grace_days");
        else if (!path.leads_in)
            path.decided_by = begun && !path.missing.empty() ? setting_of(own && own->first, "first")
                                                             : setting_of(own && own->second, "second");
        else
            path.decided_by = explanation.needed_by;
    }
    return explanation;
}

} // namespace gatehouse::journey
