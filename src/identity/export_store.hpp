// The SQL of what identity keeps about a person beside profile and identifiers.
#pragma once

#include "identity/users.hpp"

namespace gatehouse::identity::store {

struct HeldPermissions {
    std::string audience;
    std::string permissions; // separated by spaces
};
Result<std::vector<HeldPermissions>> select_all_permissions(storage::Tx& tx, TenantId tenant, UserId user);
struct NamedSubject {
    std::string sector;
    std::string subject;
};
Result<std::vector<NamedSubject>> select_all_subjects(storage::Tx& tx, TenantId tenant, UserId user);
// When the invitation was redeemed that the account came of.
Result<std::optional<TimePoint>> select_invited_at(storage::Tx& tx, TenantId tenant, UserId user);

} // namespace gatehouse::identity::store
