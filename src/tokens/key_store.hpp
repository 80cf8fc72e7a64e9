// The SQL of signing keys.
#pragma once

#include "base/ids.hpp"
#include "jose/jwk.hpp"
#include "storage/database.hpp"
#include "vault/vault.hpp"

namespace gatehouse::tokens::store {

struct KeyRow {
    Uuid id;
    std::string kid;
    std::string algorithm;
    std::string public_jwk;
    Bytes private_key; // wrapped
    TimePoint created_at;
    TimePoint activates_at;
    std::optional<TimePoint> retires_at;
    std::optional<TimePoint> removes_at;
};

// Latest activation first.
Result<std::vector<KeyRow>> list_keys(storage::Tx& tx, TenantId tenant);
Result<void> insert_key(storage::Tx& tx, TenantId tenant, KeyRow const& key);
Result<void> retire_key(storage::Tx& tx, TenantId tenant, Uuid const& key, TimePoint retires_at, TimePoint removes_at);
Result<void> remove_key(storage::Tx& tx, TenantId tenant, Uuid const& key);

} // namespace gatehouse::tokens::store

namespace gatehouse::tokens {

// A key as it is stored: its private half wrapped.
Result<store::KeyRow> make_key_row(vault::Vault const& vault, TenantId tenant, jose::SigningKey const& key,
                                   TimePoint activates_at, TimePoint now);

} // namespace gatehouse::tokens
