// Progressive profiling: what people are asked for after they signed in, at their n-th sign-in or when the application
// asks for what is missing. At most once a sign-in; who skips it is left in peace for as long as the tenant says.
#pragma once

#include "base/ids.hpp"
#include "identity/attributes.hpp"
#include "storage/database.hpp"

namespace gatehouse::identity {

// What is remembered of a person for it; only where the tenant has prompts.
struct PromptHistory {
    std::int64_t sign_ins = 0;  // so far
    boost::json::object asked;  // prompt -> when it was skipped last, microseconds
};
Result<PromptHistory> find_prompt_history(storage::Tx& tx, TenantId tenant, UserId user);
Result<void> count_sign_in(storage::Tx& tx, TenantId tenant, UserId user, PromptHistory history);
Result<void> note_skipped(storage::Tx& tx, TenantId tenant, UserId user, std::string_view prompt, TimePoint now);
// An eraser of Users.
Result<void> forget_prompts(storage::Tx& tx, TenantId tenant, UserId user);

struct DuePrompt {
    ProfilePrompt const* prompt = nullptr; // of the schema
    std::vector<FormField> fields;         // those without a value
    bool skippable = true;
};
// A sign-in under way: for whom, with what scopes.
struct Asking {
    std::string client_id;
    std::vector<std::string> scopes;
    bool signing_in = true; // not merely passing by with a session
};
// The first prompt of the schema that is due, if any.
std::optional<DuePrompt> due_prompt(ProfileSchema const& schema, boost::json::object const& profile,
                                    PromptHistory const& history, Asking const& asking, TimePoint now);

} // namespace gatehouse::identity
