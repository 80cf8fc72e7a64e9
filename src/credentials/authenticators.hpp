// Authenticator apps: TOTP secrets of users, sealed under the person's key.
//
// Enrolling takes two visits: begin() makes a secret and hands it out sealed (nothing is stored, so an enrolment that
// is given up leaves nothing behind), confirm() takes the first code and only then makes a credential of it. The sealed
// text opens only for the user and the binding it was made for, for ten minutes, and makes one credential at most.
//
// A code counts once: the step it belongs to is written by one guarded UPDATE, which refuses steps that are not later
// than the last one taken (RFC 6238 section 5.2). The code that confirmed the enrolment is taken by it.
//
// Guesses are the caller's to count (risk/throttle.hpp): six digits alone withstand nobody.
#pragma once

#include "credentials/passwords.hpp"
#include "credentials/totp.hpp"

namespace gatehouse::identity {
struct Tenant;
}

namespace gatehouse::credentials {

inline constexpr int kAuthenticatorLimit = 5;             // per user
inline constexpr std::size_t kMaximumCredentialName = 64; // characters
inline constexpr Duration kAuthenticatorEnrolment = std::chrono::minutes(10);

struct Authenticator {
    CredentialId id;
    std::string name; // may be empty
    TimePoint added_at;
    std::optional<TimePoint> last_used_at;
    std::int64_t version = 0;
};
// What apps that are added now shall compute (settings.authenticator_app).
TotpForm totp_form_of(identity::Tenant const& tenant);

// An enrolment under way.
struct PendingAuthenticator {
    CredentialId id; // what it will be called
    Secret secret;
    TotpForm form;
    std::string sealed; // for the page or the journey to bring back; holds the secret, encrypted
};

class Authenticators {
public:
    explicit Authenticators(vault::Vault& vault);

    // `binding` names what the enrolment belongs to, e.g. a session's or a journey's id. Needs no transaction.
    Result<PendingAuthenticator> begin(TenantId tenant, UserId user, ByteView binding, TotpForm form,
                                       TimePoint now) const;
    // The same once more, to show the page again. Errors: "enrolment_expired" (gone: too late, or of another user or
    // binding).
    Result<PendingAuthenticator> reopen(TenantId tenant, UserId user, ByteView binding, std::string_view sealed,
                                        TimePoint now) const;
    // With the first code. Errors: "enrolment_expired", "authenticator_code_wrong" (invalid, at "code"; the same
    // enrolment may be tried again), "authenticator_limit" (conflict), "credential_name_invalid", "credential_exists"
    // (conflict: this enrolment was confirmed already). Raises no security epoch.
    Result<Authenticator> confirm(storage::Tx& tx, TenantId tenant, UserId user, ByteView binding,
                                  std::string_view sealed, std::string_view code, std::string_view name,
                                  events::Origin const& origin, TimePoint now) const;

    // Takes a code: at most two statements, and of parallel uses of one code one is taken. Returns which one it was
    // of. Errors (both commit what was written before): "authenticator_code_wrong" (invalid, at "code"), "code_used"
    // (conflict, at "code": it was right and taken before; the next one comes within 30 s).
    Result<CredentialId> use(storage::Tx& tx, TenantId tenant, UserId user, std::string_view code, TimePoint now,
                             vault::PersonKey const* key = nullptr) const;

    // Oldest first.
    Result<std::vector<Authenticator>> list(storage::Tx& tx, TenantId tenant, UserId user) const;
    // Errors: "credential_not_found", "credential_name_invalid" (invalid, at "name": empty, over 64 characters, control
    // characters).
    Result<void> rename(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id, std::string_view name,
                        events::Origin const& origin, TimePoint now) const;
    // With the last second factor the recovery codes go too. Returns its name. The security epoch is the caller's to
    // raise. Error: "credential_not_found".
    Result<std::string> remove(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id,
                               events::Origin const& origin, TimePoint now) const;

private:
    vault::Vault& vault_;
};

// A name that a person gives a credential: trimmed. Error: "credential_name_invalid".
Result<std::string> check_credential_name(std::string_view name);

} // namespace gatehouse::credentials
