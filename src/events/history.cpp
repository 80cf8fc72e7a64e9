#include "events/reader.hpp"

#include "events/event_store.hpp"

#include <boost/json.hpp>

namespace gatehouse::events {

Result<std::vector<StoredEvent>> newest_of(storage::Tx& tx, TenantId tenant, UserId user, int limit)
{
    return select_events_of(tx, tenant, user, limit);
}

Result<boost::json::object> export_events(storage::Tx& tx, vault::Vault const& vault, TenantId tenant, UserId user)
{
    constexpr int kMost = 10'000;
    TRY(auto const found, select_events_of(tx, tenant, user, kMost));
    boost::json::array list;
    for (auto const& event : found) {
        TRY(auto const personal, open_personal(tx, vault, tenant, event));
        boost::json::object one{{"at", to_rfc3339(event.occurred_at)}, {"type", event.type}, {"data", event.data}};
        for (auto const& [name, value] : personal)
            one[name] = value;
        list.push_back(std::move(one));
    }
    return boost::json::object{{"activity", std::move(list)}};
}

} // namespace gatehouse::events
