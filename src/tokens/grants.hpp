// Grants: what a person has authorized an application to do (consent). They see and revoke them on the account page.
#pragma once

#include "events/event.hpp"
#include "identity/tenant.hpp"
#include "storage/database.hpp"
#include "vault/vault.hpp"

namespace gatehouse::tokens {

struct Grant {
    ApplicationId application;
    std::vector<std::string> scopes; // names as consent_names() gives them
    TimePoint granted_at;
    TimePoint updated_at;
};

// The names under which consent is kept: a plain scope stands for itself; a permission of an API for
// "<audience>#<permission>", so that consent to one API's "read" is not consent to another's.
std::vector<std::string> consent_names(std::vector<std::string> const& scopes, std::string_view audience);

Result<std::optional<Grant>> find_grant(storage::Tx& tx, TenantId tenant, UserId user, ApplicationId application);
bool covers(std::optional<Grant> const& grant, std::vector<std::string> const& scopes);
// Adds scopes to what was granted before. Event "grant.given".
Result<void> give_grant(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user, ApplicationId application,
                        std::vector<std::string> const& scopes, events::Origin const& origin, TimePoint now);
// Takes all of it back, with every refresh token that descends from it and the access tokens at this server's own
// endpoints. False if nothing was granted. Event "grant.revoked".
Result<bool> revoke_grant(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user, ApplicationId application,
                          events::Origin const& origin, TimePoint now);
// For the account page, newest first.
Result<std::vector<Grant>> list_grants(storage::Tx& tx, TenantId tenant, UserId user);
// The same with names, for the person (identity::Users::add_exporter).
Result<boost::json::object> export_grants(storage::Tx& tx, TenantId tenant, UserId user);

} // namespace gatehouse::tokens
