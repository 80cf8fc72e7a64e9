#include "tokens/grants.hpp"

#include "base/words.hpp"
#include "events/types.hpp"
#include "tokens/families.hpp"
#include "tokens/grant_store.hpp"

#include <algorithm>

namespace gatehouse::tokens {

using storage::Tx;

namespace {

Result<void> append_grant_event(Tx& tx, vault::Vault& vault, events::EventType const& type, TenantId tenant,
                                UserId user, ApplicationId application, boost::json::object data, events::Origin origin,
                                TimePoint now)
{
    origin.application = application;
    TRY_DO(events::append(tx, vault,
                          {.type = &type,
                           .tenant = tenant,
                           .user = user,
                           .origin = std::move(origin),
                           .data = std::move(data),
                           .personal = {}},
                          now));
    return {};
}

} // namespace

std::vector<std::string> consent_names(std::vector<std::string> const& scopes, std::string_view audience)
{
    std::vector<std::string> names;
    for (auto const& scope : scopes)
        names.push_back(applications::is_person_scope(scope) ? scope : std::string(audience) + '#' + scope);
    return names;
}

Result<std::optional<Grant>> find_grant(Tx& tx, TenantId tenant, UserId user, ApplicationId application)
{
    return store::find_grant(tx, tenant, user, application);
}

bool covers(std::optional<Grant> const& grant, std::vector<std::string> const& scopes)
{
    return grant && std::ranges::all_of(scopes, [&](std::string const& scope) {
               return std::ranges::find(grant->scopes, scope) != grant->scopes.end();
           });
}

Result<void> give_grant(Tx& tx, vault::Vault& vault, TenantId tenant, UserId user, ApplicationId application,
                        std::vector<std::string> const& scopes, events::Origin const& origin, TimePoint now)
{
    TRY(auto const before, store::find_grant(tx, tenant, user, application));
    auto all = before ? before->scopes : std::vector<std::string>{};
    for (auto const& scope : scopes)
        if (std::ranges::find(all, scope) == all.end())
            all.push_back(scope);
    auto const text = join_words(all);
    TRY_DO(store::put_grant(tx, tenant, user, application, text, now));
    return append_grant_event(tx, vault, events::kGrantGiven, tenant, user, application,
                              {{"scopes", join_words(scopes)}}, origin, now);
}

Result<bool> revoke_grant(Tx& tx, vault::Vault& vault, TenantId tenant, UserId user, ApplicationId application,
                          events::Origin const& origin, TimePoint now)
{
    // First-party applications have refresh tokens without a grant.
    TRY(auto const families,
        revoke_families(tx, vault, tenant, user, application, RevokeReason::revoked_by_user, origin, now));
    TRY(auto const revoked, store::revoke_grant(tx, tenant, user, application, now));
    if (revoked) {
        TRY_DO(append_grant_event(tx, vault, events::kGrantRevoked, tenant, user, application, {}, origin, now));
    }
    return revoked || families != 0;
}

Result<std::vector<Grant>> list_grants(Tx& tx, TenantId tenant, UserId user)
{
    return store::list_grants(tx, tenant, user);
}

} // namespace gatehouse::tokens
