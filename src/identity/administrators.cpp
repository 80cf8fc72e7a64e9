#include "identity/administrators.hpp"

namespace gatehouse::identity {

std::string management_audience(std::string_view issuer)
{
    return std::string(issuer) + "/api/v1";
}

Result<bool> is_administrator(storage::Tx& tx, Users const& users, Tenant const& tenant, UserId user)
{
    if (tenant.is_system())
        return true;
    TRY(auto const held, users.permissions(tx, tenant.id, user, management_audience(tenant.issuer)));
    return !held.empty();
}

} // namespace gatehouse::identity
