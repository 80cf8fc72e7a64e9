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

using ClaimId = Id<struct ClaimTag>;

Result<void> insert_message(storage::Tx& tx, OutboxRow const& row, TimePoint now);
Result<bool> is_any_due(storage::Tx& tx, TimePoint now);
// Takes up to `limit` due messages, oldest first; nobody else gets them before `until`. Counts the attempt.
Result<std::vector<OutboxRow>> claim_messages(storage::Tx& tx, ClaimId claim, TimePoint now, TimePoint until,
                                              int limit);
// True if this claim still held the message.
Result<bool> delete_message(storage::Tx& tx, OutboxRow const& row, ClaimId claim);
Result<bool> postpone_message(storage::Tx& tx, OutboxRow const& row, ClaimId claim, TimePoint until);
Result<void> delete_messages_of(storage::Tx& tx, TenantId tenant, UserId user);

} // namespace gatehouse::messages
