// The SQL of what people were asked for.
#pragma once

#include "base/ids.hpp"
#include "storage/database.hpp"

namespace gatehouse::identity {

struct PromptRow {
    std::int64_t sign_ins = 0;
    std::string asked; // JSON
};
Result<std::optional<PromptRow>> select_prompts(storage::Tx& tx, TenantId tenant, UserId user);
Result<void> upsert_prompts(storage::Tx& tx, TenantId tenant, UserId user, PromptRow const& row);
Result<void> delete_prompts(storage::Tx& tx, TenantId tenant, UserId user);

} // namespace gatehouse::identity
