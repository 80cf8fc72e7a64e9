#include "events/batch_appender.hpp"
#include "base/thread.hpp"

#include "base/log.hpp"

namespace gatehouse::events {

BatchAppender::BatchAppender(storage::Database& database, vault::Vault& vault)
    : BatchAppender(database, vault, Options{})
{
}

BatchAppender::BatchAppender(storage::Database& database, vault::Vault& vault, Options options)
    : database_(database), vault_(vault), options_(options), thread_([this] {
          name_this_thread("events");
          work();
      })
{
}

BatchAppender::~BatchAppender()
{
    {
        std::lock_guard const lock(mutex_);
        stopping_ = true;
    }
    arrived_.notify_one();
    thread_.join();
}

void BatchAppender::append(Event event, TimePoint now)
{
    bool full_batch = false;
    {
        std::lock_guard const lock(mutex_);
        if (queue_.size() >= options_.queue_limit) {
            ++statistics_.dropped;
            return;
        }
        queue_.push_back({std::move(event), now});
        full_batch = queue_.size() == options_.batch;
    }
    if (full_batch)
        arrived_.notify_one();
}

void BatchAppender::flush()
{
    std::unique_lock lock(mutex_);
    hurry_ = true;
    arrived_.notify_one();
    drained_.wait(lock, [&] { return queue_.empty() && writing_ == 0; });
}

BatchAppender::Statistics BatchAppender::statistics() const
{
    std::lock_guard const lock(mutex_);
    return statistics_;
}

void BatchAppender::work()
{
    std::vector<Waiting> batch;
    std::unique_lock lock(mutex_);
    for (;;) {
        arrived_.wait_for(lock, options_.interval,
                          [&] { return stopping_ || hurry_ || queue_.size() >= options_.batch; });
        while (!queue_.empty()) {
            auto const count = std::min(queue_.size(), options_.batch);
            batch.assign(std::make_move_iterator(queue_.begin()),
                         std::make_move_iterator(queue_.begin() + static_cast<std::ptrdiff_t>(count)));
            queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(count));
            writing_ = count;
            lock.unlock();
            auto const written = write(batch);
            lock.lock();
            writing_ = 0;
            (written ? statistics_.written : statistics_.dropped) += count;
        }
        hurry_ = false;
        drained_.notify_all();
        if (stopping_)
            return;
    }
}

// Relaxed: nothing was promised to anybody, so no disk is waited for.
bool BatchAppender::write(std::vector<Waiting> const& batch)
{
    auto const rule = [&](storage::Tx& tx) -> Result<void> {
        for (auto const& waiting : batch)
            TRY_DO(append_one(tx, waiting));
        return {};
    };
    for (int attempt = 1;; ++attempt) {
        auto const outcome = database_.write_now(rule, storage::Durability::Relaxed);
        if (outcome)
            return true;
        if (attempt == 3) {
            log::error("events were lost", {{"count", batch.size()}, {"detail", outcome.error().detail}});
            return false;
        }
        std::this_thread::sleep_for(options_.interval);
    }
}

Result<void> BatchAppender::append_one(storage::Tx& tx, Waiting const& waiting)
{
    TRY_DO(events::append(tx, vault_, waiting.event, waiting.at));
    return {};
}

} // namespace gatehouse::events
