// What an outbox row seals: everything of a message that is about a person.
#pragma once

#include "messages/outbox_store.hpp"

namespace gatehouse::vault {
class Vault;
}

namespace gatehouse::messages {

Result<Bytes> seal_payload(storage::Tx& tx, vault::Vault& vault, MessageId id, Outgoing const& message, TimePoint now);
// Errors: "person_key_missing", "field_unreadable" (the person or the day's key is gone: nobody may read it any more).
Result<Outgoing> open_payload(storage::Tx& tx, vault::Vault& vault, OutboxRow const& row);

} // namespace gatehouse::messages
