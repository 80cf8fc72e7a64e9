#include "credentials/export.hpp"

#include "credentials/authenticators.hpp"
#include "credentials/export_store.hpp"
#include "credentials/passkeys.hpp"
#include "credentials/passwords.hpp"
#include "credentials/push_requests.hpp"
#include "credentials/recovery_codes.hpp"
#include "vault/vault.hpp"

#include <boost/json.hpp>

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

boost::json::array written(std::vector<TimePoint> const& times)
{
    boost::json::array out;
    for (auto const time : times)
        out.emplace_back(to_rfc3339(time));
    return out;
}

// What is kept for a while beside the credentials themselves.
Result<void> add_traces(storage::Tx& tx, vault::Vault const& vault, TenantId tenant, UserId user,
                        boost::json::object& data)
{
    TRY(auto const earlier, store::select_earlier_passwords(tx, tenant, user));
    data["earlier_passwords_replaced_at"] = written(earlier);
    TRY(auto const holds, store::select_holds(tx, tenant, user));
    data["password_resets_waiting_until"] = written(holds);
    TRY(auto const offered, store::select_passkey_offer(tx, tenant, user));
    if (offered)
        data["passkey_offered_at"] = to_rfc3339(*offered);
    boost::json::array pending;
    TRY(auto const codes, store::select_pending(tx, tenant, user));
    for (auto const& code : codes)
        pending.push_back({{"purpose", code.purpose},
                           {"sent_at", to_rfc3339(code.created_at)},
                           {"expires_at", to_rfc3339(code.expires_at)}});
    data["codes"] = std::move(pending);
    boost::json::array asked;
    TRY(auto const requests, store::select_asked_devices(tx, tenant, user));
    if (!requests.empty()) {
        TRY(auto const key, vault.open_person_key(tx, tenant, user));
        for (auto const& request : requests) {
            if (request.details.empty()) // asked for by a stranger: nobody saw it
                continue;
            TRY(auto const text, vault::open_text_field(key, kPushRequestField, request.id, request.details));
            asked.push_back({{"asked_at", to_rfc3339(request.created_at)},
                             {"state", request.state},
                             {"details", boost::json::parse(text)}});
        }
    }
    data["device_requests"] = std::move(asked);
    return {};
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
    TRY(auto const devices, PushDevices(vault).list(tx, tenant, user));
    for (auto const& device : devices)
        list.push_back(entry("push", device.name, device.created_at, device.last_used_at));
    boost::json::object data{{"credentials", std::move(list)}};
    TRY_DO(add_traces(tx, vault, tenant, user, data));
    return data;
}

} // namespace gatehouse::credentials
