// What a journey would ask of the person's profile (identity/profile_prompts.hpp).
#pragma once

#include "identity/profile_prompts.hpp"
#include "journey/journey.hpp"

namespace gatehouse {
struct Context;
namespace applications {
class Registry;
}
} // namespace gatehouse

namespace gatehouse::journey {

Result<std::optional<identity::DuePrompt>> find_due_prompt(storage::Tx& tx, Context const& context,
                                                           applications::Registry const& registry,
                                                           Journey const& journey, boost::json::object const& profile);

} // namespace gatehouse::journey
