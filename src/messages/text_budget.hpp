// Whether a text or call may be sent: the country's rules, the kind of number, the budgets of number, country, tenant.
#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "messages/text_limits.hpp"
#include "storage/database.hpp"

#include <string_view>

namespace gatehouse::vault {
class Vault;
}
namespace gatehouse::phone {
struct PhoneNumber;
}

namespace gatehouse::messages {

// A number that may be sent to under these limits. Errors: "phone_invalid"; "text_number_unsuitable" (invalid: premium
// rate, pager ...); "text_country_refused" (forbidden).
Result<phone::PhoneNumber> check_number(TextLimits const& limits, std::string_view e164);

// Codes, which anybody may ask for, and word of what happened have budgets of their own, of the same size: who spends
// the former on a number does not keep its owner from hearing of the latter.
enum class BudgetFor : std::uint8_t { codes, notices };

// Takes one message from every budget, each by one guarded statement. Error: "text_budget_spent" (too_many, with
// retry_after and writes kept): an event tells of it, once in each window.
Result<void> take_budget(storage::Tx& tx, vault::Vault& vault, TenantId tenant, TextLimits const& limits,
                         phone::PhoneNumber const& number, TimePoint now, BudgetFor whose = BudgetFor::codes);
// What was taken for a message that did not go out.
Result<void> give_back_budget(storage::Tx& tx, vault::Vault& vault, TenantId tenant, phone::PhoneNumber const& number,
                              BudgetFor whose);

// The same work for a message that is over before it is sent, because there is nobody to send it to: nothing counts,
// and nobody can tell by the time.
Result<void> pretend_to_take_budget(storage::Tx& tx, vault::Vault& vault, TenantId tenant, TimePoint now);

// Deletes counts whose time is over. Returns how many.
Result<std::int64_t> remove_expired_budgets(storage::Tx& tx, TenantId tenant, TimePoint now, int limit);

} // namespace gatehouse::messages
