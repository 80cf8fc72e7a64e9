#include "identity/export.hpp"

#include "identity/agreements.hpp"
#include "identity/deletions.hpp"
#include "identity/export_store.hpp"
#include "identity/profile_prompts.hpp"

#include <boost/json.hpp>

namespace gatehouse::identity {

Result<boost::json::object> export_identity(storage::Tx& tx, vault::Vault const& vault, TenantId tenant, UserId user)
{
    boost::json::object data;
    boost::json::array permissions;
    TRY(auto const held, store::select_all_permissions(tx, tenant, user));
    for (auto const& one : held)
        permissions.push_back({{"audience", one.audience}, {"permissions", one.permissions}});
    data["permissions"] = std::move(permissions);
    boost::json::array subjects;
    TRY(auto const named, store::select_all_subjects(tx, tenant, user));
    for (auto const& one : named)
        subjects.push_back({{"sector", one.sector}, {"sub", one.subject}});
    data["subjects"] = std::move(subjects);
    boost::json::array agreements;
    TRY(auto const acceptances, list_acceptances(tx, vault, tenant, user));
    for (auto const& one : acceptances)
        agreements.push_back({{"document", one.document},
                              {"version", one.version},
                              {"accepted", one.accepted},
                              {"locale", one.locale},
                              {"sha256", one.sha256},
                              {"place", one.place},
                              {"at", to_rfc3339(one.at)}});
    data["agreements"] = std::move(agreements);
    TRY(auto const prompts, find_prompt_history(tx, tenant, user));
    boost::json::object skipped;
    for (auto const& [prompt, at] : prompts.asked)
        if (at.is_int64())
            skipped[prompt] = to_rfc3339(from_micros(at.get_int64()));
    data["profile_prompts"] = {{"sign_ins", prompts.sign_ins}, {"skipped", std::move(skipped)}};
    TRY(auto const deletion, find_deletion(tx, tenant, user));
    if (deletion)
        data["deletion"] = {{"asked_at", to_rfc3339(deletion->asked_at)}, {"due_at", to_rfc3339(deletion->due_at)}};
    TRY(auto const invited, store::select_invited_at(tx, tenant, user));
    if (invited)
        data["invited_at"] = to_rfc3339(*invited);
    return data;
}

} // namespace gatehouse::identity
