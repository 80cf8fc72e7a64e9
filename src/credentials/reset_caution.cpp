#include "credentials/reset_caution.hpp"

#include "credentials/challenge_store.hpp"

#include <boost/json.hpp>

namespace gatehouse::credentials {

namespace {

// A challenge that nobody is told the answer of: a row of a person that ends by itself.
constexpr std::string_view kPurpose = "reset_caution";

} // namespace

Result<void> begin_caution(storage::Tx& tx, Challenges const& challenges, TenantId tenant, UserId user, TimePoint now)
{
    TRY_DO(challenges.create(
        tx, tenant,
        {.purpose = kPurpose, .user = user, .payload = {}, .form = CodeForm::link, .lifetime = kCautionLasts}, now));
    return {};
}

Result<bool> is_cautious(storage::Tx& tx, TenantId tenant, UserId user, TimePoint now)
{
    TRY(auto const rows, select_challenges_of_user(tx, tenant, user, kPurpose, now));
    return !rows.empty();
}

} // namespace gatehouse::credentials
