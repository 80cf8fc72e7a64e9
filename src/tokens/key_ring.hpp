// tokens: signing keys, tokens and what stands behind them (grants, families, codes, revocations).
//
// In:  a tenant, what was granted, tokens that clients present.
// Out: signed tokens, the key set that applications verify them with, rows, events "token.*", "grant.*", "key.*".
//
// KeyRing: each tenant's signing keys, one line of succession for each algorithm. A key is published before it signs
// and stays published until the last token that it signed has expired. Private keys are wrapped by the vault.
#pragma once

#include "events/event.hpp"
#include "identity/directory.hpp"
#include "identity/tenant.hpp"
#include "jose/jws.hpp"
#include "storage/database.hpp"
#include "vault/vault.hpp"

#include <memory>
#include <mutex>
#include <unordered_map>

namespace gatehouse::tokens {

inline constexpr Duration kKeyPeriod = std::chrono::hours(24 * 90); // how long a key signs
inline constexpr Duration kPublishAhead = std::chrono::hours(24);   // how long it is published before
inline constexpr Duration kLongestToken = std::chrono::hours(24);   // no token lives longer
inline constexpr Duration kPublishAfter = kLongestToken + std::chrono::hours(1);
inline constexpr std::chrono::seconds kJwksMaxAge{300}; // Cache-Control of the JWKS

struct SigningKey {
    std::string kid;
    jose::Algorithm algorithm;
    TimePoint activates_at;
    std::optional<TimePoint> retires_at;
    jose::Signer access_tokens; // typ "at+jwt" (RFC 9068 section 2.1)
    jose::Signer id_tokens;     // typ "JWT"
};

// A tenant's keys as they stand: immutable.
class Keys {
public:
    // The key that signs at `now`. Null for an algorithm that the tenant has no key for.
    SigningKey const* signer(jose::Algorithm algorithm, TimePoint now) const;
    // {"keys":[...]}, ready to be sent, with its strong ETag.
    std::shared_ptr<std::string const> const& jwks() const { return jwks_; }
    std::string const& etag() const { return etag_; }
    // For tokens of this tenant that come back.
    jose::KeySet const& verification_keys() const { return verification_keys_; }

private:
    friend class KeyRing;
    std::vector<SigningKey> keys_; // newest first
    jose::KeySet verification_keys_;
    std::shared_ptr<std::string const> jwks_;
    std::string etag_;
    std::int64_t counter_ = -1;
};

class KeyRing {
public:
    KeyRing(storage::Database& database, vault::Vault& vault, identity::Directory& directory);
    ~KeyRing();

    // From memory, when what is there is known to be fresh; null otherwise. Costs no statement and no allocation.
    std::shared_ptr<Keys const> cached(TenantId tenant) const;
    // Loads the keys if need be; makes them if the tenant has none yet.
    Task<Result<std::shared_ptr<Keys const>>> get(TenantId tenant, TimePoint now);
    Result<std::shared_ptr<Keys const>> get_now(TenantId tenant, TimePoint now);

    // For all tenants: makes successors, retires and removes keys whose time has come. For a background job under a
    // lease. Returns how many keys were made.
    Result<int> rotate_due(TimePoint now);
    // `keys rotate`: a successor for each algorithm that signs after `ahead` (0: at once, which applications that
    // cached the old JWKS notice until kJwksMaxAge has passed).
    Result<int> rotate(TenantId tenant, Duration ahead, events::Origin const& origin, TimePoint now);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace gatehouse::tokens
