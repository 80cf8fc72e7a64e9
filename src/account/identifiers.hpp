// The addresses and numbers of a person: added with a code that proves each, made primary, removed. Every change is
// told to where the person was reached before, with a link that takes it back (undo.hpp).
#pragma once

#include "account/portal.hpp"
#include "identity/routes.hpp"
#include "messages/outbox.hpp"

namespace gatehouse::account {

// Sends a code to what is to be added. To what somebody has already, word of that, or nothing: both look alike here.
// Errors: "identifier_exists", "identifier_limit", of phones those of messages/text_budget.hpp.
Result<credentials::ChallengeId> begin_identifier(Services const& services, storage::Tx& tx, Context const& context,
                                                  Visitor const& visitor, identity::NormalizedIdentifier const& wanted,
                                                  messages::Channel channel);
// What a code is on its way to. Error: "code_expired".
Result<identity::NormalizedIdentifier> pending_identifier(Services const& services, storage::Tx& tx,
                                                          Context const& context, Visitor const& visitor,
                                                          credentials::ChallengeId challenge);
// Errors: those of Challenges::redeem, "identifier_taken".
Result<void> finish_identifier(Services const& services, storage::Tx& tx, Context const& context,
                               Visitor const& visitor, credentials::ChallengeId challenge, std::string_view code);
// Errors: "identifier_not_found", "identifier_not_verified".
Result<void> make_primary(Services const& services, storage::Tx& tx, Context const& context, Visitor const& visitor,
                          identity::IdentifierId id);
// Errors: "identifier_not_found", "identifier_last".
Result<void> remove_identifier(Services const& services, storage::Tx& tx, Context const& context,
                               Visitor const& visitor, identity::IdentifierId id);

// "a...@example.com", "+49 ... 820": enough for its owner to recognize, too little for who reads an old mailbox.
std::string masked(identity::IdentifierKind kind, std::string_view value);

inline constexpr std::string_view kIdentifiers = "/account/identifiers";
Routes identifier_routes(Services const& services);

} // namespace gatehouse::account
