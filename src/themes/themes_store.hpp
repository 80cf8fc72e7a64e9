// The SQL of themes.
#pragma once

#include "storage/database.hpp"
#include "themes/themes.hpp"

namespace gatehouse::themes {

Result<std::optional<Draft>> select_draft(storage::Tx& tx, TenantId tenant, Owner const& owner);
Result<void> upsert_draft(storage::Tx& tx, TenantId tenant, Owner const& owner, Draft const& draft);
Result<void> delete_draft(storage::Tx& tx, TenantId tenant, Owner const& owner);

Result<void> insert_version(storage::Tx& tx, TenantId tenant, Owner const& owner, Version const& version);
Result<std::vector<Version>> select_versions(storage::Tx& tx, TenantId tenant, Owner const& owner);
Result<std::optional<Version>> select_version(storage::Tx& tx, TenantId tenant, Owner const& owner,
                                              std::int64_t number);
Result<void> delete_versions_up_to(storage::Tx& tx, TenantId tenant, Owner const& owner, std::int64_t number);

// A tenant's templates as they are in use.
struct StoredTemplate {
    std::string name;
    std::string source;
    std::string fault; // why it is not used since the server was upgraded; empty: it is
};
Result<std::vector<StoredTemplate>> select_templates(storage::Tx& tx, TenantId tenant);
Result<void> replace_templates(storage::Tx& tx, TenantId tenant, std::map<std::string, std::string> const& templates,
                               TimePoint now);
Result<void> update_template_fault(storage::Tx& tx, TenantId tenant, std::string_view name, std::string_view fault);

// What remains of a deleted application goes.
Result<void> delete_owner(storage::Tx& tx, TenantId tenant, Owner const& owner);

} // namespace gatehouse::themes
