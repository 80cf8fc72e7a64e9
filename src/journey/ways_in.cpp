#include "journey/ways_in.hpp"

#include "applications/applications.hpp"
#include "journey/explain.hpp"

#include <algorithm>

namespace gatehouse::journey {

namespace {

Result<bool> leads_in(storage::Tx& tx, identity::Users const& users, identity::Tenant const& tenant,
                      applications::Application const* application, UserId user, TimePoint now)
{
    TRY(auto const explained, explain(tx, users, tenant, application, user, credentials::Level::single, now));
    return std::ranges::any_of(explained.paths, &Path::leads_in);
}

} // namespace

Result<WaysIn> ways_in(storage::Tx& tx, identity::Users const& users, identity::Tenant const& tenant, UserId user,
                       TimePoint now)
{
    WaysIn ways;
    TRY(ways.account, leads_in(tx, users, tenant, nullptr, user, now));
    for (storage::PageRequest page;;) {
        TRY(auto found, applications::list(tx, tenant.id, page));
        for (auto const& application : found.items) {
            if (!application.enabled || application.signin == identity::ApplicationSignIn{})
                continue;
            TRY(bool const in, leads_in(tx, users, tenant, &application, user, now));
            if (in)
                ways.applications.push_back(application.name);
        }
        if (!found.next)
            return ways;
        page.after = std::move(*found.next);
    }
}

Result<void> check_ways_in(WaysIn const& before, WaysIn const& after)
{
    if (before.account && !after.account)
        return refuse(ErrorKind::conflict, "last_way_in",
                      "Without it nothing that you have would let you sign in. Set up another way first.");
    // Both are in one order, and nothing is gained by a removal.
    for (auto const& name : before.applications)
        if (std::ranges::count(after.applications, name) < std::ranges::count(before.applications, name))
            return refuse(ErrorKind::conflict, "last_way_in_application",
                          fmt::format("Without it nothing that you have would let you sign in to {}. Set up another "
                                      "way first.",
                                      name))
                .with("application", name);
    return {};
}

} // namespace gatehouse::journey
