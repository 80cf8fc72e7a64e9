#include "credentials/push_devices.hpp"

#include "base/json.hpp"
#include "credentials/authenticators.hpp"
#include "credentials/push_store.hpp"
#include "credentials/recovery_codes.hpp"
#include "events/types.hpp"
#include "http/url.hpp"
#include "jose/jwk.hpp"
#include "vault/sealed.hpp"

#include <boost/json.hpp>

namespace gatehouse::credentials {

namespace json = boost::json;

namespace {

constexpr vault::FieldNumber kPushDevice{313};
constexpr std::string_view kInvitationPurpose = "push_invitation";
constexpr std::string_view kSenderPurpose = "push_sender";
constexpr std::size_t kLongestEndpoint = 2048;

Refusal not_found()
{
    return refuse(ErrorKind::not_found, "credential_not_found", "There is no such device any more.");
}

Refusal invitation_expired()
{
    return refuse(ErrorKind::gone, "push_invitation_expired",
                  "This invitation was used or has expired. Start again from your account's security page.");
}

std::string to_sealed_form(PushDevice const& device)
{
    json::object object{{"name", device.name}, {"key", device.key}};
    if (device.subscription)
        object["subscription"] = {{"endpoint", device.subscription->endpoint},
                                  {"p256dh", base64url_encode(device.subscription->keys.p256dh)},
                                  {"auth", base64url_encode(device.subscription->keys.auth)}};
    return json::serialize(object);
}

Result<PushDevice> open_row(vault::Vault const& vault, TenantId tenant, PushDeviceRow const& row)
{
    TRY(auto const key,
        vault.unwrap_person_key(
            tenant, row.user,
            {.version = row.key_version, .wrapped_by = row.key_wrapped_by, .wrapped = row.key_wrapped}));
    TRY(auto const text, vault::open_text_field(key, kPushDevice, row.id.value, row.data));
    TRY(auto const object, parse_json_object_strict(text));
    PushDevice device{.id = row.id,
                      .user = row.user,
                      .name = std::string(object.at("name").as_string()),
                      .key = std::string(object.at("key").as_string()),
                      .subscription = {},
                      .version = row.version,
                      .created_at = row.created_at,
                      .last_used_at = row.last_used_at};
    if (auto const* const subscription = object.if_contains("subscription")) {
        auto const& stored = subscription->as_object();
        device.subscription.emplace();
        device.subscription->endpoint = std::string(stored.at("endpoint").as_string());
        TRY(device.subscription->keys.p256dh, base64url_decode(std::string_view(stored.at("p256dh").as_string())));
        TRY(device.subscription->keys.auth, base64url_decode(std::string_view(stored.at("auth").as_string())));
    }
    return device;
}

Result<void> append_event(storage::Tx& tx, vault::Vault& vault, events::EventType const& type, TenantId tenant,
                          UserId user, events::Origin const& origin, TimePoint now)
{
    TRY_DO(events::append(
        tx, vault, {.type = &type, .tenant = tenant, .user = user, .origin = origin, .data = {{"kind", "push"}}}, now));
    return {};
}

std::string_view text_at(json::object const& object, std::string_view name)
{
    auto const* const value = object.if_contains(name);
    return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

} // namespace

Result<PushSubscription> read_push_subscription(json::object const& object, std::string const& pointer)
{
    PushSubscription subscription{.endpoint = std::string(text_at(object, "endpoint")), .keys = {}};
    auto const url = http::Url::parse(subscription.endpoint);
    // Push services are https (RFC 8030 section 8). That the address is no inner one is checked when it is connected
    // to.
    if (!url || url->scheme != "https" || url->has_credentials() || subscription.endpoint.size() > kLongestEndpoint)
        return refuse(ErrorKind::invalid, "push_subscription_invalid", "The push service's address must be https.")
            .at(pointer + "/endpoint");
    auto const* const value = object.if_contains("keys");
    auto const* const keys = value ? value->if_object() : nullptr;
    auto const p256dh = base64url_decode(keys ? text_at(*keys, "p256dh") : "");
    auto const auth = base64url_decode(keys ? text_at(*keys, "auth") : "");
    if (p256dh && auth)
        subscription.keys = {.p256dh = *p256dh, .auth = *auth};
    if (!crypto::check_push_keys(subscription.keys))
        return refuse(ErrorKind::invalid, "push_subscription_invalid", "These are not the keys of a push subscription.")
            .at(pointer + "/keys");
    return subscription;
}

std::string handle_of(PushDevice const& device)
{
    auto bytes = to_bytes(device.user.bytes());
    bytes.insert(bytes.end(), device.id.bytes().begin(), device.id.bytes().end());
    return base64url_encode(bytes);
}

std::optional<PushHandle> parse_push_handle(std::string_view text)
{
    auto const bytes = base64url_decode(text);
    if (!bytes || bytes->size() != 32)
        return std::nullopt;
    auto const user = UserId::from_bytes(ByteView(*bytes).first(16));
    auto const device = CredentialId::from_bytes(ByteView(*bytes).last(16));
    if (!user || !device)
        return std::nullopt;
    return PushHandle{*user, *device};
}

bool is_signed_by_device(std::string_view key, ByteView signature, std::string_view message)
{
    auto const parsed = jose::VerificationKey::from_jwk(key);
    return parsed && parsed->verify(jose::Algorithm::ES256, as_bytes(message), signature).has_value();
}

Result<std::string> read_device_key(json::object const& jwk, std::string const& pointer)
{
    auto const key = jose::VerificationKey::from_jwk(jwk);
    if (!key || key->type() != jose::KeyType::ec_p256 || jwk.contains("d"))
        return refuse(ErrorKind::invalid, "push_key_invalid", "This is not the public key of a device (EC, P-256).")
            .at(pointer);
    return json::serialize(key->to_jwk());
}

Result<std::string> PushDevices::invite(TenantId tenant, UserId user, std::int64_t security_epoch, TimePoint now) const
{
    json::object const content{
        {"user", user.to_string()}, {"epoch", security_epoch}, {"id", Uuid::generate(now).to_string()}};
    return vault::seal(
        vault_,
        {.tenant = tenant, .purpose = kInvitationPurpose, .binding = {}, .expires_at = now + kPushInvitationLifetime},
        as_bytes(json::serialize(content)), now);
}

Result<PushDevices::Invitation> PushDevices::open_invitation(TenantId tenant, std::string_view sealed,
                                                             TimePoint now) const
{
    auto const opened =
        vault::open(vault_, {.tenant = tenant, .purpose = kInvitationPurpose, .binding = {}, .now = now}, sealed);
    if (!opened)
        return invitation_expired().because(opened.error().code);
    TRY(auto const content, parse_json_object_strict(as_text(*opened)));
    Invitation invitation;
    TRY(invitation.user, UserId::parse(text_at(content, "user")));
    TRY(invitation.id, Uuid::parse(text_at(content, "id")));
    invitation.security_epoch = content.at("epoch").as_int64();
    return invitation;
}

Result<PushDevice> PushDevices::add(storage::Tx& tx, TenantId tenant, Invitation const& invitation, NewDevice wanted,
                                    events::Origin const& origin, TimePoint now) const
{
    PushDevice device{.id = CredentialId::generate(now),
                      .user = invitation.user,
                      .name = {},
                      .key = std::move(wanted.key),
                      .subscription = std::move(wanted.subscription),
                      .version = 1,
                      .created_at = now,
                      .last_used_at = {}};
    TRY(device.name, check_credential_name(wanted.name));
    TRY(bool const first, spend_invitation(tx, tenant, invitation.id, now + kPushInvitationLifetime));
    if (!first)
        return invitation_expired().because("used before");
    TRY(auto const had, select_push_devices(tx, tenant, device.user));
    if (had.size() >= kMostPushDevices)
        return refuse(ErrorKind::conflict, "push_device_limit",
                      "You have as many devices as an account can hold. Remove one that you no longer use first.");
    TRY(auto const key, vault_.open_person_key(tx, tenant, device.user));
    TRY_DO(insert_push_device(tx, tenant, device.user, device.id,
                              vault::seal_field(key, kPushDevice, device.id.value, to_sealed_form(device)), now));
    TRY_DO(append_event(tx, vault_, events::kCredentialAdded, tenant, device.user, origin, now));
    return device;
}

Result<std::optional<jose::SigningKey>> PushDevices::find_sender_key(storage::Tx& tx, TenantId tenant) const
{
    TRY(auto const wrapped, select_push_key(tx, tenant));
    if (!wrapped)
        return std::nullopt;
    TRY(auto const jwk, vault_.unwrap(tenant, kSenderPurpose, *wrapped));
    TRY(auto key, jose::SigningKey::from_jwk(jwk, jose::Algorithm::ES256));
    return std::optional(std::move(key));
}

Result<jose::SigningKey> PushDevices::sender_key(storage::Tx& tx, TenantId tenant, TimePoint now) const
{
    TRY(auto found, find_sender_key(tx, tenant));
    if (found)
        return *std::move(found);
    TRY(auto const made, jose::SigningKey::generate(jose::Algorithm::ES256));
    TRY(auto const jwk, made.to_private_jwk());
    TRY(auto const wrapped, vault_.wrap(tenant, kSenderPurpose, jwk));
    TRY_DO(insert_push_key(tx, tenant, wrapped, now));
    return made;
}

Result<std::vector<PushDevice>> PushDevices::list(storage::Tx& tx, TenantId tenant, UserId user) const
{
    TRY(auto const rows, select_push_devices(tx, tenant, user));
    std::vector<PushDevice> devices;
    for (auto const& row : rows) {
        TRY(auto device, open_row(vault_, tenant, row));
        devices.push_back(std::move(device));
    }
    return devices;
}

Result<std::optional<PushDevice>> PushDevices::find(storage::Tx& tx, TenantId tenant, PushHandle const& handle) const
{
    TRY(auto const row, select_push_device(tx, tenant, handle.user, handle.device));
    if (!row)
        return std::nullopt;
    TRY(auto device, open_row(vault_, tenant, *row));
    return std::optional(std::move(device));
}

Result<void> PushDevices::note_use(storage::Tx& tx, TenantId tenant, PushDevice const& device, TimePoint now) const
{
    return update_push_device_use(tx, tenant, device.user, device.id, now);
}

Result<void> PushDevices::subscribe(storage::Tx& tx, TenantId tenant, PushDevice const& device,
                                    std::optional<PushSubscription> subscription) const
{
    auto changed = device;
    changed.subscription = std::move(subscription);
    TRY(auto const key, vault_.open_person_key(tx, tenant, device.user));
    TRY_DO(update_push_device(tx, tenant, device.user, device.id, device.version,
                              vault::seal_field(key, kPushDevice, device.id.value, to_sealed_form(changed))));
    return {};
}

Result<void> PushDevices::rename(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, std::string_view name,
                                 events::Origin const& origin, TimePoint now) const
{
    TRY(auto checked, check_credential_name(name));
    TRY(auto device, find(tx, tenant, {.user = user, .device = id}));
    if (!device)
        return not_found();
    if (device->name == checked)
        return {};
    device->name = std::move(checked);
    TRY(auto const key, vault_.open_person_key(tx, tenant, user));
    TRY(bool const same, update_push_device(tx, tenant, user, id, device->version,
                                            vault::seal_field(key, kPushDevice, id.value, to_sealed_form(*device))));
    if (!same)
        return not_found();
    return append_event(tx, vault_, events::kCredentialRenamed, tenant, user, origin, now);
}

Result<std::int64_t> PushDevices::remove(storage::Tx& tx, identity::Users const& users, TenantId tenant, UserId user,
                                         CredentialId id, events::Origin const& origin, TimePoint now) const
{
    TRY(bool const removed, delete_push_device(tx, tenant, user, id));
    if (!removed)
        return not_found();
    TRY_DO(append_event(tx, vault_, events::kCredentialRemoved, tenant, user, origin, now));
    TRY_DO(remove_recovery_codes_without_factor(tx, vault_, tenant, user, origin, now));
    return users.raise_security_epoch(tx, tenant, user, now);
}

} // namespace gatehouse::credentials
