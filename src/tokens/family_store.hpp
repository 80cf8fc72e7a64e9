// The SQL of families, spent markers and revoked access tokens.
#pragma once

#include "crypto/digest.hpp"
#include "tokens/families.hpp"

namespace gatehouse::tokens::store {

// What a code is redeemed against.
struct RedemptionState {
    std::string subject;
    bool counts = false; // user active, epochs equal, session live
    std::string permissions;
};
// Nothing when there is no such user, or nothing that tokens could call them.
Result<std::optional<RedemptionState>> find_redemption_state(storage::Tx& tx, TenantId tenant,
                                                             AuthorizationCode const& code, TimePoint now);

// False when it was spent before.
Result<bool> spend(storage::Tx& tx, TenantId tenant, std::string_view kind, Uuid const& marker, FamilyId family,
                   TimePoint expires_at);

struct Secrets {
    crypto::Digest256 family_digest;
    crypto::Digest256 token_digest;
};
struct NewFamily {
    FamilyId id;
    UserId user;
    ApplicationId application;
    std::optional<SessionId> session;
    std::string_view subject, scopes, audience, sid, claims;
    session::Authentication const& authentication;
    std::int64_t security_epoch;
    Secrets secrets;
    TimePoint idle_expires_at, expires_at;
};
Result<void> insert_family(storage::Tx& tx, TenantId tenant, NewFamily const& family, TimePoint now);

struct FamilyRow {
    FamilyId id;
    UserId user;
    ApplicationId application;
    std::string subject, scopes, audience, sid, claims;
    session::Authentication authentication;
    std::string permissions; // of the user at the audience
    std::uint32_t generation = 0;
    // Of find_family only.
    Secrets secrets;
    Bytes previous_digest;
    Bytes successor;
    TimePoint rotated_at, expires_at;
    bool counts = false;
};
struct Step {
    FamilyId family;
    ApplicationId application;
    std::uint32_t generation;
    Secrets presented;
    crypto::Digest256 next_digest;
    ByteView successor;
    TimePoint idle_expires_at;
};
// The rotation: nothing when the presented token is not the current one of a family that counts.
// The whole transaction where the caller has no reason left to take it back (Tx::commit_one).
enum class Ends : bool { No, Yes };
Result<std::optional<FamilyRow>> rotate(storage::Tx& tx, TenantId tenant, Step const& step, Ends ends, TimePoint now);
Result<std::optional<FamilyRow>> find_family(storage::Tx& tx, TenantId tenant, FamilyId family, TimePoint now);
// True if it was not revoked before.
Result<bool> revoke(storage::Tx& tx, TenantId tenant, FamilyId family, RevokeReason reason, TimePoint now);
struct Revoked {
    FamilyId family;
    ApplicationId application;
};
Result<std::vector<Revoked>> revoke_all(storage::Tx& tx, TenantId tenant, UserId user,
                                        std::optional<ApplicationId> application, RevokeReason reason, TimePoint now);

Result<TokenStatus> check_person_token(storage::Tx& tx, TenantId tenant, FamilyId family, std::string_view token_id,
                                       TimePoint now);
Result<bool> is_revoked(storage::Tx& tx, TenantId tenant, std::string_view token_id);
Result<void> revoke_token(storage::Tx& tx, TenantId tenant, std::string_view token_id, TimePoint expires_at);
Result<std::int64_t> remove_over(storage::Tx& tx, TenantId tenant, TimePoint before, std::int64_t limit);

Result<void> erase(storage::Tx& tx, TenantId tenant, UserId user);
Result<std::int64_t> end_everything(storage::Tx& tx, TimePoint now);

} // namespace gatehouse::tokens::store
