// Word of changes to the addresses and numbers of a person: the one way in which all of them are told, to everything
// that the person is reached by. Who takes over one of them does not keep the others from hearing of it.
#pragma once

#include "account/portal.hpp"

namespace gatehouse::account {

struct IdentifierChange {
    std::string_view what;                         // "added", "primary", "removed", "replaced" (one address by another)
    identity::Identifier changed;                  // what is new; of "removed" what went
    std::optional<identity::Identifier> lost = {}; // what is not the primary one, or not there, any more
};
// To every verified address and number of `before`, and to what was lost; not to what is new itself. The primary ones
// and the lost one get a link that takes the change back (undo.hpp): in a mailbox that is hardly looked after it would
// be of use to others.
Result<void> tell_of_change(Services const& services, storage::Tx& tx, Context const& context, Visitor const& visitor,
                            std::vector<identity::Identifier> const& before, IdentifierChange const& change);

// A change was taken back, and `restored` is part of the account again. `told`: what the person was reached by before
// that, and is now.
Result<void> tell_of_undo(Services const& services, storage::Tx& tx, Context const& context, UserId user,
                          std::vector<identity::Identifier> const& told, identity::Identifier const& restored);

} // namespace gatehouse::account
