// `gatehouse explain-signin`: what the management API's users/{id}/signin-paths says, for people.
#include "journey/explain.hpp"
#include "app/commands.hpp"
#include "app/ground.hpp"
#include "applications/applications.hpp"
#include "identity/identifiers.hpp"

#include <fmt/ranges.h>

namespace gatehouse::app {

namespace {

std::string names_of(std::vector<credentials::Method> const& methods)
{
    std::vector<std::string_view> names;
    for (auto const method : methods)
        names.push_back(to_string(method));
    return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

std::string steps_of(journey::Path const& path)
{
    std::vector<std::string> steps;
    for (auto const method : path.methods) {
        auto const made = std::ranges::find(path.set_up, method) != path.set_up.end();
        steps.push_back(fmt::format("{}{}", made ? "set up " : "", to_string(method)));
    }
    if (path.put_off)
        steps.emplace_back("put off a second factor");
    return fmt::format("{}", fmt::join(steps, " > "));
}

void print(journey::Explanation const& explanation)
{
    if (!explanation.enabled) {
        fmt::print("This user is disabled: no path leads in.\n");
        return;
    }
    fmt::print("May begin with: {}\nMay stand beside it: {}\nThis person can use: {}\nNeeded: {} (by {})\n",
               names_of(explanation.first), names_of(explanation.second), names_of(explanation.usable),
               explanation.needed_acr, explanation.needed_by);
    if (explanation.grace_ends)
        fmt::print("A second factor may be put off until {}\n", to_rfc3339(*explanation.grace_ends));
    fmt::print("\n");
    for (auto const& path : explanation.paths) {
        fmt::print("{:<4} {}", path.leads_in ? "in" : "out", steps_of(path));
        if (path.leads_in)
            fmt::print("  acr {}", path.acr);
        if (!path.missing.empty())
            fmt::print("  missing: {}", names_of(path.missing));
        fmt::print("  [{}]\n", path.decided_by);
    }
    if (std::ranges::none_of(explanation.paths, &journey::Path::leads_in))
        fmt::print("No path leads in.\n");
}

} // namespace

Result<void> explain_signin(config::Settings const& settings, Words const& words)
{
    TRY(auto const identifier, identity::read_identifier(words.user));
    TRY(auto ground, open_ground(settings, storage::Tenancy::Guest));
    auto const tenant = ground->directory.find_by_slug(words.tenant.empty() ? "default" : words.tenant);
    if (!tenant)
        return refuse(ErrorKind::not_found, "tenant_not_found", "There is no tenant of this name.").at("--tenant");
    auto level = credentials::Level::single;
    if (!words.acr.empty()) {
        auto const& names = tenant->settings.signin.acr;
        auto const known = credentials::level_of_acr(words.acr, names);
        if (!known)
            return refuse(ErrorKind::invalid, "acr_unknown",
                          fmt::format("No level of this tenant has this name. Known are: {}, {}, {}.", names.single,
                                      names.multi, names.phishing_resistant))
                .at("--acr");
        level = *known;
    }
    TRY(auto const explanation, ground->database->read_now([&](storage::Tx& tx) -> Result<journey::Explanation> {
        TRY(auto const found, ground->users.find_by_identifier(tx, tenant->id, identifier));
        if (!found)
            return refuse(ErrorKind::not_found, "user_not_found", "Nobody signs in with this identifier.").at("--user");
        std::optional<applications::Application> application;
        if (!words.client_id.empty()) {
            TRY(application, applications::find_by_client_id(tx, tenant->id, words.client_id));
            if (!application)
                return refuse(ErrorKind::not_found, "application_not_found", "There is no such application.")
                    .at("--application");
        }
        return journey::explain(tx, ground->users, *tenant, application ? &*application : nullptr, found->user.id,
                                level, ground->clock.now());
    }));
    print(explanation);
    return {};
}

} // namespace gatehouse::app
