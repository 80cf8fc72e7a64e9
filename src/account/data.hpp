// What a person may see of what is kept about them, take away, and have erased.
//
// Export and deletion ask for proof (proof.hpp): whoever finds an open browser gets neither. Who asks for the deletion
// is signed out everywhere, applications too, and everything that reaches them tells of it; signing in during the
// grace period keeps the account (journey::Step::keep_account).
#pragma once

#include "account/answer.hpp"
#include "events/reader.hpp"
#include "identity/routes.hpp"

namespace gatehouse::account {

// The page "/account/data": recent activity, the export, the deletion of the account. `before`: older activity.
Result<std::vector<view::ViewModel>> data_panels(Services const& services, storage::Tx& tx, Context const& context,
                                                 Visitor const& visitor, std::optional<events::EventId> before = {});
// "Secure your account": what to do when something was not oneself.
std::vector<view::ViewModel> secure_panels();
// What is lost.
view::ViewModel deletion_confirm_panel(Context const& context);

// Errors: "deletion_closed" (forbidden), "administrator_account" (conflict), those of Users::require_active. Returns
// when the account is erased; nothing when that has happened already, where there is no grace period.
Result<std::optional<TimePoint>> delete_account(Services const& services, storage::Tx& tx, Context const& context,
                                                Visitor const& visitor);

// GET /account/data; POST /account/data/export; GET, POST /account/data/delete; GET, POST /account/secure.
Routes data_routes(Services const& services);

} // namespace gatehouse::account
