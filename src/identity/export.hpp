// What a person is told, when they ask for their data, of what identity keeps beside profile and identifiers.
#pragma once

#include "identity/users.hpp"

namespace gatehouse::identity {

// Permissions, subjects, agreements, what was asked for on the way, the wish to be deleted. For Users::add_exporter.
Result<boost::json::object> export_identity(storage::Tx& tx, vault::Vault const& vault, TenantId tenant, UserId user);

} // namespace gatehouse::identity
