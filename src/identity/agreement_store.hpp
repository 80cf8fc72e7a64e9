// The SQL of documents and acceptances.
#pragma once

#include "identity/agreements.hpp"

namespace gatehouse::identity {

Result<std::optional<Document>> select_document(storage::Tx& tx, TenantId tenant, std::string_view name);
Result<std::vector<Document>> select_documents(storage::Tx& tx, TenantId tenant);
Result<void> upsert_document(storage::Tx& tx, TenantId tenant, Document const& document, TimePoint now);
Result<void> insert_version(storage::Tx& tx, TenantId tenant, std::string_view name, DocumentVersion const& version);
Result<std::optional<DocumentVersion>> select_version(storage::Tx& tx, TenantId tenant, std::string_view name,
                                                      std::int64_t version);

struct AcceptanceRow {
    Acceptance acceptance; // without `place`
    Bytes place;           // sealed
};
Result<void> insert_acceptance(storage::Tx& tx, TenantId tenant, UserId user, Acceptance const& acceptance,
                               ByteView place);
Result<std::vector<AcceptanceRow>> select_acceptances(storage::Tx& tx, TenantId tenant, UserId user);
Result<void> delete_acceptances(storage::Tx& tx, TenantId tenant, UserId user);

} // namespace gatehouse::identity
