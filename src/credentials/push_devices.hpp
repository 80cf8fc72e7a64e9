// Devices that approve sign-ins: a key pair that never leaves the device, and where it is reached by Web Push.
//
// A device is registered with an invitation (a sealed value, shown to its owner as a QR code or link), by the signature
// of its new key over it. From then on it is known by its handle and believed by that key alone.
#pragma once

#include "credentials/passwords.hpp"
#include "crypto/push_encryption.hpp"
#include "jose/jwk.hpp"

#include <boost/json/object.hpp>

namespace gatehouse::credentials {

inline constexpr std::size_t kMostPushDevices = 10; // of one user
inline constexpr Duration kPushInvitationLifetime = std::chrono::minutes(10);

// Where a browser is reached (Push API, PushSubscription).
struct PushSubscription {
    std::string endpoint; // https
    crypto::PushKeys keys;
};
// {"endpoint", "keys": {"p256dh", "auth"}}. Error: "push_subscription_invalid" (invalid, with a pointer): no https
// address, or keys that are none.
Result<PushSubscription> read_push_subscription(boost::json::object const& json, std::string const& pointer);

struct PushDevice {
    CredentialId id;
    UserId user;
    std::string name;
    std::string key;                              // a public JWK of P-256
    std::optional<PushSubscription> subscription; // none: it looks for requests itself
    std::int64_t version = 0;
    TimePoint created_at;
    std::optional<TimePoint> last_used_at;
};
// How a device is called in its requests: user and credential, 43 characters. Nothing secret.
std::string handle_of(PushDevice const& device);
struct PushHandle {
    UserId user;
    CredentialId device;
};
std::optional<PushHandle> parse_push_handle(std::string_view text);

// ES256 as WebCrypto makes it: r and s side by side (RFC 7518 section 3.4).
bool is_signed_by_device(std::string_view key, ByteView signature, std::string_view message);
// Of a JWK what is kept. Error: "push_key_invalid" (invalid, with a pointer): anything but a public key of P-256.
Result<std::string> read_device_key(boost::json::object const& jwk, std::string const& pointer);

class PushDevices {
public:
    explicit PushDevices(vault::Vault& vault) : vault_(vault) {}

    // What lets a device be registered for this user, once, within its lifetime and until their credentials change.
    Result<std::string> invite(TenantId tenant, UserId user, std::int64_t security_epoch, TimePoint now) const;
    struct Invitation {
        UserId user;
        std::int64_t security_epoch = 0;
        Uuid id;
    };
    // Error: "push_invitation_expired" (gone).
    Result<Invitation> open_invitation(TenantId tenant, std::string_view sealed, TimePoint now) const;

    struct NewDevice {
        std::string name;
        std::string key;
        std::optional<PushSubscription> subscription;
    };
    // The invitation is used up. The caller has checked the signature and the user's epoch. Errors:
    // "push_invitation_expired" (it was used), "credential_name_invalid", "push_device_limit" (conflict).
    Result<PushDevice> add(storage::Tx& tx, TenantId tenant, Invitation const& invitation, NewDevice wanted,
                           events::Origin const& origin, TimePoint now) const;

    // The key that a tenant's messages to devices are signed by; nothing before the first device was invited.
    Result<std::optional<jose::SigningKey>> find_sender_key(storage::Tx& tx, TenantId tenant) const;
    // The same, made where there is none.
    Result<jose::SigningKey> sender_key(storage::Tx& tx, TenantId tenant, TimePoint now) const;

    Result<std::vector<PushDevice>> list(storage::Tx& tx, TenantId tenant, UserId user) const; // oldest first
    Result<std::optional<PushDevice>> find(storage::Tx& tx, TenantId tenant, PushHandle const& handle) const;
    Result<void> note_use(storage::Tx& tx, TenantId tenant, PushDevice const& device, TimePoint now) const;
    // The browser was given another address, or none: the push service no longer knows the old one.
    Result<void> subscribe(storage::Tx& tx, TenantId tenant, PushDevice const& device,
                           std::optional<PushSubscription> subscription) const;
    // Errors: "credential_not_found", "credential_name_invalid".
    Result<void> rename(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, std::string_view name,
                        events::Origin const& origin, TimePoint now) const;
    // Raises the security epoch, as the removal of a passkey does; the new one is returned.
    Result<std::int64_t> remove(storage::Tx& tx, identity::Users const& users, TenantId tenant, UserId user,
                                CredentialId id, events::Origin const& origin, TimePoint now) const;

private:
    vault::Vault& vault_;
};

} // namespace gatehouse::credentials
