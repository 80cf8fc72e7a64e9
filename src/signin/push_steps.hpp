// Approval on a device: what its devices are told, and how the waiting page hears of the answer.
#pragma once

#include "messages/push_sender.hpp"
#include "signin/signin.hpp"

namespace gatehouse::signin {

// One for each device of the user that Web Push reaches.
Result<std::vector<messages::Push>> push_messages(Services const& services, storage::Tx& tx,
                                                  identity::Tenant const& tenant,
                                                  credentials::PushRequest const& request, TimePoint now);

// What the waiting page, or app, asks for the state of a request by: a sealed value that names the request and the
// browser which the journey belongs to (an app has none: it keeps the value to itself).
Result<std::string> push_ticket(Services const& services, TenantId tenant, credentials::PushRequestId request,
                                journey::Journey const& journey, TimePoint now);

// How many streams are open at a time. Beyond that the page looks for itself every few seconds.
inline constexpr int kStreamsOfRequest = 2;
inline constexpr int kStreamsOfAddress = 16;

// GET /signin/push/{ticket}: {"state": "waiting"}. GET /signin/push/{ticket}/events: the same as server-sent events.
void add_push_routes(Routes& routes, Services const& services);

} // namespace gatehouse::signin
