// Processes that are measured: started, watched through /proc, ended by their id.
#pragma once

#include "load.hpp"

#include <string>
#include <sys/types.h>
#include <vector>

namespace gatehouse::bench {

// A port of the loopback address that nobody listens on now.
std::uint16_t free_port();

// What a process has used and holds.
struct Usage {
    double requests = 0; // seconds of CPU of threads at the usual priority
    double hashing = 0;  // and of those at a lower one: the hash pool's
    double total() const { return requests + hashing; }
};

class Process {
public:
    // `environment` is added to ours ("NAME=value"). Standard output and error go to the file `log`.
    Process(std::vector<std::string> const& command, std::vector<std::string> const& environment, std::string log);
    ~Process(); // kill -9, if it still runs
    Process(Process const&) = delete;
    Process& operator=(Process const&) = delete;

    // Until `path` is answered 200; how long that took since the start. Throws std::runtime_error, with the end of the
    // log, when the process ends before or half a minute passes.
    std::chrono::nanoseconds wait_until_ready(std::uint16_t port, std::string const& path);
    void stop();     // SIGTERM, and waits
    void kill_now(); // SIGKILL, and waits

    Usage usage() const;
    // Resident bytes now, and at most since the start.
    double resident() const;
    double most_resident() const;
    pid_t id() const { return id_; }

private:
    double status_bytes(std::string_view field) const;

    pid_t id_ = -1;
    std::string log_;
    Steady::time_point started_;
};

} // namespace gatehouse::bench
