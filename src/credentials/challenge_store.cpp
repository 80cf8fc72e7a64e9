#include "credentials/challenge_store.hpp"

namespace gatehouse::credentials {

using storage::Row;
using storage::Statement;

namespace {

constexpr Statement kInsertChallenge{
    "INSERT INTO challenges (tenant_id, challenge_id, purpose, user_id, code_digest, attempts, attempt_limit, payload, "
    "created_at, expires_at) VALUES (:tenant, :challenge, :purpose, :user, :digest, 0, :limit, :payload, :created_at, "
    ":expires_at)"};
constexpr Statement kCountAttempt{
    "UPDATE challenges SET attempts = attempts + 1 WHERE tenant_id = :tenant AND challenge_id = :challenge "
    "AND purpose = :purpose AND attempts < attempt_limit AND expires_at > :now "
    "RETURNING challenge_id, user_id, code_digest, attempts, attempt_limit, payload, created_at, expires_at"};
constexpr Statement kSelectChallenge{
    "SELECT challenge_id, user_id, code_digest, attempts, attempt_limit, payload, created_at, expires_at "
    "FROM challenges WHERE tenant_id = :tenant AND challenge_id = :challenge AND purpose = :purpose "
    "AND attempts < attempt_limit AND expires_at > :now"};
constexpr Statement kSelectOfUser{
    "SELECT challenge_id, user_id, code_digest, attempts, attempt_limit, payload, created_at, expires_at "
    "FROM challenges WHERE tenant_id = :tenant AND user_id = :user AND purpose = :purpose "
    "AND attempts < attempt_limit AND expires_at > :now ORDER BY created_at"};
constexpr Statement kUpdateCode{"UPDATE challenges SET code_digest = :digest, expires_at = :expires_at "
                                "WHERE tenant_id = :tenant AND challenge_id = :challenge"};
constexpr Statement kDeleteChallenge{"DELETE FROM challenges WHERE tenant_id = :tenant AND challenge_id = :challenge"};
constexpr Statement kDeleteAllOfUser{"DELETE FROM challenges WHERE tenant_id = :tenant AND user_id = :user"};
constexpr Statement kDeleteOfUser{
    "DELETE FROM challenges WHERE tenant_id = :tenant AND user_id = :user AND purpose = :purpose"};
constexpr Statement kDeleteExpired{
    "DELETE FROM challenges WHERE (tenant_id, challenge_id) IN (SELECT tenant_id, challenge_id FROM challenges "
    "WHERE tenant_id = :tenant AND expires_at <= :now LIMIT :limit)"};

ChallengeRow make_row(Row const& row)
{
    return {.id = row.id<ChallengeId>(0),
            .user = row.optional_id<UserId>(1),
            .code_digest = row.blob(2),
            .attempts = row.integer(3),
            .attempt_limit = row.integer(4),
            .payload = row.blob(5),
            .created_at = row.time(6),
            .expires_at = row.time(7)};
}

constexpr Statement kDeleteOfUserSince{
    "DELETE FROM challenges "
    "WHERE tenant_id = :tenant AND user_id = :user AND purpose = :purpose AND created_at >= :since"};

} // namespace

Result<void> insert_challenge(storage::Tx& tx, TenantId tenant, std::string_view purpose, ChallengeRow const& row)
{
    return tx.execute_later(kInsertChallenge, {{"tenant", tenant},
                                               {"challenge", row.id},
                                               {"purpose", purpose},
                                               {"user", row.user},
                                               {"digest", row.code_digest},
                                               {"limit", row.attempt_limit},
                                               {"payload", row.payload},
                                               {"created_at", row.created_at},
                                               {"expires_at", row.expires_at}});
}

Result<std::optional<ChallengeRow>> count_attempt(storage::Tx& tx, TenantId tenant, ChallengeId id,
                                                  std::string_view purpose, TimePoint now)
{
    return tx.maybe(kCountAttempt, {{"tenant", tenant}, {"challenge", id}, {"purpose", purpose}, {"now", now}},
                    make_row);
}

Result<std::optional<ChallengeRow>> select_challenge(storage::Tx& tx, TenantId tenant, ChallengeId id,
                                                     std::string_view purpose, TimePoint now)
{
    return tx.maybe(kSelectChallenge, {{"tenant", tenant}, {"challenge", id}, {"purpose", purpose}, {"now", now}},
                    make_row);
}

Result<void> update_code(storage::Tx& tx, TenantId tenant, ChallengeId id, ByteView digest, TimePoint expires_at)
{
    return tx.execute_later(kUpdateCode,
                            {{"tenant", tenant}, {"challenge", id}, {"digest", digest}, {"expires_at", expires_at}});
}

Result<void> delete_challenge(storage::Tx& tx, TenantId tenant, ChallengeId id)
{
    return tx.execute_later(kDeleteChallenge, {{"tenant", tenant}, {"challenge", id}});
}

Result<bool> take_challenge(storage::Tx& tx, TenantId tenant, ChallengeId id)
{
    TRY(auto const deleted, tx.execute(kDeleteChallenge, {{"tenant", tenant}, {"challenge", id}}));
    return deleted == 1;
}

Result<std::vector<ChallengeRow>> select_challenges_of_user(storage::Tx& tx, TenantId tenant, UserId user,
                                                            std::string_view purpose, TimePoint now)
{
    return tx.all(kSelectOfUser, {{"tenant", tenant}, {"user", user}, {"purpose", purpose}, {"now", now}}, make_row);
}

Result<void> delete_challenges_of_user_since(storage::Tx& tx, TenantId tenant, UserId user, std::string_view purpose,
                                             TimePoint since)
{
    return tx.execute_later(kDeleteOfUserSince,
                            {{"tenant", tenant}, {"user", user}, {"purpose", purpose}, {"since", since}});
}

Result<void> delete_challenges_of_user(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.execute_later(kDeleteAllOfUser, {{"tenant", tenant}, {"user", user}});
}

Result<void> delete_challenges_of_user(storage::Tx& tx, TenantId tenant, UserId user, std::string_view purpose)
{
    return tx.execute_later(kDeleteOfUser, {{"tenant", tenant}, {"user", user}, {"purpose", purpose}});
}

Result<std::int64_t> delete_expired_challenges(storage::Tx& tx, TenantId tenant, TimePoint now, int limit)
{
    return tx.execute(kDeleteExpired, {{"tenant", tenant}, {"now", now}, {"limit", limit}});
}

} // namespace gatehouse::credentials
