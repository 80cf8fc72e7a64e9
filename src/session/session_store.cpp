#include "session/session_store.hpp"

#include "base/words.hpp"

#include <algorithm>

namespace gatehouse::session::store {

using storage::Row;
using storage::Statement;
using storage::Tx;

namespace {

constexpr Statement kInsert{
    "INSERT INTO sessions (tenant_id, session_id, user_id, secret_digest, security_epoch, authenticated_at, acr, amr, "
    "methods, device, created_at, last_seen_at, idle_expires_at, expires_at, organization_id, actor_id) "
    "VALUES (:tenant, :session, :user, :digest, :epoch, :authenticated, :acr, :amr, :methods, "
    ":device, :created, :created, :idle, :expires, :organization, :actor)"};

#define SESSION_COLUMNS                                                                                                \
    "s.session_id, s.user_id, s.security_epoch, s.authenticated_at, s.acr, s.amr, s.created_at, s.last_seen_at, "      \
    "s.idle_expires_at, s.expires_at, s.organization_id, s.actor_id, s.methods"

constexpr Statement kFindLive{
    "SELECT " SESSION_COLUMNS ", s.secret_digest FROM sessions s "
    "JOIN users u ON u.tenant_id = s.tenant_id AND u.user_id = s.user_id "
    "WHERE s.tenant_id = :tenant AND s.session_id = :session AND s.ended_at IS NULL AND s.expires_at > :now "
    "AND s.idle_expires_at > :now AND u.state = 'active' AND u.security_epoch = s.security_epoch"};

// Whether it counts by its own dates; the user's state and epoch are the caller's, who has just authenticated them.
constexpr Statement kRenew{
    "UPDATE sessions SET secret_digest = :digest, security_epoch = :epoch, authenticated_at = :authenticated, "
    "acr = :acr, amr = :amr, methods = :methods, last_seen_at = :now, idle_expires_at = :idle, "
    "expires_at = CASE WHEN expires_at > :expires THEN expires_at ELSE :expires END "
    "WHERE tenant_id = :tenant AND session_id = :session AND ended_at IS NULL AND expires_at > :now "
    "AND idle_expires_at > :now "
    "RETURNING session_id, user_id, security_epoch, authenticated_at, acr, amr, created_at, last_seen_at, "
    "idle_expires_at, expires_at, organization_id, actor_id, methods"};

constexpr Statement kMoveIdleLimit{
    "UPDATE sessions SET last_seen_at = :now, idle_expires_at = :idle "
    "WHERE tenant_id = :tenant AND session_id = :session AND ended_at IS NULL AND idle_expires_at < :idle"};

constexpr Statement kEndOne{"UPDATE sessions SET ended_at = :now, end_reason = :reason "
                            "WHERE tenant_id = :tenant AND session_id = :session AND user_id = :user "
                            "AND ended_at IS NULL RETURNING session_id"};

constexpr Statement kEndAll{"UPDATE sessions SET ended_at = :now, end_reason = :reason "
                            "WHERE tenant_id = :tenant AND user_id = :user AND ended_at IS NULL "
                            "AND session_id <> :keep RETURNING session_id"};

constexpr Statement kEraseApplications{
    "DELETE FROM session_applications WHERE tenant_id = :tenant AND session_id IN "
    "(SELECT session_id FROM sessions WHERE tenant_id = :tenant AND user_id = :user)"};
constexpr Statement kErase{"DELETE FROM sessions WHERE tenant_id = :tenant AND user_id = :user"};
constexpr Statement kEndEverything{
    "UPDATE sessions SET ended_at = :now, end_reason = 'restored' WHERE ended_at IS NULL"};
constexpr Statement kEndAllTrust{"DELETE FROM trusted_devices"};
constexpr Statement kList{
    "SELECT " SESSION_COLUMNS ", s.device, (SELECT COUNT(*) FROM session_applications a "
    "WHERE a.tenant_id = s.tenant_id AND a.session_id = s.session_id) FROM sessions s "
    "JOIN users u ON u.tenant_id = s.tenant_id AND u.user_id = s.user_id "
    "WHERE s.tenant_id = :tenant AND s.user_id = :user AND s.ended_at IS NULL AND s.expires_at > :now "
    "AND s.idle_expires_at > :now AND u.state = 'active' AND u.security_epoch = s.security_epoch "
    "ORDER BY s.last_seen_at DESC, s.session_id LIMIT 100"};

constexpr Statement kAttach{
    "INSERT INTO session_applications (tenant_id, session_id, application_id, sid, created_at) "
    "VALUES (:tenant, :session, :application, :sid, :now) "
    "ON CONFLICT (tenant_id, session_id, application_id) DO UPDATE SET sid = session_applications.sid RETURNING sid"};

constexpr Statement kFindBySid{
    "SELECT s.session_id FROM sessions s JOIN session_applications a "
    "ON a.tenant_id = s.tenant_id AND a.session_id = s.session_id "
    "WHERE s.tenant_id = :tenant AND s.user_id = :user AND s.ended_at IS NULL AND s.expires_at > :now "
    "AND a.application_id = :application AND a.sid = :sid"};

#define OLD_SESSIONS                                                                                                   \
    "(SELECT session_id FROM sessions WHERE tenant_id = :tenant AND expires_at <= :before "                            \
    "ORDER BY expires_at, session_id LIMIT :limit)"
constexpr Statement kRemoveApplications{
    "DELETE FROM session_applications WHERE tenant_id = :tenant AND session_id IN " OLD_SESSIONS};
constexpr Statement kRemove{"DELETE FROM sessions WHERE tenant_id = :tenant AND session_id IN " OLD_SESSIONS};

Session make_session(Row const& row)
{
    return {.id = row.id<SessionId>(0),
            .user = row.id<UserId>(1),
            .security_epoch = row.integer(2),
            .authentication = {.time = row.time(3),
                               .acr = row.string(4),
                               .amr = split_words(row.text(5)),
                               .methods = credentials::Methods::from_bits(static_cast<std::uint32_t>(row.integer(12)))},
            .created_at = row.time(6),
            .last_seen_at = row.time(7),
            .idle_expires_at = row.time(8),
            .expires_at = row.time(9),
            .organization = row.optional_id<OrganizationId>(10),
            .actor = row.optional_id<UserId>(11)};
}
constexpr int kBehindSession = 13;

} // namespace

Result<void> insert(Tx& tx, TenantId tenant, Session const& session, crypto::Digest256 const& secret_digest,
                    ByteView sealed_device)
{
    auto const amr = join_words(session.authentication.amr);
    return tx.execute_later(kInsert, {{"tenant", tenant},
                                      {"session", session.id},
                                      {"user", session.user},
                                      {"digest", ByteView(secret_digest)},
                                      {"epoch", session.security_epoch},
                                      {"authenticated", session.authentication.time},
                                      {"acr", session.authentication.acr},
                                      {"amr", amr},
                                      {"methods", session.authentication.methods.bits()},
                                      {"device", sealed_device},
                                      {"created", session.created_at},
                                      {"idle", session.idle_expires_at},
                                      {"expires", session.expires_at},
                                      {"organization", session.organization},
                                      {"actor", session.actor}});
}

Result<std::optional<Found>> find_live(Tx& tx, TenantId tenant, SessionId session, TimePoint now)
{
    return tx.maybe(kFindLive, {{"tenant", tenant}, {"session", session}, {"now", now}},
                    [](Row const& row) -> Result<Found> {
                        Found found{.session = make_session(row), .secret_digest = {}};
                        auto const digest = row.bytes(kBehindSession);
                        if (digest.size() != found.secret_digest.size())
                            return fault("a session's secret digest has the wrong size");
                        std::ranges::copy(digest, found.secret_digest.begin());
                        return found;
                    });
}

Result<std::optional<Session>> renew(Tx& tx, TenantId tenant, SessionId session, std::int64_t security_epoch,
                                     crypto::Digest256 const& secret_digest, Authentication const& authentication,
                                     TimePoint idle_expires_at, TimePoint expires_at, TimePoint now)
{
    auto const amr = join_words(authentication.amr);
    return tx.maybe(kRenew,
                    {{"tenant", tenant},
                     {"session", session},
                     {"digest", ByteView(secret_digest)},
                     {"epoch", security_epoch},
                     {"authenticated", authentication.time},
                     {"acr", authentication.acr},
                     {"amr", amr},
                     {"methods", authentication.methods.bits()},
                     {"idle", idle_expires_at},
                     {"expires", expires_at},
                     {"now", now}},
                    make_session);
}

Result<void> move_idle_limit(Tx& tx, TenantId tenant, SessionId session, TimePoint idle_expires_at, TimePoint now)
{
    return tx.execute_later(kMoveIdleLimit,
                            {{"tenant", tenant}, {"session", session}, {"idle", idle_expires_at}, {"now", now}});
}

Result<std::vector<SessionId>> end(Tx& tx, TenantId tenant, UserId user, std::optional<SessionId> only,
                                   std::optional<SessionId> keep, EndReason reason, TimePoint now)
{
    auto const id_of = [](Row const& row) { return row.id<SessionId>(0); };
    if (only)
        return tx.all(
            kEndOne,
            {{"tenant", tenant}, {"session", *only}, {"user", user}, {"reason", to_string(reason)}, {"now", now}},
            id_of);
    // The nil id keeps none.
    return tx.all(kEndAll,
                  {{"tenant", tenant},
                   {"user", user},
                   {"keep", keep.value_or(SessionId{})},
                   {"reason", to_string(reason)},
                   {"now", now}},
                  id_of);
}

Result<std::vector<ListedRow>> list(Tx& tx, TenantId tenant, UserId user, TimePoint now)
{
    return tx.all(kList, {{"tenant", tenant}, {"user", user}, {"now", now}}, [](Row const& row) {
        return ListedRow{.session = make_session(row),
                         .sealed_device = row.blob(kBehindSession),
                         .applications = row.integer(kBehindSession + 1)};
    });
}

Result<std::string> attach(Tx& tx, TenantId tenant, SessionId session, ApplicationId application,
                           std::string_view new_sid, TimePoint now)
{
    TRY(auto sid,
        tx.maybe(
            kAttach,
            {{"tenant", tenant}, {"session", session}, {"application", application}, {"sid", new_sid}, {"now", now}},
            [](Row const& row) { return row.string(0); }));
    if (!sid)
        return fault("an upsert returned no row");
    return *std::move(sid);
}

Result<std::optional<SessionId>> find_by_sid(Tx& tx, TenantId tenant, UserId user, ApplicationId application,
                                             std::string_view sid, TimePoint now)
{
    return tx.maybe(kFindBySid,
                    {{"tenant", tenant}, {"user", user}, {"application", application}, {"sid", sid}, {"now", now}},
                    [](Row const& row) { return row.id<SessionId>(0); });
}

Result<std::int64_t> remove_over(Tx& tx, TenantId tenant, TimePoint before, std::int64_t limit)
{
    TRY_DO(tx.execute(kRemoveApplications, {{"tenant", tenant}, {"before", before}, {"limit", limit}}));
    return tx.execute(kRemove, {{"tenant", tenant}, {"before", before}, {"limit", limit}});
}

Result<void> erase(storage::Tx& tx, TenantId tenant, UserId user)
{
    TRY_DO(tx.execute_later(kEraseApplications, {{"tenant", tenant}, {"user", user}}));
    return tx.execute_later(kErase, {{"tenant", tenant}, {"user", user}});
}

Result<std::int64_t> end_everything(storage::Tx& tx, TimePoint now)
{
    TRY_DO(tx.execute_later(kEndAllTrust, {}));
    return tx.execute(kEndEverything, {{"now", now}});
}

} // namespace gatehouse::session::store
