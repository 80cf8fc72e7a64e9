// Which methods a user has set up.
#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "credentials/methods.hpp"
#include "storage/database.hpp"

namespace gatehouse::credentials {

// Why a password is to be changed at the next sign-in.
enum class ChangeReason : std::uint8_t {
    none,
    administrator, // said so
    breached,      // it is known from a breach of another service
    aged,          // it is older than the tenant allows; never stored
};
std::string_view to_string(ChangeReason reason); // "", "administrator", "breached", "aged"
ChangeReason parse_change_reason(std::string_view name);

// What somebody has, and what is to be known of their password.
struct Enrolment {
    Methods methods;
    ChangeReason change_reason = ChangeReason::none;
    std::optional<TimePoint> password_set_at; // none: no password
};
// One statement.
Result<Enrolment> enrolment(storage::Tx& tx, TenantId tenant, UserId user);

// One statement. Of password, totp, recovery_code (while codes are left) and passkey; addresses that codes may be sent
// to are identity's to know.
Result<Methods> enrolled(storage::Tx& tx, TenantId tenant, UserId user);

} // namespace gatehouse::credentials
