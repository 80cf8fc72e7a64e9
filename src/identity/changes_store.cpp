#include "identity/changes_store.hpp"

namespace gatehouse::identity {

using storage::Row;
using storage::Statement;

namespace {

constexpr Statement kRaiseAll{"INSERT INTO change_counters (tenant_id, counter) VALUES (:nil, 1) "
                              "ON CONFLICT (tenant_id) DO UPDATE SET counter = change_counters.counter + 1 "
                              "RETURNING counter"};
constexpr Statement kSetTenant{"INSERT INTO change_counters (tenant_id, counter) VALUES (:tenant, :counter) "
                               "ON CONFLICT (tenant_id) DO UPDATE SET counter = :counter"};
constexpr Statement kSelectCounter{"SELECT counter FROM change_counters WHERE tenant_id = :nil"};
constexpr Statement kSelectChanged{"SELECT tenant_id FROM change_counters WHERE counter > :seen AND tenant_id <> :nil"};

} // namespace

// A tenant's counter is the value that the common one had with its last change: the row of the nil tenant is locked
// until the commit, so that values become visible in their order and "greater than what I saw" misses none.
Result<void> raise_change_counter(storage::Tx& tx, TenantId tenant)
{
    TRY(auto const* row, tx.one(kRaiseAll, {{"nil", Uuid{}}}));
    return tx.execute_later(kSetTenant, {{"tenant", tenant}, {"counter", row->integer(0)}});
}

Result<std::int64_t> select_change_counter(storage::Tx& tx)
{
    TRY(auto const counter, tx.maybe(kSelectCounter, {{"nil", Uuid{}}}, [](Row const& row) { return row.integer(0); }));
    return counter.value_or(0);
}

Result<std::vector<TenantId>> select_changed_tenants(storage::Tx& tx, std::int64_t seen)
{
    return tx.all(kSelectChanged, {{"seen", seen}, {"nil", Uuid{}}},
                  [](Row const& row) { return row.id<TenantId>(0); });
}

} // namespace gatehouse::identity
