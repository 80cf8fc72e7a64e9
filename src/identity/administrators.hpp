// Who administers the service itself: their accounts are not deleted or merged in passing.
#pragma once

#include "identity/users.hpp"

namespace gatehouse::identity {

// The API that stands for the tenant's management API (admin/management_api.hpp).
std::string management_audience(std::string_view issuer);
// An operator, or who holds any permission of the management API.
Result<bool> is_administrator(storage::Tx& tx, Users const& users, Tenant const& tenant, UserId user);

} // namespace gatehouse::identity
