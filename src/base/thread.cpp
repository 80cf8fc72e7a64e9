#include "base/thread.hpp"

#include <cstdint>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace gatehouse {

void name_this_thread(char const* name)
{
    pthread_setname_np(pthread_self(), name);
}

void set_slice_of_this_thread(std::chrono::microseconds slice)
{
    // struct sched_attr of sched_setattr(2), which the C library does not declare.
    struct Attributes {
        std::uint32_t size = sizeof(Attributes);
        std::uint32_t policy = SCHED_OTHER;
        std::uint64_t flags = 0;
        std::int32_t nice = 0;
        std::uint32_t priority = 0;
        std::uint64_t runtime = 0; // nanoseconds; for SCHED_OTHER the slice
        std::uint64_t deadline = 0;
        std::uint64_t period = 0;
    };
    Attributes attributes;
    attributes.nice = getpriority(PRIO_PROCESS, static_cast<id_t>(gettid()));
    attributes.runtime = static_cast<std::uint64_t>(std::chrono::nanoseconds(slice).count());
    static_cast<void>(::syscall(SYS_sched_setattr, 0, &attributes, 0U));
}

} // namespace gatehouse
