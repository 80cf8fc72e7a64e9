// Whether somebody still gets in once something of their account is gone. Judged by what is in the database after the
// change and by the walk that explains sign-ins (explain.hpp), so that no rule of it is written twice.
#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "storage/database.hpp"

#include <string>
#include <vector>

namespace gatehouse::identity {
class Users;
struct Tenant;
} // namespace gatehouse::identity

namespace gatehouse::journey {

struct WaysIn {
    bool account = false;                  // to the account pages, and wherever the tenant's own policy holds
    std::vector<std::string> applications; // names of those with a policy of their own, in the order of their ids
};
// Means that are set up on the way count: who is asked for them gets in. A reset by a mailbox does not.
Result<WaysIn> ways_in(storage::Tx& tx, identity::Users const& users, identity::Tenant const& tenant, UserId user,
                       TimePoint now);
// Errors (conflict), where a way was lost: "last_way_in"; "last_way_in_application", with its name.
Result<void> check_ways_in(WaysIn const& before, WaysIn const& after);

// Runs `change`, a function that takes no argument and returns a Result, and refuses what it did, with what it wrote,
// when its person would be locked out by it.
template <class Change>
auto keeping_a_way_in(storage::Tx& tx, identity::Users const& users, identity::Tenant const& tenant, UserId user,
                      TimePoint now, Change&& change) -> decltype(change())
{
    TRY(auto const before, ways_in(tx, users, tenant, user, now));
    auto done = change();
    if (!done)
        return done;
    TRY(auto const after, ways_in(tx, users, tenant, user, now));
    TRY_DO(check_ways_in(before, after));
    return done;
}

} // namespace gatehouse::journey
