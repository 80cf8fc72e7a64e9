#include "identity/profile_prompts.hpp"

#include "identity/profile_prompt_store.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace gatehouse::identity {

namespace {

bool contains(std::vector<std::string> const& list, std::string_view word)
{
    return std::ranges::find(list, word) != list.end();
}

bool is_requested(Attribute const& attribute, Asking const& asking)
{
    return contains(asking.scopes, claim_wish(attribute.claim_name(), false)) ||
           contains(asking.scopes, claim_wish(attribute.claim_name(), true)) ||
           std::ranges::any_of(attribute.scopes,
                               [&](std::string const& scope) { return contains(asking.scopes, scope); });
}

bool rests(ProfilePrompt const& prompt, PromptHistory const& history, TimePoint now)
{
    auto const* at = history.asked.if_contains(prompt.name);
    return at && at->is_int64() && from_micros(at->get_int64()) + std::chrono::days(prompt.again_after_days) > now;
}

// What the prompt would ask for now.
DuePrompt missing_of(ProfileSchema const& schema, ProfilePrompt const& prompt, boost::json::object const& profile,
                     Asking const& asking, bool by_count)
{
    DuePrompt due{.prompt = &prompt};
    for (auto const& field : prompt.fields) {
        auto const* attribute = schema.find(field.attribute);
        if (!attribute || profile.contains(field.attribute))
            continue;
        if (!by_count && !is_requested(*attribute, asking))
            continue;
        auto const required = field.required || contains(asking.scopes, claim_wish(attribute->claim_name(), true));
        due.fields.push_back({field.attribute, required});
        due.skippable = due.skippable && !required;
    }
    return due;
}

constexpr std::string_view kEssential = "essential claim ";

std::vector<std::string> demanded_of(std::vector<std::string> const& scopes)
{
    std::vector<std::string> claims;
    for (auto const& scope : scopes)
        if (scope.starts_with(kEssential))
            claims.push_back(scope.substr(kEssential.size()));
    return claims;
}

// What is demanded and missing goes onto the page, or makes one.
std::optional<DuePrompt> with_demanded(std::optional<DuePrompt> due, std::vector<FormField> const& demanded)
{
    static ProfilePrompt const kWithoutWords{.name = "claims"};
    if (demanded.empty())
        return due;
    if (!due)
        due = DuePrompt{.prompt = &kWithoutWords, .fields = {}};
    for (auto const& field : demanded)
        if (std::ranges::find(due->fields, field.attribute, &FormField::attribute) == due->fields.end())
            due->fields.push_back(field);
    due->skippable = false;
    return due;
}

} // namespace

std::string claim_wish(std::string_view claim, bool essential)
{
    return (essential ? std::string(kEssential) : std::string("claim ")).append(claim);
}

bool demands_claims(std::vector<std::string> const& scopes)
{
    return !demanded_of(scopes).empty();
}

std::vector<FormField> missing_claims(ProfileSchema const& schema, boost::json::object const& profile,
                                      std::vector<std::string> const& claims)
{
    std::vector<FormField> missing;
    for (auto const& attribute : schema.attributes)
        if (attribute.user == Access::edit && contains(claims, attribute.claim_name()) &&
            !profile.contains(attribute.name))
            missing.push_back({attribute.name, true});
    return missing;
}

Result<PromptHistory> find_prompt_history(storage::Tx& tx, TenantId tenant, UserId user)
{
    TRY(auto const row, select_prompts(tx, tenant, user));
    if (!row)
        return PromptHistory{};
    boost::system::error_code error;
    auto const asked = boost::json::parse(row->asked, error);
    return PromptHistory{row->sign_ins, !error && asked.is_object() ? asked.get_object() : boost::json::object()};
}

Result<void> count_sign_in(storage::Tx& tx, TenantId tenant, UserId user, PromptHistory history)
{
    return upsert_prompts(tx, tenant, user, {history.sign_ins + 1, boost::json::serialize(history.asked)});
}

Result<void> note_skipped(storage::Tx& tx, TenantId tenant, UserId user, std::string_view prompt, TimePoint now)
{
    TRY(auto history, find_prompt_history(tx, tenant, user));
    history.asked[boost::json::string_view(prompt.data(), prompt.size())] = to_micros(now);
    return upsert_prompts(tx, tenant, user, {history.sign_ins, boost::json::serialize(history.asked)});
}

Result<void> forget_prompts(storage::Tx& tx, TenantId tenant, UserId user)
{
    return delete_prompts(tx, tenant, user);
}

std::optional<DuePrompt> due_prompt(ProfileSchema const& schema, boost::json::object const& profile,
                                    PromptHistory const& history, Asking const& asking, TimePoint now)
{
    auto const demanded = missing_claims(schema, profile, demanded_of(asking.scopes));
    for (auto const& prompt : schema.prompts) {
        if (!prompt.applications.empty() && !contains(prompt.applications, asking.client_id))
            continue;
        auto const by_count =
            asking.signing_in && prompt.from_sign_in > 0 && history.sign_ins + 1 >= prompt.from_sign_in;
        if (!by_count && !prompt.when_requested)
            continue;
        auto due = missing_of(schema, prompt, profile, asking, by_count);
        if (!due.fields.empty() && !(due.skippable && rests(prompt, history, now)))
            return with_demanded(std::move(due), demanded);
    }
    return with_demanded(std::nullopt, demanded);
}

} // namespace gatehouse::identity
