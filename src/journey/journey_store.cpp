#include "journey/engine_impl.hpp"

namespace gatehouse::journey {

namespace {
constexpr storage::Statement kSpend{R"sql(
INSERT INTO spent_markers (tenant_id, kind, marker_id, expires_at) VALUES (:tenant, 'journey', :journey, :expires)
ON CONFLICT (tenant_id, kind, marker_id) DO NOTHING)sql"};
constexpr storage::Statement kIsSpent{R"sql(
SELECT 1 FROM spent_markers WHERE tenant_id = :tenant AND kind = 'journey' AND marker_id = :journey)sql"};
} // namespace

Result<bool> spend(storage::Tx& tx, TenantId tenant, JourneyId journey, TimePoint expires_at)
{
    TRY(auto const inserted, tx.execute(kSpend, {{"tenant", tenant}, {"journey", journey}, {"expires", expires_at}}));
    return inserted == 1;
}

Result<void> end(storage::Tx& tx, TenantId tenant, JourneyId journey, TimePoint now)
{
    TRY_DO(spend(tx, tenant, journey, now + kLifetime + kReadable));
    return {};
}

Result<bool> is_spent(storage::Tx& tx, TenantId tenant, JourneyId journey)
{
    TRY(auto const row, tx.one(kIsSpent, {{"tenant", tenant}, {"journey", journey}}));
    return row != nullptr;
}

} // namespace gatehouse::journey
