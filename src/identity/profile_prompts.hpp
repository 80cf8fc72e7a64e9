// Progressive profiling: what people are asked for after they signed in, at their n-th sign-in or when the application
// asks for what is missing. At most once a sign-in; who skips it is left in peace for as long as the tenant says.
#pragma once

#include "base/ids.hpp"
#include "identity/attributes.hpp"
#include "storage/database.hpp"

namespace gatehouse::identity {

// What is remembered of a person for it; only where the tenant has prompts.
struct PromptHistory {
    std::int64_t sign_ins = 0; // so far
    boost::json::object asked; // prompt -> when it was skipped last, microseconds
};
Result<PromptHistory> find_prompt_history(storage::Tx& tx, TenantId tenant, UserId user);
Result<void> count_sign_in(storage::Tx& tx, TenantId tenant, UserId user, PromptHistory history);
Result<void> note_skipped(storage::Tx& tx, TenantId tenant, UserId user, std::string_view prompt, TimePoint now);
// An eraser of Users.
Result<void> forget_prompts(storage::Tx& tx, TenantId tenant, UserId user);

struct DuePrompt {
    ProfilePrompt const* prompt = nullptr; // of the schema; one without words where an application demands more
    std::vector<FormField> fields;         // those without a value
    bool skippable = true;
};
// Claims that an application asks for by name (OpenID Connect Core section 5.5) stand in the list of what it asks for
// beside the scopes, as what no scope can be called (RFC 6749 section 3.3: without spaces): "claim nickname", or
// "essential claim nickname" for one that it cannot do without.
std::string claim_wish(std::string_view claim, bool essential);
// Whether the list holds an essential one.
bool demands_claims(std::vector<std::string> const& scopes);

// A sign-in under way: for whom, with what scopes and wishes.
struct Asking {
    std::string client_id;
    std::vector<std::string> scopes;
    bool signing_in = true; // not merely passing by with a session
};
// What of the profile is missing of these claims, where people may fill it in themselves.
std::vector<FormField> missing_claims(ProfileSchema const& schema, boost::json::object const& profile,
                                      std::vector<std::string> const& claims);
// The first prompt of the schema that is due, if any. Claims that are demanded are asked for whether or not a prompt
// names them, and are not skipped.
std::optional<DuePrompt> due_prompt(ProfileSchema const& schema, boost::json::object const& profile,
                                    PromptHistory const& history, Asking const& asking, TimePoint now);

} // namespace gatehouse::identity
