// The page of one second factor, whatever kind it is of: shown, renamed, removed.
#pragma once

#include "account/security.hpp"
#include "credentials/passwords.hpp"

namespace gatehouse::account {

// What the kinds differ in. Everything is of static storage.
struct CredentialPages {
    std::string_view path;             // "/account/security/passkey"; removing is below it, at "/remove"
    std::string_view panel;            // of the portal, where a refused name is told
    std::string_view renamed, removed; // what `back` says afterwards
    // Error: "credential_not_found".
    Result<view::Portal> (*portal)(Services const& services, storage::Tx& tx, Context const& context,
                                   Visitor const& visitor, credentials::CredentialId id);
    Result<void> (*rename)(Services const& services, storage::Tx& tx, Context const& context, Visitor const& visitor,
                           credentials::CredentialId id, std::string_view name);
    // Ends every other session; this one gets a new secret.
    Result<session::Opened> (*remove)(Services const& services, storage::Tx& tx, Context const& context,
                                      Visitor const& visitor, credentials::CredentialId id);
};
// GET and POST at `path`, POST at `path`/remove. `services` and `pages` outlive the routes.
void add_credential_routes(Routes& routes, Services const& services, CredentialPages const& pages);

// After something was set up: the recovery codes that came with it, or the list, which says `done`.
Task<Result<http::Response>> say_added(Services const& services, Context const& context, http::Request const& request,
                                       Visitor visitor, Added added, std::string done);

// What cannot be put right where it happened is told on the list.
Task<Result<http::Response>> refused_on_list(Services const& services, Context const& context,
                                             http::Request const& request, Visitor const& visitor, Error error);

} // namespace gatehouse::account
