// Which passwords may be set (NIST SP 800-63B-4 section 3.1.1.2; checklist 16): long enough, counted in code points
// after NFC; all of Unicode; no composition rules; never cut; not a common one, not made of the person's own address,
// name or the service's name, and not easy to guess (password_strength.hpp). What must be looked up elsewhere, whether
// it was breached or used before, is checked after it (new_password.hpp).
#pragma once

#include "base/secret.hpp"
#include "identity/tenant.hpp"

#include <span>

namespace gatehouse::credentials {

inline constexpr std::size_t kMaximumPasswordBytes = 1024;

// Unicode NFC, so that two keyboards' spellings are one password. Use it before hashing and before verifying.
// Errors: "password_too_long" (over 1024 bytes), "password_invalid" (no UTF-8, or control characters).
Result<Secret> normalize_password(Secret const& password);

// `normalized` comes from normalize_password; `personal` are the person's address, names, the service's name: whatever
// an attacker tries first. Errors (invalid): "password_too_short" (argument "minimum"), "password_common",
// "password_personal", "password_weak" (argument "weakness": see password_strength.hpp).
Result<void> check_password(Secret const& normalized, identity::Tenant const& tenant,
                            std::span<std::string const> personal);

// Whether it is in the built-in list, or one of its words with digits, punctuation, repetition or leet letters around.
bool is_common_password(std::string_view normalized);
// Whether it is in the list, letter case aside.
bool is_listed_password(std::string_view normalized);

} // namespace gatehouse::credentials
