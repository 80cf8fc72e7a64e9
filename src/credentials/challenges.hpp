// Challenges: codes sent by mail (registration, recovery, change of address), links with a long secret (the first
// administrator), and both in one mail (sign-in). A challenge is a row: which code (a keyed digest), how often it was
// guessed, until when it lives, and a sealed payload that only the right code opens.
//
// Every guess counts before it is compared, in the same transaction, and a wrong one commits (keep_writes): parallel
// guesses get no more than the limit. A right one deletes the row: of two racers one wins.
//
// A link beside the code redeems the same row. Its secret is too long to be guessed, so looking at what it leads to
// costs nothing and uses nothing up: programs that follow the links of a mail before its reader does are harmless.
#pragma once

#include "events/event.hpp"
#include "vault/vault.hpp"

#include <boost/json/object.hpp>

namespace gatehouse::credentials {

using ChallengeId = Id<struct ChallengeTag>;

enum class CodeForm : std::uint8_t {
    digits, // six digits, to be typed
    link,   // 32 random bytes as base64url, to travel in a link
};

struct NewChallenge {
    std::string_view purpose; // "registration", "recovery", "email_change": a code serves no other
    std::optional<UserId> user;
    boost::json::object payload; // sealed under the person's key, without user under the tenant's key of the day
    CodeForm form = CodeForm::digits;
    Duration lifetime = std::chrono::minutes(10);
    std::int64_t attempt_limit = 5;
    bool with_link = false;  // beside the code, which then stands in the payload ("code"), for who follows the link
    bool short_link = false; // for a text message: 16 random bytes, which nobody guesses in its ten minutes either
};
struct IssuedChallenge {
    ChallengeId id;
    Secret code;
    Secret link; // 32 random bytes, or 16, as base64url; empty unless it was wanted
    TimePoint expires_at;
};
struct OpenedChallenge {
    ChallengeId id;
    std::optional<UserId> user;
    boost::json::object payload;
};

class Challenges {
public:
    explicit Challenges(vault::Vault& vault);

    // Error: "internal_error" when lifetime or limit are out of range (a bug).
    Result<IssuedChallenge> create(storage::Tx& tx, TenantId tenant, NewChallenge const& wanted, TimePoint now,
                                   vault::PersonKey const* key = nullptr) const;
    // Redeems the code. Errors: "code_wrong" (invalid; argument "left": attempts that remain), "code_used_up" (gone:
    // the last attempt was wrong), "code_expired" (gone: too late, used, used up before, another purpose, or never
    // was).
    Result<OpenedChallenge> redeem(storage::Tx& tx, TenantId tenant, ChallengeId challenge, std::string_view purpose,
                                   std::string_view code, TimePoint now) const;
    // What the bearer of the link may see, as often as they like. Error: "code_expired" (also for a wrong secret).
    Result<OpenedChallenge> open_link(storage::Tx& tx, TenantId tenant, ChallengeId challenge, std::string_view purpose,
                                      std::string_view link, TimePoint now) const;
    // Redeems by the link: of any number of parallel ones one wins. Error: "code_expired".
    Result<OpenedChallenge> redeem_link(storage::Tx& tx, TenantId tenant, ChallengeId challenge,
                                        std::string_view purpose, std::string_view link, TimePoint now) const;
    // Reads it without the code, to send a mail again or to show where it went. Error: "code_expired".
    Result<OpenedChallenge> peek(storage::Tx& tx, TenantId tenant, ChallengeId challenge, std::string_view purpose,
                                 TimePoint now) const;
    // A new code for the same challenge (a mail that did not arrive); the old code is void, attempts made so far count,
    // and the life starts again. Error: "code_expired".
    Result<IssuedChallenge> renew(storage::Tx& tx, TenantId tenant, ChallengeId challenge, std::string_view purpose,
                                  TimePoint now, CodeForm form = CodeForm::digits,
                                  Duration lifetime = std::chrono::minutes(10)) const;
    Result<void> cancel(storage::Tx& tx, TenantId tenant, ChallengeId challenge) const;
    // All of a user and purpose, e.g. earlier recovery codes once a new password is set.
    Result<void> cancel_of_user(storage::Tx& tx, TenantId tenant, UserId user, std::string_view purpose) const;
    // Those of them that were made at `since` or later.
    Result<void> cancel_of_user_since(storage::Tx& tx, TenantId tenant, UserId user, std::string_view purpose,
                                      TimePoint since) const;
    // Deletes what expired, at most `limit` in a transaction. Returns how many.
    Result<std::int64_t> remove_expired(storage::Tx& tx, TenantId tenant, TimePoint now, int limit) const;

private:
    vault::Vault& vault_;
};

} // namespace gatehouse::credentials
