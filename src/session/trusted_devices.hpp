// Trusted devices: browsers in which a person gave a second factor and asked not to be asked for it again for a while.
//
// In:  a person who has just been signed in with two factors and ticked the box; later the cookie.
// Out: whether a browser stands for the second factor at a new sign-in (journey/next_step.hpp decides what that is
//      worth), a list for the person and the administrators, events "device.trusted" and "device.trust_ended".
//
// The cookie "__Host-gh_trust_<tenant id>" holds, for each of up to kMostTrustsInCookie people, who it is, an id and 32
// random bytes; the row holds their SHA-256. A trust counts for its own person and tenant, at the security epoch it was
// given at: changing the password, removing a credential, a reset or disabling ends it.
#pragma once

#include "http/message.hpp"
#include "identity/context.hpp"
#include "session/session.hpp"

namespace gatehouse::session {

using TrustedDeviceId = Id<struct TrustedDeviceTag>;

inline constexpr std::size_t kMostTrustsInCookie = 5;

// Noted with the methods of a session (Authentication::methods) that a browser's trust helped to open. No method:
// nobody proves anything by it, no policy lists it, and no acr or amr speaks of it.
inline constexpr auto kByTrust = credentials::Methods::from_bits(1U << 31);
constexpr bool is_by_trust(credentials::Methods methods)
{
    return !(methods & kByTrust).empty();
}

// What a browser brings back.
struct Trust {
    UserId user;
    TrustedDeviceId id;
    Secret secret;
};

// What is malformed is left out; of several for one person the first counts.
std::vector<Trust> read_trust_cookie(Context const& context, http::Request const& request);
// The cookie with `added` in place of what the browser held for the same person. `lifetime`: of the cookie.
http::Cookie make_trust_cookie(Context const& context, std::vector<Trust> held, Trust added,
                               std::chrono::seconds lifetime);

struct NewTrust {
    TenantId tenant;
    UserId user;
    std::int64_t security_epoch = 0; // the user's, read in this transaction
    Device device;
    Duration lifetime;
    std::optional<TrustedDeviceId> replaces = {}; // an earlier trust in the same browser
    events::Origin origin;
};
// Event "device.trusted".
Result<Trust> trust_device(storage::Tx& tx, vault::Vault& vault, NewTrust const& wanted, TimePoint now);

// Whether one of `held` makes this browser a trusted one of the person: one statement, none without a trust of theirs.
// `longest`: what the policy allows now, however long it was when the trust was given.
Result<std::optional<TrustedDeviceId>> find_trust(storage::Tx& tx, TenantId tenant, UserId user,
                                                  std::int64_t security_epoch, std::vector<Trust> const& held,
                                                  Duration longest, TimePoint now);
// It has stood for the second factor.
Result<void> use_trust(storage::Tx& tx, TenantId tenant, UserId user, TrustedDeviceId id, TimePoint now);

struct TrustedDevice {
    TrustedDeviceId id;
    Device device;
    TimePoint trusted_at;
    TimePoint last_used_at;
    TimePoint expires_at;
};
// Those that count, the one used last first, at most 100.
Result<std::vector<TrustedDevice>> list_trusted(storage::Tx& tx, vault::Vault const& vault, TenantId tenant,
                                                UserId user, TimePoint now);
// False if there was none to end. Event "device.trust_ended".
Result<bool> end_trust(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user, TrustedDeviceId id,
                       EndReason reason, events::Origin const& origin, TimePoint now);
// Returns how many.
Result<std::int64_t> end_all_trust(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user, EndReason reason,
                                   events::Origin const& origin, TimePoint now);

// A user is erased. For Users::add_eraser.
Result<void> erase_trusted_devices(storage::Tx& tx, TenantId tenant, UserId user);
// Removes rows that are over, at most `limit`. Returns how many. For a background job.
Result<std::int64_t> remove_expired_trust(storage::Tx& tx, TenantId tenant, TimePoint now, std::int64_t limit);

} // namespace gatehouse::session
