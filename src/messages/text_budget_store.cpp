#include "messages/text_budget_store.hpp"

namespace gatehouse::messages {
namespace {

using storage::Statement;

constexpr Statement kCount{R"(
    INSERT INTO message_budgets (tenant_id, scope, key_digest, sent, window_started_at, expires_at)
    VALUES (:tenant, :scope, :key, 1, :now, :end)
    ON CONFLICT (tenant_id, scope, key_digest) DO UPDATE SET
        sent = CASE WHEN message_budgets.expires_at <= :now THEN 1 ELSE message_budgets.sent + 1 END,
        window_started_at = CASE WHEN message_budgets.expires_at <= :now THEN :now
                                 ELSE message_budgets.window_started_at END,
        expires_at = CASE WHEN message_budgets.expires_at <= :now THEN :end ELSE message_budgets.expires_at END
    WHERE message_budgets.expires_at <= :now OR message_budgets.sent <= :maximum
    RETURNING sent, window_started_at)"};
constexpr Statement kUncount{R"(
    UPDATE message_budgets SET sent = sent - 1
    WHERE tenant_id = :tenant AND scope = :scope AND key_digest = :key AND sent > 0)"};
constexpr Statement kWindow{R"(
    SELECT window_started_at FROM message_budgets
    WHERE tenant_id = :tenant AND scope = :scope AND key_digest = :key)"};
constexpr Statement kDeleteExpired{R"(
    DELETE FROM message_budgets WHERE (tenant_id, scope, key_digest) IN
        (SELECT tenant_id, scope, key_digest FROM message_budgets
         WHERE tenant_id = :tenant AND expires_at <= :now LIMIT :limit))"};

} // namespace

Result<std::optional<BudgetCount>> count_message(storage::Tx& tx, TenantId tenant, Budget const& budget, TimePoint now)
{
    return tx.maybe(kCount,
                    {{"tenant", tenant},
                     {"scope", budget.scope},
                     {"key", budget.key},
                     {"now", now},
                     {"end", now + budget.window},
                     {"maximum", budget.maximum}},
                    [](storage::Row const& row) { return BudgetCount{row.integer(0), row.time(1)}; });
}

Result<void> uncount_message(storage::Tx& tx, TenantId tenant, Budget const& budget)
{
    return tx.execute_later(kUncount, {{"tenant", tenant}, {"scope", budget.scope}, {"key", budget.key}});
}

Result<std::optional<TimePoint>> find_window(storage::Tx& tx, TenantId tenant, Budget const& budget)
{
    return tx.maybe(kWindow, {{"tenant", tenant}, {"scope", budget.scope}, {"key", budget.key}},
                    [](storage::Row const& row) { return row.time(0); });
}

Result<std::int64_t> delete_expired_budgets(storage::Tx& tx, TenantId tenant, TimePoint now, int limit)
{
    return tx.execute(kDeleteExpired, {{"tenant", tenant}, {"now", now}, {"limit", limit}});
}

} // namespace gatehouse::messages
