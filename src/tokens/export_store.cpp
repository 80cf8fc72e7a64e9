#include "tokens/export_store.hpp"

namespace gatehouse::tokens {

namespace {

constexpr storage::Statement kFamilies{
    "SELECT application_id, scopes, subject, created_at, rotated_at, revoked_at "
    "FROM token_families WHERE tenant_id = :tenant AND user_id = :user ORDER BY created_at, family_id"};

} // namespace

Result<std::vector<ToldFamily>> families_of(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.all(kFamilies, {{"tenant", tenant}, {"user", user}}, [](storage::Row const& row) {
        return ToldFamily{.application = row.id<ApplicationId>(0),
                          .scopes = row.string(1),
                          .subject = row.string(2),
                          .created_at = row.time(3),
                          .rotated_at = row.time(4),
                          .revoked = !row.is_null(5)};
    });
}

} // namespace gatehouse::tokens
