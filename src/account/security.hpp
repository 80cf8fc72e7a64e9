// Second factors on the account's pages: authenticator apps and recovery codes.
//
// Adding, removing and new codes ask who is there (answer.hpp, is_recent), tell the person by mail, and what is removed
// ends the sessions elsewhere that may rest on it.
#pragma once

#include "account/portal.hpp"
#include "credentials/authenticators.hpp"
#include "credentials/recovery_codes.hpp"

namespace gatehouse::account {

// -- the changes
struct NewAuthenticator {
    std::string enrolment; // PendingAuthenticator::sealed
    std::string code;
    std::string name;
};
// What was set up, in the session that has shown it.
struct Added {
    std::vector<std::string> recovery_codes; // that were made with the first second factor; none when there are some
    session::Opened session;
};
// Errors: those of Authenticators::confirm.
Result<Added> add_authenticator(Services const& services, storage::Tx& tx, Context const& context,
                                Visitor const& visitor, NewAuthenticator const& wanted);
Result<void> rename_authenticator(Services const& services, storage::Tx& tx, Context const& context,
                                  Visitor const& visitor, credentials::CredentialId id, std::string_view name);
// Ends every other session; this one gets a new secret.
Result<session::Opened> remove_authenticator(Services const& services, storage::Tx& tx, Context const& context,
                                             Visitor const& visitor, credentials::CredentialId id);
// Error: "second_factor_missing" (conflict): there is nothing that they would stand in for.
Result<std::vector<std::string>> make_recovery_codes(Services const& services, storage::Tx& tx, Context const& context,
                                                     Visitor const& visitor);

// -- what is shown
view::Portal security_portal(Visitor const& visitor);
Result<std::vector<view::ViewModel>> second_factor_panels(Services const& services, storage::Tx& tx,
                                                          Context const& context, Visitor const& visitor);
view::ViewModel enrolment_panel(Context const& context, Visitor const& visitor,
                                credentials::PendingAuthenticator const& pending);
// To rename and to remove one. Error: "credential_not_found".
Result<view::Portal> authenticator_portal(Services const& services, storage::Tx& tx, Context const& context,
                                          Visitor const& visitor, credentials::CredentialId id);
// The one time that codes are shown. They travel back sealed, to be downloaded.
Result<view::ViewModel> recovery_codes_panel(Services const& services, Context const& context, Visitor const& visitor,
                                             std::vector<std::string> const& codes);
// The file. Error: "page_expired" (gone): shown more than an hour ago, or elsewhere.
Result<std::string> recovery_codes_file(Services const& services, Context const& context, Visitor const& visitor,
                                        std::string_view sealed);

Routes security_routes(Services const& services);

} // namespace gatehouse::account
