#include "journey/merge.hpp"

#include "credentials/open_challenges.hpp"
#include "events/account_types.hpp"
#include "identity/administrators.hpp"
#include "identity/agreements.hpp"
#include "identity/deletions.hpp"
#include "identity/profile_schema.hpp"
#include "journey/notices.hpp"
#include "messages/outbox.hpp"
#include "session/trusted_devices.hpp"
#include "tokens/families.hpp"
#include "tokens/grants.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace gatehouse::journey {

namespace {

// While a change of an address can be taken back, the account may be in a thief's hands: joining it would carry away
// what the owner would get back.
Result<void> check_account(storage::Tx& tx, MergeParts const& parts, identity::Tenant const& tenant, UserId user,
                           TimePoint now)
{
    TRY(auto const administers, identity::is_administrator(tx, parts.users, tenant, user));
    if (administers)
        return refuse(ErrorKind::conflict, "administrator_account",
                      "This account administers the service. Another administrator must take that away first.");
    TRY(auto const deletion, identity::find_deletion(tx, tenant.id, user));
    if (deletion)
        return refuse(ErrorKind::conflict, "account_to_be_deleted", "This account is about to be deleted.");
    TRY(auto const undoable, credentials::open_challenges_of(tx, parts.vault, tenant.id, user, "identifier_undo", now));
    if (!undoable.empty())
        return refuse(ErrorKind::conflict, "account_changed_lately",
                      "The addresses of one of the accounts were changed lately. Try again in some days.");
    return {};
}

bool is_among(std::vector<std::string> const& words, std::string const& word)
{
    return std::ranges::find(words, word) != words.end();
}

// Access that either account gave is given by the one that stays.
Result<void> move_grants(storage::Tx& tx, MergeParts const& parts, TenantId tenant, identity::Joined const& joined,
                         events::Origin const& origin, TimePoint now)
{
    TRY(auto const given, tokens::list_grants(tx, tenant, joined.from));
    for (auto const& grant : given) {
        TRY(auto const held, tokens::find_grant(tx, tenant, joined.into, grant.application));
        auto scopes = held ? held->scopes : std::vector<std::string>();
        auto const before = scopes.size();
        for (auto const& scope : grant.scopes)
            if (!is_among(scopes, scope))
                scopes.push_back(scope);
        if (!held || scopes.size() > before)
            TRY_DO(tokens::give_grant(tx, parts.vault, tenant, joined.into, grant.application, scopes, origin, now));
    }
    return {};
}

Result<void> join_profile(storage::Tx& tx, MergeParts const& parts, identity::Tenant const& tenant,
                          identity::Joined const& joined, events::Origin const& origin, TimePoint now)
{
    TRY(auto const kept, parts.users.get(tx, tenant.id, joined.into));
    TRY(auto const other, parts.users.get(tx, tenant.id, joined.from));
    auto const profile = identity::join_profiles(*tenant.profile, kept.profile, other.profile);
    TRY_DO(parts.users.update_profile(tx, tenant.id, joined.into, profile, {}, origin, now));
    return {};
}

// Nobody signs in to it any more; the row and its log stay until the job erases them.
Result<void> close(storage::Tx& tx, MergeParts const& parts, identity::Tenant const& tenant, UserId user,
                   events::Origin const& origin, TimePoint now)
{
    TRY_DO(session::end_all(tx, parts.vault, tenant.id, user, std::nullopt, session::EndReason::revoked_by_user, origin,
                            now));
    TRY_DO(session::end_all_trust(tx, parts.vault, tenant.id, user, session::EndReason::revoked_by_user, origin, now));
    TRY_DO(tokens::revoke_families(tx, parts.vault, tenant.id, user, std::nullopt,
                                   tokens::RevokeReason::revoked_by_user, origin, now));
    TRY_DO(parts.users.set_enabled(tx, tenant.id, user, false, "merged", origin, now));
    auto const days = std::chrono::days(tenant.settings.account.deletion_days);
    TRY_DO(identity::ask_deletion(tx, parts.vault, tenant.id, user, now + days, origin, now));
    return {};
}

} // namespace

Result<MergePlan> plan_merge(storage::Tx& tx, MergeParts const& parts, identity::Tenant const& tenant,
                             identity::Joined const& joined, TimePoint now)
{
    if (joined.from == joined.into)
        return refuse(ErrorKind::conflict, "merge_same_account", "This is the same account. Sign in to the other one.");
    TRY_DO(check_account(tx, parts, tenant, joined.into, now));
    TRY_DO(check_account(tx, parts, tenant, joined.from, now));
    MergePlan plan;
    TRY(auto const owned, parts.users.identifiers(tx, tenant.id, joined.from));
    plan.identifiers = identity::movable(owned);
    TRY(plan.credentials, credentials::movable_credentials(tx, parts.vault, parts.users, tenant.id, joined));
    TRY(auto const kept, parts.users.get(tx, tenant.id, joined.into));
    TRY(auto const other, parts.users.get(tx, tenant.id, joined.from));
    for (auto const& [name, value] : identity::join_profiles(*tenant.profile, kept.profile, other.profile))
        if (!kept.profile.contains(name))
            plan.attributes.emplace_back(name);
    TRY(auto const given, tokens::list_grants(tx, tenant.id, joined.from));
    for (auto const& grant : given)
        plan.applications.push_back(grant.application);
    TRY(auto const accepted, identity::accepted_now(tx, tenant.id, joined.from));
    plan.agreements = accepted.size();
    return plan;
}

Result<std::int64_t> merge_accounts(storage::Tx& tx, MergeParts const& parts, identity::Tenant const& tenant,
                                    MergeProof const& proof, events::Origin const& origin, TimePoint now)
{
    auto const& joined = proof.joined;
    auto const& users = parts.users;
    TRY_DO(users.require_active(tx, tenant.id, joined.into, proof.into_epoch));
    TRY_DO(users.require_active(tx, tenant.id, joined.from, proof.from_epoch));
    TRY_DO(plan_merge(tx, parts, tenant, joined, now));
    // Of two that run at once, the second finds another epoch.
    TRY(auto const epoch, users.raise_security_epoch(tx, tenant.id, joined.into, now));
    for (auto const user : {joined.into, joined.from})
        TRY_DO(tell_everywhere(
            tx, parts.outbox, users, tenant, user,
            {.kind = messages::Kind::accounts_merged, .arguments = {{"when", now}}, .outlives_person = true}, now));
    TRY(auto const kept_subject, users.subject(tx, tenant.id, joined.into, "", now));
    TRY(auto const closed_subject, users.subject(tx, tenant.id, joined.from, "", now));
    TRY_DO(move_grants(tx, parts, tenant.id, joined, origin, now));
    TRY_DO(join_profile(tx, parts, tenant, joined, origin, now));
    TRY_DO(identity::move_identifiers(tx, parts.vault, users, tenant.id, joined));
    TRY_DO(identity::move_acceptances(tx, parts.vault, tenant.id, joined));
    TRY_DO(credentials::move_credentials(tx, parts.vault, users, tenant.id, joined));
    TRY_DO(close(tx, parts, tenant, joined.from, origin, now));
    TRY_DO(identity::note_merge(tx, tenant.id, joined, now));
    TRY_DO(events::append(
        tx, parts.vault,
        {.type = &events::kUserMerged,
         .tenant = tenant.id,
         .user = joined.into,
         .origin = origin,
         .data = {{"from", joined.from.to_string()}, {"subject", kept_subject}, {"merged_subject", closed_subject}}},
        now));
    return epoch;
}

} // namespace gatehouse::journey
