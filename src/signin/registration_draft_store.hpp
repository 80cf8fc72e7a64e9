// The SQL of registrations under way.
#pragma once

#include "base/ids.hpp"
#include "storage/database.hpp"

namespace gatehouse::signin {

Result<std::optional<Bytes>> select_draft(storage::Tx& tx, TenantId tenant, Uuid const& id, TimePoint now);
Result<void> upsert_draft(storage::Tx& tx, TenantId tenant, Uuid const& id, ByteView content, TimePoint expires_at);
Result<void> delete_draft(storage::Tx& tx, TenantId tenant, Uuid const& id);
Result<std::int64_t> delete_expired_drafts(storage::Tx& tx, TenantId tenant, TimePoint now, int limit);

} // namespace gatehouse::signin
