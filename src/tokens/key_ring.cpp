#include "tokens/key_ring.hpp"

#include "crypto/digest.hpp"
#include "events/types.hpp"
#include "identity/changes.hpp"
#include "tokens/key_store.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>

namespace gatehouse::tokens {

using storage::Tx;

namespace {

constexpr std::array kAlgorithms{jose::Algorithm::ES256, jose::Algorithm::RS256};

std::string wrapping_purpose(std::string_view kid)
{
    return "signing_key/" + std::string(kid);
}

Result<KeyRing::Found> load(vault::Vault const& vault, Tx& tx, TenantId tenant)
{
    TRY(auto const rows, store::list_keys(tx, tenant));
    std::vector<SigningKey> keys;
    std::vector<jose::VerificationKey> published;
    for (auto const& row : rows) {
        TRY(auto const private_jwk, vault.unwrap(tenant, wrapping_purpose(row.kid), row.private_key));
        TRY(auto const key, jose::SigningKey::from_jwk(private_jwk, jose::algorithm_named(row.algorithm)));
        TRY(auto public_key, jose::VerificationKey::from_jwk(row.public_jwk));
        published.push_back(std::move(public_key));
        keys.push_back({.kid = row.kid,
                        .algorithm = key.algorithm(),
                        .activates_at = row.activates_at,
                        .access_tokens = jose::Signer(key, "at+jwt"),
                        .id_tokens = jose::Signer(key, "JWT")});
    }
    return std::make_shared<Keys const>(std::move(keys), std::move(published));
}

Result<void> append_key_event(Tx& tx, vault::Vault& vault, TenantId tenant, events::EventType const& type,
                              store::KeyRow const& key, events::Origin const& origin, TimePoint now)
{
    TRY_DO(events::append(tx, vault,
                          {.type = &type,
                           .tenant = tenant,
                           .user = std::nullopt,
                           .origin = origin,
                           .data = {{"kid", key.kid}, {"algorithm", key.algorithm}},
                           .personal = {}},
                          now));
    return {};
}

store::KeyRow const* newest(std::vector<store::KeyRow> const& rows, jose::Algorithm algorithm)
{
    auto const found = std::ranges::find(rows, jose::name_of(algorithm), &store::KeyRow::algorithm);
    return found == rows.end() ? nullptr : &*found;
}

} // namespace

Result<store::KeyRow> make_key_row(vault::Vault const& vault, TenantId tenant, jose::SigningKey const& key,
                                   TimePoint activates_at, TimePoint now)
{
    TRY(auto const private_jwk, key.to_private_jwk());
    TRY(auto wrapped, vault.wrap(tenant, wrapping_purpose(key.kid()), private_jwk));
    return store::KeyRow{.id = Uuid::generate(now),
                         .kid = key.kid(),
                         .algorithm = std::string(jose::name_of(key.algorithm())),
                         .public_jwk = boost::json::serialize(key.public_key().to_jwk()),
                         .private_key = std::move(wrapped),
                         .created_at = now,
                         .activates_at = activates_at,
                         .retires_at = std::nullopt,
                         .removes_at = std::nullopt};
}

Keys::Keys(std::vector<SigningKey> keys, std::vector<jose::VerificationKey> published)
    : keys_(std::move(keys)), published_(std::move(published)),
      jwks_(std::make_shared<std::string const>(published_.to_json()))
{
    auto const digest = crypto::sha256(*jwks_);
    etag_ = '"' + base64url_encode(ByteView(digest).first(16)) + '"';
}

SigningKey const* Keys::signer(jose::Algorithm algorithm, TimePoint now) const
{
    // A clock that was set back finds no key active yet: the oldest signs then, rather than none.
    SigningKey const* oldest = nullptr;
    for (auto const& key : keys_) {
        if (key.algorithm != algorithm)
            continue;
        if (key.activates_at <= now)
            return &key;
        oldest = &key;
    }
    return oldest;
}

KeyRing::KeyRing(storage::Database& database, vault::Vault& vault, identity::ChangeFeed& changes)
    : database_(database), vault_(vault),
      cache_(database, changes, [this](Tx& tx, TenantId tenant) { return load(vault_, tx, tenant); })
{
}

Task<Result<KeyRing::Found>> KeyRing::get(TenantId tenant, TimePoint now)
{
    CO_TRY(auto found, co_await cache_.get(tenant));
    if (!found->published().empty())
        co_return found;
    // Once in a tenant's life.
    co_return get_now(tenant, now);
}

Result<KeyRing::Found> KeyRing::get_now(TenantId tenant, TimePoint now)
{
    TRY(auto found, cache_.get_now(tenant));
    if (!found->published().empty())
        return found;
    std::lock_guard const lock(making_);
    TRY_DO(replace(tenant, {}, now, [&](std::vector<store::KeyRow> const& rows, jose::Algorithm algorithm) {
        return newest(rows, algorithm) ? std::nullopt : std::optional(now);
    }));
    return cache_.get_now(tenant);
}

// Makes the keys that `wanted` asks for (it says from when they sign) and lets their predecessors retire then. Keys are
// made between two transactions; the second does nothing where another node was faster.
template <class Wanted>
Result<int> KeyRing::replace(TenantId tenant, events::Origin const& origin, TimePoint now, Wanted const& wanted)
{
    TRY(auto const before, database_.read_now([&](Tx& tx) { return store::list_keys(tx, tenant); }));
    std::vector<store::KeyRow> made;
    for (auto const algorithm : kAlgorithms)
        if (auto const activates_at = wanted(before, algorithm)) {
            TRY(auto const key, jose::SigningKey::generate(algorithm));
            TRY(auto row, make_key_row(vault_, tenant, key, *activates_at, now));
            made.push_back(std::move(row));
        }
    if (made.empty())
        return 0;
    TRY(auto const count, database_.write_now([&](Tx& tx) -> Result<int> {
        TRY(auto const rows, store::list_keys(tx, tenant));
        int stored = 0;
        for (auto const& key : made) {
            auto const algorithm = *jose::algorithm_named(key.algorithm);
            auto const* predecessor = newest(rows, algorithm);
            auto const* expected = newest(before, algorithm);
            if (!predecessor != !expected || (predecessor && predecessor->id != expected->id))
                continue;
            TRY_DO(store::insert_key(tx, tenant, key));
            if (predecessor) {
                TRY_DO(
                    store::retire_key(tx, tenant, predecessor->id, key.activates_at, key.activates_at + kPublishAfter));
            }
            TRY_DO(append_key_event(tx, vault_, tenant, events::kSigningKeyCreated, key, origin, now));
            ++stored;
        }
        if (stored != 0) {
            TRY_DO(identity::raise_change_counter(tx, tenant));
        }
        return stored;
    }));
    cache_.forget(tenant);
    return count;
}

Result<int> KeyRing::rotate_due(TenantId tenant, TimePoint now)
{
    TRY(auto const made,
        replace(tenant, {}, now, [&](std::vector<store::KeyRow> const& rows, jose::Algorithm algorithm) {
            auto const* current = newest(rows, algorithm);
            if (!current)
                return std::optional(now);
            auto const due = current->activates_at + kKeyPeriod;
            return now + kPublishAhead < due ? std::nullopt : std::optional(std::max(due, now + kPublishAhead));
        }));
    TRY(auto const removed, database_.write_now([&](Tx& tx) -> Result<int> {
        TRY(auto const rows, store::list_keys(tx, tenant));
        int count = 0;
        for (auto const& row : rows) {
            if (!row.removes_at || *row.removes_at > now)
                continue;
            TRY_DO(store::remove_key(tx, tenant, row.id));
            TRY_DO(append_key_event(tx, vault_, tenant, events::kSigningKeyRetired, row, {}, now));
            ++count;
        }
        if (count != 0) {
            TRY_DO(identity::raise_change_counter(tx, tenant));
        }
        return count;
    }));
    if (removed != 0)
        cache_.forget(tenant);
    return made;
}

Result<int> KeyRing::rotate(TenantId tenant, Duration ahead, events::Origin const& origin, TimePoint now)
{
    return replace(tenant, origin, now,
                   [&](std::vector<store::KeyRow> const&, jose::Algorithm) { return std::optional(now + ahead); });
}

} // namespace gatehouse::tokens
