// Jobs that tidy up: what has expired goes in small batches, accounts whose time is over are erased, keys rotate when
// they are due.
#pragma once

#include <atomic>
#include <cstdint>

namespace gatehouse::messages {
class Outbox;
}

namespace gatehouse::app {

class Jobs;
struct Ground;

// `erased`: counts the accounts.
void add_housekeeping(Jobs& jobs, Ground& ground, messages::Outbox const& outbox, std::atomic<std::uint64_t>& erased);

} // namespace gatehouse::app
