// When somebody last signed in with each method, from their own events: nothing is written for it.
#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "credentials/methods.hpp"
#include "storage/database.hpp"

#include <array>
#include <optional>

namespace gatehouse::journey {

class LastUses {
public:
    std::optional<TimePoint> of(credentials::Method method) const { return times_[static_cast<std::size_t>(method)]; }
    // The latest of several.
    std::optional<TimePoint> of(credentials::Methods methods) const;

private:
    friend Result<LastUses> last_uses(storage::Tx& tx, TenantId tenant, UserId user);
    std::array<std::optional<TimePoint>, std::size(credentials::kMethodTraits)> times_;
};

// Of the newest events of the person, a few hundred: what lies further back reads as never.
Result<LastUses> last_uses(storage::Tx& tx, TenantId tenant, UserId user);

// What answers what is sent to an address, and to a telephone.
inline constexpr credentials::Methods kByMail{credentials::Method::email_code, credentials::Method::magic_link};
inline constexpr credentials::Methods kByPhone{credentials::Method::sms_code, credentials::Method::sms_link};

} // namespace gatehouse::journey
