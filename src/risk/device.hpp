// Known devices: a sealed cookie that names the accounts which have signed in with this browser. An account's attempts
// from such a browser have a budget of their own in the throttle, so that strangers who guess cannot lock its owner
// out.
#pragma once

#include "http/message.hpp"
#include "identity/context.hpp"
#include "vault/sealed.hpp"

#include <optional>
#include <vector>

namespace gatehouse::risk {

struct Device {
    Uuid id;                   // random, made at the first sign-in
    std::vector<UserId> users; // newest first, at most kMostUsersOfDevice

    bool knows(UserId user) const;
};
inline constexpr std::size_t kMostUsersOfDevice = 8;
inline constexpr std::chrono::seconds kDeviceRemembered = std::chrono::days(365);

// Nothing when the request has no such cookie, or one that was not made here or has expired.
std::optional<Device> read_device(Context const& context, http::Request const& request, vault::Vault const& vault);
// The cookie for a browser in which `user` has just signed in.
Result<http::Cookie> remember_device(Context const& context, std::optional<Device> device, UserId user,
                                     vault::Vault const& vault);

} // namespace gatehouse::risk
