#include "credentials/enrolled.hpp"

#include "credentials/credential_store.hpp"

namespace gatehouse::credentials {

Result<Methods> enrolled(storage::Tx& tx, TenantId tenant, UserId user)
{
    TRY(auto const kinds, select_usable_kinds(tx, tenant, user));
    Methods methods;
    for (auto const& kind : kinds)
        if (auto const method = kind == "recovery_codes" ? Method::recovery_code : parse_method(kind))
            methods.add(*method);
    return methods;
}

} // namespace gatehouse::credentials
