#include "credentials/passkeys.hpp"

#include "credentials/authenticators.hpp"
#include "credentials/passkey_store.hpp"
#include "credentials/recovery_codes.hpp"
#include "crypto/digest.hpp"
#include "identity/merges.hpp"
#include "vault/vault.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace gatehouse::credentials {

namespace json = boost::json;

namespace {

constexpr vault::FieldNumber kPasskey{310};
constexpr std::string_view kKind = "passkey";

crypto::Digest256 digest_of(ByteView credential_id)
{
    return crypto::sha256(credential_id);
}

Refusal not_found()
{
    return refuse(ErrorKind::not_found, "credential_not_found", "There is no such passkey any more.");
}

std::string to_sealed_form(Passkey const& passkey)
{
    json::object object{{"id", base64url_encode(passkey.credential_id)},
                        {"key", base64url_encode(passkey.public_key)},
                        {"aaguid", base64url_encode(passkey.aaguid)},
                        {"name", passkey.name},
                        {"uv", passkey.user_verified},
                        {"be", passkey.backup_eligible},
                        {"bs", passkey.backed_up},
                        {"attestation", static_cast<std::int64_t>(passkey.attestation)}};
    object["transports"] = json::array(passkey.transports.begin(), passkey.transports.end());
    if (passkey.discoverable)
        object["rk"] = *passkey.discoverable;
    return json::serialize(object);
}

// What we sealed ourselves: anything unexpected in it is a fault.
Result<Passkey> from_sealed_form(std::string_view text)
{
    boost::system::error_code error;
    auto const parsed = json::parse(text, error);
    auto const* const object = error ? nullptr : parsed.if_object();
    if (!object)
        return fault("a passkey's data is no JSON object");
    Passkey passkey;
    TRY(passkey.credential_id, base64url_decode(std::string_view(object->at("id").as_string())));
    TRY(passkey.public_key, base64url_decode(std::string_view(object->at("key").as_string())));
    TRY(auto const aaguid, base64url_decode(std::string_view(object->at("aaguid").as_string())));
    if (aaguid.size() != passkey.aaguid.size())
        return fault("a passkey's AAGUID has another size");
    std::ranges::copy(aaguid, passkey.aaguid.begin());
    passkey.name = std::string_view(object->at("name").as_string());
    passkey.user_verified = object->at("uv").as_bool();
    passkey.backup_eligible = object->at("be").as_bool();
    passkey.backed_up = object->at("bs").as_bool();
    passkey.attestation = static_cast<webauthn::Attestation>(object->at("attestation").as_int64());
    for (auto const& transport : object->at("transports").as_array())
        passkey.transports.emplace_back(std::string_view(transport.as_string()));
    if (auto const* const discoverable = object->if_contains("rk"))
        passkey.discoverable = discoverable->as_bool();
    return passkey;
}

Result<Passkey> open_row(vault::PersonKey const& key, KeyedCredentialRow const& row)
{
    TRY(auto const text, vault::open_text_field(key, kPasskey, row.id.value, row.data));
    TRY(auto passkey, from_sealed_form(text));
    passkey.id = row.id;
    passkey.counter = static_cast<std::uint32_t>(row.counter);
    passkey.version = row.version;
    passkey.created_at = row.created_at;
    passkey.last_used_at = row.last_used_at;
    return passkey;
}

Result<vault::PersonKey> key_of(vault::Vault const& vault, TenantId tenant, KeyedCredentialRow const& row)
{
    return vault.unwrap_person_key(
        tenant, row.user, {.version = row.key_version, .wrapped_by = row.key_wrapped_by, .wrapped = row.key_wrapped});
}

std::string default_name(webauthn::Registered const& registered, std::string_view device)
{
    if (auto const model = name_of_model(registered.aaguid); !model.empty())
        return std::string(model);
    auto const has = [&](std::string_view transport) {
        return std::ranges::find(registered.transports, transport) != registered.transports.end();
    };
    if ((has("usb") || has("nfc")) && !has("internal") && !has("hybrid"))
        return "Security key";
    return device.empty() ? "Passkey" : fmt::format("Passkey ({})", device.substr(0, 48));
}

Result<void> append_event(storage::Tx& tx, vault::Vault& vault, events::EventType const& type, TenantId tenant,
                          UserId user, events::Origin const& origin, TimePoint now)
{
    TRY_DO(events::append(
        tx, vault, {.type = &type, .tenant = tenant, .user = user, .origin = origin, .data = {{"kind", kKind}}}, now));
    return {};
}

} // namespace

std::optional<webauthn::RelyingParty> relying_party(identity::Tenant const& tenant)
{
    auto party = webauthn::relying_party_at(tenant.issuer, tenant.name);
    if (party && tenant.host) {
        auto origin = "https://" + *tenant.host;
        if (origin != party->origins.front())
            party->origins.push_back(std::move(origin));
    }
    if (party)
        for (auto const& origin : tenant.settings.passkeys.related_origins)
            if (std::ranges::find(party->origins, origin) == party->origins.end())
                party->origins.push_back(origin);
    return party;
}

Method method_of(Passkey const& passkey, webauthn::Asserted const& asserted)
{
    return passkey.user_verified && asserted.user_verified ? Method::passkey : Method::security_key;
}

webauthn::Descriptor descriptor_of(Passkey const& passkey)
{
    return {passkey.credential_id, passkey.transports};
}

Result<std::vector<BoundPasskeys>> passkeys_by_rp_id(storage::Tx& tx)
{
    return select_rp_ids(tx);
}

Passkeys::Passkeys(vault::Vault& vault, identity::Users const& users) : vault_(vault), users_(users) {}

Result<Passkey> Passkeys::enrol(storage::Tx& tx, vault::PersonKey const& key, webauthn::Registered const& registered,
                                std::string_view name, std::string_view device, events::Origin const& origin,
                                TimePoint now) const
{
    Passkey passkey{.id = CredentialId::generate(now),
                    .credential_id = registered.credential_id,
                    .public_key = registered.public_key,
                    .aaguid = registered.aaguid,
                    .name = default_name(registered, device),
                    .transports = registered.transports,
                    .user_verified = registered.user_verified,
                    .backup_eligible = registered.backup_eligible,
                    .backed_up = registered.backed_up,
                    .discoverable = registered.discoverable,
                    .attestation = registered.attestation,
                    .counter = registered.counter,
                    .version = 1,
                    .created_at = now,
                    .last_used_at = {}};
    if (!name.empty()) {
        TRY(passkey.name, check_credential_name(name));
    }
    TRY(auto const had, count_passkeys(tx, key.tenant, key.user));
    if (had >= static_cast<std::int64_t>(kMostPasskeys))
        return refuse(ErrorKind::conflict, "passkey_limit",
                      "You have as many passkeys as an account can hold. Remove one that you no longer use first.");
    // WebAuthn level 3 section 7.1 step 26.
    TRY(bool const unique,
        insert_passkey_id(tx, key.tenant, key.user, passkey.id, digest_of(passkey.credential_id), registered.rp_id));
    if (!unique)
        return refuse(ErrorKind::conflict, "passkey_taken", "This passkey is registered already.");
    TRY_DO(insert_passkey(tx, key.tenant, key.user, passkey.id,
                          vault::seal_field(key, kPasskey, passkey.id.value, to_sealed_form(passkey)), passkey.counter,
                          now));
    TRY_DO(append_event(tx, vault_, events::kCredentialAdded, key.tenant, key.user, origin, now));
    return passkey;
}

Result<std::vector<Passkey>> Passkeys::load(storage::Tx& tx, TenantId tenant, UserId user,
                                            vault::PersonKey const* key) const
{
    TRY(auto const rows, select_passkeys(tx, tenant, user));
    std::vector<Passkey> passkeys;
    if (rows.empty())
        return passkeys;
    std::optional<vault::PersonKey> unwrapped;
    if (!key) {
        TRY(unwrapped, key_of(vault_, tenant, rows.front()));
        key = &*unwrapped;
    }
    for (auto const& row : rows) {
        TRY(auto passkey, open_row(*key, row));
        passkeys.push_back(std::move(passkey));
    }
    return passkeys;
}

Result<std::optional<Passkeys::Found>> Passkeys::find(storage::Tx& tx, TenantId tenant,
                                                      webauthn::Presented const& presented) const
{
    TRY(auto const row, select_passkey_by_digest(tx, tenant, digest_of(presented.credential_id)));
    if (!row)
        return std::nullopt;
    if (presented.user_handle && !std::ranges::equal(*presented.user_handle, user_handle(row->user))) {
        // A passkey keeps the handle that it was made with when its account is joined with another one.
        auto const former = Uuid::from_bytes(*presented.user_handle);
        if (!former)
            return std::nullopt;
        TRY(auto const now_at, identity::merged_into(tx, tenant, UserId{*former}));
        if (now_at != row->user)
            return std::nullopt;
    }
    TRY(auto const key, key_of(vault_, tenant, *row));
    TRY(auto passkey, open_row(key, *row));
    return Found{row->user, std::move(passkey)};
}

Result<void> Passkeys::confirm_use(storage::Tx& tx, TenantId tenant, UserId user, Passkey const& passkey,
                                   webauthn::Asserted const& asserted, events::Origin const& origin,
                                   TimePoint now) const
{
    if (asserted.counter_went_back) {
        TRY_DO(append_event(tx, vault_, events::kCredentialCloned, tenant, user, origin, now));
        return refuse(ErrorKind::forbidden, "passkey_cloned",
                      "This security key counts backwards, as a copy of it would. Please use another way, and look at "
                      "your account's security page.")
            .keeping_writes();
    }
    std::optional<Bytes> data;
    if (asserted.backed_up != passkey.backed_up) {
        TRY(auto const key, vault_.open_person_key(tx, tenant, user));
        auto changed = passkey;
        changed.backed_up = asserted.backed_up;
        data = vault::seal_field(key, kPasskey, passkey.id.value, to_sealed_form(changed));
    }
    TRY(bool const same,
        update_passkey_use(tx, tenant, user, passkey.id, passkey.version, asserted.counter, data, now));
    if (!same)
        return refuse(ErrorKind::conflict, "passkey_changed", "This passkey was changed meanwhile. Please try again.");
    return {};
}

Result<void> Passkeys::rename(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, std::string_view name,
                              events::Origin const& origin, TimePoint now) const
{
    TRY(auto checked, check_credential_name(name));
    TRY(auto const row, select_passkey(tx, tenant, user, id));
    if (!row)
        return not_found();
    TRY(auto const key, key_of(vault_, tenant, *row));
    TRY(auto passkey, open_row(key, *row));
    if (passkey.name == checked)
        return {};
    passkey.name = std::move(checked);
    TRY(bool const same, update_passkey_data(tx, tenant, user, id, row->version,
                                             vault::seal_field(key, kPasskey, id.value, to_sealed_form(passkey)), now));
    if (!same)
        return not_found();
    return append_event(tx, vault_, events::kCredentialRenamed, tenant, user, origin, now);
}

Result<std::int64_t> Passkeys::remove(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id,
                                      events::Origin const& origin, TimePoint now) const
{
    TRY(bool const removed, delete_passkey(tx, tenant, user, id));
    if (!removed)
        return not_found();
    TRY_DO(append_event(tx, vault_, events::kCredentialRemoved, tenant, user, origin, now));
    TRY_DO(remove_recovery_codes_without_factor(tx, vault_, tenant, user, origin, now));
    return users_.raise_security_epoch(tx, tenant, user, now);
}

} // namespace gatehouse::credentials
