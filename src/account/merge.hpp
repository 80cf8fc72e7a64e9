// "Join another account": a person who is signed in proves a second account of theirs, sees what moves, and says yes.
//
// Think of who would like to do this for them. It begins with proof of the first account (proof.hpp) and a fresh
// sign-in to the other, in which no session and no trusted browser counts. The page and the yes are bound to both
// sessions, which must still stand, in this browser, and be as young as that; what is said yes to can be done once, for
// then the other account is closed. Every address of both hears of it (journey/merge.hpp).
#pragma once

#include "identity/routes.hpp"
#include "journey/services.hpp"

namespace gatehouse::account {

inline constexpr std::string_view kMerge = "/account/merge";

// Registers the continuation "merge". At wiring.
void add_merge_continuation(journey::Services const& services);
// GET, POST /account/merge; GET, POST /account/merge/confirm.
Routes merge_routes(journey::Services const& services);

} // namespace gatehouse::account
