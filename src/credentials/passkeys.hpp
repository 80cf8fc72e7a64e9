// Passkeys and security keys as credentials of a user: what webauthn.hpp proved, kept, found and counted.
//
// The challenge of a ceremony is the caller's: 32 random bytes, bound to a journey or session and used once.
#pragma once

#include "credentials/methods.hpp"
#include "credentials/passwords.hpp"
#include "credentials/webauthn.hpp"

namespace gatehouse::credentials {

inline constexpr std::size_t kMostPasskeys = 20; // of one user

struct Passkey {
    CredentialId id; // ours, for pages and addresses
    Bytes credential_id;
    Bytes public_key; // COSE_Key
    webauthn::Aaguid aaguid{};
    std::string name;
    std::vector<std::string> transports;
    bool user_verified = false; // when it was made: what is not is a second factor only
    bool backup_eligible = false;
    bool backed_up = false;
    std::optional<bool> discoverable;
    webauthn::Attestation attestation = webauthn::Attestation::none;
    std::uint32_t counter = 0;
    std::int64_t version = 0;
    TimePoint created_at;
    std::optional<TimePoint> last_used_at;
};

// What a user is called by authenticators: the 16 bytes of the id (WebAuthn level 3 section 14.6.1: nothing personal).
inline ByteView user_handle(UserId const& user)
{
    return user.bytes();
}
// Passkeys of a tenant are bound to the host of its issuer; its own host name and those of its settings are related
// origins (WebAuthn level 3 section 5.11). Empty where browsers let nobody have passkeys.
std::optional<webauthn::RelyingParty> relying_party(identity::Tenant const& tenant);
// How many passkeys of a tenant were made for which RP ID: those of another one than `relying_party` says are offered
// nowhere any more. Of all tenants; for `gatehouse doctor`.
struct BoundPasskeys {
    TenantId tenant;
    std::string rp_id;
    std::int64_t count = 0;
};
Result<std::vector<BoundPasskeys>> passkeys_by_rp_id(storage::Tx& tx);
// When a person was offered a passkey last: whether since then, and that they were just now.
Result<bool> was_offered_passkey(storage::Tx& tx, TenantId tenant, UserId user, TimePoint since);
Result<void> note_passkey_offer(storage::Tx& tx, TenantId tenant, UserId user, TimePoint now);
// What an assertion amounts to: a passkey if the authenticator verified the user, now and when it was registered, else
// possession of a security key. One that was registered by a touch cannot make itself more (WebAuthn level 3 section
// 7.2: that takes another factor).
Method method_of(Passkey const& passkey, webauthn::Asserted const& asserted);
// "iCloud Keychain", "Windows Hello": of a model that is widely known; "" otherwise.
std::string_view name_of_model(webauthn::Aaguid const& aaguid);
webauthn::Descriptor descriptor_of(Passkey const& passkey);

class Passkeys {
public:
    Passkeys(vault::Vault& vault, identity::Users const& users);

    // `name`: "" for the model's, or else what `device` says ("Firefox on Windows"). Errors: "passkey_taken"
    // (conflict: this credential is registered already, here or with somebody else), "passkey_limit" (conflict).
    Result<Passkey> enrol(storage::Tx& tx, vault::PersonKey const& key, webauthn::Registered const& registered,
                          std::string_view name, std::string_view device, events::Origin const& origin,
                          TimePoint now) const;

    // Oldest first. Without `key` the person's key is read first.
    Result<std::vector<Passkey>> load(storage::Tx& tx, TenantId tenant, UserId user,
                                      vault::PersonKey const* key = nullptr) const;
    struct Found {
        UserId user;
        Passkey passkey;
    };
    // The credential that an assertion claims. Empty when it is nobody's, or when the user handle names somebody else
    // (WebAuthn level 3 section 7.2 step 6).
    Result<std::optional<Found>> find(storage::Tx& tx, TenantId tenant, webauthn::Presented const& presented) const;

    // After a verification: notes use, counter and backup state, in one statement. The first write of its transaction,
    // because a refusal may keep writes. Errors: "passkey_cloned" (forbidden; the counter went back: keeps writes,
    // appends an event), "passkey_changed" (conflict: it was removed or used meanwhile, so that this counter was
    // verified against an older one).
    Result<void> confirm_use(storage::Tx& tx, TenantId tenant, UserId user, Passkey const& passkey,
                             webauthn::Asserted const& asserted, events::Origin const& origin, TimePoint now) const;

    // Errors: "credential_not_found", "credential_name_invalid" (invalid, at "name").
    Result<void> rename(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, std::string_view name,
                        events::Origin const& origin, TimePoint now) const;
    // Raises the security epoch, so that sessions and sealed values that rest on it end; the new one is returned.
    // Error: "credential_not_found".
    Result<std::int64_t> remove(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id,
                                events::Origin const& origin, TimePoint now) const;

private:
    vault::Vault& vault_;
    identity::Users const& users_;
};

} // namespace gatehouse::credentials
