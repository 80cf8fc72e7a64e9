// What the steps of further factors share.
#pragma once

#include "signin/steps.hpp"

namespace gatehouse::signin {

// Whom a factor of this journey, or a session that it was begun with, names; nobody before that.
std::optional<UserId> known_person(journey::Turn const& turn);

// Buttons that lead to the other methods which the policy and the person's account offer at this point.
void add_other_ways(view::ViewModel& model, journey::Turn const& turn, credentials::Method shown);

} // namespace gatehouse::signin
