// The identifiers of a user; see identity/users.hpp.
#include "identity/claims.hpp"
#include "identity/identifier_store.hpp"
#include "identity/user_store.hpp"
#include "identity/users.hpp"

#include <boost/json.hpp>

namespace gatehouse::identity {

namespace {

constexpr std::size_t kMostIdentifiers = 20;

Refusal identifier_taken(IdentifierKind kind)
{
    return refuse(ErrorKind::conflict, "identifier_taken",
                  kind == IdentifierKind::username ? "This username is taken. Choose another."
                                                   : "Another account uses this already.");
}

Refusal identifier_not_found()
{
    return refuse(ErrorKind::not_found, "identifier_not_found", "The user has no such identifier.");
}

Result<Identifier> open_identifier(vault::PersonKey const& key, IdentifierRow const& row)
{
    TRY(auto value, vault::open_text_field(key, kIdentifierValue, row.id.value, row.value));
    return Identifier{row.id, row.kind, std::move(value), row.verified_at, row.primary, row.created_at};
}

Result<Identifier> find(std::vector<Identifier> const& owned, IdentifierId wanted)
{
    auto const found = std::ranges::find(owned, wanted, &Identifier::id);
    if (found == owned.end())
        return identifier_not_found();
    return *found;
}

Identifier const* primary_of(std::vector<Identifier> const& owned, IdentifierKind kind)
{
    auto const found =
        std::ranges::find_if(owned, [&](Identifier const& one) { return one.kind == kind && one.primary; });
    return found == owned.end() ? nullptr : &*found;
}

bool may_sign_in(Identifier const& identifier)
{
    return claims_uniqueness(identifier.kind, identifier.verified_at.has_value());
}

events::Event event_about(events::EventType const& type, TenantId tenant, UserId user, Identifier const& identifier,
                          events::Origin const& origin)
{
    return {.type = &type,
            .tenant = tenant,
            .user = user,
            .origin = origin,
            .data = {{"identifier_id", identifier.id.to_string()}, {"kind", to_string(identifier.kind)}},
            .personal = {{"identifier", identifier.value}}};
}

} // namespace

Result<void> claim_identifier(storage::Tx& tx, vault::Vault const& vault, TenantId tenant, UserId user,
                              IdentifierId identifier, NormalizedIdentifier const& normalized, TimePoint now)
{
    TRY(auto const digests, vault.lookup_digests(tenant, to_string(normalized.kind), normalized.lookup));
    for (auto const& digest : digests) {
        TRY(bool const claimed, claim_lookup(tx, tenant, normalized.kind, digest, user, identifier, now));
        if (!claimed)
            return identifier_taken(normalized.kind);
    }
    return {};
}

Result<Identifier> store_identifier(storage::Tx& tx, vault::Vault const& vault, vault::PersonKey const& key,
                                    NewIdentifier const& wanted, bool primary, TimePoint now)
{
    Identifier identifier{.id = IdentifierId::generate(now),
                          .kind = wanted.identifier.kind,
                          .value = wanted.identifier.value,
                          .primary = primary,
                          .created_at = now};
    if (claims_uniqueness(identifier.kind, wanted.verified)) {
        identifier.verified_at = now;
        TRY_DO(claim_identifier(tx, vault, key.tenant, key.user, identifier.id, wanted.identifier, now));
    }
    auto const value = vault::seal_field(key, kIdentifierValue, identifier.id.value, identifier.value);
    TRY_DO(insert_identifier(tx, key.tenant, key.user, identifier, value));
    return identifier;
}

Result<void> release_identifier(storage::Tx& tx, vault::Vault const& vault, Tenant const& tenant, UserId user,
                                Identifier const& identifier, TimePoint now)
{
    if (!may_sign_in(identifier))
        return {};
    TRY(auto const normalized, normalize_stored(identifier.kind, identifier.value));
    TRY(auto const digests, vault.lookup_digests(tenant.id, to_string(identifier.kind), normalized.lookup));
    auto const until = now + std::chrono::days(tenant.settings.identifiers.quarantine_days);
    for (auto const& digest : digests)
        TRY_DO(release_lookup(tx, tenant.id, identifier.kind, digest, user, until));
    return {};
}

// A username is found by its skeleton, so that none that looks the same can be made; but only its own spelling signs
// in.
Result<std::optional<FoundUser>> Users::find_by_identifier(storage::Tx& tx, TenantId tenant,
                                                           NormalizedIdentifier const& identifier) const
{
    TRY(auto const digest, vault_.lookup_digest(tenant, to_string(identifier.kind), identifier.lookup));
    TRY(auto const row, select_claim(tx, tenant, identifier.kind, digest));
    if (!row)
        return std::nullopt;
    TRY(auto key, unwrap(vault_, tenant, row->user.id, row->key));
    if (identifier.kind == IdentifierKind::username) {
        TRY(auto const value, vault::open_text_field(key, kIdentifierValue, row->identifier.value, row->value));
        TRY(auto const stored, normalize_username(value));
        if (stored.folded != identifier.folded)
            return std::nullopt;
    }
    return FoundUser{row->user, row->identifier, std::move(key)};
}

Result<Bytes> Users::identifier_digest(TenantId tenant, NormalizedIdentifier const& identifier) const
{
    TRY(auto const digest, vault_.lookup_digest(tenant, to_string(identifier.kind), identifier.lookup));
    return Bytes(digest.digest.begin(), digest.digest.end());
}

Result<std::vector<Identifier>> Users::identifiers(storage::Tx& tx, TenantId tenant, UserId user,
                                                   vault::PersonKey const* key) const
{
    if (!key) {
        TRY(auto const opened, vault_.open_person_key(tx, tenant, user));
        return identifiers(tx, tenant, user, &opened);
    }
    TRY(auto const rows, select_identifiers(tx, tenant, user));
    std::vector<Identifier> owned;
    owned.reserve(rows.size());
    for (auto const& row : rows) {
        TRY(auto identifier, open_identifier(*key, row));
        owned.push_back(std::move(identifier));
    }
    return owned;
}

Result<std::optional<Identifier>> Users::primary_email(storage::Tx& tx, TenantId tenant, UserId user,
                                                       vault::PersonKey const* key) const
{
    TRY(auto const owned, identifiers(tx, tenant, user, key));
    auto const* primary = primary_of(owned, IdentifierKind::email);
    if (!primary || !primary->verified_at)
        return std::nullopt;
    return *primary;
}

Result<std::optional<Identifier>> Users::primary_phone(storage::Tx& tx, TenantId tenant, UserId user,
                                                       vault::PersonKey const* key) const
{
    TRY(auto const owned, identifiers(tx, tenant, user, key));
    auto const* primary = primary_of(owned, IdentifierKind::phone);
    if (!primary || !primary->verified_at)
        return std::nullopt;
    return *primary;
}

Result<Identifier> Users::add_identifier(storage::Tx& tx, TenantId tenant, UserId user, NewIdentifier const& wanted,
                                         events::Origin const& origin, TimePoint now, vault::PersonKey const* key) const
{
    if (!key) {
        TRY(auto const opened, vault_.open_person_key(tx, tenant, user));
        return add_identifier(tx, tenant, user, wanted, origin, now, &opened);
    }
    TRY(auto const owned, identifiers(tx, tenant, user, key));
    if (owned.size() >= kMostIdentifiers)
        return refuse(ErrorKind::conflict, "identifier_limit",
                      "An account has at most 20 identifiers. Remove one first.");
    auto const kind = wanted.identifier.kind;
    for (auto const& other : owned) {
        if (other.kind != kind)
            continue;
        TRY(auto const normalized, normalize_stored(kind, other.value));
        if (normalized.folded == wanted.identifier.folded)
            return refuse(ErrorKind::conflict, "identifier_exists", "The account has this already.");
    }
    auto const* primary = primary_of(owned, kind);
    bool const first_to_count = !primary || (wanted.verified && !primary->verified_at);
    TRY(auto identifier, store_identifier(tx, vault_, *key, wanted, first_to_count, now));
    if (first_to_count && primary)
        TRY_DO(update_primary(tx, tenant, user, kind, identifier.id));
    TRY_DO(raise_user_version(tx, tenant, user, now));
    TRY_DO(
        events::append(tx, vault_, event_about(events::kIdentifierAdded, tenant, user, identifier, origin), now, key));
    return identifier;
}

Result<Identifier> Users::mark_verified(storage::Tx& tx, TenantId tenant, UserId user, IdentifierId id,
                                        events::Origin const& origin, TimePoint now) const
{
    TRY(auto const key, vault_.open_person_key(tx, tenant, user));
    TRY(auto const owned, identifiers(tx, tenant, user, &key));
    TRY(auto identifier, find(owned, id));
    if (identifier.verified_at)
        return identifier;
    TRY(auto const normalized, normalize_stored(identifier.kind, identifier.value));
    TRY_DO(claim_identifier(tx, vault_, tenant, user, id, normalized, now));
    TRY_DO(update_verified(tx, tenant, user, id, now));
    identifier.verified_at = now;
    auto const* primary = primary_of(owned, identifier.kind);
    if (!primary || !primary->verified_at) {
        TRY_DO(update_primary(tx, tenant, user, identifier.kind, id));
        identifier.primary = true;
    }
    TRY_DO(raise_user_version(tx, tenant, user, now));
    TRY_DO(events::append(tx, vault_, event_about(events::kIdentifierVerified, tenant, user, identifier, origin), now,
                          &key));
    return identifier;
}

Result<Identifier> Users::set_primary(storage::Tx& tx, TenantId tenant, UserId user, IdentifierId id,
                                      events::Origin const& origin, TimePoint now) const
{
    TRY(auto const key, vault_.open_person_key(tx, tenant, user));
    TRY(auto const owned, identifiers(tx, tenant, user, &key));
    TRY(auto identifier, find(owned, id));
    if (identifier.primary)
        return identifier;
    if (!identifier.verified_at)
        return refuse(ErrorKind::conflict, "identifier_not_verified",
                      "Verify it first, then it can become the primary one.");
    TRY_DO(update_primary(tx, tenant, user, identifier.kind, id));
    identifier.primary = true;
    TRY_DO(raise_user_version(tx, tenant, user, now));
    TRY_DO(events::append(tx, vault_, event_about(events::kIdentifierPrimaryChanged, tenant, user, identifier, origin),
                          now, &key));
    return identifier;
}

Result<Identifier> Users::restore_identifier(storage::Tx& tx, TenantId tenant, UserId user,
                                             NormalizedIdentifier const& wanted, events::Origin const& origin,
                                             TimePoint now) const
{
    TRY(auto const key, vault_.open_person_key(tx, tenant, user));
    Identifier identifier{.id = IdentifierId::generate(now),
                          .kind = wanted.kind,
                          .value = wanted.value,
                          .verified_at = now,
                          .created_at = now};
    // To whom it was once given back, its quarantine is over.
    TRY_DO(claim_identifier(tx, vault_, tenant, user, identifier.id, wanted, TimePoint::max()));
    TRY_DO(insert_identifier(tx, tenant, user, identifier,
                             vault::seal_field(key, kIdentifierValue, identifier.id.value, identifier.value)));
    TRY_DO(raise_user_version(tx, tenant, user, now));
    TRY_DO(
        events::append(tx, vault_, event_about(events::kIdentifierAdded, tenant, user, identifier, origin), now, &key));
    return identifier;
}

Result<void> Users::remove_identifier(storage::Tx& tx, Tenant const& tenant, UserId user, IdentifierId id,
                                      events::Origin const& origin, TimePoint now) const
{
    TRY(auto const key, vault_.open_person_key(tx, tenant.id, user));
    TRY(auto const owned, identifiers(tx, tenant.id, user, &key));
    TRY(auto const identifier, find(owned, id));
    if (may_sign_in(identifier) && std::ranges::count_if(owned, may_sign_in) == 1)
        return refuse(ErrorKind::conflict, "identifier_last",
                      "It is the only one the account can sign in with. Add and verify another first.");
    TRY_DO(release_identifier(tx, vault_, tenant, user, identifier, now));
    TRY_DO(delete_identifier(tx, tenant.id, user, id));
    if (identifier.primary) {
        auto const heir = std::ranges::find_if(owned, [&](Identifier const& one) {
            return one.kind == identifier.kind && one.id != id && one.verified_at;
        });
        if (heir != owned.end())
            TRY_DO(update_primary(tx, tenant.id, user, identifier.kind, heir->id));
    }
    TRY_DO(raise_user_version(tx, tenant.id, user, now));
    TRY_DO(events::append(tx, vault_, event_about(events::kIdentifierRemoved, tenant.id, user, identifier, origin), now,
                          &key));
    return {};
}

Result<std::int64_t> Users::end_quarantines(storage::Tx& tx, TenantId tenant, TimePoint now, int limit) const
{
    return delete_ended_quarantines(tx, tenant, now, limit);
}

} // namespace gatehouse::identity
