#include "messages/outbox_store.hpp"

namespace gatehouse::messages {
namespace {

using storage::Statement;

constexpr Statement kInsert{R"(
    INSERT INTO message_outbox (tenant_id, message_id, user_id, channel, kind, payload, attempts, next_attempt_at,
                                created_at, expires_at)
    VALUES (:tenant, :message, :user, :channel, :kind, :payload, 0, :now, :now, :expires))"};
constexpr Statement kAnyDue{R"(
    SELECT 1 FROM message_outbox WHERE next_attempt_at <= :now LIMIT 1)"};
constexpr Statement kClaim{R"(
    UPDATE message_outbox SET claim = :claim, next_attempt_at = :until, attempts = attempts + 1
    WHERE (tenant_id, message_id) IN (SELECT tenant_id, message_id FROM message_outbox WHERE next_attempt_at <= :now
                                      ORDER BY next_attempt_at LIMIT :limit)
    RETURNING tenant_id, message_id, user_id, channel, kind, payload, attempts, expires_at)"};
constexpr Statement kDelete{R"(
    DELETE FROM message_outbox WHERE tenant_id = :tenant AND message_id = :message AND claim = :claim)"};
constexpr Statement kPostpone{R"(
    UPDATE message_outbox SET next_attempt_at = :until, claim = NULL
    WHERE tenant_id = :tenant AND message_id = :message AND claim = :claim)"};
constexpr Statement kDeleteOfUser{R"(
    DELETE FROM message_outbox WHERE tenant_id = :tenant AND user_id = :user)"};

OutboxRow read_row(storage::Row const& row)
{
    return {.tenant = row.id<TenantId>(0),
            .message = row.id<MessageId>(1),
            .user = row.optional_id<UserId>(2),
            .channel = row.string(3),
            .kind = row.string(4),
            .payload = row.blob(5),
            .attempts = row.integer(6),
            .expires_at = row.time(7)};
}

} // namespace

Result<void> insert_message(storage::Tx& tx, OutboxRow const& row, TimePoint now)
{
    return tx.execute_later(kInsert, {{"tenant", row.tenant},
                                      {"message", row.message},
                                      {"user", row.user},
                                      {"channel", row.channel},
                                      {"kind", row.kind},
                                      {"payload", row.payload},
                                      {"now", now},
                                      {"expires", row.expires_at}});
}

Result<bool> is_any_due(storage::Tx& tx, TimePoint now)
{
    TRY(auto const* row, tx.one(kAnyDue, {{"now", now}}));
    return row != nullptr;
}

Result<std::vector<OutboxRow>> claim_messages(storage::Tx& tx, ClaimId claim, TimePoint now, TimePoint until, int limit)
{
    return tx.all(kClaim, {{"claim", claim}, {"until", until}, {"now", now}, {"limit", limit}}, read_row);
}

Result<bool> delete_message(storage::Tx& tx, OutboxRow const& row, ClaimId claim)
{
    TRY(auto count, tx.execute(kDelete, {{"tenant", row.tenant}, {"message", row.message}, {"claim", claim}}));
    return count == 1;
}

Result<bool> postpone_message(storage::Tx& tx, OutboxRow const& row, ClaimId claim, TimePoint until)
{
    TRY(auto count,
        tx.execute(kPostpone, {{"tenant", row.tenant}, {"message", row.message}, {"claim", claim}, {"until", until}}));
    return count == 1;
}

Result<void> delete_messages_of(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.execute_later(kDeleteOfUser, {{"tenant", tenant}, {"user", user}});
}

} // namespace gatehouse::messages
