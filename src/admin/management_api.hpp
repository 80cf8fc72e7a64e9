// ManagementApi: the operations, the gate in front of them, and the routes that come of both.
#pragma once

#include "admin/operation.hpp"
#include "credentials/new_password.hpp"
#include "crypto/hash_pool.hpp"
#include "identity/routes.hpp"
#include "storage/paging.hpp"

namespace gatehouse::storage {
class Database;
class Tx;
} // namespace gatehouse::storage
namespace gatehouse::vault {
class Vault;
}
namespace gatehouse::view {
class Pages;
}
namespace gatehouse::places {
class Places;
}
namespace gatehouse::identity {
class ChangeFeed;
class Directory;
class Tenants;
class Users;
} // namespace gatehouse::identity
namespace gatehouse::credentials {
class Passwords;
}
namespace gatehouse::tokens {
class KeyRing;
}
namespace gatehouse::applications {
struct Api;
struct Application;
struct Change;
} // namespace gatehouse::applications
namespace gatehouse::events {
struct Origin;
}

namespace gatehouse::admin {

// What the operations work with; outlives them.
struct Parts {
    storage::Database& database;
    vault::Vault& vault;
    identity::ChangeFeed& changes;
    identity::Directory& directory;
    identity::Tenants& tenants;
    identity::Users& users;
    credentials::Passwords& passwords;
    tokens::KeyRing& key_ring;
    crypto::HashPool& hash_pool;
    view::Pages const& pages;
    credentials::BreachedPasswords const& breached_passwords;
    places::Places const& places;
};

class Descriptions;

class ManagementApi {
public:
    explicit ManagementApi(Parts parts);
    ~ManagementApi();

    // /api/v1/... and /openapi.json.
    Routes routes();
    std::vector<Operation> const& operations() const { return operations_; }

private:
    Task<Result<http::Response>> run(Operation const& operation, Context const& context, http::Request const& request);

    http::Response describe_to(Context const& context, http::Request const& request);

    Parts parts_;
    std::vector<Operation> operations_;
    std::unique_ptr<Descriptions> descriptions_;
};

// The API of a tenant that stands for its management API: every scope of the operations, given to people by
// user_permissions only.
applications::Api management_api_of(std::string const& issuer);
std::string management_audience(std::string const& issuer);
// Every scope that there is, sorted.
std::vector<std::string> management_scopes();

// -- the operations, by resource
std::vector<Operation> tenant_operations(Parts const& parts);
std::vector<Operation> theme_operations(Parts const& parts);
std::vector<Operation> theme_image_operations(Parts const& parts);
std::vector<Operation> application_operations(Parts const& parts);
std::vector<Operation> api_operations(Parts const& parts);
std::vector<Operation> document_operations(Parts const& parts);
std::vector<Operation> invitation_operations(Parts const& parts);
std::vector<Operation> profile_schema_operations(Parts const& parts);
std::vector<Operation> user_operations(Parts const& parts);
std::vector<Operation> user_credential_operations(Parts const& parts);
std::vector<Operation> user_trusted_device_operations(Parts const& parts);
std::vector<Operation> user_data_operations(Parts const& parts);
std::vector<Operation> user_session_operations(Parts const& parts);
std::vector<Operation> user_picture_operations(Parts const& parts);
std::vector<Operation> message_operations(Parts const& parts);
std::vector<Operation> wording_operations(Parts const& parts);

// -- what they share
// `limit` and `cursor` of the query. Errors: "limit_invalid", "cursor_invalid", with the parameter as pointer.
Result<storage::PageRequest> read_page(Parts const& parts, Call const& call, std::string_view list);
Result<std::optional<std::string>> make_cursor(Parts const& parts, Call const& call, std::string_view list,
                                               std::optional<Bytes> const& next);
// If-Match: the version that the caller read, or none. Error: "if_match_invalid".
Result<std::optional<std::int64_t>> expected_version(Call const& call);
events::Origin origin_of(Call const& call);
applications::Change change_of(Parts const& parts, Call const& call);
// Nobody gives what they do not hold. Error: "exceeds_own_permissions" (forbidden), with the scope.
Result<void> check_may_give(Call const& call, std::string_view audience, std::vector<std::string> const& scopes,
                            std::string const& pointer);
// Nobody changes a person who may do more at the management API than they do: with a password or an address of their
// choice they would become that person. Error: "exceeds_own_permissions".
Result<void> check_may_change(Parts const& parts, Call const& call, storage::Tx& tx, UserId user);
// That an API of the tenant has this audience and defines these permissions: a misspelled one would only show when
// people sign in. Errors (invalid): "api_not_found" at `audience_pointer`, "field_value" at "{list_pointer}/N".
Result<void> check_defined(storage::Tx& tx, TenantId tenant, std::string_view audience,
                           std::vector<std::string> const& permissions, std::string const& audience_pointer,
                           std::string const& list_pointer);
// The same for all that an application may ask for, with pointers below "/apis".
Result<void> check_access(storage::Tx& tx, TenantId tenant, applications::Application const& application);

} // namespace gatehouse::admin
