#include "messages/outbox_store.hpp"

#include <algorithm>

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
                                      ORDER BY next_attempt_at, message_id LIMIT :limit)
    RETURNING tenant_id, message_id, user_id, channel, kind, payload, attempts, expires_at)"};
constexpr Statement kDelete{R"(
    DELETE FROM message_outbox WHERE tenant_id = :tenant AND message_id = :message AND claim = :claim)"};
constexpr Statement kPostpone{R"(
    UPDATE message_outbox SET next_attempt_at = :until, claim = NULL, last_error = :error
    WHERE tenant_id = :tenant AND message_id = :message AND claim = :claim)"};
constexpr Statement kFail{R"(
    UPDATE message_outbox SET next_attempt_at = :never, claim = NULL, payload = :payload, failed_at = :now,
        last_error = :error, expires_at = :keep_until
    WHERE tenant_id = :tenant AND message_id = :message AND claim = :claim)"};
constexpr Statement kDeleteKeptFailures{R"(
    DELETE FROM message_outbox WHERE (tenant_id, message_id) IN
        (SELECT tenant_id, message_id FROM message_outbox
         WHERE tenant_id = :tenant AND failed_at IS NOT NULL AND expires_at <= :now LIMIT :limit))"};
constexpr Statement kSelect{R"(
    SELECT tenant_id, message_id, user_id, channel, kind, payload, attempts, expires_at, created_at, next_attempt_at,
        failed_at, last_error
    FROM message_outbox WHERE tenant_id = :tenant AND message_id > :after ORDER BY message_id LIMIT :limit)"};
constexpr Statement kDeleteOfUser{R"(
    DELETE FROM message_outbox WHERE tenant_id = :tenant AND user_id = :user)"};

// Of what is not due any more.
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

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
    TRY(auto rows, tx.all(kClaim, {{"claim", claim}, {"until", until}, {"now", now}, {"limit", limit}}, read_row));
    // An UPDATE returns its rows in no order: of two codes to one person the later one goes out later.
    std::ranges::sort(rows, {}, &OutboxRow::message);
    return rows;
}

Result<bool> delete_message(storage::Tx& tx, OutboxRow const& row, ClaimId claim)
{
    TRY(auto count, tx.execute(kDelete, {{"tenant", row.tenant}, {"message", row.message}, {"claim", claim}}));
    return count == 1;
}

Result<bool> postpone_message(storage::Tx& tx, OutboxRow const& row, ClaimId claim, TimePoint until,
                              std::string_view error)
{
    TRY(auto count,
        tx.execute(
            kPostpone,
            {{"tenant", row.tenant}, {"message", row.message}, {"claim", claim}, {"until", until}, {"error", error}}));
    return count == 1;
}

Result<bool> fail_message(storage::Tx& tx, OutboxRow const& row, ClaimId claim, ByteView payload,
                          std::string_view error, TimePoint now, TimePoint keep_until)
{
    TRY(auto count, tx.execute(kFail, {{"tenant", row.tenant},
                                       {"message", row.message},
                                       {"claim", claim},
                                       {"payload", payload},
                                       {"error", error},
                                       {"now", now},
                                       {"never", kNever},
                                       {"keep_until", keep_until}}));
    return count == 1;
}

Result<std::int64_t> delete_kept_failures(storage::Tx& tx, TenantId tenant, TimePoint now, int limit)
{
    return tx.execute(kDeleteKeptFailures, {{"tenant", tenant}, {"now", now}, {"limit", limit}});
}

Result<std::vector<ListedRow>> select_messages(storage::Tx& tx, TenantId tenant, std::optional<MessageId> after,
                                               int limit)
{
    return tx.all(kSelect, {{"tenant", tenant}, {"after", after.value_or(MessageId{})}, {"limit", limit}},
                  [](storage::Row const& row) {
                      ListedRow listed{.row = read_row(row), .created_at = row.time(8)};
                      listed.failed_at = row.optional_time(10);
                      if (!listed.failed_at)
                          listed.next_attempt_at = row.time(9);
                      listed.last_error = row.string(11);
                      return listed;
                  });
}

Result<void> delete_messages_of(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.execute_later(kDeleteOfUser, {{"tenant", tenant}, {"user", user}});
}

} // namespace gatehouse::messages
