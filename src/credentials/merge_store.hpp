// The SQL of credentials that change hands.
#pragma once

#include "identity/merges.hpp"

namespace gatehouse::credentials::store {

struct GivenRow {
    Uuid credential;
    std::string kind;
    Bytes data; // sealed
};
Result<std::vector<GivenRow>> select_given(storage::Tx& tx, TenantId tenant, UserId user);
Result<void> give_credential(storage::Tx& tx, TenantId tenant, identity::Joined const& joined, GivenRow const& row);

} // namespace gatehouse::credentials::store
