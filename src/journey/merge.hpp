// Joining two accounts of one person: what moves, what stays behind, and the one transaction that does it.
//
// The account that stays keeps its subject, its password and what it says of itself; the other one's verified
// addresses, passkeys, authenticator apps, agreements, access given to applications and missing parts of the profile
// come to it. The other account is closed: sessions and tokens end, its subject names nobody again, and it is erased
// after the grace period of deletions, so that whoever looks into a fraud can still read its log
// (docs/decisions/account-merging).
#pragma once

#include "credentials/merge.hpp"
#include "identity/tenant.hpp"
#include "session/session.hpp"

namespace gatehouse::messages {
class Outbox;
}

namespace gatehouse::journey {

struct MergePlan {
    std::vector<identity::Identifier> identifiers;
    std::vector<credentials::MovingCredential> credentials;
    std::vector<std::string> attributes;     // names
    std::vector<ApplicationId> applications; // which had access by the other one only
    std::size_t agreements = 0;
};
struct MergeParts {
    messages::Outbox const& outbox;
    identity::Users const& users;
    vault::Vault& vault;
};
// Errors: "merge_same_account", "administrator_account", "account_changed_lately", "account_to_be_deleted" (conflict).
Result<MergePlan> plan_merge(storage::Tx& tx, MergeParts const& parts, identity::Tenant const& tenant,
                             identity::Joined const& joined, TimePoint now);

// Both as they were proven: with the epoch of that session.
struct MergeProof {
    identity::Joined joined;
    std::int64_t into_epoch = 0;
    std::int64_t from_epoch = 0;
};
// Returns the new epoch of the account that stays; the caller keeps the session in which it was asked. Event
// "user.merged"; notices to everything that reaches either. Errors: those of plan_merge, of Users::require_active (an
// account that was changed, or joined, meanwhile: "security_epoch_changed"), of the limits.
Result<std::int64_t> merge_accounts(storage::Tx& tx, MergeParts const& parts, identity::Tenant const& tenant,
                                    MergeProof const& proof, events::Origin const& origin, TimePoint now);

} // namespace gatehouse::journey
