#include "events/reader.hpp"

#include "events/event_store.hpp"
#include "vault/vault.hpp"

#include <boost/json.hpp>

namespace gatehouse::events {

Result<std::vector<StoredEvent>> newest_of(storage::Tx& tx, TenantId tenant, UserId user, Newest const& which)
{
    return select_events_of(tx, tenant, user, which.before, which.limit);
}

Result<boost::json::object> export_events(storage::Tx& tx, vault::Vault const& vault, TenantId tenant, UserId user)
{
    constexpr int kAtOnce = 500;
    constexpr std::size_t kMost = 10'000; // some megabytes: one answer, built in memory
    TRY(auto const key, vault.open_person_key(tx, tenant, user));
    boost::json::array list;
    std::optional<EventId> before;
    bool complete = false;
    while (!complete && list.size() < kMost) {
        TRY(auto const found, select_events_of(tx, tenant, user, before, kAtOnce));
        complete = found.size() < static_cast<std::size_t>(kAtOnce);
        for (auto const& event : found) {
            TRY(auto const personal, open_personal(tx, vault, tenant, event, &key));
            boost::json::object one{{"at", to_rfc3339(event.occurred_at)}, {"type", event.type}, {"data", event.data}};
            for (auto const& [name, value] : personal)
                one[name] = value;
            list.push_back(std::move(one));
            before = event.id;
        }
    }
    return boost::json::object{{"activity", std::move(list)}, {"activity_complete", complete}};
}

} // namespace gatehouse::events
