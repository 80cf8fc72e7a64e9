// Events of things that need no durable write of their own, such as tokens of machines: collected and written together,
// every 100 ms or 500 events. A crash may lose what was not yet written; the queue is bounded, and what does not fit is
// counted and dropped, because an audit trail of machine tokens must not stop them.
#pragma once

#include "events/event.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace gatehouse::events {

class BatchAppender {
public:
    struct Options {
        std::chrono::milliseconds interval{100};
        std::size_t batch = 500;
        std::size_t queue_limit = 50'000;
    };
    struct Statistics {
        std::uint64_t written = 0;
        std::uint64_t dropped = 0; // the queue was full, or the database refused them three times
    };

    BatchAppender(storage::Database& database, vault::Vault& vault);
    BatchAppender(storage::Database& database, vault::Vault& vault, Options options);
    // Writes what is queued, then ends.
    ~BatchAppender();

    // From any thread; never waits for the database.
    void append(Event event, TimePoint now);
    // Waits until everything that was appended before is written (or dropped).
    void flush();
    Statistics statistics() const;

private:
    struct Waiting {
        Event event;
        TimePoint at;
    };
    void work();
    bool write(std::vector<Waiting> const& batch);
    Result<void> append_one(storage::Tx& tx, Waiting const& waiting);

    storage::Database& database_;
    vault::Vault& vault_;
    Options const options_;
    mutable std::mutex mutex_;
    std::condition_variable arrived_;
    std::condition_variable drained_;
    std::vector<Waiting> queue_;
    Statistics statistics_;
    std::size_t writing_ = 0; // events in the batch under way
    bool hurry_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

} // namespace gatehouse::events
