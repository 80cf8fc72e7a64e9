#include "credentials/revocation.hpp"

namespace gatehouse::credentials {

using storage::Statement;

namespace {

constexpr Statement kDeleteSince{
    "DELETE FROM credentials WHERE tenant_id = :tenant AND user_id = :user "
    "AND (created_at >= :since OR (kind IN ('password', 'recovery_codes') AND updated_at >= :since)) RETURNING kind"};
constexpr Statement kDeleteOrphanedIds{
    "DELETE FROM passkey_ids WHERE tenant_id = :tenant AND user_id = :user AND credential_id NOT IN "
    "(SELECT credential_id FROM credentials WHERE tenant_id = :tenant AND user_id = :user)"};

} // namespace

Result<std::vector<std::string>> remove_since(storage::Tx& tx, TenantId tenant, UserId user, TimePoint since)
{
    TRY(auto kinds, tx.all(kDeleteSince, {{"tenant", tenant}, {"user", user}, {"since", since}},
                           [](storage::Row const& row) { return row.string(0); }));
    if (!kinds.empty())
        TRY_DO(tx.execute_later(kDeleteOrphanedIds, {{"tenant", tenant}, {"user", user}}));
    return kinds;
}

} // namespace gatehouse::credentials
