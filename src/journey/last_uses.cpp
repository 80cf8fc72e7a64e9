#include "journey/last_uses.hpp"

#include "events/reader.hpp"
#include "events/types.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <ranges>

namespace gatehouse::journey {

std::optional<TimePoint> LastUses::of(credentials::Methods methods) const
{
    std::optional<TimePoint> latest;
    for (auto const& traits : credentials::kMethodTraits)
        if (methods.has(traits.method))
            latest = std::max(latest, of(traits.method)); // none comes before all
    return latest;
}

Result<LastUses> last_uses(storage::Tx& tx, TenantId tenant, UserId user)
{
    constexpr int kMost = 300;
    LastUses uses;
    TRY(auto const newest, events::newest_of(tx, tenant, user, {.limit = kMost}));
    for (auto const& event : newest) {
        auto const* const factors = event.data.if_contains("factors");
        if (event.type != events::kSignInSucceeded.name || !factors || !factors->is_string())
            continue;
        for (auto const word : std::views::split(std::string_view(factors->get_string()), ' '))
            if (auto const method = identity::parse_method(std::string_view(word)))
                if (auto& time = uses.times_[static_cast<std::size_t>(*method)]; !time)
                    time = event.occurred_at;
    }
    return uses;
}

} // namespace gatehouse::journey
