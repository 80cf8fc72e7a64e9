// journey: one interaction under way (sign-in, registration, recovery), what is known in it so far, and what comes
// next.
//
// In:  rooms register continuations (what to do when a person is signed in) and steps (what is shown, what a submission
//      does); browsers and native apps submit.
// Out: pages (view/view_model.hpp) or JSON; at the end a session, and whatever the continuation answers.
//
// journey.hpp: the values. next_step.hpp: the policy, a pure function. engine.hpp: what moves a journey on.
//
// A journey lives in a sealed value that the browser or app brings back; no row is written until it ends. An older
// state can be presented again: nothing rests on a state being the newest. Finishing leaves a spent marker.
#pragma once

#include "base/clock.hpp"
#include "credentials/methods.hpp"
#include "identity/tenant.hpp"
#include "vault/sealed.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::journey {

using JourneyId = Id<struct JourneyTag>;

enum class Purpose : std::uint8_t { sign_in, registration, recovery };
std::string_view to_string(Purpose purpose);

// Who talks to us: a browser with cookies, or a first-party app that keeps the handle itself.
enum class Face : std::uint8_t { pages, json };

// What the continuation needs, as its room asked at the start.
struct Requirements {
    // Only this person will do: confirming a sensitive change, or the subject of an id_token_hint.
    std::optional<UserId> user;
    // The password is asked for even though a session exists (prompt=login).
    bool fresh = false;
    // Ask which account, even when there is only one (prompt=select_account).
    bool choose_account = false;
    // The last authentication is at most this old (max_age).
    std::optional<std::chrono::seconds> max_age;
    // Ask for consent although it was given before (prompt=consent).
    bool ask_consent = false;
    // How strongly the person must be known: acr_values, or a change that asks for two factors.
    credentials::Level level = credentials::Level::single;
    // What consent is asked for, named as tokens::consent_names does; empty: nobody needs to be asked (first-party
    // applications, the account pages).
    std::vector<std::string> consent_scopes;
    // What the application asks for, whether or not consent is asked: decides what of the profile is missing for it.
    std::vector<std::string> scopes = {};
};

// What is established. Steps add to it; nothing that a browser sends does.
struct Facts {
    bool account_settled = false;     // a session was chosen, or "use another account"
    std::optional<SessionId> session; // the live session that was chosen
    std::optional<UserId> user;
    std::int64_t security_epoch = 0;           // of the user when established; a change since then voids it
    credentials::Methods session_methods;      // by which the chosen session was opened
    TimePoint session_at{};                    // and when
    credentials::Methods proven;               // given, or set, in this journey
    std::optional<credentials::Method> wanted; // what the person would rather use next; the policy decides
    bool mailbox = false;                      // the code of `challenge` was entered
    // What else lets the person set a new password: it does not count again as a second factor.
    credentials::Methods recovered_by;
    std::optional<Uuid> hold;       // the reset waits (credentials/recovery_holds.hpp)
    bool password_kept = false;     // "not now", when a change of the password was offered
    bool account_kept = false;      // it was to be deleted, and is not to be any more
    std::optional<Uuid> challenge;  // a code is on its way
    std::optional<Uuid> draft = {}; // registration: what was entered so far
    int page = 0;                   // registration: the page of the form that comes next
    std::string invitation = {};    // registration: the token of the link that it began with
    bool profile_asked = false;     // more about the person was asked for, in this journey
    bool resent = false;            // it is not the first one: the page says that the earlier ones no longer work
    TimePoint authenticated_at{};   // when something was proven last, in this journey
    bool enrolment_put_off =
        false;                 // "not now", where a second factor was offered; the policy decides what that is worth
    bool consented = false;    // in this journey
    bool trust_device = false; // the second factor is not to be asked for in this browser for a while
    bool cancelled = false;    // declined: the continuation hears of it
    std::vector<std::string> new_recovery_codes; // made in this journey: shown until the person has kept them
    std::optional<int> recovery_codes_left;      // few, after one was used: to be said before the end
    bool can_have_passkey = false;               // the browser says that this device can make one
    bool passkey_offered = false;                // in this journey
    std::string identifier;                      // as typed: shown again, proves nothing

    // The person has proven who they are by `method`. What was proven for somebody else, or before their credentials
    // changed, does not count any more.
    void prove(UserId who, std::int64_t epoch, credentials::Method method, TimePoint now);
};

struct Journey {
    JourneyId id;
    Purpose purpose = Purpose::sign_in;
    Face face = Face::pages;
    std::string binding; // pages: SHA-256 of the browser cookie, base64url
    std::optional<ApplicationId> application;
    std::string continuation; // name that a room registered
    std::string payload;      // that room's own
    Requirements requirements;
    std::string login_hint;
    std::string ui_locales;
    TimePoint started_at{};
    TimePoint expires_at{};
    Facts facts;
};

inline constexpr Duration kLifetime = std::chrono::hours(1);
// A state stays readable this long after it expired, so that the page which says so can offer to start again.
inline constexpr Duration kReadable = std::chrono::days(7);

// It goes on for nobody: as if it had been finished.
Result<void> end(storage::Tx& tx, TenantId tenant, JourneyId journey, TimePoint now);

// Journey -> handle: a sealed value of purpose "journey". Error: "journey_too_large" (invalid; the payload is too
// long).
Result<std::string> seal(vault::Vault const& vault, TenantId tenant, Journey const& journey, TimePoint now);
// Error: "journey_unreadable" (gone): damaged, of another tenant, or too old to be read at all. Whether it has expired
// and whether the caller is the one it belongs to is the engine's to check.
Result<Journey> open(vault::Vault const& vault, TenantId tenant, std::string_view handle, TimePoint now);

} // namespace gatehouse::journey
