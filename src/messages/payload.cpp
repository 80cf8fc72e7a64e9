#include "messages/payload.hpp"

#include "vault/vault.hpp"

#include <boost/json.hpp>

namespace gatehouse::messages {
namespace {

namespace json = boost::json;

constexpr vault::FieldNumber kOutboxPayload{801};

json::value to_json(view::Argument const& argument)
{
    if (auto const* text = std::get_if<std::string>(&argument.value))
        return {argument.name, "text", *text};
    if (auto const* number = std::get_if<std::int64_t>(&argument.value))
        return {argument.name, "number", *number};
    return {argument.name, "time", to_micros(std::get<TimePoint>(argument.value))};
}

view::Argument argument_of(json::array const& stored)
{
    std::string name(stored.at(0).as_string());
    if (stored.at(1).as_string() == "text")
        return {std::move(name), std::string(stored.at(2).as_string())};
    if (stored.at(1).as_string() == "number")
        return {std::move(name), stored.at(2).as_int64()};
    return {std::move(name), from_micros(stored.at(2).as_int64())};
}

} // namespace

Result<Bytes> seal_payload(storage::Tx& tx, vault::Vault& vault, MessageId id, Outgoing const& message, TimePoint now)
{
    json::array arguments;
    for (auto const& argument : message.arguments)
        arguments.push_back(to_json(argument));
    auto const text = json::serialize(json::object{{"to", message.to},
                                                   {"locale", message.locale},
                                                   {"sender", message.sender_name},
                                                   {"host", message.host},
                                                   {"arguments", std::move(arguments)}});
    if (message.user) {
        TRY(auto key, vault.open_person_key(tx, message.tenant, *message.user));
        return vault::seal_field(key, kOutboxPayload, id.value, text);
    }
    TRY(auto key, vault.daily_key(tx, message.tenant, now));
    return vault::seal_field(key, kOutboxPayload, id.value, text);
}

Result<Outgoing> open_payload(storage::Tx& tx, vault::Vault& vault, OutboxRow const& row)
{
    std::string text;
    if (row.user) {
        TRY(auto key, vault.open_person_key(tx, row.tenant, *row.user));
        TRY(text, vault::open_text_field(key, kOutboxPayload, row.message.value, row.payload));
    } else {
        TRY(auto key, vault.open_daily_key(tx, row.tenant, row.payload));
        TRY(text, vault::open_text_field(key, kOutboxPayload, row.message.value, row.payload));
    }
    auto const kind = parse_kind(row.kind);
    auto const channel = parse_channel(row.channel);
    boost::system::error_code failed;
    auto const stored = json::parse(text, failed);
    if (!kind || !channel || failed || !stored.is_object())
        return fault("an outbox row cannot be understood");
    auto const& object = stored.get_object();
    Outgoing message{.tenant = row.tenant,
                     .user = row.user,
                     .channel = *channel,
                     .kind = *kind,
                     .to = std::string(object.at("to").as_string()),
                     .locale = std::string(object.at("locale").as_string()),
                     .sender_name = std::string(object.at("sender").as_string()),
                     .expires_at = row.expires_at};
    if (auto const* host = object.if_contains("host"))
        message.host = host->as_string();
    for (auto const& argument : object.at("arguments").as_array())
        message.arguments.push_back(argument_of(argument.as_array()));
    return message;
}

} // namespace gatehouse::messages
