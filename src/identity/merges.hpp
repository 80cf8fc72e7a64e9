// Two accounts of one person become one: what identity holds moves from one to the other, resealed under the key of the
// person that stays, and a pointer remains. journey/merge.hpp is the rule; this is identity's part of it.
#pragma once

#include "identity/users.hpp"

namespace gatehouse::identity {

struct Joined {
    UserId from; // is closed
    UserId into; // stays
};

// Where the person of a closed account is now; nothing for others.
Result<std::optional<UserId>> merged_into(storage::Tx& tx, TenantId tenant, UserId user);
// Whoever was joined with `from` before is found at `into` as well.
Result<void> note_merge(storage::Tx& tx, TenantId tenant, Joined const& joined, TimePoint now);
// For Users::add_eraser: pointers to the person. Those from a closed account outlive it: passkeys that moved still say
// its id.
Result<void> forget_merges(storage::Tx& tx, TenantId tenant, UserId user);

// Verified ones and usernames; the others are nobody's yet and stay behind. One that is primary stays so where the
// other account has none of its kind. Error: "identifier_limit" (conflict).
std::vector<Identifier> movable(std::vector<Identifier> const& owned);
Result<void> move_identifiers(storage::Tx& tx, vault::Vault const& vault, Users const& users, TenantId tenant,
                              Joined const& joined);
// Every line, with its time and place.
Result<void> move_acceptances(storage::Tx& tx, vault::Vault const& vault, TenantId tenant, Joined const& joined);
// `kept` with what only `other` has, of the attributes that people may edit themselves: what an administrator noted
// stays where it was noted.
boost::json::object join_profiles(ProfileSchema const& schema, boost::json::object const& kept,
                                  boost::json::object const& other);

} // namespace gatehouse::identity
