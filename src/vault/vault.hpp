// vault: the key hierarchy. The root key wraps tenant keys; a tenant key wraps the key of each of its users, the keys
// of the day, the key of its lookup digests, the key of its sealed values, and secrets that must be readable.
//
// In:  a root key source, transactions, ids, plaintext.
// Out: ciphertext that opens only where it belongs, lookup digests, sealed values (vault/sealed.hpp).
//
// Tenants' keys are unwrapped once and kept in memory (wiped at the end); users' keys are unwrapped for each use, which
// costs half a microsecond. Any number of threads may use one Vault.
//
// Several nodes: a key that a tenant already had when this node loaded it is known here; a tenant made elsewhere
// becomes known by load_tenant (whoever loads a tenant from the database calls it), rotated and daily keys by refresh,
// which app calls every few seconds. A rotated key is used only after kKeyNotice, so that every node can read it by
// then.
#pragma once

#include "crypto/digest.hpp"
#include "storage/database.hpp"
#include "vault/field.hpp"
#include "vault/root_key.hpp"

#include <memory>
#include <vector>

namespace gatehouse::vault {

inline constexpr Duration kKeyNotice = std::chrono::seconds(30);

struct LookupDigest {
    std::int64_t index_version; // names the key (and the pinned normalization)
    crypto::Digest256 digest;
};

// A user's key as it is stored in vault_person_keys (version, wrapped_by, wrapped); rooms may join that table in their
// own queries.
struct WrappedPersonKey {
    std::int64_t version;
    std::int64_t wrapped_by;
    ByteView wrapped;
};

class Vault {
public:
    // Reads the root key, holds it against the stored key-check value and loads every tenant's keys. When the database
    // is empty, the key that the source brings becomes the root key; if it is a file that does not exist, one is made.
    // Errors (kind unavailable, with a sentence that says what to do): "root_key_missing", "root_key_unsafe",
    // "root_key_invalid", "root_key_command_failed", "root_key_wrong" (the database was made with another), and the
    // storage's.
    static Result<std::unique_ptr<Vault>> open(storage::Database& database, RootKeySource source, TimePoint now);
    ~Vault();

    // -- tenants
    // Makes a tenant's keys, in the transaction that makes the tenant. Known here at once; if the transaction fails
    // because another node made the same tenant, load_tenant puts the truth in their place.
    Result<void> create_tenant_keys(storage::Tx& tx, TenantId tenant, TimePoint now);
    // Reads a tenant's keys again. Error: "tenant_keys_missing" (not_found).
    Result<void> load_tenant(storage::Tx& tx, TenantId tenant);
    // Deletes all keys of a tenant: nothing of it can be read again.
    Result<void> destroy_tenant_keys(storage::Tx& tx, TenantId tenant);
    // Reads what other nodes changed (tenants made, keys rotated, keys of the day): one short query when nothing did.
    // For a background job, every few seconds. If the root key was rotated, reads its source again.
    Result<void> refresh(storage::Tx& tx, TimePoint now);

    // -- users
    Result<PersonKey> create_person_key(storage::Tx& tx, TenantId tenant, UserId user, TimePoint now);
    // Error: "person_key_missing" (not_found: the person was erased, or never was).
    Result<PersonKey> open_person_key(storage::Tx& tx, TenantId tenant, UserId user) const;
    Result<PersonKey> unwrap_person_key(TenantId tenant, UserId user, WrappedPersonKey const& stored) const;
    // Erasure: what was sealed for this person can never be opened again. True if there was a key.
    Result<bool> destroy_person_key(storage::Tx& tx, TenantId tenant, UserId user);

    // -- what belongs to no user yet
    // The key of today, made if it does not exist.
    Result<DailyKey> daily_key(storage::Tx& tx, TenantId tenant, TimePoint now);
    // The key that sealed this value. Error: "field_unreadable" (its day's key was destroyed).
    Result<DailyKey> open_daily_key(storage::Tx& tx, TenantId tenant, ByteView sealed_field) const;
    // Destroys the keys of all days before `before`, of every tenant. Returns how many.
    Result<std::int64_t> destroy_daily_keys(storage::Tx& tx, TimePoint before);

    // -- lookup digests: HMAC-SHA-256 of a normalized value under the tenant's lookup key
    // `kind` separates e.g. "email" from "username".
    Result<LookupDigest> lookup_digest(TenantId tenant, std::string_view kind, std::string_view normalized) const;
    // Under every version that writes must claim now: one, and two while the tenant is re-indexed. The first is the one
    // that lookup_digest uses.
    Result<std::vector<LookupDigest>> lookup_digests(TenantId tenant, std::string_view kind,
                                                     std::string_view normalized) const;
    // Re-indexing: start adds a version that writes claim from now on (returned); finish makes it the one that readers
    // use and forgets the older ones. Rows are the caller's business.
    Result<std::int64_t> start_reindexing(storage::Tx& tx, TenantId tenant, TimePoint now);
    Result<void> finish_reindexing(storage::Tx& tx, TenantId tenant);

    // -- secrets that must be readable: signing keys, passwords of mail servers
    // `purpose` names what it is and whose, e.g. "signing_key/<kid>"; unwrap must give the same.
    Result<Bytes> wrap(TenantId tenant, std::string_view purpose, Secret const& secret) const;
    // Error: "wrapped_secret_unreadable" (internal).
    Result<Secret> unwrap(TenantId tenant, std::string_view purpose, ByteView wrapped) const;

    // -- rotation (known to every node, this one too, after its next refresh or load_tenant)
    // Wraps every tenant's keys under a new root key. The old one opens the database no longer. If the source is a
    // file, its content is replaced, and a crash in between is mended by open().
    Result<void> rotate_root(storage::Database& database, Secret const& new_root, TimePoint now);
    // A new tenant key: what is wrapped from then on is wrapped by it. Older ones stay for what they wrapped.
    Result<void> rotate_tenant_key(storage::Tx& tx, TenantId tenant, TimePoint now);
    // Wraps up to `limit` users' keys of older tenant keys under the present one; returns how many there were.
    Result<std::int64_t> rewrap_person_keys(storage::Tx& tx, TenantId tenant, std::int64_t limit);
    // A new key for sealed values, used after kKeyNotice; values under older ones open for `keep` more.
    Result<void> rotate_sealing_key(storage::Tx& tx, TenantId tenant, TimePoint now, Duration keep);
    // After a restore: every sealed value of every tenant made before ends at once.
    Result<void> start_sealing_epoch(storage::Tx& tx, TimePoint now);

    // -- the copy kept elsewhere
    // The root key wrapped under a passphrase (see export_root_key); notes in the database that it was made.
    Result<std::string> export_keys(storage::Database& database, Secret const& passphrase, TimePoint now) const;
    // When a copy of the present root key was last made; none yet: doctor warns.
    static Result<std::optional<TimePoint>> last_export(storage::Tx& tx);

    // For vault/sealed.hpp: the epoch in use at `now`, and the key of one value. Error: "sealed_invalid" (no such
    // epoch).
    Result<std::uint32_t> sealing_epoch(TenantId tenant, TimePoint now) const;
    Result<crypto::AeadKey> sealing_key(TenantId tenant, std::uint32_t epoch, std::string_view purpose, ByteView nonce,
                                        TimePoint now) const;

private:
    struct Impl;
    explicit Vault(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace gatehouse::vault
