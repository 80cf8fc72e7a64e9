// The rows of the budgets.
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/ids.hpp"
#include "storage/database.hpp"

namespace gatehouse::messages {

struct Budget {
    std::string_view scope;
    Bytes key;
    std::int64_t maximum = 0;
    std::chrono::seconds window{};
};
struct BudgetCount {
    std::int64_t sent = 0; // this message included; more than the maximum: it may not go
    TimePoint since;
};

// Counts one message. A budget that is spent counts on to one above its maximum and stays there, so that who raises it
// to there knows to be the first.
Result<std::optional<BudgetCount>> count_message(storage::Tx& tx, TenantId tenant, Budget const& budget, TimePoint now);
// It did not go out.
Result<void> uncount_message(storage::Tx& tx, TenantId tenant, Budget const& budget);
Result<std::optional<TimePoint>> find_window(storage::Tx& tx, TenantId tenant, Budget const& budget);
Result<std::int64_t> delete_expired_budgets(storage::Tx& tx, TenantId tenant, TimePoint now, int limit);

} // namespace gatehouse::messages
