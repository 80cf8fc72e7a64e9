// A change of an address or number is told to the old one, with a link that takes it back for some days: a signed,
// single-use secret whose holder reads what the person was reached by before.
//
// Think of it both ways. Who takes over an account moves it to their own mailbox, and the owner, who reads the old one,
// takes it back: what was added since the acting session began goes (addresses, numbers, credentials, a new password),
// every session ends. Who has got hold of an old mailbox that its owner has left gains an address on the account, for
// that time only, and nothing else: the link signs nobody in, second factors from before stay, everybody whom the
// account reached is told, and a reset that follows waits (credentials/reset_caution.hpp) where they can stop it.
#pragma once

#include "account/portal.hpp"
#include "identity/routes.hpp"

namespace gatehouse::account {

// An address or number as it was before the change.
struct Former {
    identity::IdentifierKind kind = identity::IdentifierKind::email;
    std::string value;
    bool primary = false;
};
struct UndoableChange {
    UserId user;
    Former recipient;           // who is told: theirs again, whatever happens meanwhile
    std::optional<Former> lost; // what else the change takes away
    TimePoint acting_since;     // the session in which it is made
    TimePoint user_since;       // the account
};
// The link for one recipient; "" where the tenant allows no undoing. A recipient who was told of earlier changes, and
// has not taken them back, takes back all of them with any of the links: a thief changes more than one thing.
Result<std::string> make_undo_link(Services const& services, storage::Tx& tx, Context const& context,
                                   UndoableChange const& change);

// Errors: those of Challenges::redeem, "identifier_taken".
Result<void> undo_change(Services const& services, storage::Tx& tx, Context const& context,
                         credentials::ChallengeId challenge, std::string_view code);

// GET and POST /account/undo. Needs no session: who follows the link may have none any more.
Routes undo_routes(Services const& services);

} // namespace gatehouse::account
