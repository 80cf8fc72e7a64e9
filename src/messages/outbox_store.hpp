// The SQL of the outbox.
#pragma once

#include "messages/outbox.hpp"

namespace gatehouse::messages {

struct OutboxRow {
    TenantId tenant;
    MessageId message;
    std::optional<UserId> user;
    std::string channel;
    std::string kind;
    Bytes payload; // sealed
    std::int64_t attempts = 0;
    TimePoint expires_at;
};

struct ListedRow {
    OutboxRow row;
    TimePoint created_at;
    std::optional<TimePoint> next_attempt_at;
    std::optional<TimePoint> failed_at;
    std::string last_error;
};
// By id, after `after`; waiting and failed ones.
Result<std::vector<ListedRow>> select_messages(storage::Tx& tx, TenantId tenant, std::optional<MessageId> after,
                                               int limit);

using ClaimId = Id<struct ClaimTag>;

Result<void> insert_message(storage::Tx& tx, OutboxRow const& row, TimePoint now);
Result<bool> is_any_due(storage::Tx& tx, TimePoint now);
// Takes up to `limit` due messages, oldest first; nobody else gets them before `until`. Counts the attempt.
Result<std::vector<OutboxRow>> claim_messages(storage::Tx& tx, ClaimId claim, TimePoint now, TimePoint until,
                                              int limit);
// It will not arrive: it stays for administrators, with a payload that holds no code any more, until `keep_until`. True
// if this claim still held the message.
Result<bool> fail_message(storage::Tx& tx, OutboxRow const& row, ClaimId claim, ByteView payload,
                          std::string_view error, TimePoint now, TimePoint keep_until);
// True if this claim still held the message.
Result<bool> delete_message(storage::Tx& tx, OutboxRow const& row, ClaimId claim);
Result<bool> postpone_message(storage::Tx& tx, OutboxRow const& row, ClaimId claim, TimePoint until,
                              std::string_view error);
// What failed and was kept long enough. Returns how many.
Result<std::int64_t> delete_kept_failures(storage::Tx& tx, TenantId tenant, TimePoint now, int limit);
Result<void> delete_messages_of(storage::Tx& tx, TenantId tenant, UserId user);

} // namespace gatehouse::messages
