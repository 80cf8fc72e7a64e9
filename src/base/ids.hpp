// The ids that every floor above the ground speaks of. They stand here, below identity/, because the vault keys and
// digests by them.
#pragma once

#include "base/id.hpp"

namespace gatehouse {

using TenantId = Id<struct TenantTag>;
using UserId = Id<struct UserTag>;
using OrganizationId = Id<struct OrganizationTag>;
using ApplicationId = Id<struct ApplicationTag>;
using SessionId = Id<struct SessionTag>;

} // namespace gatehouse
