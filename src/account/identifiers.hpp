// The addresses and numbers of a person: added with a code that proves each, made primary, removed. Every change is
// told to where the person was reached before, with a link that takes it back (undo.hpp).
#pragma once

#include "account/portal.hpp"
#include "identity/routes.hpp"
#include "messages/outbox.hpp"

namespace gatehouse::account {

// Where a phone number is a way to sign in, it is added by those who may set that up. Error: "enrolment_not_offered".
Result<void> check_addable(Context const& context, identity::IdentifierKind kind);
// Sends a code to what is to be added. To what somebody has already, word of that, or nothing: both look alike here.
// Errors: those of check_addable, "identifier_exists", "identifier_limit", of phones those of messages/text_budget.hpp.
Result<credentials::ChallengeId> begin_identifier(Services const& services, storage::Tx& tx, Context const& context,
                                                  Visitor const& visitor, identity::NormalizedIdentifier const& wanted,
                                                  messages::Channel channel);
// What a code is on its way to. Error: "code_expired".
Result<identity::NormalizedIdentifier> pending_identifier(Services const& services, storage::Tx& tx,
                                                          Context const& context, Visitor const& visitor,
                                                          credentials::ChallengeId challenge);
// All of the following refuse a session that an undo or another change of credentials has ended meanwhile
// ("security_epoch_changed").
// Errors: those of Challenges::redeem, "identifier_taken".
// A number that has become a second factor counts as given in this session, which has a new secret then.
Result<std::optional<session::Opened>> finish_identifier(Services const& services, storage::Tx& tx,
                                                         Context const& context, Visitor const& visitor,
                                                         credentials::ChallengeId challenge, std::string_view code);
// Errors: "identifier_not_found", "identifier_not_verified".
Result<void> make_primary(Services const& services, storage::Tx& tx, Context const& context, Visitor const& visitor,
                          identity::IdentifierId id);
// A proven address takes the place of the primary one, which goes. Ends every other session and the trust in browsers;
// this session gets a new secret. Error: "identifier_taken".
Result<session::Opened> replace_email(Services const& services, storage::Tx& tx, Context const& context,
                                      Visitor const& visitor, identity::NormalizedIdentifier const& email);
// The same for one that was proven; one that was not just goes. Errors: "identifier_not_found", "identifier_last".
Result<std::optional<session::Opened>> remove_identifier(Services const& services, storage::Tx& tx,
                                                         Context const& context, Visitor const& visitor,
                                                         identity::IdentifierId id);

// "a...@example.com", "+49 ... 820": enough for its owner to recognize, too little for who reads an old mailbox.
std::string masked(identity::IdentifierKind kind, std::string_view value);

inline constexpr std::string_view kIdentifiers = "/account/identifiers";
Routes identifier_routes(Services const& services);

} // namespace gatehouse::account
