// credentials: what proves a user. Here: the password of a user, as a PHC string sealed under the person's key.
//
// Hashing happens between transactions (crypto::HashPool): load() in one, the verdict outside, confirm_use() in the
// next, which counts only for the version of the credential that was read.
#pragma once

#include "credentials/enrolled.hpp"
#include "identity/users.hpp"

namespace gatehouse::credentials {

using CredentialId = Id<struct CredentialTag>;

struct StoredPassword {
    CredentialId id;
    std::string phc;
    std::int64_t version = 0;
    ChangeReason change_reason = ChangeReason::none;
};
struct NewPassword {
    std::string_view phc;
    // What load returned (0: there was none); another change in between is refused.
    std::optional<std::int64_t> expected_version = {};
    std::int64_t history = 0; // so many earlier ones are kept (settings.password.history)
    ChangeReason change_reason = ChangeReason::none; // it is good for one sign-in
};
struct PasswordChange {
    std::int64_t version = 0;
    std::int64_t security_epoch = 0;
};

class Passwords {
public:
    Passwords(vault::Vault& vault, identity::Users const& users);

    // One statement. Empty when the user has no password. With the key of `find_by_identifier` it reads no other table.
    Result<std::optional<StoredPassword>> load(storage::Tx& tx, TenantId tenant, UserId user,
                                               vault::PersonKey const* key = nullptr) const;
    // When it was set; empty when the user has no password. One statement.
    Result<std::optional<TimePoint>> changed_at(storage::Tx& tx, TenantId tenant, UserId user) const;
    // The first password of a new user: raises no epoch. Error: "storage_conflict" if there is one.
    Result<std::int64_t> enrol(storage::Tx& tx, vault::PersonKey const& key, std::string_view phc,
                               events::Origin const& origin, TimePoint now) const;
    // Sets or replaces it and raises the user's security epoch. Error: "credential_changed" (conflict).
    Result<PasswordChange> set(storage::Tx& tx, TenantId tenant, UserId user, NewPassword const& wanted,
                               events::Origin const& origin, TimePoint now,
                               vault::PersonKey const* key = nullptr) const;
    // The hashes of at most so many passwords that the user had before this one, newest first.
    Result<std::vector<std::string>> history(storage::Tx& tx, TenantId tenant, UserId user, std::int64_t limit) const;
    // From the next sign-in on it must be changed, or should. False when that was said before, when there is no
    // password, or, with `version`, when it is another one by now.
    Result<bool> ask_for_change(storage::Tx& tx, TenantId tenant, UserId user, ChangeReason reason,
                                std::optional<std::int64_t> version = {}) const;
    // After a verification: notes the use. Refuses "credential_changed" (conflict) when the password is no longer the
    // one of this version. One statement.
    Result<void> confirm_use(storage::Tx& tx, TenantId tenant, UserId user, std::int64_t version, TimePoint now) const;
    // The same password hashed anew: neither version nor epoch change. Nothing happens when it was changed meanwhile.
    Result<void> rehash(storage::Tx& tx, vault::PersonKey const& key, std::int64_t version, std::string_view phc) const;

private:
    vault::Vault& vault_;
    identity::Users const& users_;
};

// What the credentials room holds of a person; give it to Users::add_eraser.
Result<void> erase_credentials(storage::Tx& tx, TenantId tenant, UserId user, TimePoint now);

} // namespace gatehouse::credentials
