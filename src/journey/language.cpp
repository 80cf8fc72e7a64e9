#include "journey/language.hpp"

#include "view/pages.hpp"

namespace gatehouse::journey {

Result<view::Locale const*> language_of(Services const& services, storage::Tx& tx, identity::Tenant const& tenant,
                                        UserId user)
{
    TRY(auto const person, services.users.get(tx, tenant.id, user));
    auto const* const value = person.profile.if_contains("locale");
    auto const wanted = value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
    return &services.pages.locales().choose({}, wanted, {}, tenant.settings.locale.fallback);
}

} // namespace gatehouse::journey
