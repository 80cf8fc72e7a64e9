// Passkeys and security keys on the account's pages.
//
// Adding and removing ask who is there (answer.hpp, is_recent) and tell the person by mail; what is removed ends the
// sessions elsewhere that may rest on it.
#pragma once

#include "account/security.hpp"
#include "credentials/passkeys.hpp"

namespace gatehouse::account {

// -- the changes
struct NewPasskey {
    boost::json::object response; // RegistrationResponseJSON
    std::string challenge;        // sealed, of `new_passkey_panel`
    std::string name;             // may be empty
    std::string device;           // "Firefox on Windows": of the browser
};
// Errors: "passkey_expired" (gone), those of credentials/webauthn.hpp and of Passkeys::enrol.
Result<Added> add_passkey(Services const& services, storage::Tx& tx, Context const& context, Visitor const& visitor,
                          NewPasskey const& wanted);
// Errors: those of Passkeys::rename.
Result<void> rename_passkey(Services const& services, storage::Tx& tx, Context const& context, Visitor const& visitor,
                            credentials::CredentialId id, std::string_view name);
// Ends every other session; this one gets a new secret.
Result<session::Opened> remove_passkey(Services const& services, storage::Tx& tx, Context const& context,
                                       Visitor const& visitor, credentials::CredentialId id);

// -- what is shown
// Nothing where browsers let nobody have passkeys.
Result<std::optional<view::ViewModel>> passkeys_panel(Services const& services, storage::Tx& tx, Context const& context,
                                                      Visitor const& visitor);
// Error: "passkey_unavailable" (not_found).
Result<view::ViewModel> new_passkey_panel(Services const& services, storage::Tx& tx, Context const& context,
                                          Visitor const& visitor);
// To rename and to remove one. Error: "credential_not_found".
Result<view::Portal> passkey_portal(Services const& services, storage::Tx& tx, Context const& context,
                                    Visitor const& visitor, credentials::CredentialId id);

Routes passkey_routes(Services const& services);

} // namespace gatehouse::account
