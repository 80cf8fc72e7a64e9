#include "messages/outbox.hpp"

#include "messages/content.hpp"
#include "messages/outbox_store.hpp"
#include "messages/payload.hpp"

namespace gatehouse::messages {

Result<MessageId> Outbox::enqueue(storage::Tx& tx, Outgoing const& message, TimePoint now) const
{
    TRY_DO(check_message(message));
    auto const id = MessageId::generate(now);
    TRY(auto payload, seal_payload(tx, vault_, id, message, now));
    TRY_DO(insert_message(tx,
                          {.tenant = message.tenant,
                           .message = id,
                           .user = message.user,
                           .channel = "mail",
                           .kind = std::string(to_string(message.kind)),
                           .payload = std::move(payload),
                           .expires_at = message.expires_at},
                          now));
    return id;
}

void Outbox::wake() const
{
    if (waker_)
        waker_();
}

Result<void> forget_messages(storage::Tx& tx, TenantId tenant, UserId user)
{
    return delete_messages_of(tx, tenant, user);
}

} // namespace gatehouse::messages
