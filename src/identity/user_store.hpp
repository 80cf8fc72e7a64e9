// The SQL of users, subjects and permissions.
#pragma once

#include "identity/users.hpp"

namespace gatehouse::identity {

// A person's wrapped key as read with another row.
struct StoredKey {
    std::int64_t version = 0;
    std::int64_t wrapped_by = 0;
    Bytes wrapped;
};
struct UserRow {
    UserId id;
    bool enabled = true;
    std::int64_t security_epoch = 1;
    Bytes profile; // sealed
    TimePoint created_at;
    TimePoint updated_at;
    std::int64_t version = 1;
    StoredKey key;
    std::string plain_profile; // JSON object
};
struct StoredProfile {
    Bytes sealed;
    std::string plain; // JSON object
};

Result<void> insert_user(storage::Tx& tx, TenantId tenant, User const& user, StoredProfile const& profile);
Result<std::optional<UserRow>> select_user(storage::Tx& tx, TenantId tenant, UserId user);
Result<std::optional<UserState>> select_user_state(storage::Tx& tx, TenantId tenant, UserId user);
Result<std::vector<UserRow>> select_users(storage::Tx& tx, TenantId tenant, storage::PageRequest const& page);
// Writes state, epoch, profile, updated_at and version.
Result<void> update_user(storage::Tx& tx, TenantId tenant, User const& user, StoredProfile const& profile);
// The new epoch; empty when there is no such user.
Result<std::optional<std::int64_t>> raise_user_epoch(storage::Tx& tx, TenantId tenant, UserId user, TimePoint now);
// Notes that something about the user changed that stands in other tables.
Result<void> raise_user_version(storage::Tx& tx, TenantId tenant, UserId user, TimePoint now);
Result<bool> delete_user(storage::Tx& tx, TenantId tenant, UserId user);

// -- subjects
// False when the user has one in this sector already, or the subject exists.
Result<bool> insert_subject(storage::Tx& tx, TenantId tenant, std::string_view sector, std::string_view subject,
                            UserId user, TimePoint now);
Result<void> insert_subject_later(storage::Tx& tx, TenantId tenant, std::string_view sector, std::string_view subject,
                                  UserId user, TimePoint now);
Result<std::optional<std::string>> select_subject(storage::Tx& tx, TenantId tenant, UserId user,
                                                  std::string_view sector);
Result<std::optional<UserId>> select_user_by_subject(storage::Tx& tx, TenantId tenant, std::string_view sector,
                                                     std::string_view subject);
Result<void> bury_subjects(storage::Tx& tx, TenantId tenant, UserId user);

// -- permissions
Result<void> upsert_permissions(storage::Tx& tx, TenantId tenant, UserId user, std::string_view audience,
                                std::string_view permissions, TimePoint now);
Result<void> delete_permissions(storage::Tx& tx, TenantId tenant, UserId user, std::string_view audience);
Result<void> delete_all_permissions(storage::Tx& tx, TenantId tenant, UserId user);
Result<std::string> select_permissions(storage::Tx& tx, TenantId tenant, UserId user, std::string_view audience);

} // namespace gatehouse::identity
