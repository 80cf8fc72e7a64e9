// risk: attack protection. The throttle counts attempts so that guessing gets nowhere, and is built so that it cannot
// be turned against the person it protects.
//
// In:  which limits an attempt falls under, with the digests it is counted by; the caller's transaction.
// Out: a reservation, or "too_many_attempts" (too_many, with retry_after).
//
// An attempt takes its slots before anything is hashed or compared. A failure changes nothing: the slots stay taken.
// A success clears the counts of the account and gives the address its slot back. Each slot is taken by one guarded
// statement, so that the limits hold exactly, for any number of nodes on one database. Reservations are written with
// Durability::Relaxed: a crash may forget the last moments of an attack, never more.
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "identity/tenant.hpp"
#include "storage/database.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::risk {

// From this number of failures in a row on, an attempt waits so long after the one before it.
struct Stage {
    std::int64_t failures;
    std::chrono::seconds wait;
};

// What is counted and how much of it is let through.
struct Limit {
    enum class Shape : std::uint8_t {
        consecutive, // failures in a row, whatever time passes: growing waits, and an end
        window,      // attempts in a window of time
    };
    std::string_view kind; // stored with the count: permanent
    Shape shape;
    std::int64_t maximum;          // refused from here on
    std::chrono::seconds duration; // window: its length. consecutive: forgotten after so long without an attempt
    std::array<Stage, 3> stages{}; // consecutive only; ascending, unused ones have failures = 0
    bool of_codes = false;         // consecutive only: at its end a new password does not help
};

inline constexpr std::chrono::seconds kRemembered = std::chrono::days(30);
inline constexpr std::array<Stage, 3> kGrowingWaits{
    {{10, std::chrono::minutes(1)}, {20, std::chrono::minutes(5)}, {50, std::chrono::minutes(15)}}};

// Passwords. An identifier is counted as it is typed (normalized), whether anybody has it or not. `account` counts the
// person behind it over all identifiers and is the bound of NIST SP 800-63B-4 section 3.2.2 (100 failures in a row).
inline constexpr Limit kPasswordByIdentifier{"password.identifier", Limit::Shape::consecutive, 100, kRemembered,
                                             kGrowingWaits};
inline constexpr Limit kPasswordByAccount{"password.account", Limit::Shape::consecutive, 100, kRemembered, {}};
// A device on which this account has signed in before has a budget of its own, which no stranger can use up.
inline constexpr Limit kPasswordByDevice{"password.device", Limit::Shape::consecutive, 100, kRemembered, kGrowingWaits};
inline constexpr Limit kPasswordByAddress{"password.address", Limit::Shape::window, 200, std::chrono::minutes(10), {}};

// Codes that are typed in, beside the attempts that each code allows.
inline constexpr Limit kCodeByAccount{"code.account", Limit::Shape::window, 20, std::chrono::hours(1), {}};
inline constexpr Limit kCodeByAddress{"code.address", Limit::Shape::window, 60, std::chrono::hours(1), {}};
// Second factors of an account whose first one is known: six digits withstand no guessing that goes on for weeks.
inline constexpr Limit kFactorByAccount{"factor.account", Limit::Shape::consecutive, 100, kRemembered, kGrowingWaits};
inline constexpr Limit kFactorByDevice{"factor.device", Limit::Shape::consecutive, 100, kRemembered, kGrowingWaits};
// Mails that a stranger can cause: registration, recovery, change of address.
inline constexpr Limit kMailByAccount{"mail.account", Limit::Shape::window, 6, std::chrono::hours(1), {}};
inline constexpr Limit kMailByAccountDaily{"mail.account.day", Limit::Shape::window, 20, std::chrono::hours(24), {}};
inline constexpr Limit kMailByAddress{"mail.address", Limit::Shape::window, 60, std::chrono::hours(1), {}};
// Requests to a device that a stranger can cause by naming an account (credentials/push_requests.hpp counts them by
// account, too).
inline constexpr Limit kPushByAccount{"push.account", Limit::Shape::window, 3, std::chrono::minutes(10), {}};
inline constexpr Limit kPushByAccountDaily{"push.account.day", Limit::Shape::window, 10, std::chrono::hours(24), {}};
inline constexpr Limit kPushByAddress{"push.address", Limit::Shape::window, 30, std::chrono::hours(1), {}};
// Wrong codes in a row that were sent to sign in or to recover, by mail or text. Five guesses a code, code after code:
// six digits do not bear that for years. The kind has the name of its first use.
inline constexpr Limit kSentCodeByAccount{"recovery.account", Limit::Shape::consecutive, 100, kRemembered, {},
                                          /*of_codes=*/true};

struct Slot {
    Limit const* limit; // of static storage
    Bytes key;          // a keyed digest (vault lookup digest): no address or identifier in the clear
};

// The slots that an attempt has taken; a plain value that lives from prepare to complete.
struct Reservation {
    std::vector<Slot> slots;
};

// Takes one slot under each limit, or none at all (the caller's transaction rolls back with the error).
// Error: "too_many_attempts" (too_many) with retry_after; without it when only a success elsewhere or a reset of the
// password helps.
Result<Reservation> reserve(storage::Tx& tx, TenantId tenant, std::vector<Slot> slots, TimePoint now);

// The attempt was right: failures in a row are forgotten, windows get this attempt's slot back.
Result<void> succeed(storage::Tx& tx, TenantId tenant, Reservation const& reservation);

// The attempt was never made (the hash pool was busy): every slot is given back.
Result<void> give_back(storage::Tx& tx, TenantId tenant, Reservation const& reservation);

// Forgets the failures counted under this limit and key: after a reset of the password.
Result<void> forget(storage::Tx& tx, TenantId tenant, Slot const& slot);

// Deletes counts whose time is over, at most `limit`. Returns how many. For a background job.
Result<std::int64_t> remove_expired(storage::Tx& tx, TenantId tenant, TimePoint now, std::int64_t limit);

// What an address is counted as: IPv4 whole, IPv6 by its /64, which is what one household or host gets.
std::string address_key(std::string_view client_address);

} // namespace gatehouse::risk
