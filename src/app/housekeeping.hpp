// Jobs that tidy up: what has expired goes in small batches, keys rotate when they are due.
#pragma once

namespace gatehouse::app {

class Jobs;
struct Ground;

void add_housekeeping(Jobs& jobs, Ground& ground);

} // namespace gatehouse::app
