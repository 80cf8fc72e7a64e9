// How caches of tenants, applications and keys learn what changed. Each change of configuration raises a counter in its
// transaction; every node polls the counters each second and hands the changed tenants to those who cache something.
//
//   raise_change_counter(tx, tenant)          in the transaction of the change
//   co_await changes.poll(now)                after it, on the node that wrote: known there at once
//   co_await changes.ensure_fresh(now)        before a look-up (app/): free while the last poll is younger than 5 s
#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/task.hpp"
#include "storage/database.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <vector>

namespace gatehouse::identity {

// One statement or two; configuration changes are serialized by it.
Result<void> raise_change_counter(storage::Tx& tx, TenantId tenant);

class ChangeFeed {
public:
    static constexpr Duration kPollInterval = std::chrono::seconds(1);
    static constexpr Duration kStaleAfter = std::chrono::seconds(5);

    // Reads what changed of the tenants given (the first time: of all) and returns what puts it in place. The reading
    // may run more than once; putting in place runs once, under the feed's lock, in the order of the changes.
    using Publish = std::function<void()>;
    using Reload = std::function<Result<Publish>(storage::Tx& tx, std::vector<TenantId> const& tenants)>;

    explicit ChangeFeed(storage::Database& database);

    // Before the first poll. Called in the order of subscription, each in the same snapshot.
    void subscribe(Reload reload);

    // One statement when nothing changed. On an error nothing is put in place and the next poll tries again.
    Task<Result<void>> poll(TimePoint now);
    // The same, blocking: for the start, background threads and tests.
    Result<void> poll_now(TimePoint now);
    // Polls when the last successful poll is older than kStaleAfter (or lies in the future: the clock was set back).
    // Error: the storage's, when it cannot be reached: better no answer than a revoked key.
    Task<Result<void>> ensure_fresh(TimePoint now);
    bool is_fresh(TimePoint now) const;

private:
    struct Found {
        std::int64_t counter = 0;
        std::vector<Publish> publish;
    };
    Result<Found> read(storage::Tx& tx, std::int64_t seen) const;
    void put_in_place(Found found, TimePoint now);

    storage::Database& database_;
    std::vector<Reload> reloads_;
    std::mutex publishing_;
    std::atomic<std::int64_t> seen_{-1};
    std::atomic<std::int64_t> polled_at_{0}; // microseconds; 0: never
};

} // namespace gatehouse::identity
