#include "identity/profile_prompt_store.hpp"

namespace gatehouse::identity {

using storage::Row;
using storage::Statement;

namespace {

constexpr Statement kSelect{
    "SELECT sign_ins, asked FROM profile_prompts WHERE tenant_id = :tenant AND user_id = :user"};
constexpr Statement kUpsert{"INSERT INTO profile_prompts (tenant_id, user_id, sign_ins, asked) "
                            "VALUES (:tenant, :user, :sign_ins, :asked) "
                            "ON CONFLICT (tenant_id, user_id) DO UPDATE SET sign_ins = :sign_ins, asked = :asked"};
constexpr Statement kDelete{"DELETE FROM profile_prompts WHERE tenant_id = :tenant AND user_id = :user"};

} // namespace

Result<std::optional<PromptRow>> select_prompts(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.maybe(kSelect, {{"tenant", tenant}, {"user", user}},
                    [](Row const& row) { return PromptRow{row.integer(0), row.string(1)}; });
}

Result<void> upsert_prompts(storage::Tx& tx, TenantId tenant, UserId user, PromptRow const& row)
{
    return tx.execute_later(
        kUpsert, {{"tenant", tenant}, {"user", user}, {"sign_ins", row.sign_ins}, {"asked", row.asked}});
}

Result<void> delete_prompts(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.execute_later(kDelete, {{"tenant", tenant}, {"user", user}});
}

} // namespace gatehouse::identity
