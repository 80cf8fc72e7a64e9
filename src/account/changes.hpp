// The changes that people make to their own accounts.
#pragma once

#include "account/portal.hpp"
#include "messages/outbox.hpp"
#include "risk/attempts.hpp"

namespace gatehouse::account {

events::Origin origin_of(Context const& context, Visitor const& visitor);

// Word of a change, to the primary address; nothing without one.
Result<void> notify(Services const& services, storage::Tx& tx, Context const& context, Visitor const& visitor,
                    messages::Kind kind, view::Arguments arguments);
// After a credential was replaced or removed, which raised the epoch: ends every other session; this one stays as it
// was opened, with a new secret.
Result<session::Opened> keep_only_this_session(Services const& services, storage::Tx& tx, Context const& context,
                                               Visitor const& visitor, std::int64_t epoch);

// What the current password is compared with; its slots are taken.
struct Check {
    std::string phc;
    std::int64_t version = 0;
    std::vector<std::string> history; // hashes that are not taken again, the current one among them
    risk::Reservation reservation;
};
// Error: "too_many_attempts".
Result<Check> begin_check(Services const& services, storage::Tx& tx, Context const& context,
                          http::Request const& request, Visitor const& visitor);
// The password was wrong: the event, and the refusal "wrong_password" that keeps it.
Result<void> fail_check(Services const& services, storage::Tx& tx, Context const& context, Visitor const& visitor);

Result<void> save_profile(Services const& services, storage::Tx& tx, Context const& context, Visitor const& visitor,
                          boost::json::object const& profile);
// Ends every other session; this one gets a new secret.
Result<session::Opened> change_password(Services const& services, storage::Tx& tx, Context const& context,
                                        Visitor const& visitor, Check const& check, std::string const& phc);
// Sends a code to the new address; to one that somebody has already, word of that. Both look alike here.
Result<credentials::ChallengeId> begin_email_change(Services const& services, storage::Tx& tx, Context const& context,
                                                    Visitor const& visitor, Check const& check,
                                                    identity::NormalizedIdentifier const& email);
// The code was entered: the new address takes the place of the old one, which gets a notice. Error: those of
// Challenges::redeem, "identifier_taken".
Result<void> finish_email_change(Services const& services, storage::Tx& tx, Context const& context,
                                 Visitor const& visitor, credentials::ChallengeId challenge, std::string const& code);
// Takes the slots of an attempt to enter the code.
Result<risk::Reservation> reserve_code(Services const& services, storage::Tx& tx, Context const& context,
                                       Visitor const& visitor);
Result<risk::Reservation> reserve_mail(Services const& services, storage::Tx& tx, Context const& context,
                                       identity::NormalizedIdentifier const& email);

} // namespace gatehouse::account
