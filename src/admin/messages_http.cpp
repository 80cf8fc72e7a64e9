// Operations on messages: what waits, and what will never arrive and why. What they say is nobody's to read here.
#include "admin/management_api.hpp"
#include "messages/outbox_store.hpp"
#include "messages/payload.hpp"
#include "storage/database.hpp"

namespace gatehouse::admin {

struct MessageBody {
    messages::MessageId message_id;
    std::optional<UserId> user_id;
    std::string channel;
    std::string kind;
    std::optional<std::string> recipient;
    std::string state;
    std::int64_t attempts = 0;
    std::optional<std::string> reason;
    TimePoint created_at;
    std::optional<TimePoint> next_attempt_at;
    std::optional<TimePoint> failed_at;
};
constexpr auto shape(MessageBody const*)
{
    return Shape{
        "Message",
        Member{"message_id", &MessageBody::message_id, {.read_only = true}},
        Member{"user_id", &MessageBody::user_id, {.text = "Whose it is, if they have an account."}},
        Member{"channel", &MessageBody::channel, {.text = "How it goes.", .choices = "mail|sms|voice"}},
        Member{"kind", &MessageBody::kind, {.text = "What it is about: \"verify_email\"."}},
        Member{"recipient",
               &MessageBody::recipient,
               {.text = "An email address or phone number; absent once its person was erased."}},
        Member{"state",
               &MessageBody::state,
               {.text = "Whether it will still be tried, or never arrive.", .choices = "waiting|failed"}},
        Member{"attempts", &MessageBody::attempts, {.text = "How often it was tried."}},
        Member{"reason", &MessageBody::reason, {.text = "Why the last attempt failed: an error code, or \"expired\"."}},
        Member{"created_at", &MessageBody::created_at, {.read_only = true}},
        Member{"next_attempt_at", &MessageBody::next_attempt_at, {.text = "Of what waits."}},
        Member{"failed_at", &MessageBody::failed_at, {.text = "Of what failed."}}};
}
constexpr std::string_view list_name(MessageBody const*)
{
    return "MessageList";
}

namespace {

MessageBody body_of(Parts const& parts, storage::Tx& tx, messages::ListedRow const& listed)
{
    auto const& row = listed.row;
    MessageBody body{.message_id = row.message,
                     .user_id = row.user,
                     .channel = row.channel,
                     .kind = row.kind,
                     .state = listed.failed_at ? "failed" : "waiting",
                     .attempts = row.attempts,
                     .created_at = listed.created_at,
                     .next_attempt_at = listed.next_attempt_at,
                     .failed_at = listed.failed_at};
    if (!listed.last_error.empty())
        body.reason = listed.last_error;
    if (auto const message = messages::open_payload(tx, parts.vault, row))
        body.recipient = message->to;
    return body;
}

Task<Result<Answer>> list_messages(Parts const& parts, Call const& call)
{
    CO_TRY(auto page, read_page(parts, call, "messages"));
    List<MessageBody> list;
    std::optional<Bytes> next;
    CO_TRY_DO(co_await parts.database.read([&](storage::Tx& tx) -> Result<void> {
        std::optional<messages::MessageId> after;
        if (!page.after.empty()) {
            TRY(after, messages::MessageId::from_bytes(page.after));
        }
        TRY(auto rows, messages::select_messages(tx, call.context.tenant->id, after, static_cast<int>(page.fetch())));
        auto found = storage::make_page(std::move(rows), page, [](messages::ListedRow const& listed) {
            return to_bytes(listed.row.message.bytes());
        });
        list.items.clear();
        for (auto const& listed : found.items)
            list.items.push_back(body_of(parts, tx, listed));
        next = std::move(found.next);
        return {};
    }));
    CO_TRY(list.next_cursor, make_cursor(parts, call, "messages", next));
    co_return Answer{.body = write_shape(list)};
}

} // namespace

std::vector<Operation> message_operations(Parts const& parts)
{
    std::vector<Operation> operations;
    operations.push_back(Operation{
        .method = http::Method::get,
        .path = "/messages",
        .id = "messages_list",
        .tag = "messages",
        .summary = "List messages that wait, and those that will never arrive",
        .scope = "messages:read",
        .pageable = true,
        .run = [&parts](Call const& call, auto const&) {
            return list_messages(parts, call);
        }}.gives<List<MessageBody>>());
    return operations;
}

} // namespace gatehouse::admin
