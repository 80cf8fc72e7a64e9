#include "messages/outbox.hpp"

#include "http/url.hpp"
#include "messages/content.hpp"
#include "messages/outbox_store.hpp"
#include "messages/payload.hpp"
#include "messages/text_budget.hpp"
#include "phone/phone_number.hpp"

namespace gatehouse::messages {

namespace {

// A notice that waits for its budget outlives the longest of them.
constexpr Duration kNoticeLife = std::chrono::days(3);

} // namespace

Result<MessageId> Outbox::enqueue(storage::Tx& tx, Outgoing const& message, TimePoint now) const
{
    TRY_DO(check_message(message));
    auto expires_at = message.expires_at;
    if (message.channel != Channel::mail) {
        if (expires_at > now && is_notice(message.kind)) {
            TRY_DO(check_number(message.text_limits, message.to));
            expires_at = std::max(expires_at, now + kNoticeLife); // its budget is asked when it goes out
        } else if (expires_at > now) {
            TRY(auto const number, check_number(message.text_limits, message.to));
            auto taken = take_budget(tx, vault_, message.tenant, message.text_limits, number, now);
            if (!taken) {
                budget_refusals_ += taken.error().code == "text_budget_spent";
                return std::unexpected(std::move(taken).error());
            }
        } else {
            TRY_DO(pretend_to_take_budget(tx, vault_, message.tenant, now));
        }
    }
    auto const id = MessageId::generate(now);
    TRY(auto payload, seal_payload(tx, vault_, id, message, now));
    TRY_DO(insert_message(tx,
                          {.tenant = message.tenant,
                           .message = id,
                           .user = message.user,
                           .channel = std::string(to_string(message.channel)),
                           .kind = std::string(to_string(message.kind)),
                           .payload = std::move(payload),
                           .expires_at = expires_at},
                          now));
    return id;
}

std::string host_of(std::string_view issuer)
{
    auto const url = http::Url::parse(issuer);
    return url ? url->host : std::string();
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
