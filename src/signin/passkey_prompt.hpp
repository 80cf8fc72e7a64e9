// A passkey on a page: asked for, taken, believed. Shared by the passkey step and the password page, which offers one.
//
// The challenge travels sealed in a hidden field, bound to the journey: an answer serves in no other journey, and a
// journey ends once.
#pragma once

#include "signin/steps.hpp"

namespace gatehouse::signin {

enum class PasskeyPlace : std::uint8_t {
    alone,  // what the page is about
    beside, // another way in; browsers offer it among the entries of the first field, too
};
// Adds the prompt and its challenge to the page; nothing where passkeys cannot work.
Result<void> ask_for_passkey(Services const& services, storage::Tx& tx, journey::Turn const& turn, PasskeyPlace place,
                             view::ViewModel& model);

// Whether a passkey was sent.
bool has_passkey(http::Fields const& input);

struct PasskeyWork final : journey::Work {
    boost::json::object response;
    Bytes challenge;
    std::string ticket = {}; // of a reset that waits
};
// Errors: "passkey_malformed", "passkey_expired" (the challenge is of another journey, or too old).
Result<std::unique_ptr<journey::Work>> read_passkey(Services const& services, journey::Turn const& turn,
                                                    http::Fields const& input);
// Errors, which leave their trace: those of credentials/webauthn.hpp and Passkeys::confirm_use, "passkey_unknown",
// "passkey_other_account" (of somebody else than the page asked).
Result<journey::Outcome> believe_passkey(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                                         PasskeyWork const& work);

} // namespace gatehouse::signin
