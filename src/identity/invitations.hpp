// Invitations: an administrator asks somebody by mail to make an account, also where nobody else may.
//
// The link of the mail carries the invitation's id and a secret; only the secret's digest is kept, and what the
// invitation says is sealed under the tenant's key of the day. The row is redeemed by the transaction that makes the
// account: of any number of parallel ones one wins. Sending it again makes a new secret: the old link is void.
#pragma once

#include "base/secret.hpp"
#include "events/event.hpp"
#include "storage/database.hpp"
#include "storage/paging.hpp"

#include <boost/json/object.hpp>

namespace gatehouse::vault {
class Vault;
}

namespace gatehouse::identity {

using InvitationId = Id<struct InvitationTag>;

// The key of the day goes after seven days, and what it sealed with it.
inline constexpr Duration kLongestInvitation = std::chrono::hours(6 * 24);

struct Invitation {
    InvitationId id;
    std::string email;
    std::string locale;          // of the mail
    boost::json::object profile; // what the account begins with
    bool bound = true;           // only this address may register with it
    TimePoint created_at;
    TimePoint expires_at;
    std::optional<TimePoint> redeemed_at;
    std::optional<UserId> user; // who came of it
};
struct NewInvitation {
    std::string email; // normalized by the caller
    std::string locale;
    boost::json::object profile; // checked by the caller
    bool bound = true;
    Duration lifetime = std::chrono::hours(72);
};
struct IssuedInvitation {
    Invitation invitation;
    Secret token; // for the link; never shown again
};

class Invitations {
public:
    explicit Invitations(vault::Vault& vault) : vault_(vault) {}

    // Event "invitation.created". Error: "invitation_lifetime" (invalid).
    Result<IssuedInvitation> create(storage::Tx& tx, TenantId tenant, NewInvitation const& wanted,
                                    events::Origin const& origin, TimePoint now) const;
    // A new secret and a new life. Errors: "invitation_not_found" (unknown, of another tenant, or redeemed).
    Result<IssuedInvitation> renew(storage::Tx& tx, TenantId tenant, InvitationId id, Duration lifetime,
                                   events::Origin const& origin, TimePoint now) const;
    // Event "invitation.revoked". Error: "invitation_not_found".
    Result<void> revoke(storage::Tx& tx, TenantId tenant, InvitationId id, events::Origin const& origin,
                        TimePoint now) const;
    // Error: "invitation_not_found". One whose day's key is gone has no address any more.
    Result<Invitation> get(storage::Tx& tx, TenantId tenant, InvitationId id) const;
    Result<storage::Page<Invitation>> list(storage::Tx& tx, TenantId tenant, storage::PageRequest const& page) const;

    // What the bearer of a link may see, as often as they like: programs that follow links are harmless. A journey that
    // began with the link keeps its token and asks again at every step: what is void since leads no further. Error:
    // "invitation_void" (gone): forged, of another tenant, expired, revoked, sent again, or used.
    Result<Invitation> open(storage::Tx& tx, TenantId tenant, std::string_view token, TimePoint now) const;
    // In the transaction that makes the account. Event "invitation.redeemed". Error: "invitation_void".
    Result<Invitation> redeem(storage::Tx& tx, TenantId tenant, InvitationId id, UserId user,
                              events::Origin const& origin, TimePoint now) const;
    // Deletes what expired a month ago, at most `limit`. Returns how many.
    Result<std::int64_t> remove_expired(storage::Tx& tx, TenantId tenant, TimePoint now, int limit) const;

private:
    vault::Vault& vault_;
};

} // namespace gatehouse::identity
