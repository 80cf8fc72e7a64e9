// events: the log of facts. It is the audit log, and what webhooks and streams are fed from.
//
// In:  an Event, in the transaction that makes it true.
// Out: rows without a position; the sequencer (events/sequencer.hpp) gives them dense positions afterwards, and readers
//      (events/reader.hpp) see positioned events only, so that a transaction that commits late is never skipped.
//
// What is personal (addresses, names, what a person wrote) goes into `personal`, which is sealed under the person's key
// and becomes unreadable when the person is erased. `data` is for everything else.
#pragma once

#include "base/ids.hpp"
#include "events/catalogue.hpp"
#include "storage/database.hpp"

#include <boost/json/object.hpp>
#include <optional>
#include <string>

namespace gatehouse::vault {
class Vault;
struct PersonKey;
} // namespace gatehouse::vault

namespace gatehouse::events {

using EventId = Id<struct EventTag>;

// Who did it and in which request. Rules that append events take one and pass it on.
struct Origin {
    std::string request_id;      // empty for background jobs and the command line
    std::optional<UserId> actor; // who acted, where it is not the user the event is about
    std::optional<ApplicationId> application;
    std::optional<SessionId> session;
    std::optional<OrganizationId> organization;
};

struct Event {
    EventType const* type; // &kUserCreated, out of the catalogue
    TenantId tenant;
    std::optional<UserId> user; // whom it is about
    Origin origin;
    boost::json::object data;     // members as the catalogue declares them; none of them personal
    boost::json::object personal; // sealed; needs no key when it is empty
};

// Adds the event to the transaction under way. Costs no round trip of its own (execute_later), unless there is personal
// data and `key` is null: then the person's key (without a user: the key of the day) is read first.
// Members of `data` and `personal` that the catalogue does not declare for the type are a bug and throw
// std::logic_error.
Result<EventId> append(storage::Tx& tx, vault::Vault& vault, Event const& event, TimePoint now,
                       vault::PersonKey const* key = nullptr);

} // namespace gatehouse::events
