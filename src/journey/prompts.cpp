#include "journey/prompts.hpp"

#include "applications/registry.hpp"
#include "identity/context.hpp"

namespace gatehouse::journey {

Result<std::optional<identity::DuePrompt>> find_due_prompt(storage::Tx& tx, Context const& context,
                                                           applications::Registry const& registry,
                                                           Journey const& journey, boost::json::object const& profile)
{
    TRY(auto const history, identity::find_prompt_history(tx, context.tenant->id, *journey.facts.user));
    auto const catalogue = registry.cached(context.tenant->id);
    auto const* client = catalogue && journey.application ? catalogue->find(*journey.application) : nullptr;
    return identity::due_prompt(*context.tenant->profile, profile, history,
                                {.client_id = client ? client->application.client_id : "",
                                 .scopes = journey.requirements.scopes,
                                 .signing_in = !journey.facts.proven.empty()},
                                context.now);
}

} // namespace gatehouse::journey
