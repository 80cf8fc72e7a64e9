// A passkey or security key that is made in the middle of a sign-in: offered after a password, or set up because two
// factors are demanded.
#pragma once

#include "credentials/passkey_creation.hpp"
#include "signin/steps.hpp"

namespace gatehouse::signin {

// Adds the prompt and its challenge, bound to the journey.
Result<void> ask_for_new_passkey(Services const& services, storage::Tx& tx, journey::Turn const& turn, view::Text label,
                                 view::ViewModel& model);
// Errors, at "passkey": "passkey_malformed", those of credentials::read_creation.
Result<credentials::webauthn::Registered> read_new_passkey(Services const& services, journey::Turn const& turn,
                                                           http::Fields const& input);
// It is the person's from now on, who is told; with their first second factor come recovery codes. Making one that
// verified its user proves it: the session counts as one that was opened with it, too.
Result<void> keep_new_passkey(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                              credentials::webauthn::Registered const& registered, journey::Outcome& outcome);

} // namespace gatehouse::signin
