#include "events/event_store.hpp"

#include <boost/json.hpp>

namespace gatehouse::events {

using storage::Row;
using storage::Statement;

namespace {

constexpr Statement kInsertEvent{
    "INSERT INTO events (tenant_id, event_id, position, type, occurred_at, user_id, actor_id, application_id, "
    "session_id, organization_id, request_id, data, personal) VALUES (:tenant, :event, NULL, :type, :at, :user, "
    ":actor, "
    ":application, :session, :organization, :request, :data, :personal)"};
constexpr Statement kSelectEventsAfter{
    "SELECT event_id, position, type, occurred_at, user_id, actor_id, application_id, session_id, organization_id, "
    "request_id, data, personal FROM events WHERE tenant_id = :tenant AND position > :position "
    "ORDER BY position LIMIT :limit"};
constexpr Statement kSelectEventsOf{
    "SELECT event_id, COALESCE(position, 0), type, occurred_at, user_id, actor_id, application_id, session_id, "
    "organization_id, request_id, data, personal FROM events WHERE tenant_id = :tenant AND user_id = :user "
    "AND event_id < :before ORDER BY event_id DESC LIMIT :limit"};
constexpr Statement kSelectHead{"SELECT position FROM event_heads WHERE tenant_id = :tenant"};
constexpr Statement kSelectUnpositionedTenants{
    "SELECT DISTINCT tenant_id FROM events WHERE position IS NULL LIMIT :limit"};
constexpr Statement kPositionEvents{
    "UPDATE events SET position = :head + ranked.number FROM "
    "(SELECT event_id, row_number() OVER (ORDER BY event_id) AS number FROM events "
    "WHERE tenant_id = :tenant AND position IS NULL ORDER BY event_id LIMIT :limit) AS ranked "
    "WHERE events.tenant_id = :tenant AND events.event_id = ranked.event_id"};
constexpr Statement kAdvanceHead{
    "INSERT INTO event_heads (tenant_id, position, fencing_token) VALUES (:tenant, :head, :token) "
    "ON CONFLICT (tenant_id) DO UPDATE SET position = :head, fencing_token = :token "
    "WHERE event_heads.fencing_token <= :token"};

Result<StoredEvent> make_event(Row const& row)
{
    StoredEvent event{.id = row.id<EventId>(0),
                      .position = row.integer(1),
                      .type = row.string(2),
                      .occurred_at = row.time(3),
                      .user = row.optional_id<UserId>(4),
                      .origin = {.request_id = row.string(9),
                                 .actor = row.optional_id<UserId>(5),
                                 .application = row.optional_id<ApplicationId>(6),
                                 .session = row.optional_id<SessionId>(7),
                                 .organization = row.optional_id<OrganizationId>(8)},
                      .data = {},
                      .personal = row.blob(11)};
    boost::system::error_code error;
    auto data = boost::json::parse(row.text(10), error);
    if (error || !data.is_object())
        return fault(fmt::format("event {} holds no JSON object", event.id));
    event.data = std::move(data.get_object());
    return event;
}

} // namespace

Result<void> insert_event(storage::Tx& tx, EventRow const& row)
{
    auto const& event = row.event;
    auto const personal = row.personal.empty() ? storage::Parameter("personal", storage::Null{})
                                               : storage::Parameter("personal", row.personal);
    return tx.execute_later(kInsertEvent, {{"tenant", event.tenant},
                                           {"event", row.id},
                                           {"type", event.type->name},
                                           {"at", row.at},
                                           {"user", event.user},
                                           {"actor", event.origin.actor},
                                           {"application", event.origin.application},
                                           {"session", event.origin.session},
                                           {"organization", event.origin.organization},
                                           {"request", event.origin.request_id},
                                           {"data", row.data},
                                           personal});
}

Result<std::vector<StoredEvent>> select_events_of(storage::Tx& tx, TenantId tenant, UserId user,
                                                  std::optional<EventId> before, int limit)
{
    EventId const last{Uuid{
        .bytes = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}};
    return tx.all(kSelectEventsOf,
                  {{"tenant", tenant}, {"user", user}, {"before", before.value_or(last)}, {"limit", limit}},
                  make_event);
}

Result<std::vector<StoredEvent>> select_events_after(storage::Tx& tx, TenantId tenant, std::int64_t position, int limit)
{
    return tx.all(kSelectEventsAfter, {{"tenant", tenant}, {"position", position}, {"limit", limit}}, make_event);
}

Result<std::int64_t> select_head(storage::Tx& tx, TenantId tenant)
{
    TRY(auto const head, tx.maybe(kSelectHead, {{"tenant", tenant}}, [](Row const& row) { return row.integer(0); }));
    return head.value_or(0);
}

Result<std::vector<TenantId>> select_unpositioned_tenants(storage::Tx& tx, int limit)
{
    return tx.all(kSelectUnpositionedTenants, {{"limit", limit}}, [](Row const& row) { return row.id<TenantId>(0); });
}

Result<std::int64_t> position_events(storage::Tx& tx, TenantId tenant, std::int64_t head, int limit)
{
    return tx.execute(kPositionEvents, {{"tenant", tenant}, {"head", head}, {"limit", limit}});
}

Result<bool> advance_head(storage::Tx& tx, TenantId tenant, std::int64_t head, std::int64_t fencing_token)
{
    TRY(auto const changed, tx.execute(kAdvanceHead, {{"tenant", tenant}, {"head", head}, {"token", fencing_token}}));
    return changed == 1;
}

} // namespace gatehouse::events
