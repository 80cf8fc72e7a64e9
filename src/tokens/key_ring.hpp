// tokens: signing keys, tokens and what stands behind them (grants, families, codes, revocations).
//
// In:  a tenant, what was granted, tokens that clients present.
// Out: signed tokens, the key set that applications verify them with, rows, events "token.*", "grant.*", "key.*".
//
// KeyRing: each tenant's signing keys, one line of succession for each algorithm. A key is published before it signs
// and stays published until the last token that it signed has expired. Private keys are wrapped by the vault.
#pragma once

#include "events/event.hpp"
#include "identity/tenant.hpp"
#include "identity/tenant_cache.hpp"
#include "jose/jws.hpp"
#include "storage/database.hpp"
#include "vault/vault.hpp"

#include <memory>
#include <mutex>

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
    jose::Signer access_tokens; // typ "at+jwt" (RFC 9068 section 2.1)
    jose::Signer id_tokens;     // typ "JWT"
};

// A tenant's keys as they stand: immutable.
class Keys {
public:
    explicit Keys(std::vector<SigningKey> keys, std::vector<jose::VerificationKey> published);

    // The key that signs at `now`; null for an algorithm that the tenant has no key for.
    SigningKey const* signer(jose::Algorithm algorithm, TimePoint now) const;
    // {"keys":[...]}, ready to be sent, and its strong ETag.
    std::shared_ptr<std::string const> const& jwks() const { return jwks_; }
    std::string const& etag() const { return etag_; }
    // For tokens of this tenant that come back.
    jose::KeySet const& published() const { return published_; }

private:
    std::vector<SigningKey> keys_; // newest first
    jose::KeySet published_;
    std::shared_ptr<std::string const> jwks_;
    std::string etag_;
};

class KeyRing {
public:
    using Found = std::shared_ptr<Keys const>;

    KeyRing(storage::Database& database, vault::Vault& vault, identity::ChangeFeed& changes);

    // From memory; null when the tenant was not asked for before. No statement, no allocation.
    Found cached(TenantId tenant) const { return cache_.cached(tenant); }
    // From memory or the database; makes the keys of a tenant that has none yet (one write).
    Task<Result<Found>> get(TenantId tenant, TimePoint now);
    Result<Found> get_now(TenantId tenant, TimePoint now);

    // Of one tenant: makes successors that are due, retires and removes keys whose time has come. For a background job
    // that holds a lease. Returns how many keys were made.
    Result<int> rotate_due(TenantId tenant, TimePoint now);
    // `keys rotate`: a successor for each algorithm, which signs after `ahead` (0: at once, which applications that
    // cached the key set notice only when they meet an unknown kid).
    Result<int> rotate(TenantId tenant, Duration ahead, events::Origin const& origin, TimePoint now);

private:
    template <class Wanted>
    Result<int> replace(TenantId tenant, events::Origin const& origin, TimePoint now, Wanted const& wanted);

    storage::Database& database_;
    vault::Vault& vault_;
    std::mutex making_; // of a tenant's first keys
    identity::TenantCache<Keys> cache_;
};

} // namespace gatehouse::tokens
