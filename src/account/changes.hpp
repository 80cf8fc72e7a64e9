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

// What people may set up for themselves here (settings.signin.enrol).
bool may_enrol(Context const& context, credentials::Method method);
// Asked when a set-up begins, and again in the transaction that ends it: what is listed may have changed meanwhile, and
// forms need not come from our pages. Error: "enrolment_not_offered" (forbidden).
Result<void> check_enrolment(Context const& context, credentials::Method method);
// The recovery codes that come with the first second factor; none when there are some, or people are to have none.
Result<std::vector<std::string>> first_recovery_codes(Services const& services, storage::Tx& tx, Context const& context,
                                                      Visitor const& visitor);
// The person has shown in this session that they hold `shown`, which was set up just now: the session counts as one
// that gave it, with a new secret, so that they are not asked for it at once.
Result<session::Opened> raise_session(Services const& services, storage::Tx& tx, Context const& context,
                                      Visitor const& visitor, credentials::Methods shown);

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
// The address that a code went to. Error: "code_expired".
Result<identity::NormalizedIdentifier> pending_email(Services const& services, storage::Tx& tx, Context const& context,
                                                     Visitor const& visitor, credentials::ChallengeId challenge);
// The code was entered: the new address takes the place of the old one (identifiers.hpp). Errors: those of
// Challenges::redeem, "identifier_taken".
Result<session::Opened> finish_email_change(Services const& services, storage::Tx& tx, Context const& context,
                                            Visitor const& visitor, credentials::ChallengeId challenge,
                                            std::string const& code);
// Takes the slots of an attempt to enter the code that went to `wanted`.
Result<risk::Reservation> reserve_code(Services const& services, storage::Tx& tx, Context const& context,
                                       Visitor const& visitor, identity::NormalizedIdentifier const& wanted);
Result<risk::Reservation> reserve_mail(Services const& services, storage::Tx& tx, Context const& context,
                                       identity::NormalizedIdentifier const& email);

} // namespace gatehouse::account
