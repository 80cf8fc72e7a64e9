// Accounts that their owners wanted deleted, once the time to change their mind is over.
#pragma once

#include "app/jobs.hpp"
#include <atomic>

namespace gatehouse::messages {
class Outbox;
}

namespace gatehouse::app {

struct Ground;

// Of every tenant, each in its own transaction: an erasure touches many tables. Counted in `erased`.
Result<void> erase_due_accounts(Ground& ground, messages::Outbox const& outbox, std::atomic<std::uint64_t>& erased,
                                TimePoint now, Guard const& guard);

} // namespace gatehouse::app
