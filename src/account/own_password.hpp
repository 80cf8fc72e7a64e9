// Having a password or none: people who sign in without one may set one, and who has other means may do without.
#pragma once

#include "account/portal.hpp"

namespace gatehouse::account {

// What the security page says of it: changed by a form, or set, or removed, on pages of their own.
Result<view::ViewModel> password_panel(Services const& services, storage::Tx& tx, Context const& context,
                                       Visitor const& visitor);

// The first one. Errors: "password_exists" (conflict), "enrolment_not_offered" (forbidden).
Result<session::Opened> set_first_password(Services const& services, storage::Tx& tx, Context const& context,
                                           Visitor const& visitor, std::string const& phc);
// Ends every other session; this one gets a new secret. Errors: "credential_not_found", and those of
// journey/ways_in.hpp: nobody locks themselves out.
Result<session::Opened> remove_own_password(Services const& services, storage::Tx& tx, Context const& context,
                                            Visitor const& visitor);

// GET, POST /account/security/password/new; GET, POST /account/security/password/remove.
Routes own_password_routes(Services const& services);

} // namespace gatehouse::account
