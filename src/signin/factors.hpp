// What the steps of further factors share.
#pragma once

#include "signin/steps.hpp"

namespace gatehouse::signin {

// Whom a factor of this journey, or a session that it was begun with, names; nobody before that.
std::optional<UserId> known_person(journey::Turn const& turn);

// A code of a second factor, as it was typed; its slots are taken.
struct FactorWork : journey::Work {
    std::string code;
    risk::Reservation reservation;
};
// `message`: what is said where it is missing.
Result<void> read_factor(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                         http::Fields const& input, std::string_view message, FactorWork& into);
// It was right: `method` is proven.
Result<journey::Outcome> prove_factor(storage::Tx& tx, journey::Turn const& turn, FactorWork const& work,
                                      credentials::Method method);
// A second factor was set up: with the first one the person gets recovery codes, which the next page shows.
Result<void> add_recovery_codes(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                                journey::Outcome& outcome);

// A page where a second factor is set up: what else could be, "not now" where it is only offered, and until when.
void add_set_up_ways(view::ViewModel& model, journey::Turn const& turn, journey::Step shown);
// Whether "not now" was pressed where it may be.
bool puts_off_set_up(journey::Turn const& turn, http::Fields const& input);
journey::Outcome put_off_set_up(journey::Turn const& turn);

// Buttons that lead to the other methods which the policy and the person's account offer at this point.
// In a recovery, before anybody is known: those that the policy offers, whether the account has them or not.
void add_recovery_ways(view::ViewModel& model, journey::Policy const& policy, credentials::Method shown);
void add_other_ways(view::ViewModel& model, journey::Turn const& turn, credentials::Method shown);

} // namespace gatehouse::signin
