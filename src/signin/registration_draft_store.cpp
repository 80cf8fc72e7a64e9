#include "signin/registration_draft_store.hpp"

namespace gatehouse::signin {

using storage::Row;
using storage::Statement;

namespace {

constexpr Statement kSelect{"SELECT content FROM registration_drafts WHERE tenant_id = :tenant AND draft_id = :id "
                            "AND expires_at > :now"};
constexpr Statement kUpsert{
    "INSERT INTO registration_drafts (tenant_id, draft_id, content, expires_at) "
    "VALUES (:tenant, :id, :content, :expires_at) "
    "ON CONFLICT (tenant_id, draft_id) DO UPDATE SET content = :content, expires_at = :expires_at"};
constexpr Statement kDelete{"DELETE FROM registration_drafts WHERE tenant_id = :tenant AND draft_id = :id"};
constexpr Statement kDeleteExpired{
    "DELETE FROM registration_drafts WHERE tenant_id = :tenant AND draft_id IN (SELECT draft_id "
    "FROM registration_drafts WHERE tenant_id = :tenant AND expires_at <= :now LIMIT :limit)"};

} // namespace

Result<std::optional<Bytes>> select_draft(storage::Tx& tx, TenantId tenant, Uuid const& id, TimePoint now)
{
    return tx.maybe(kSelect, {{"tenant", tenant}, {"id", id}, {"now", now}},
                    [](Row const& row) { return row.blob(0); });
}

Result<void> upsert_draft(storage::Tx& tx, TenantId tenant, Uuid const& id, ByteView content, TimePoint expires_at)
{
    return tx.execute_later(kUpsert,
                            {{"tenant", tenant}, {"id", id}, {"content", content}, {"expires_at", expires_at}});
}

Result<void> delete_draft(storage::Tx& tx, TenantId tenant, Uuid const& id)
{
    return tx.execute_later(kDelete, {{"tenant", tenant}, {"id", id}});
}

Result<std::int64_t> delete_expired_drafts(storage::Tx& tx, TenantId tenant, TimePoint now, int limit)
{
    return tx.execute(kDeleteExpired, {{"tenant", tenant}, {"now", now}, {"limit", limit}});
}

} // namespace gatehouse::signin
