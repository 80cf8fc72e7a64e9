// The SQL of change counters.
#pragma once

#include "identity/changes.hpp"

namespace gatehouse::identity {

Result<std::int64_t> select_change_counter(storage::Tx& tx);
Result<std::vector<TenantId>> select_changed_tenants(storage::Tx& tx, std::int64_t seen);

} // namespace gatehouse::identity
