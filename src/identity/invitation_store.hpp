// The SQL of invitations, and of registrations under way.
#pragma once

#include "crypto/digest.hpp"
#include "identity/invitations.hpp"

namespace gatehouse::identity {

struct InvitationRow {
    Invitation invitation; // without what is sealed
    Bytes secret_digest;
    Bytes content; // sealed
};
Result<void> insert_invitation(storage::Tx& tx, TenantId tenant, InvitationRow const& row);
Result<std::optional<InvitationRow>> select_invitation(storage::Tx& tx, TenantId tenant, InvitationId id);
Result<std::vector<InvitationRow>> select_invitations(storage::Tx& tx, TenantId tenant,
                                                      storage::PageRequest const& page);
// False: it is gone, or was redeemed.
Result<bool> update_invitation(storage::Tx& tx, TenantId tenant, InvitationRow const& row);
// False: somebody else was first, or it expired.
Result<bool> redeem_invitation(storage::Tx& tx, TenantId tenant, InvitationId id, UserId user, TimePoint now);
Result<bool> delete_invitation(storage::Tx& tx, TenantId tenant, InvitationId id);
Result<std::int64_t> delete_expired_invitations(storage::Tx& tx, TenantId tenant, TimePoint before, int limit);

} // namespace gatehouse::identity
