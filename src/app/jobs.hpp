// Background work: each job on a thread of its own, so that a slow one delays no other. Jobs that must run on one node
// only hold a lease while they run (storage/lease.hpp), and each transaction of theirs begins with their guard.
#pragma once

#include "base/clock.hpp"
#include "storage/lease.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace gatehouse::app {

class Metrics;

// Called first in each write transaction of a job under a lease: refuses with "lease_lost" when another node took it,
// lengthens it otherwise, and keeps it from being taken until that transaction ends. Allows everything in other jobs.
using Guard = std::function<Result<void>(storage::Tx& tx)>;

struct Job {
    std::string name; // "expiry": of its lease, log lines and metrics
    std::chrono::milliseconds interval;
    bool one_node = false; // runs under a lease, on whichever node gets it
    // Errors are logged; the job runs again after its interval.
    std::function<Result<void>(TimePoint now, Guard const& guard)> run;
};

class Jobs {
public:
    Jobs(storage::Database& database, storage::Leases const& leases, Clock const& clock);
    ~Jobs(); // stop()

    void add(Job job); // before start()
    void add_metrics(Metrics& metrics) const;
    void start();
    // Ends every job after the run under way and gives leases back.
    void stop();
    // Runs one job now, on the calling thread; for tests. Error: "unknown_job".
    Result<void> run_now(std::string_view name);

private:
    struct Running {
        Job job;
        std::thread thread = {};
        std::optional<storage::Lease> lease = {};
        std::atomic<std::uint64_t> runs = 0;
        std::atomic<std::uint64_t> failures = 0;
        std::atomic<std::int64_t> last_success = 0; // Unix seconds
        explicit Running(Job j) : job(std::move(j)) {}
    };
    void loop(Running& running);
    Result<void> run_once(Running& running);
    Result<bool> hold_lease(Running& running);
    Guard guard_of(Running& running);

    storage::Database& database_;
    storage::Leases const& leases_;
    Clock const& clock_;
    std::deque<Running> jobs_;
    std::mutex mutex_;
    std::condition_variable stopped_;
    bool stopping_ = false;
};

} // namespace gatehouse::app
