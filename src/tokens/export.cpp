#include "applications/applications.hpp"
#include "tokens/export_store.hpp"
#include "tokens/grants.hpp"

#include <boost/json.hpp>

namespace gatehouse::tokens {

Result<boost::json::object> export_grants(storage::Tx& tx, TenantId tenant, UserId user)
{
    TRY(auto const grants, list_grants(tx, tenant, user));
    boost::json::array list;
    for (auto const& grant : grants) {
        TRY(auto const application, applications::find(tx, tenant, grant.application));
        list.push_back({{"application", application ? application->name : ""},
                        {"scopes", boost::json::value_from(grant.scopes)},
                        {"granted_at", to_rfc3339(grant.granted_at)},
                        {"updated_at", to_rfc3339(grant.updated_at)}});
    }
    boost::json::array access;
    TRY(auto const families, families_of(tx, tenant, user));
    for (auto const& family : families) {
        TRY(auto const application, applications::find(tx, tenant, family.application));
        access.push_back({{"application", application ? application->name : ""},
                          {"scopes", family.scopes},
                          {"sub", family.subject},
                          {"began_at", to_rfc3339(family.created_at)},
                          {"last_used_at", to_rfc3339(family.rotated_at)},
                          {"over", family.revoked}});
    }
    return boost::json::object{{"applications", std::move(list)}, {"access", std::move(access)}};
}

} // namespace gatehouse::tokens
