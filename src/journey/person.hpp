// What the database says about a person, as far as a sign-in policy asks.
#pragma once

#include "journey/next_step.hpp"
#include "session/session.hpp"
#include "storage/database.hpp"

namespace gatehouse::identity {
class Users;
}

namespace gatehouse::journey {

// Whose data, and what of it can be used here.
struct People {
    identity::Users const& users;
    bool texts = true; // whether texts can be sent
};

// Fills the members of the person: which methods they can use, whether their password is to be changed, and when
// their grace began.
Result<void> look_up(storage::Tx& tx, People const& people, identity::Tenant const& tenant, Policy const& policy,
                     UserId user, TimePoint now, Situation& into);

// Whether a live session may be used without a question, for the tenant's own pages or an application: what the session
// was opened by may be less than the policy asks of this person. No statement where two factors were given, nor where
// the policy asks nobody for a second one or everybody at once; one look at the person otherwise.
Result<bool> satisfies(storage::Tx& tx, People const& people, identity::Tenant const& tenant, Policy const& policy,
                       session::Session const& session, Requirements const& requirements, TimePoint now);

// grace_store.cpp. The first call counts.
Result<void> begin_grace(storage::Tx& tx, TenantId tenant, UserId user, TimePoint now);
Result<std::optional<TimePoint>> grace_began(storage::Tx& tx, TenantId tenant, UserId user);
// For Users::add_eraser.
Result<void> erase_grace(storage::Tx& tx, TenantId tenant, UserId user);

} // namespace gatehouse::journey
