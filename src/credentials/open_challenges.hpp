// The challenges of a user that still stand, with what they seal.
#pragma once

#include "credentials/challenges.hpp"

namespace gatehouse::credentials {

// Of one purpose, oldest first.
Result<std::vector<OpenedChallenge>> open_challenges_of(storage::Tx& tx, vault::Vault const& vault, TenantId tenant,
                                                        UserId user, std::string_view purpose, TimePoint now);

} // namespace gatehouse::credentials
