// The SQL of profile schemas.
#pragma once

#include "identity/profile_schema.hpp"

namespace gatehouse::identity {

// From the columns content, retired and version.
Result<StoredProfileSchema> make_profile_schema(std::string_view content, std::string_view retired,
                                                std::int64_t version);
Result<std::optional<StoredProfileSchema>> select_profile_schema(storage::Tx& tx, TenantId tenant);
Result<void> upsert_profile_schema(storage::Tx& tx, TenantId tenant, StoredProfileSchema const& schema, TimePoint now);

} // namespace gatehouse::identity
