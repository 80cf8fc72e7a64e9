// base: what the operating system should know of a thread.
#pragma once

#include <chrono>

namespace gatehouse {

// The name that `top -H` and debuggers show for the calling thread; at most 15 characters.
void name_this_thread(char const* name);

// How long the calling thread may run before the scheduler looks for another, from 100 us to 100 ms. A thread with
// short slices gets its turn sooner when it wakes up, and gives it up sooner; its share of the processor stays the same
// (Linux 6.12 and later, sched(7); older kernels and forbidden calls change nothing).
void set_slice_of_this_thread(std::chrono::microseconds slice);

// For threads that somebody waits for, and for threads with long work that give way to them at once.
inline constexpr std::chrono::microseconds kQuickSlice{200};
inline constexpr std::chrono::microseconds kYieldingSlice{100};

} // namespace gatehouse
