#include "identity/merges.hpp"

#include "identity/claims.hpp"
#include "identity/identifier_store.hpp"
#include "identity/merge_store.hpp"
#include "identity/profile_schema.hpp"

#include <algorithm>

namespace gatehouse::identity {

namespace {

constexpr std::size_t kMostIdentifiers = 20;

// The same value under another person's key.
Result<Bytes> reseal(vault::PersonKey const& from, vault::PersonKey const& into, vault::FieldNumber field,
                     Uuid const& row, ByteView sealed)
{
    TRY(auto const opened, vault::open_field(from, field, ByteView(row.bytes), sealed));
    return vault::seal_field(into, field, ByteView(row.bytes), opened);
}

} // namespace

Result<std::optional<UserId>> merged_into(storage::Tx& tx, TenantId tenant, UserId user)
{
    return store::select_merged_into(tx, tenant, user);
}

Result<void> note_merge(storage::Tx& tx, TenantId tenant, Joined const& joined, TimePoint now)
{
    TRY_DO(store::redirect_merges(tx, tenant, joined));
    return store::insert_merge(tx, tenant, joined, now);
}

Result<void> forget_merges(storage::Tx& tx, TenantId tenant, UserId user)
{
    return store::delete_merges(tx, tenant, user);
}

std::vector<Identifier> movable(std::vector<Identifier> const& owned)
{
    std::vector<Identifier> moving;
    std::ranges::copy_if(owned, std::back_inserter(moving), [](Identifier const& one) {
        return claims_uniqueness(one.kind, one.verified_at.has_value());
    });
    return moving;
}

Result<void> move_identifiers(storage::Tx& tx, vault::Vault const& vault, Users const& users, TenantId tenant,
                              Joined const& joined)
{
    TRY(auto const key, vault.open_person_key(tx, tenant, joined.into));
    TRY(auto const kept, users.identifiers(tx, tenant, joined.into));
    TRY(auto const owned, users.identifiers(tx, tenant, joined.from));
    auto moving = movable(owned);
    if (kept.size() + moving.size() > kMostIdentifiers)
        return refuse(ErrorKind::conflict, "identifier_limit", "An account has at most 20 addresses and numbers.");
    for (auto& one : moving) {
        one.primary = one.primary && std::ranges::none_of(kept, [&](Identifier const& other) {
                          return other.kind == one.kind && other.primary;
                      });
        auto const value = vault::seal_field(key, kIdentifierValue, one.id.value, one.value);
        TRY_DO(store::give_identifier(tx, tenant, joined, one, value));
    }
    return {};
}

Result<void> move_acceptances(storage::Tx& tx, vault::Vault const& vault, TenantId tenant, Joined const& joined)
{
    TRY(auto rows, store::select_places(tx, tenant, joined.from));
    if (rows.empty())
        return {};
    TRY(auto const from, vault.open_person_key(tx, tenant, joined.from));
    TRY(auto const into, vault.open_person_key(tx, tenant, joined.into));
    for (auto& row : rows) {
        TRY(row.place, reseal(from, into, kAcceptancePlace, row.acceptance, row.place));
        TRY_DO(store::give_acceptance(tx, tenant, joined, row));
    }
    return {};
}

boost::json::object join_profiles(ProfileSchema const& schema, boost::json::object const& kept,
                                  boost::json::object const& other)
{
    auto joined = kept;
    for (auto const& attribute : schema.attributes)
        if (attribute.user == Access::edit && !joined.contains(attribute.name))
            if (auto const* value = other.if_contains(attribute.name))
                joined[attribute.name] = *value;
    return joined;
}

} // namespace gatehouse::identity
