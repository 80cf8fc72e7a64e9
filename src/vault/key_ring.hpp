// The keys in memory: the root and, unwrapped, those of each tenant. Only vault/ uses this.
#pragma once

#include "crypto/aead.hpp"
#include "crypto/digest.hpp"
#include "vault/field.hpp"
#include "vault/vault_store.hpp"

#include <map>
#include <memory>

namespace gatehouse::vault {

inline constexpr std::string_view kTenantPurpose = "tenant";
inline constexpr std::string_view kLookupPurpose = "lookup";
inline constexpr std::string_view kSealingPurpose = "sealing";
inline constexpr std::string_view kDailyPurpose = "daily";

inline std::int64_t day_of(TimePoint time)
{
    return std::chrono::floor<std::chrono::days>(time.time_since_epoch()).count();
}

// What is derived of a root key: the key that wraps tenant keys, and the value that proves it is the right one.
struct RootKeys {
    RootKeys(Secret given, std::int64_t of_version);
    bool fits(ByteView key_check) const { return constant_time_equal(check.expose(), key_check); }

    Secret root;
    std::int64_t version;
    crypto::AeadKey wrapping;
    Secret check;
};

struct TenantKeys {
    struct Wrapping {
        TimePoint usable_from;
        crypto::AeadKey key;
    };
    struct Lookup {
        std::int64_t version;
        bool active; // what readers use
        crypto::HmacSha256 key;
    };
    struct Sealing {
        std::uint32_t epoch;
        TimePoint usable_from;
        std::optional<TimePoint> readable_until;
        crypto::HmacSha256 key;
    };
    std::map<std::int64_t, Wrapping> wrapping; // by version
    std::vector<Lookup> lookup;                // the active one first
    std::vector<Sealing> sealing;              // newest first
    std::map<std::int64_t, crypto::AeadKey> daily;

    // The newest that every node knows by `now`.
    std::pair<std::int64_t const, Wrapping> const& current_wrapping(TimePoint now) const;
};

// Wrapping binds a key to its tenant, purpose and version.
store::Key wrap_key(crypto::AeadKey const& by, std::int64_t by_version, TenantId tenant, std::string_view purpose,
                    std::int64_t version, ByteView key, std::optional<TimePoint> usable_from);
// Error: "key_unreadable" (internal).
Result<Secret> unwrap_key(crypto::AeadKey const& by, store::Key const& row);
// Of a row that a tenant key wraps.
Result<Secret> unwrap_key(TenantKeys const& by, store::Key const& row);

Bytes wrap_person_key(crypto::AeadKey const& by, TenantId tenant, UserId user, std::int64_t version,
                      crypto::AeadKey const& key);
Result<crypto::AeadKey> unwrap_person_key(TenantKeys const& by, TenantId tenant, UserId user, std::int64_t version,
                                          std::int64_t wrapped_by, ByteView wrapped);

// Secrets carry the version of the tenant key that wraps them.
Bytes wrap_secret(crypto::AeadKey const& by, std::int64_t by_version, TenantId tenant, std::string_view purpose,
                  Secret const& secret);
Result<Secret> unwrap_secret(TenantKeys const& by, TenantId tenant, std::string_view purpose, ByteView wrapped);

// Unwraps all rows of one tenant; 'tenant' rows come first. Daily keys from the day before `now` on are kept, older
// ones are read when they are needed. Errors: "root_key_rotated" (unavailable), "key_unreadable".
Result<std::shared_ptr<TenantKeys const>> unwrap_tenant(RootKeys const& root, std::span<store::Key const> rows,
                                                        TimePoint now);

Refusal root_rotated();
Refusal key_unreadable(std::string why);

} // namespace gatehouse::vault
