// Recovery codes: a printed list for the day when a second factor is lost. Ten codes of ten characters (50 bits each),
// shown once; each may be redeemed once.
//
// They are kept as HMAC-SHA-256 digests under a random key of each list, and that key is wrapped under the tenant's key
// (vault/), which the database does not hold. OWASP ASVS 5.0 6.5.2 and NIST SP 800-63B-4 section 3.1.2 ask for a salted
// password hash where codes have less than 112 bits, against who reads the database and guesses offline: here that
// reader has nothing to hold a guess against, since without the key every digest is as likely as any other, however
// fast they compute. A slow hash would add nothing but ten hashes to each attempt. The key of a list is its salt: equal
// codes of two people have different digests. All of it is sealed once more under the person's key.
//
// Guesses are the caller's to count (risk/throttle.hpp).
#pragma once

#include "credentials/passwords.hpp"

namespace gatehouse::credentials {

inline constexpr int kRecoveryCodeCount = 10;
inline constexpr int kFewRecoveryCodes = 3; // so many or fewer: time to make new ones

struct RecoveryCodesStatus {
    int left = 0;
    TimePoint made_at;
    std::optional<TimePoint> last_used_at;
};

// The list as a file: whose codes they are, and one in a line.
inline constexpr std::string_view kRecoveryCodesFile = "recovery-codes.txt";
std::string recovery_codes_text(std::string_view tenant, std::string_view account,
                                std::vector<std::string> const& codes);

class RecoveryCodes {
public:
    explicit RecoveryCodes(vault::Vault& vault);

    // New ones, in place of those there were. As they are shown: "k7qf2-9xw4m". Raises no security epoch.
    Result<std::vector<std::string>> generate(storage::Tx& tx, TenantId tenant, UserId user,
                                              events::Origin const& origin, TimePoint now) const;
    // Strikes the code off the list and returns how many are left: of parallel uses of one code one wins. Case, spaces
    // and hyphens do not matter. Error: "recovery_code_wrong" (invalid, at "code"; also when there is no list), which
    // commits what was written before.
    Result<int> redeem(storage::Tx& tx, TenantId tenant, UserId user, std::string_view code, TimePoint now,
                       vault::PersonKey const* key = nullptr) const;
    // Empty when there is no list.
    Result<std::optional<RecoveryCodesStatus>> status(storage::Tx& tx, TenantId tenant, UserId user) const;
    // Error: "credential_not_found".
    Result<void> remove(storage::Tx& tx, TenantId tenant, UserId user, events::Origin const& origin,
                        TimePoint now) const;
    // The id of a user's list, for those that list credentials.
    static CredentialId id_of(UserId user);

private:
    vault::Vault& vault_;
};

// For what removes a second factor, after it did: when none is left, the recovery codes go as well.
Result<void> remove_recovery_codes_without_factor(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user,
                                                  events::Origin const& origin, TimePoint now);

} // namespace gatehouse::credentials
