// The SQL of a person's token families, as they are told of them.
#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "storage/database.hpp"

#include <string>
#include <vector>

namespace gatehouse::tokens {

struct ToldFamily {
    ApplicationId application;
    std::string scopes; // separated by spaces
    std::string subject;
    TimePoint created_at;
    TimePoint rotated_at;
    bool revoked = false;
};
Result<std::vector<ToldFamily>> families_of(storage::Tx& tx, TenantId tenant, UserId user);

} // namespace gatehouse::tokens
