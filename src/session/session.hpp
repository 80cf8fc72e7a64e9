// session: a browser's signed-in state at a tenant (SSO): who, when and how they proved it, and until when it counts.
//
// In:  a user whom a journey has authenticated, or the cookie that a browser brings.
// Out: Session values, cookies' contents (cookie.hpp), events "session.*" in the same transaction.
//
// The cookie holds the session's id and a secret; the row holds the secret's SHA-256. Every authentication makes a new
// secret: what was planted in a browser before, or copied from it, ends there. A session counts while it has not ended,
// neither of its limits has passed, its user is active, and its security_epoch is the user's.
#pragma once

#include "base/clock.hpp"
#include "base/secret.hpp"
#include "credentials/methods.hpp"
#include "events/event.hpp"
#include "identity/tenant.hpp"
#include "storage/database.hpp"
#include "vault/vault.hpp"

#include <optional>
#include <string>
#include <vector>

namespace gatehouse::session {

// How long sessions of a tenant live: after the last use, and at most.
struct Lifetimes {
    Duration idle;
    Duration absolute;
};
Lifetimes lifetimes_of(identity::Tenant const& tenant);

// How a person proved who they are.
struct Authentication {
    TimePoint time;               // auth_time
    std::string acr;              // "" if no class is claimed
    std::vector<std::string> amr; // RFC 8176: "pwd", "otp" ...
    credentials::Methods methods; // what `amr` was made of; another policy may make something else of it
};

struct Device {
    std::string user_agent; // as sent, cut to 512 bytes
    std::string address;
};

struct Session {
    SessionId id;
    UserId user;
    std::int64_t security_epoch = 0;
    Authentication authentication;
    TimePoint created_at;
    TimePoint last_seen_at;
    TimePoint idle_expires_at;
    TimePoint expires_at;
    std::optional<OrganizationId> organization;
    std::optional<UserId> actor; // who acts as the user, if somebody does
};

// What a browser holds: which session, and the proof. 32 random bytes.
struct Handle {
    SessionId id;
    Secret secret;
};

struct Opened {
    Session session;
    Handle handle; // for the cookie
};

struct Start {
    TenantId tenant;
    UserId user;
    std::int64_t security_epoch = 0; // the user's, read in this transaction
    Authentication authentication;
    Device device;
    Lifetimes lifetimes;
    events::Origin origin;                 // origin.application: for whom the person signed in
    vault::PersonKey const* key = nullptr; // the user's, where the caller has it open: saves a statement
};

// A new session. Event "session.started".
Result<Opened> start(storage::Tx& tx, vault::Vault& vault, Start const& start, TimePoint now);

// The session of a handle, or nothing when it does not count (unknown, wrong secret, ended, expired, disabled user,
// older epoch). One statement.
Result<std::optional<Session>> find(storage::Tx& tx, TenantId tenant, Handle const& handle, TimePoint now);
// Those of several handles that count, in the handles' order.
Result<std::vector<Session>> find_all(storage::Tx& tx, TenantId tenant, std::vector<Handle> const& handles,
                                      TimePoint now);

// The person proved again who they are: the same session, a new secret, a new idle limit; the absolute limit stays
// unless `lifetimes.absolute` from now is later. `security_epoch` is the user's present one, so that a session survives
// the change of password that was made in it. Error: "session_ended" (gone) when it had ended or expired meanwhile.
// Event "session.reauthenticated".
Result<Opened> reauthenticate(storage::Tx& tx, vault::Vault& vault, TenantId tenant, SessionId session,
                              std::int64_t security_epoch, Authentication const& authentication,
                              Lifetimes const& lifetimes, events::Origin const& origin, TimePoint now);

// Use keeps a session alive, but not every use is worth a write: due once the idle limit would move by a minute and by
// 5 % of its length.
bool touch_is_due(Session const& session, Lifetimes const& lifetimes, TimePoint now);
// Moves the idle limit. To be run with Durability::Relaxed. No event.
Result<void> touch(storage::Tx& tx, TenantId tenant, Session const& session, Lifetimes const& lifetimes, TimePoint now);

// Why a session ended; stored and told in the event "session.ended".
enum class EndReason : std::uint8_t {
    sign_out,
    revoked_by_user,
    revoked_by_administrator,
    credential_changed,
    user_disabled,
};
std::string_view to_string(EndReason reason);

// Ends one session of the user, with everything that depends on it: its applications' refresh tokens (unless they were
// granted offline_access) and the access tokens at this server's own endpoints. False if there was none to end.
Result<bool> end(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user, SessionId session,
                 EndReason reason, events::Origin const& origin, TimePoint now);
// Ends every session of the user but `keep`. Returns how many.
Result<std::int64_t> end_all(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user,
                             std::optional<SessionId> keep, EndReason reason, events::Origin const& origin,
                             TimePoint now);

// After a restore: ends every session of every tenant, without events. Returns how many.
Result<std::int64_t> end_everything(storage::Tx& tx, TimePoint now);

// A user is erased: the rows of their sessions go. For Users::add_eraser.
Result<void> erase_sessions(storage::Tx& tx, TenantId tenant, UserId user);

// One row of the account page.
struct Listed {
    Session session;
    Device device;
    std::int64_t applications = 0; // it has signed in to
};
// Those that count, newest use first, at most 100.
Result<std::vector<Listed>> list(storage::Tx& tx, vault::Vault const& vault, TenantId tenant, UserId user,
                                 TimePoint now);
// Those sessions, readable: for the person (identity::Users::add_exporter).
Result<boost::json::object> export_sessions(storage::Tx& tx, vault::Vault const& vault, TenantId tenant, UserId user,
                                            TimePoint now);
// "Firefox on Windows": what a person recognizes in a User-Agent header; "" when it says nothing.
std::string describe_user_agent(std::string_view user_agent);

// The `sid` of an application in a session (OpenID Connect Front-Channel Logout 1.0): random, made at the first call.
// One statement.
Result<std::string> attach_application(storage::Tx& tx, TenantId tenant, SessionId session, ApplicationId application,
                                       TimePoint now);
// The session that a sid belongs to for this application and user.
Result<std::optional<SessionId>> find_by_sid(storage::Tx& tx, TenantId tenant, UserId user, ApplicationId application,
                                             std::string_view sid, TimePoint now);

// Removes rows that have been over for a day, at most `limit`. Returns how many sessions went. For a background job.
Result<std::int64_t> remove_expired(storage::Tx& tx, TenantId tenant, TimePoint now, std::int64_t limit);

} // namespace gatehouse::session
