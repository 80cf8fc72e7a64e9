// Word of what happened to an account, to every verified address and number of its person.
#pragma once

#include "base/clock.hpp"
#include "events/event.hpp"
#include "identity/tenant.hpp"
#include "storage/database.hpp"
#include "view/view_model.hpp"

namespace gatehouse::messages {
class Outbox;
enum class Kind : std::uint8_t;
} // namespace gatehouse::messages
namespace gatehouse::identity {
class Users;
}

namespace gatehouse::journey {

struct Notice {
    messages::Kind kind;
    view::Arguments arguments = {};
    bool outlives_person = false; // goes out even though the person is erased meanwhile
};
// In the person's language. By text only where the kind has words for it and something carries texts; a text budget
// that is spent keeps nothing from happening. Who calls wakes the outbox after the commit.
Result<void> tell_everywhere(storage::Tx& tx, messages::Outbox const& outbox, identity::Users const& users,
                             identity::Tenant const& tenant, UserId user, Notice const& notice, TimePoint now);

// The account is not to be deleted after all: true if it was to be, and then everybody hears of it, for it may have
// been somebody else who said so. Event "user.deletion_cancelled".
struct Keeping {
    messages::Outbox const& outbox;
    identity::Users const& users;
    vault::Vault& vault;
};
Result<bool> keep_account(storage::Tx& tx, Keeping const& parts, identity::Tenant const& tenant, UserId user,
                          events::Origin const& origin, TimePoint now);

} // namespace gatehouse::journey
