// The SQL of sessions.
#pragma once

#include "crypto/digest.hpp"
#include "session/session.hpp"

namespace gatehouse::session::store {

struct Found {
    Session session;
    crypto::Digest256 secret_digest;
};

Result<void> insert(storage::Tx& tx, TenantId tenant, Session const& session, crypto::Digest256 const& secret_digest,
                    ByteView sealed_device);
// Only one that counts.
Result<std::optional<Found>> find_live(storage::Tx& tx, TenantId tenant, SessionId session, TimePoint now);
// Nothing when the session does not count any more; its epoch is not looked at.
Result<std::optional<Session>> renew(storage::Tx& tx, TenantId tenant, SessionId session, std::int64_t security_epoch,
                                     crypto::Digest256 const& secret_digest, Authentication const& authentication,
                                     TimePoint idle_expires_at, TimePoint expires_at, TimePoint now);
Result<void> move_idle_limit(storage::Tx& tx, TenantId tenant, SessionId session, TimePoint idle_expires_at,
                             TimePoint now);
// Ends those of the user that have not ended: `only` that one, all but `keep`. Returns their ids.
Result<std::vector<SessionId>> end(storage::Tx& tx, TenantId tenant, UserId user, std::optional<SessionId> only,
                                   std::optional<SessionId> keep, EndReason reason, TimePoint now);

struct ListedRow {
    Session session;
    Bytes sealed_device;
    std::int64_t applications;
};
Result<std::vector<ListedRow>> list(storage::Tx& tx, TenantId tenant, UserId user, TimePoint now);

Result<std::string> attach(storage::Tx& tx, TenantId tenant, SessionId session, ApplicationId application,
                           std::string_view new_sid, TimePoint now);
Result<std::optional<SessionId>> find_by_sid(storage::Tx& tx, TenantId tenant, UserId user, ApplicationId application,
                                             std::string_view sid, TimePoint now);
Result<std::int64_t> remove_over(storage::Tx& tx, TenantId tenant, TimePoint before, std::int64_t limit);

Result<void> erase(storage::Tx& tx, TenantId tenant, UserId user);
Result<std::int64_t> end_everything(storage::Tx& tx, TimePoint now);

} // namespace gatehouse::session::store
