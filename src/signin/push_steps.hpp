// Approval on a device: what its devices are told, and how the waiting page hears of the answer.
#pragma once

#include "messages/push_sender.hpp"
#include "signin/signin.hpp"

namespace gatehouse::signin {

// One for each device of the user that Web Push reaches.
Result<std::vector<messages::Push>> push_messages(Services const& services, storage::Tx& tx,
                                                  identity::Tenant const& tenant,
                                                  credentials::PushRequest const& request, TimePoint now);

// GET /signin/push/{request}: {"state": "waiting"}. GET /signin/push/{request}/events: the same as server-sent events.
// Whoever knows the id of a request hears its state, and nothing else.
void add_push_routes(Routes& routes, Services const& services);

} // namespace gatehouse::signin
