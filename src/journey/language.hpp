// The language of a person who has no page open: of mails, and of what is said to their devices.
#pragma once

#include "journey/services.hpp"

namespace gatehouse::view {
class Locale;
}

namespace gatehouse::journey {

// Of the account, or the tenant's. Never null. Error: "user_not_found".
Result<view::Locale const*> language_of(Services const& services, storage::Tx& tx, identity::Tenant const& tenant,
                                        UserId user);

} // namespace gatehouse::journey
