#include "tokens/family_store.hpp"

#include "base/words.hpp"

#include <algorithm>

namespace gatehouse::tokens::store {

using storage::Row;
using storage::Statement;
using storage::Tx;

namespace {

constexpr Statement kRedemptionState{
    "SELECT b.subject, CASE WHEN u.state = 'active' AND u.security_epoch = :epoch AND s.security_epoch = :epoch "
    "AND s.ended_at IS NULL AND s.expires_at > :now THEN 1 ELSE 0 END, "
    "(SELECT p.permissions FROM user_permissions p WHERE p.tenant_id = u.tenant_id AND p.user_id = u.user_id "
    "AND p.audience = :audience) "
    "FROM users u JOIN subjects b ON b.tenant_id = u.tenant_id AND b.user_id = u.user_id AND b.sector = '' "
    "LEFT JOIN sessions s ON s.tenant_id = u.tenant_id AND s.user_id = u.user_id AND s.session_id = :session "
    "WHERE u.tenant_id = :tenant AND u.user_id = :user"};

constexpr Statement kSpend{"INSERT INTO spent_markers (tenant_id, kind, marker_id, family_id, expires_at) "
                           "VALUES (:tenant, :kind, :marker, :family, :expires) ON CONFLICT DO NOTHING"};

constexpr Statement kInsertFamily{
    "INSERT INTO token_families (tenant_id, family_id, user_id, application_id, session_id, subject, scopes, audience, "
    "sid, authenticated_at, acr, amr, security_epoch, family_digest, generation, token_digest, rotated_at, created_at, "
    "idle_expires_at, expires_at, claims) VALUES (:tenant, :family, :user, :application, :session, :subject, :scopes, "
    ":audience, :sid, :authenticated, :acr, :amr, :epoch, :family_digest, 1, :token_digest, :now, :now, :idle, "
    ":expires, :claims)"};

// The owner of a family counts: the user is active, and the session (or, with offline_access, the family itself) was
// made in the user's present security epoch.
#define OWNER_COUNTS                                                                                                   \
    "EXISTS (SELECT 1 FROM users u LEFT JOIN sessions s ON s.tenant_id = u.tenant_id "                                 \
    "AND s.session_id = token_families.session_id WHERE u.tenant_id = token_families.tenant_id "                       \
    "AND u.user_id = token_families.user_id AND u.state = 'active' AND ("                                              \
    "(token_families.session_id IS NULL AND u.security_epoch = token_families.security_epoch) OR "                     \
    "(s.ended_at IS NULL AND s.expires_at > :now AND s.security_epoch = u.security_epoch)))"
#define PERMISSIONS                                                                                                    \
    "(SELECT p.permissions FROM user_permissions p WHERE p.tenant_id = token_families.tenant_id "                      \
    "AND p.user_id = token_families.user_id AND p.audience = token_families.audience)"
#define FAMILY_COLUMNS                                                                                                 \
    "family_id, user_id, application_id, subject, scopes, audience, sid, authenticated_at, acr, amr, "                 \
    "generation, " PERMISSIONS ", claims"

// A digest of 256 random bits may be compared by the database: how long it takes tells nothing about the secret.
constexpr Statement kRotate{
    "UPDATE token_families SET generation = generation + 1, previous_digest = token_digest, token_digest = :next, "
    "successor = :successor, rotated_at = :now, "
    "idle_expires_at = CASE WHEN expires_at < :idle THEN expires_at ELSE :idle END "
    "WHERE tenant_id = :tenant AND family_id = :family AND application_id = :application "
    "AND generation = :generation AND token_digest = :token_digest AND family_digest = :family_digest "
    "AND revoked_at IS NULL AND idle_expires_at > :now AND expires_at > :now AND " OWNER_COUNTS
    " RETURNING " FAMILY_COLUMNS};

constexpr Statement kFindFamily{
    "SELECT " FAMILY_COLUMNS ", family_digest, token_digest, previous_digest, successor, rotated_at, "
    "CASE WHEN idle_expires_at < expires_at THEN idle_expires_at ELSE expires_at END, "
    "CASE WHEN revoked_at IS NULL AND idle_expires_at > :now AND expires_at > :now AND " OWNER_COUNTS
    " THEN 1 ELSE 0 END FROM token_families WHERE tenant_id = :tenant AND family_id = :family"};

constexpr Statement kRevoke{"UPDATE token_families SET revoked_at = :now, revoke_reason = :reason, successor = NULL "
                            "WHERE tenant_id = :tenant AND family_id = :family AND revoked_at IS NULL"};
#define REVOKE_ALL                                                                                                     \
    "UPDATE token_families SET revoked_at = :now, revoke_reason = :reason, successor = NULL "                          \
    "WHERE tenant_id = :tenant AND user_id = :user AND revoked_at IS NULL AND expires_at > :now "
constexpr Statement kRevokeAll{REVOKE_ALL "RETURNING family_id, application_id"};
constexpr Statement kRevokeAllOfApplication{REVOKE_ALL
                                            "AND application_id = :application RETURNING family_id, application_id"};

constexpr Statement kEraseGrants{"DELETE FROM grants WHERE tenant_id = :tenant AND user_id = :user"};
constexpr Statement kEraseFamilies{"DELETE FROM token_families WHERE tenant_id = :tenant AND user_id = :user"};
constexpr Statement kEndEverything{"UPDATE token_families SET revoked_at = :now, revoke_reason = 'restored', "
                                   "successor = NULL WHERE revoked_at IS NULL"};
constexpr Statement kCheckPersonToken{
    "SELECT user_id, claims, CASE WHEN revoked_at IS NULL AND " OWNER_COUNTS
    " AND NOT EXISTS (SELECT 1 FROM revoked_tokens r WHERE r.tenant_id = token_families.tenant_id "
    "AND r.token_id = :token) THEN 1 ELSE 0 END FROM token_families WHERE tenant_id = :tenant AND family_id = :family"};
constexpr Statement kIsRevoked{"SELECT 1 FROM revoked_tokens WHERE tenant_id = :tenant AND token_id = :token"};
constexpr Statement kRevokeToken{"INSERT INTO revoked_tokens (tenant_id, token_id, expires_at) "
                                 "VALUES (:tenant, :token, :expires) ON CONFLICT DO NOTHING"};

constexpr Statement kRemoveFamilies{
    "DELETE FROM token_families WHERE tenant_id = :tenant AND family_id IN (SELECT family_id FROM token_families "
    "WHERE tenant_id = :tenant AND expires_at <= :before ORDER BY expires_at LIMIT :limit)"};
constexpr Statement kListMarkers{"SELECT kind, marker_id FROM spent_markers WHERE tenant_id = :tenant "
                                 "AND expires_at <= :before ORDER BY expires_at LIMIT :limit"};
constexpr Statement kRemoveMarker{
    "DELETE FROM spent_markers WHERE tenant_id = :tenant AND kind = :kind AND marker_id = :marker"};
constexpr Statement kRemoveRevoked{
    "DELETE FROM revoked_tokens WHERE tenant_id = :tenant AND token_id IN (SELECT token_id FROM revoked_tokens "
    "WHERE tenant_id = :tenant AND expires_at <= :before ORDER BY expires_at LIMIT :limit)"};

FamilyRow make_family(Row const& row)
{
    return {.id = row.id<FamilyId>(0),
            .user = row.id<UserId>(1),
            .application = row.id<ApplicationId>(2),
            .subject = row.string(3),
            .scopes = row.string(4),
            .audience = row.string(5),
            .sid = row.string(6),
            .claims = row.string(12),
            .authentication = {.time = row.time(7), .acr = row.string(8), .amr = split_words(row.text(9))},
            .permissions = row.string(11),
            .generation = static_cast<std::uint32_t>(row.integer(10))};
}
constexpr int kBehindFamily = 13;

Result<crypto::Digest256> digest_of(ByteView bytes)
{
    crypto::Digest256 digest;
    if (bytes.size() != digest.size())
        return fault("a token family's digest has the wrong size");
    std::ranges::copy(bytes, digest.begin());
    return digest;
}

} // namespace

Result<std::optional<RedemptionState>> find_redemption_state(Tx& tx, TenantId tenant, AuthorizationCode const& code,
                                                             TimePoint now)
{
    return tx.maybe(kRedemptionState,
                    {{"tenant", tenant},
                     {"user", code.user},
                     {"session", code.session},
                     {"epoch", code.security_epoch},
                     {"audience", code.audience},
                     {"now", now}},
                    [](Row const& row) {
                        return RedemptionState{
                            .subject = row.string(0), .counts = row.boolean(1), .permissions = row.string(2)};
                    });
}

Result<bool> spend(Tx& tx, TenantId tenant, std::string_view kind, Uuid const& marker, FamilyId family,
                   TimePoint expires_at)
{
    TRY(auto inserted,
        tx.execute(
            kSpend,
            {{"tenant", tenant}, {"kind", kind}, {"marker", marker}, {"family", family}, {"expires", expires_at}}));
    return inserted == 1;
}

Result<void> insert_family(Tx& tx, TenantId tenant, NewFamily const& family, TimePoint now)
{
    auto const amr = join_words(family.authentication.amr);
    return tx.execute_later(kInsertFamily, {{"tenant", tenant},
                                            {"family", family.id},
                                            {"user", family.user},
                                            {"application", family.application},
                                            {"session", family.session},
                                            {"subject", family.subject},
                                            {"scopes", family.scopes},
                                            {"audience", family.audience},
                                            {"sid", family.sid},
                                            {"authenticated", family.authentication.time},
                                            {"acr", family.authentication.acr},
                                            {"amr", amr},
                                            {"epoch", family.security_epoch},
                                            {"family_digest", ByteView(family.secrets.family_digest)},
                                            {"token_digest", ByteView(family.secrets.token_digest)},
                                            {"now", now},
                                            {"idle", family.idle_expires_at},
                                            {"expires", family.expires_at},
                                            {"claims", family.claims}});
}

Result<std::optional<FamilyRow>> rotate(Tx& tx, TenantId tenant, Step const& step, Ends ends, TimePoint now)
{
    storage::Parameters const parameters{{"tenant", tenant},
                                         {"family", step.family},
                                         {"application", step.application},
                                         {"generation", step.generation},
                                         {"token_digest", ByteView(step.presented.token_digest)},
                                         {"family_digest", ByteView(step.presented.family_digest)},
                                         {"next", ByteView(step.next_digest)},
                                         {"successor", step.successor},
                                         {"idle", step.idle_expires_at},
                                         {"now", now}};
    return ends == Ends::Yes ? tx.maybe_commit(kRotate, parameters, make_family)
                             : tx.maybe(kRotate, parameters, make_family);
}

Result<std::optional<FamilyRow>> find_family(Tx& tx, TenantId tenant, FamilyId family, TimePoint now)
{
    return tx.maybe(kFindFamily, {{"tenant", tenant}, {"family", family}, {"now", now}},
                    [](Row const& row) -> Result<FamilyRow> {
                        auto found = make_family(row);
                        TRY(found.secrets.family_digest, digest_of(row.bytes(kBehindFamily)));
                        TRY(found.secrets.token_digest, digest_of(row.bytes(kBehindFamily + 1)));
                        found.previous_digest = row.blob(kBehindFamily + 2);
                        found.successor = row.blob(kBehindFamily + 3);
                        found.rotated_at = row.time(kBehindFamily + 4);
                        found.expires_at = row.time(kBehindFamily + 5);
                        found.counts = row.boolean(kBehindFamily + 6);
                        return found;
                    });
}

Result<bool> revoke(Tx& tx, TenantId tenant, FamilyId family, RevokeReason reason, TimePoint now)
{
    TRY(auto revoked,
        tx.execute(kRevoke, {{"tenant", tenant}, {"family", family}, {"reason", to_string(reason)}, {"now", now}}));
    return revoked == 1;
}

Result<std::vector<Revoked>> revoke_all(Tx& tx, TenantId tenant, UserId user, std::optional<ApplicationId> application,
                                        RevokeReason reason, TimePoint now)
{
    auto const make = [](Row const& row) {
        return Revoked{.family = row.id<FamilyId>(0), .application = row.id<ApplicationId>(1)};
    };
    if (!application)
        return tx.all(kRevokeAll, {{"tenant", tenant}, {"user", user}, {"reason", to_string(reason)}, {"now", now}},
                      make);
    return tx.all(kRevokeAllOfApplication,
                  {{"tenant", tenant},
                   {"user", user},
                   {"application", *application},
                   {"reason", to_string(reason)},
                   {"now", now}},
                  make);
}

Result<TokenStatus> check_person_token(Tx& tx, TenantId tenant, FamilyId family, std::string_view token_id,
                                       TimePoint now)
{
    TRY(auto status,
        tx.maybe(kCheckPersonToken, {{"tenant", tenant}, {"family", family}, {"token", token_id}, {"now", now}},
                 [](Row const& row) {
                     return TokenStatus{.active = row.boolean(2), .user = row.id<UserId>(0), .claims = row.string(1)};
                 }));
    return status.value_or(TokenStatus{});
}

Result<bool> is_revoked(Tx& tx, TenantId tenant, std::string_view token_id)
{
    TRY(auto const* row, tx.one(kIsRevoked, {{"tenant", tenant}, {"token", token_id}}));
    return row != nullptr;
}

Result<void> revoke_token(Tx& tx, TenantId tenant, std::string_view token_id, TimePoint expires_at)
{
    return tx.execute_later(kRevokeToken, {{"tenant", tenant}, {"token", token_id}, {"expires", expires_at}});
}

Result<std::int64_t> remove_over(Tx& tx, TenantId tenant, TimePoint before, std::int64_t limit)
{
    TRY(auto families, tx.execute(kRemoveFamilies, {{"tenant", tenant}, {"before", before}, {"limit", limit}}));
    TRY(auto const markers, tx.all(kListMarkers, {{"tenant", tenant}, {"before", before}, {"limit", limit}},
                                   [](Row const& row) { return std::pair(row.string(0), row.uuid(1)); }));
    for (auto const& [kind, marker] : markers)
        TRY_DO(tx.execute_later(kRemoveMarker, {{"tenant", tenant}, {"kind", kind}, {"marker", marker}}));
    TRY(auto revoked, tx.execute(kRemoveRevoked, {{"tenant", tenant}, {"before", before}, {"limit", limit}}));
    return families + static_cast<std::int64_t>(markers.size()) + revoked;
}

Result<void> erase(storage::Tx& tx, TenantId tenant, UserId user)
{
    TRY_DO(tx.execute_later(kEraseGrants, {{"tenant", tenant}, {"user", user}}));
    return tx.execute_later(kEraseFamilies, {{"tenant", tenant}, {"user", user}});
}

Result<std::int64_t> end_everything(storage::Tx& tx, TimePoint now)
{
    return tx.execute(kEndEverything, {{"now", now}});
}

} // namespace gatehouse::tokens::store
