#include "messages/export.hpp"

#include "messages/payload.hpp"
#include "vault/vault.hpp"

#include <boost/json.hpp>

namespace gatehouse::messages {

namespace {

struct Waiting {
    OutboxRow row;
    TimePoint created_at;
};
constexpr storage::Statement kWaiting{"SELECT message_id, channel, kind, payload, created_at FROM message_outbox "
                                      "WHERE tenant_id = :tenant AND user_id = :user ORDER BY message_id"};

} // namespace

Result<boost::json::object> export_messages(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user)
{
    TRY(auto const waiting, tx.all(kWaiting, {{"tenant", tenant}, {"user", user}}, [&](storage::Row const& row) {
        return Waiting{.row = {.tenant = tenant,
                               .message = row.id<MessageId>(0),
                               .user = user,
                               .channel = row.string(1),
                               .kind = row.string(2),
                               .payload = row.blob(3),
                               .expires_at = {}},
                       .created_at = row.time(4)};
    }));
    boost::json::array list;
    for (auto const& [row, created_at] : waiting) {
        TRY(auto const message, open_payload(tx, vault, row));
        list.push_back({{"channel", row.channel},
                        {"message", row.kind},
                        {"to", message.to},
                        {"written_at", to_rfc3339(created_at)}});
    }
    return boost::json::object{{"messages", std::move(list)}};
}

} // namespace gatehouse::messages
