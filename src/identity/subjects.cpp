// Subjects and permissions of a user; see identity/users.hpp.
#include "crypto/random.hpp"
#include "identity/user_store.hpp"
#include "identity/users.hpp"

#include <boost/json.hpp>
#include <fmt/ranges.h>

namespace gatehouse::identity {

namespace {

// RFC 6749 section 3.3: scope-token.
bool is_scope_token(std::string_view text)
{
    return !text.empty() && text.size() <= 128 &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f' && c != '"' && c != '\\'; });
}

} // namespace

Result<std::string> Users::subject(storage::Tx& tx, TenantId tenant, UserId user, std::string_view sector,
                                   TimePoint now) const
{
    TRY(auto existing, select_subject(tx, tenant, user, sector));
    if (existing)
        return *std::move(existing);
    auto made = crypto::random_token(16);
    TRY(bool const inserted, insert_subject(tx, tenant, sector, made, user, now));
    if (!inserted)
        return fault("a subject was made twice in one transaction");
    return made;
}

Result<std::optional<std::string>> Users::find_subject(storage::Tx& tx, TenantId tenant, UserId user,
                                                       std::string_view sector) const
{
    return select_subject(tx, tenant, user, sector);
}

Result<std::optional<UserId>> Users::find_by_subject(storage::Tx& tx, TenantId tenant, std::string_view sector,
                                                     std::string_view subject) const
{
    return select_user_by_subject(tx, tenant, sector, subject);
}

Result<void> Users::set_permissions(storage::Tx& tx, TenantId tenant, UserId user, std::string_view audience,
                                    std::vector<std::string> const& wanted, events::Origin const& origin,
                                    TimePoint now) const
{
    TRY(auto const found, select_user_state(tx, tenant, user));
    if (!found)
        return refuse(ErrorKind::not_found, "user_not_found", "There is no such user.");
    auto permissions = wanted;
    std::ranges::sort(permissions);
    auto const repeated = std::ranges::unique(permissions);
    permissions.erase(repeated.begin(), repeated.end());
    if (!std::ranges::all_of(permissions, is_scope_token))
        return refuse(ErrorKind::invalid, "permission_invalid",
                      "A permission has visible ASCII characters without quotes and backslashes, such as users:read.")
            .at("/permissions");
    auto const text = fmt::format("{}", fmt::join(permissions, " "));
    TRY_DO(text.empty() ? delete_permissions(tx, tenant, user, audience)
                        : upsert_permissions(tx, tenant, user, audience, text, now));
    TRY_DO(events::append(tx, vault_,
                          {.type = &events::kUserPermissionsChanged,
                           .tenant = tenant,
                           .user = user,
                           .origin = origin,
                           .data = {{"audience", audience}, {"permissions", text}}},
                          now));
    return {};
}

Result<std::vector<std::string>> Users::permissions(storage::Tx& tx, TenantId tenant, UserId user,
                                                    std::string_view audience) const
{
    TRY(auto const text, select_permissions(tx, tenant, user, audience));
    std::vector<std::string> permissions;
    for (std::size_t start = 0; start < text.size();) {
        auto const end = std::min(text.find(' ', start), text.size());
        permissions.push_back(text.substr(start, end - start));
        start = end + 1;
    }
    return permissions;
}

} // namespace gatehouse::identity
