#include "identity/changes.hpp"

#include "identity/changes_store.hpp"

namespace gatehouse::identity {

ChangeFeed::ChangeFeed(storage::Database& database) : database_(database) {}

void ChangeFeed::subscribe(Reload reload)
{
    reloads_.push_back(std::move(reload));
}

Result<ChangeFeed::Found> ChangeFeed::read(storage::Tx& tx, std::int64_t seen) const
{
    Found found;
    TRY(found.counter, select_change_counter(tx));
    if (found.counter == seen)
        return found;
    TRY(auto const tenants, select_changed_tenants(tx, seen));
    for (auto const& reload : reloads_) {
        TRY(auto publish, reload(tx, tenants));
        found.publish.push_back(std::move(publish));
    }
    return found;
}

// Two polls may overlap. The one whose snapshot is newer covers all that the other saw, so it may come second; the
// older one must not.
void ChangeFeed::put_in_place(Found found, TimePoint now)
{
    std::lock_guard const lock(publishing_);
    if (found.counter > seen_) {
        for (auto const& publish : found.publish)
            publish();
        seen_ = found.counter;
    }
    polled_at_ = to_micros(now);
}

Task<Result<void>> ChangeFeed::poll(TimePoint now)
{
    auto const seen = seen_.load();
    CO_TRY(auto found, co_await database_.read([this, seen](storage::Tx& tx) { return read(tx, seen); }));
    put_in_place(std::move(found), now);
    co_return Result<void>{};
}

Result<void> ChangeFeed::poll_now(TimePoint now)
{
    auto const seen = seen_.load();
    TRY(auto found, database_.read_now([this, seen](storage::Tx& tx) { return read(tx, seen); }));
    put_in_place(std::move(found), now);
    return {};
}

bool ChangeFeed::is_fresh(TimePoint now) const
{
    auto const polled_at = polled_at_.load();
    return polled_at != 0 && std::chrono::abs(now - from_micros(polled_at)) <= kStaleAfter;
}

Task<Result<void>> ChangeFeed::ensure_fresh(TimePoint now)
{
    if (is_fresh(now))
        co_return Result<void>{};
    co_return co_await poll(now);
}

} // namespace gatehouse::identity
