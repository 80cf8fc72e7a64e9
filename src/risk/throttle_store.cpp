#include "risk/throttle_store.hpp"

namespace gatehouse::risk {

namespace {

using storage::Statement;

// Clocks of two nodes differ a little, which must open nothing; one that was set back must not lock for ever.
constexpr Duration kClockTolerance = std::chrono::minutes(1);

constexpr Statement kTakeConsecutive{R"sql(
INSERT INTO throttles (tenant_id, kind, key_digest, attempts, window_started_at, expires_at)
VALUES (:tenant, :kind, :key, 1, :now, :expires)
ON CONFLICT (tenant_id, kind, key_digest) DO UPDATE
SET attempts = throttles.attempts + 1, window_started_at = :now, expires_at = :expires
WHERE throttles.attempts < :maximum
  AND (:now < throttles.window_started_at - :tolerance
       OR :now >= throttles.window_started_at
            + CASE WHEN throttles.attempts >= :failures3 THEN CAST(:wait3 AS BIGINT)
                   WHEN throttles.attempts >= :failures2 THEN CAST(:wait2 AS BIGINT)
                   WHEN throttles.attempts >= :failures1 THEN CAST(:wait1 AS BIGINT)
                   ELSE CAST(-:tolerance AS BIGINT) END)
RETURNING attempts)sql"};

constexpr Statement kTakeOfWindow{R"sql(
INSERT INTO throttles (tenant_id, kind, key_digest, attempts, window_started_at, expires_at)
VALUES (:tenant, :kind, :key, 1, :now, :expires)
ON CONFLICT (tenant_id, kind, key_digest) DO UPDATE
SET attempts = CASE WHEN :now >= throttles.expires_at OR :now < throttles.window_started_at - :tolerance
                    THEN 1 ELSE throttles.attempts + 1 END,
    window_started_at = CASE WHEN :now >= throttles.expires_at OR :now < throttles.window_started_at - :tolerance
                             THEN :now ELSE throttles.window_started_at END,
    expires_at = CASE WHEN :now >= throttles.expires_at OR :now < throttles.window_started_at - :tolerance
                      THEN :expires ELSE throttles.expires_at END
WHERE :now >= throttles.expires_at OR :now < throttles.window_started_at - :tolerance
   OR throttles.attempts < :maximum
RETURNING attempts)sql"};

constexpr Statement kDeleteExpired{R"sql(
DELETE FROM throttles WHERE tenant_id = :tenant AND (kind, key_digest) IN (
    SELECT kind, key_digest FROM throttles WHERE tenant_id = :tenant AND expires_at < :now LIMIT :limit))sql"};
constexpr Statement kFind{R"sql(
SELECT attempts, window_started_at FROM throttles
WHERE tenant_id = :tenant AND kind = :kind AND key_digest = :key)sql"};

constexpr Statement kDelete{R"sql(
DELETE FROM throttles WHERE tenant_id = :tenant AND kind = :kind AND key_digest = :key)sql"};

constexpr Statement kReturn{R"sql(
UPDATE throttles SET attempts = attempts - 1
WHERE tenant_id = :tenant AND kind = :kind AND key_digest = :key AND attempts > 0)sql"};

// A stage that is not used is never reached.
std::int64_t failures_of(Stage const& stage)
{
    return stage.failures > 0 ? stage.failures : INT64_MAX;
}
std::int64_t micros(std::chrono::seconds duration)
{
    return std::chrono::duration_cast<Duration>(duration).count();
}

} // namespace

Result<bool> take_slot(storage::Tx& tx, TenantId tenant, Slot const& slot, TimePoint now)
{
    auto const& limit = *slot.limit;
    auto const tolerance = std::int64_t{kClockTolerance.count()};
    if (limit.shape == Limit::Shape::window) {
        TRY(auto row, tx.one(kTakeOfWindow, {{"tenant", tenant},
                                             {"kind", limit.kind},
                                             {"key", slot.key},
                                             {"now", now},
                                             {"expires", now + limit.duration},
                                             {"tolerance", tolerance},
                                             {"maximum", limit.maximum}}));
        return row != nullptr;
    }
    TRY(auto row, tx.one(kTakeConsecutive, {{"tenant", tenant},
                                            {"kind", limit.kind},
                                            {"key", slot.key},
                                            {"now", now},
                                            {"expires", now + limit.duration},
                                            {"tolerance", tolerance},
                                            {"maximum", limit.maximum},
                                            {"failures1", failures_of(limit.stages[0])},
                                            {"wait1", micros(limit.stages[0].wait)},
                                            {"failures2", failures_of(limit.stages[1])},
                                            {"wait2", micros(limit.stages[1].wait)},
                                            {"failures3", failures_of(limit.stages[2])},
                                            {"wait3", micros(limit.stages[2].wait)}}));
    return row != nullptr;
}

Result<std::optional<Count>> find_count(storage::Tx& tx, TenantId tenant, Slot const& slot)
{
    return tx.maybe(kFind, {{"tenant", tenant}, {"kind", slot.limit->kind}, {"key", slot.key}},
                    [](storage::Row const& row) { return Count{row.integer(0), row.time(1)}; });
}

Result<void> delete_count(storage::Tx& tx, TenantId tenant, Slot const& slot)
{
    return tx.execute_later(kDelete, {{"tenant", tenant}, {"kind", slot.limit->kind}, {"key", slot.key}});
}

Result<void> return_slot(storage::Tx& tx, TenantId tenant, Slot const& slot)
{
    return tx.execute_later(kReturn, {{"tenant", tenant}, {"kind", slot.limit->kind}, {"key", slot.key}});
}

Result<std::int64_t> delete_expired(storage::Tx& tx, TenantId tenant, TimePoint now, std::int64_t limit)
{
    return tx.execute(kDeleteExpired, {{"tenant", tenant}, {"now", now}, {"limit", limit}});
}

} // namespace gatehouse::risk
