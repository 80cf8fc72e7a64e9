// The SQL of applications, their secrets and APIs.
#pragma once

#include "applications/applications.hpp"
#include "crypto/digest.hpp"

namespace gatehouse::applications::store {

// False when the client_id is taken.
Result<bool> insert(storage::Tx& tx, TenantId tenant, Application const& application);
Result<void> update(storage::Tx& tx, TenantId tenant, Application const& application);
Result<void> remove(storage::Tx& tx, TenantId tenant, ApplicationId application);
Result<std::optional<Application>> find(storage::Tx& tx, TenantId tenant, ApplicationId application);
Result<std::optional<Application>> find_by_client_id(storage::Tx& tx, TenantId tenant, std::string_view client_id);
Result<std::vector<Application>> list(storage::Tx& tx, TenantId tenant, ByteView after, std::int64_t limit);

struct SecretRow {
    SecretInfo info;
    crypto::Digest256 digest;
};
Result<void> insert_secret(storage::Tx& tx, TenantId tenant, ApplicationId application, SecretRow const& secret);
Result<std::vector<SecretRow>> list_secrets(storage::Tx& tx, TenantId tenant, ApplicationId application);
Result<bool> remove_secret(storage::Tx& tx, TenantId tenant, ApplicationId application, SecretId secret);
Result<bool> expire_secret(storage::Tx& tx, TenantId tenant, ApplicationId application, SecretId secret,
                           TimePoint expires_at);
Result<std::vector<StoredSecret>> list_all_secrets(storage::Tx& tx, TenantId tenant);

// False when the audience is taken.
Result<bool> insert_api(storage::Tx& tx, TenantId tenant, Api const& api);
Result<void> update_api(storage::Tx& tx, TenantId tenant, Api const& api);
Result<void> remove_api(storage::Tx& tx, TenantId tenant, ApiId api);
Result<std::optional<Api>> find_api(storage::Tx& tx, TenantId tenant, ApiId api);
Result<std::optional<Api>> find_api_by_audience(storage::Tx& tx, TenantId tenant, std::string_view audience);
Result<std::vector<Api>> list_apis(storage::Tx& tx, TenantId tenant, ByteView after, std::int64_t limit);

} // namespace gatehouse::applications::store
