// Which methods a user has set up.
#pragma once

#include "base/ids.hpp"
#include "credentials/methods.hpp"
#include "storage/database.hpp"

namespace gatehouse::credentials {

// One statement. Of password, totp, recovery_code (while codes are left) and passkey; addresses that codes may be sent
// to are identity's to know.
Result<Methods> enrolled(storage::Tx& tx, TenantId tenant, UserId user);

} // namespace gatehouse::credentials
