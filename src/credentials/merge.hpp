// The credentials of an account that is joined with another one.
//
// Passkeys and authenticator apps move; a password only where the account that stays has none. Recovery codes and
// devices that approve sign-ins stay behind: the former exist once a person, the latter are bound to their account.
#pragma once

#include "identity/merges.hpp"

namespace gatehouse::credentials {

struct MovingCredential {
    std::string kind; // "password", "totp", "passkey"
    std::string name; // may be empty
};
Result<std::vector<MovingCredential>> movable_credentials(storage::Tx& tx, vault::Vault& vault,
                                                          identity::Users const& users, TenantId tenant,
                                                          identity::Joined const& joined);
// Errors: "passkey_limit", "authenticator_limit" (conflict).
Result<void> move_credentials(storage::Tx& tx, vault::Vault& vault, identity::Users const& users, TenantId tenant,
                              identity::Joined const& joined);

} // namespace gatehouse::credentials
