// The rows of applications, their secrets and APIs. Every change raises the tenant's change counter and appends its
// event in the same transaction; after the commit the caller polls the change feed.
#pragma once

#include "applications/application.hpp"
#include "base/secret.hpp"
#include "events/event.hpp"
#include "storage/database.hpp"
#include "storage/paging.hpp"
#include "vault/vault.hpp"

#include <array>

namespace gatehouse::applications {

// Where, when and by whom something is changed.
struct Change {
    vault::Vault& vault;
    TenantId tenant;
    events::Origin origin;
    TimePoint now;
};

// `application.client_id` may be empty: one is made then. Validates. Returns the row as stored (id, times, version).
// Errors: those of validate(); "client_id_taken" (conflict). Event "application.created".
Result<Application> create(storage::Tx& tx, Change const& change, Application application);
// Replaces everything but id, client_id and kind. With `expected_version`, refuses with "version_differs"
// (precondition_failed) when the row has another. Errors: "application_not_found". Event "application.updated".
// Disabling an application stops its sign-ins, refreshes and tokens at this server at once.
Result<Application> update(storage::Tx& tx, Change const& change, Application application,
                           std::optional<std::int64_t> expected_version = {});
// Removes it with its secrets, grants and refresh tokens. Event "application.deleted".
Result<void> remove(storage::Tx& tx, Change const& change, ApplicationId application,
                    std::optional<std::int64_t> expected_version = {});
Result<std::optional<Application>> find(storage::Tx& tx, TenantId tenant, ApplicationId application);
Result<std::optional<Application>> find_by_client_id(storage::Tx& tx, TenantId tenant, std::string_view client_id);
// By id, which is by age.
Result<storage::Page<Application>> list(storage::Tx& tx, TenantId tenant, storage::PageRequest const& page);

// -- client secrets: 32 random bytes in base64url, stored as SHA-256, shown once
struct SecretInfo {
    SecretId id;
    std::string hint; // its last four characters
    TimePoint created_at;
    std::optional<TimePoint> expires_at;
};
struct NewSecret {
    SecretInfo info;
    Secret secret; // the text to give to the client
};
inline constexpr int kMostLiveSecrets = 2;
// Errors: "application_not_found"; "too_many_secrets" (conflict: two are alive; remove or expire one first);
// "public_client" (conflict: the application authenticates with none). Event "application.secret_added".
Result<NewSecret> add_secret(storage::Tx& tx, Change const& change, ApplicationId application,
                             std::optional<TimePoint> expires_at = {});
// For apply files and imports, whose secrets are known already: the same with the given text (at least 32 characters).
// A secret that is there already is left as it is. Error: "weak_secret".
Result<SecretInfo> add_known_secret(storage::Tx& tx, Change const& change, ApplicationId application,
                                    Secret const& secret, std::optional<TimePoint> expires_at = {});
Result<std::vector<SecretInfo>> list_secrets(storage::Tx& tx, TenantId tenant, ApplicationId application);
// Error: "secret_not_found". Events "application.secret_removed", "application.secret_expires".
Result<void> remove_secret(storage::Tx& tx, Change const& change, ApplicationId application, SecretId secret);
Result<void> expire_secret(storage::Tx& tx, Change const& change, ApplicationId application, SecretId secret,
                           TimePoint expires_at);

// -- APIs. Errors as above: "audience_taken", "api_not_found", "version_differs". Events "api.created" ...
Result<Api> create_api(storage::Tx& tx, Change const& change, Api api);
Result<Api> update_api(storage::Tx& tx, Change const& change, Api api,
                       std::optional<std::int64_t> expected_version = {});
Result<void> remove_api(storage::Tx& tx, Change const& change, ApiId api,
                        std::optional<std::int64_t> expected_version = {});
Result<std::optional<Api>> find_api(storage::Tx& tx, TenantId tenant, ApiId api);
Result<std::optional<Api>> find_api_by_audience(storage::Tx& tx, TenantId tenant, std::string_view audience);
Result<storage::Page<Api>> list_apis(storage::Tx& tx, TenantId tenant, storage::PageRequest const& page);

// Every application and API of a tenant with the digests of its live secrets; for the Registry.
struct StoredSecret {
    ApplicationId application;
    std::array<std::uint8_t, 32> digest;
    std::optional<TimePoint> expires_at;
};
struct Everything {
    std::vector<Application> applications;
    std::vector<StoredSecret> secrets;
    std::vector<Api> apis;
};
Result<Everything> load_everything(storage::Tx& tx, TenantId tenant);

} // namespace gatehouse::applications
