#include "app/housekeeping.hpp"

#include "app/erasure.hpp"
#include "app/ground.hpp"
#include "app/jobs.hpp"
#include "credentials/recovery_holds.hpp"
#include "identity/invitations.hpp"
#include "messages/outbox_store.hpp"
#include "messages/text_budget.hpp"
#include "risk/throttle.hpp"
#include "session/trusted_devices.hpp"
#include "signin/registration_draft.hpp"
#include "tokens/families.hpp"

namespace gatehouse::app {

namespace {

constexpr int kBatch = 500;         // rows of one kind in one transaction: short, so that sign-ins never wait
constexpr int kBatchesAtOnce = 200; // of one kind and tenant in one run; the rest waits for the next
constexpr auto kDailyKeysKept = std::chrono::days(7);

// Calls `remove` until it finds less than a whole batch.
template <class Remove>
Result<void> in_batches(storage::Database& database, Guard const& guard, Remove remove)
{
    for (int i = 0; i < kBatchesAtOnce; ++i) {
        TRY(auto const removed, database.write_now([&](storage::Tx& tx) -> std::invoke_result_t<Remove, storage::Tx&> {
            TRY_DO(guard(tx));
            return remove(tx);
        }));
        if (removed < kBatch)
            break;
    }
    return {};
}

Result<void> remove_expired(Ground& ground, TimePoint now, Guard const& guard)
{
    auto& database = *ground.database;
    for (auto const& tenant : ground.directory.all()) {
        auto const id = tenant->id;
        auto const clear = [&](auto remove) { return in_batches(database, guard, remove); };
        TRY_DO(clear([&](storage::Tx& tx) { return session::remove_expired(tx, id, now, kBatch); }));
        TRY_DO(clear([&](storage::Tx& tx) { return session::remove_expired_trust(tx, id, now, kBatch); }));
        TRY_DO(clear([&](storage::Tx& tx) { return tokens::remove_expired(tx, id, now, kBatch); }));
        TRY_DO(clear([&](storage::Tx& tx) { return risk::remove_expired(tx, id, now, kBatch); }));
        TRY_DO(clear([&](storage::Tx& tx) { return credentials::remove_ended_holds(tx, id, now, kBatch); }));
        TRY_DO(clear([&](storage::Tx& tx) { return ground.challenges.remove_expired(tx, id, now, kBatch); }));
        TRY_DO(clear([&](storage::Tx& tx) { return messages::remove_expired_budgets(tx, id, now, kBatch); }));
        TRY_DO(clear([&](storage::Tx& tx) { return messages::delete_kept_failures(tx, id, now, kBatch); }));
        TRY_DO(clear([&](storage::Tx& tx) { return ground.push_requests.remove_old(tx, id, now, kBatch); }));
        TRY_DO(clear(
            [&](storage::Tx& tx) { return identity::Invitations(*ground.vault).remove_expired(tx, id, now, kBatch); }));
        TRY_DO(clear([&](storage::Tx& tx) { return signin::remove_expired_drafts(tx, id, now, kBatch); }));
        TRY_DO(clear([&](storage::Tx& tx) { return ground.users.end_quarantines(tx, id, now, kBatch); }));
    }
    return database.write_now([&](storage::Tx& tx) -> Result<void> {
        TRY_DO(guard(tx));
        TRY_DO(ground.vault->destroy_daily_keys(tx, now - kDailyKeysKept));
        return {};
    });
}

// The key ring's own transactions notice when another node was faster; the guard keeps the lease while there are many
// tenants, and ends the run when it is lost.
Result<void> rotate_keys(Ground& ground, TimePoint now, Guard const& guard)
{
    for (auto const& tenant : ground.directory.all()) {
        TRY_DO(ground.database->write_now(guard));
        TRY_DO(ground.key_ring.rotate_due(tenant->id, now));
    }
    return ground.changes.poll_now(now);
}

} // namespace

void add_housekeeping(Jobs& jobs, Ground& ground, messages::Outbox const& outbox, std::atomic<std::uint64_t>& erased)
{
    jobs.add({.name = "expiry",
              .interval = std::chrono::minutes(1),
              .one_node = true,
              .run = [&ground](TimePoint now, Guard const& guard) { return remove_expired(ground, now, guard); }});
    jobs.add({.name = "account_deletion",
              .interval = std::chrono::minutes(10),
              .one_node = true,
              .run = [&ground, &outbox, &erased](TimePoint now, Guard const& guard) {
                  return erase_due_accounts(ground, outbox, erased, now, guard);
              }});
    jobs.add({.name = "key_rotation",
              .interval = std::chrono::minutes(10),
              .one_node = true,
              .run = [&ground](TimePoint now, Guard const& guard) { return rotate_keys(ground, now, guard); }});
    jobs.add(
        {.name = "vault_refresh", .interval = std::chrono::seconds(5), .run = [&ground](TimePoint now, Guard const&) {
             return ground.database->read_now([&](storage::Tx& tx) { return ground.vault->refresh(tx, now); });
         }});
}

} // namespace gatehouse::app
