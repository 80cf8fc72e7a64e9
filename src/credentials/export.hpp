// What a person is told of their credentials when they ask for their data: never what proves them.
#pragma once

#include "identity/users.hpp"

namespace gatehouse::credentials {

// For Users::add_exporter.
Result<boost::json::object> export_credentials(storage::Tx& tx, vault::Vault& vault, identity::Users const& users,
                                               TenantId tenant, UserId user);

} // namespace gatehouse::credentials
