// The SQL of joined accounts.
#pragma once

#include "identity/merges.hpp"

namespace gatehouse::identity::store {

Result<std::optional<UserId>> select_merged_into(storage::Tx& tx, TenantId tenant, UserId user);
Result<void> insert_merge(storage::Tx& tx, TenantId tenant, Joined const& joined, TimePoint now);
Result<void> redirect_merges(storage::Tx& tx, TenantId tenant, Joined const& joined);
Result<void> delete_merges(storage::Tx& tx, TenantId tenant, UserId user);

Result<void> give_identifier(storage::Tx& tx, TenantId tenant, Joined const& joined, Identifier const& identifier,
                             ByteView value);
struct PlaceRow {
    Uuid acceptance;
    Bytes place; // sealed
};
Result<std::vector<PlaceRow>> select_places(storage::Tx& tx, TenantId tenant, UserId user);
Result<void> give_acceptance(storage::Tx& tx, TenantId tenant, Joined const& joined, PlaceRow const& row);

} // namespace gatehouse::identity::store
