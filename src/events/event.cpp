#include "events/event.hpp"

#include "events/event_store.hpp"
#include "vault/vault.hpp"

#include <boost/json.hpp>
#include <stdexcept>

namespace gatehouse::events {

namespace {

constexpr vault::FieldNumber kPersonal{901};

void check_members(EventType const& type, boost::json::object const& members, bool personal)
{
    for (auto const& [key, value] : members) {
        auto const declared = std::ranges::any_of(type.fields, [&](EventField const& field) {
            return field.name == std::string_view(key.data(), key.size()) && field.personal == personal;
        });
        if (!declared)
            throw std::logic_error(fmt::format("event {} declares no {}field {}", type.name,
                                               personal ? "personal " : "", std::string_view(key)));
    }
}

Result<Bytes> seal_personal(storage::Tx& tx, vault::Vault& vault, Event const& event, EventId id, TimePoint now,
                            vault::PersonKey const* key)
{
    auto const text = boost::json::serialize(event.personal);
    if (key)
        return vault::seal_field(*key, kPersonal, id.value, text);
    if (event.user) {
        TRY(auto const person, vault.open_person_key(tx, event.tenant, *event.user));
        return vault::seal_field(person, kPersonal, id.value, text);
    }
    TRY(auto const day, vault.daily_key(tx, event.tenant, now));
    return vault::seal_field(day, kPersonal, id.value, text);
}

} // namespace

Result<EventId> append(storage::Tx& tx, vault::Vault& vault, Event const& event, TimePoint now,
                       vault::PersonKey const* key)
{
    check_members(*event.type, event.data, false);
    check_members(*event.type, event.personal, true);
    if (key && event.user != key->user)
        throw std::logic_error("an event is sealed under the key of the person it is about");
    auto const id = EventId::generate(now);
    Bytes personal;
    if (!event.personal.empty()) {
        TRY(personal, seal_personal(tx, vault, event, id, now, key));
    }
    auto const data = boost::json::serialize(event.data);
    TRY_DO(insert_event(tx, {.id = id, .event = event, .at = now, .data = data, .personal = personal}));
    return id;
}

Result<std::vector<StoredEvent>> read_after(storage::Tx& tx, TenantId tenant, std::int64_t position, int limit)
{
    return select_events_after(tx, tenant, position, limit);
}

Result<std::int64_t> head(storage::Tx& tx, TenantId tenant)
{
    return select_head(tx, tenant);
}

Result<boost::json::object> open_personal(storage::Tx& tx, vault::Vault const& vault, TenantId tenant,
                                          StoredEvent const& event, vault::PersonKey const* held)
{
    if (event.personal.empty())
        return boost::json::object{};
    auto const open = [&](auto const& key) -> Result<boost::json::object> {
        TRY(auto const text, vault::open_text_field(key, kPersonal, event.id.value, event.personal));
        boost::system::error_code error;
        auto value = boost::json::parse(text, error);
        if (error || !value.is_object())
            return fault(fmt::format("event {} holds no JSON object", event.id));
        return std::move(value.get_object());
    };
    if (!event.user) {
        auto const key = vault.open_daily_key(tx, tenant, event.personal);
        return key ? open(*key) : boost::json::object{};
    }
    if (held)
        return open(*held);
    auto const key = vault.open_person_key(tx, tenant, *event.user);
    if (!key && key.error().code == "person_key_missing")
        return boost::json::object{};
    if (!key)
        return std::unexpected(key.error());
    return open(*key);
}

} // namespace gatehouse::events
