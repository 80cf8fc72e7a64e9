#include "app/erasure.hpp"

#include "app/ground.hpp"
#include "identity/deletions.hpp"
#include "journey/people.hpp"
#include "messages/outbox.hpp"

namespace gatehouse::app {

namespace {

constexpr int kAtOnce = 500; // of one tenant in one run; the rest waits for the next

} // namespace

Result<void> erase_due_accounts(Ground& ground, messages::Outbox const& outbox, std::atomic<std::uint64_t>& erased,
                                TimePoint now, Guard const& guard)
{
    auto const before = erased.load();
    for (auto const& tenant : ground.directory.all()) {
        TRY(auto const due, ground.database->read_now([&](storage::Tx& tx) {
            return identity::due_deletions(tx, tenant->id, now, kAtOnce);
        }));
        for (auto const user : due) {
            TRY(auto const gone, ground.database->write_now([&](storage::Tx& tx) -> Result<bool> {
                TRY_DO(guard(tx));
                return journey::erase_if_due(tx, outbox, ground.users, *tenant, user, now);
            }));
            erased += gone ? 1 : 0;
        }
    }
    if (erased != before)
        outbox.wake();
    return {};
}

} // namespace gatehouse::app
