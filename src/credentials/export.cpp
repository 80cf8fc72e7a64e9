#include "credentials/export.hpp"

#include "credentials/authenticators.hpp"
#include "credentials/passkeys.hpp"
#include "credentials/passwords.hpp"
#include "credentials/recovery_codes.hpp"

namespace gatehouse::credentials {

namespace {

boost::json::object entry(std::string_view kind, std::string_view name, TimePoint added_at,
                          std::optional<TimePoint> last_used_at)
{
    boost::json::object object{{"kind", kind}, {"added_at", to_rfc3339(added_at)}};
    if (!name.empty())
        object["name"] = name;
    if (last_used_at)
        object["last_used_at"] = to_rfc3339(*last_used_at);
    return object;
}

} // namespace

Result<boost::json::object> export_credentials(storage::Tx& tx, vault::Vault& vault, identity::Users const& users,
                                               TenantId tenant, UserId user)
{
    boost::json::array list;
    TRY(auto const password, Passwords(vault, users).changed_at(tx, tenant, user));
    if (password)
        list.push_back(entry("password", {}, *password, {}));
    TRY(auto const apps, Authenticators(vault).list(tx, tenant, user));
    for (auto const& app : apps)
        list.push_back(entry("totp", app.name, app.added_at, app.last_used_at));
    TRY(auto const passkeys, Passkeys(vault, users).load(tx, tenant, user));
    for (auto const& passkey : passkeys)
        list.push_back(entry("passkey", passkey.name, passkey.created_at, passkey.last_used_at));
    TRY(auto const codes, RecoveryCodes(vault).status(tx, tenant, user));
    if (codes)
        list.push_back(entry("recovery_codes", {}, codes->made_at, codes->last_used_at));
    return boost::json::object{{"credentials", std::move(list)}};
}

} // namespace gatehouse::credentials
