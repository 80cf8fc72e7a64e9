#include "messages/text_budget.hpp"

#include "events/event.hpp"
#include "events/types.hpp"
#include "messages/text_budget_store.hpp"
#include "phone/phone_number.hpp"
#include "vault/vault.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

namespace gatehouse::messages {
namespace {

constexpr std::chrono::seconds kHour = std::chrono::hours(1);
constexpr std::chrono::seconds kDay = std::chrono::hours(24);

// The narrowest first: one number that is asked for again and again does not use up what its country has.
constexpr std::string_view kScopes[][2] = {{"number.hour", "notices.number.hour"},
                                           {"number.day", "notices.number.day"},
                                           {"country.day", "notices.country.day"},
                                           {"tenant.day", "notices.tenant.day"}};

Result<Bytes> key_of(vault::Vault const& vault, TenantId tenant, std::string_view kind, std::string_view value)
{
    TRY(auto const digest, vault.lookup_digest(tenant, kind, value));
    return to_bytes(ByteView(digest.digest));
}

Result<std::array<Budget, std::size(kScopes)>> budgets_of(vault::Vault const& vault, TenantId tenant,
                                                          TextLimits const& limits, phone::PhoneNumber const& number,
                                                          BudgetFor whose)
{
    TRY(auto const by_number, key_of(vault, tenant, "budget.number", number.e164()));
    TRY(auto const by_country, key_of(vault, tenant, "budget.country", number.region));
    TRY(auto const by_tenant, key_of(vault, tenant, "budget.tenant", ""));
    auto const scope = [&](int which) { return kScopes[which][static_cast<std::size_t>(whose)]; };
    return std::array<Budget, std::size(kScopes)>{{{scope(0), by_number, limits.per_number_hourly, kHour},
                                                   {scope(1), by_number, limits.per_number_daily, kDay},
                                                   {scope(2), by_country, limits.per_country_daily, kDay},
                                                   {scope(3), by_tenant, limits.per_tenant_daily, kDay}}};
}

Result<void> tell(storage::Tx& tx, vault::Vault& vault, TenantId tenant, Budget const& budget,
                  phone::PhoneNumber const& number, TimePoint now)
{
    TRY_DO(
        events::append(tx, vault,
                       {.type = &events::kMessageBudgetSpent,
                        .tenant = tenant,
                        .data = {{"budget", budget.scope}, {"country", number.region}, {"maximum", budget.maximum}},
                        .personal = budget.scope.contains("number") ? boost::json::object{{"recipient", number.e164()}}
                                                                    : boost::json::object{}},
                       now));
    return {};
}

} // namespace

Result<phone::PhoneNumber> check_number(TextLimits const& limits, std::string_view e164)
{
    TRY(auto number, phone::parse(e164));
    if (!phone::may_get_texts(number.type))
        return refuse(ErrorKind::invalid, "text_number_unsuitable",
                      "No codes are sent to this kind of number. Use that of a mobile phone.");
    auto const in = [&](std::vector<std::string> const& list) {
        return std::ranges::find(list, number.region) != list.end();
    };
    if (in(limits.denied_countries) || (!limits.allowed_countries.empty() && !in(limits.allowed_countries)))
        return refuse(ErrorKind::forbidden, "text_country_refused", "No codes are sent to numbers of this country.");
    return number;
}

Result<void> take_budget(storage::Tx& tx, vault::Vault& vault, TenantId tenant, TextLimits const& limits,
                         phone::PhoneNumber const& number, TimePoint now, BudgetFor whose)
{
    TRY(auto const budgets, budgets_of(vault, tenant, limits, number, whose));
    for (auto const& budget : budgets) {
        TRY(auto const count, count_message(tx, tenant, budget, now));
        if (count && count->sent <= budget.maximum)
            continue;
        if (count)
            TRY_DO(tell(tx, vault, tenant, budget, number, now));
        TRY(auto const since, find_window(tx, tenant, budget));
        auto const left = std::chrono::ceil<std::chrono::seconds>(since.value_or(now) + budget.window - now);
        return refuse(ErrorKind::too_many, "text_budget_spent",
                      "No more codes can be sent there now. Use another way, or try again later.")
            .after(std::max(left, std::chrono::seconds(1)))
            .because(std::string(budget.scope))
            .keeping_writes();
    }
    return {};
}

Result<void> give_back_budget(storage::Tx& tx, vault::Vault& vault, TenantId tenant, phone::PhoneNumber const& number,
                              BudgetFor whose)
{
    TRY(auto const budgets, budgets_of(vault, tenant, {}, number, whose));
    for (auto const& budget : budgets)
        TRY_DO(uncount_message(tx, tenant, budget));
    return {};
}

Result<void> pretend_to_take_budget(storage::Tx& tx, vault::Vault& vault, TenantId tenant, TimePoint now)
{
    TRY(auto const key, key_of(vault, tenant, "budget.nobody", ""));
    for (auto const scope : {"nobody.1", "nobody.2", "nobody.3", "nobody.4"})
        TRY_DO(count_message(tx, tenant, {scope, key, std::numeric_limits<std::int64_t>::max(), kDay}, now));
    return {};
}

Result<std::int64_t> remove_expired_budgets(storage::Tx& tx, TenantId tenant, TimePoint now, int limit)
{
    return delete_expired_budgets(tx, tenant, now, limit);
}

} // namespace gatehouse::messages
