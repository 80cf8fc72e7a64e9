// Token families: all refresh tokens that descend from one grant. One row each; a rotation is one UPDATE of it.
//
// A refresh token is base64url(family id 16, generation 4, family secret 16, token secret 32). The row holds the
// SHA-256 of both secrets. Presenting the current token rotates it; presenting the one before it again within kGrace,
// while its successor is unused, returns the same successor (a client whose network lost the answer, or many threads of
// one client), which is kept sealed under a key derived from the presented token. Any other token that once was valid
// is taken for stolen: the family ends. The family secret tells such a token from a guess.
//
// A family counts while it is not revoked, neither limit has passed, its user is active, and: without offline_access
// its session counts (ended_at, expires_at, security_epoch); with it, its own security_epoch is the user's.
#pragma once

#include "applications/application.hpp"
#include "events/event.hpp"
#include "session/session.hpp"
#include "storage/database.hpp"
#include "tokens/authorization_code.hpp"
#include "vault/vault.hpp"

#include <functional>

namespace gatehouse::tokens {

using FamilyId = Id<struct FamilyTag>;

inline constexpr Duration kGrace = std::chrono::seconds(10);
inline constexpr Duration kLongestAccessToken = std::chrono::hours(24);

// How long refresh tokens live: the application's own limits, else the tenant's.
struct RefreshLimits {
    Duration idle;
    Duration absolute;
};
RefreshLimits refresh_limits(identity::Tenant const& tenant, applications::Application const& application);

// What a redemption or rotation gives the right to: everything that the tokens say.
struct Granted {
    FamilyId family;
    UserId user;
    ApplicationId application;
    std::string subject;
    std::vector<std::string> scopes; // already reduced to the person's permissions where the API restricts them
    std::string audience;            // "" when no API was named
    std::string sid;
    std::string nonce; // of the redemption only
    std::string claims = {};
    session::Authentication authentication;
    std::string refresh_token; // "" without
};

struct Redemption {
    TenantId tenant;
    applications::Application const& application;
    applications::Api const* api = nullptr; // of code.audience
    AuthorizationCode const& code;
    RefreshLimits limits;
    events::Origin origin;
};
// Spends the code and starts its family: one transaction of five statements. The caller has checked client,
// redirect_uri and PKCE. Errors (all "invalid_grant"): spent before (then everything that the first redemption issued
// is revoked, and that is kept), user disabled or changed, session over, consent taken back. Event
// "token_family.started" or "authorization_code.replayed".
Result<Granted> redeem(storage::Tx& tx, vault::Vault& vault, Redemption const& redemption, TimePoint now);

struct Rotation {
    TenantId tenant;
    applications::Application const& application;
    std::string_view refresh_token;
    std::vector<std::string> wanted_scopes;          // RFC 6749 section 6: fewer than were granted; empty: all
    std::optional<std::string_view> wanted_audience; // RFC 8707 section 2.2: must be the granted one
    RefreshLimits limits;
    events::Origin origin;
};
// One statement when the token is the current one. Errors (all "invalid_grant"): unknown, another client's, expired,
// revoked, user disabled, session over, reused (the family is revoked, and that is kept; event "token_family.revoked").
// "invalid_scope" and "invalid_target" when other things are wanted than were granted. `find_api` gives the API of the
// family's audience, or null: then nothing of it is granted any more. No event: the caller reports rotations in
// batches.
using FindApi = std::function<applications::Api const*(std::string_view audience)>;
Result<Granted> rotate(storage::Tx& tx, vault::Vault& vault, Rotation const& rotation, FindApi const& find_api,
                       TimePoint now);

enum class RevokeReason : std::uint8_t {
    revoked_by_client,
    revoked_by_user,
    revoked_by_administrator,
    reuse,
    code_replay
};
std::string_view to_string(RevokeReason reason);

// RFC 7009: the family of a refresh token of this application. Nothing happens for any other text. Event
// "token_family.revoked".
// Returns whether the text was one of its refresh tokens.
Result<bool> revoke_refresh_token(storage::Tx& tx, vault::Vault& vault, TenantId tenant,
                                  applications::Application const& application, std::string_view refresh_token,
                                  events::Origin const& origin, TimePoint now);
// By its form alone: to choose what to look for.
bool looks_like_refresh_token(std::string_view text);
// All families of a user, of one application only if it is given. Returns how many.
Result<std::int64_t> revoke_families(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user,
                                     std::optional<ApplicationId> application, RevokeReason reason,
                                     events::Origin const& origin, TimePoint now);

// What introspection says of a refresh token that counts.
struct RefreshTokenState {
    UserId user;
    ApplicationId application;
    std::string subject;
    std::string scopes; // separated by spaces
    std::string audience;
    TimePoint issued_at;
    TimePoint expires_at;
};
Result<std::optional<RefreshTokenState>> inspect_refresh_token(storage::Tx& tx, TenantId tenant,
                                                               std::string_view refresh_token, TimePoint now);

// -- access tokens. The jti of a person's token names its family: base64url(family id 16, random 8); that of a
// machine's is base64url(random 16).
std::string make_token_id(std::optional<FamilyId> family);
std::optional<FamilyId> family_of_token_id(std::string_view token_id);
// Whether an access token that verified still counts: not revoked, and for a person's: its family is not revoked, its
// user and session count. One statement. Returns the user, and for a machine's token nobody.
struct TokenStatus {
    bool active = false;
    std::optional<UserId> user;
    std::string claims = {}; // that its family was asked for by name
};
Result<TokenStatus> check_access_token(storage::Tx& tx, TenantId tenant, std::string_view token_id, TimePoint now);
Result<void> revoke_access_token(storage::Tx& tx, TenantId tenant, std::string_view token_id, TimePoint expires_at);

// Removes families, markers and revocations that have been over for a day, at most `limit` of each. For a background
// job.
Result<std::int64_t> remove_expired(storage::Tx& tx, TenantId tenant, TimePoint now, std::int64_t limit);

// A user is erased: their grants and families go. For Users::add_eraser.
Result<void> erase_tokens(storage::Tx& tx, TenantId tenant, UserId user);

// After a restore: ends every family of every tenant, without events and without calling it reuse. Returns how many.
Result<std::int64_t> end_everything(storage::Tx& tx, TimePoint now);

} // namespace gatehouse::tokens
