// What every room of the hall holds of a person: who erases it, and who tells them of it.
#pragma once

#include "identity/users.hpp"

namespace gatehouse::messages {
class Outbox;
}

namespace gatehouse::journey {

// At wiring, once. Both outlive the users' use.
void connect_people(identity::Users& users, vault::Vault& vault);

// Erases an account that its owner wanted deleted, if its time has come; false when they signed in meanwhile. They are
// told at every address that it has happened.
Result<bool> erase_if_due(storage::Tx& tx, messages::Outbox const& outbox, identity::Users const& users,
                          identity::Tenant const& tenant, UserId user, TimePoint now);

} // namespace gatehouse::journey
