#include "identity/user_store.hpp"

namespace gatehouse::identity {

using storage::Row;
using storage::Statement;

namespace {

constexpr Statement kInsertUser{
    "INSERT INTO users (tenant_id, user_id, state, security_epoch, profile, plain_profile, created_at, "
    "updated_at, version) VALUES (:tenant, :user, :state, :epoch, :profile, :plain, :created_at, :updated_at, "
    ":version)"};
constexpr Statement kSelectUser{
    "SELECT u.user_id, u.state, u.security_epoch, u.profile, u.created_at, u.updated_at, u.version, "
    "k.version, k.wrapped_by, k.wrapped, u.plain_profile FROM users u "
    "JOIN vault_person_keys k ON k.tenant_id = u.tenant_id AND k.user_id = u.user_id "
    "WHERE u.tenant_id = :tenant AND u.user_id = :user"};
constexpr Statement kSelectUserState{
    "SELECT user_id, state, security_epoch FROM users WHERE tenant_id = :tenant AND user_id = :user"};
constexpr Statement kSelectUsers{
    "SELECT u.user_id, u.state, u.security_epoch, u.profile, u.created_at, u.updated_at, u.version, "
    "k.version, k.wrapped_by, k.wrapped, u.plain_profile FROM users u "
    "JOIN vault_person_keys k ON k.tenant_id = u.tenant_id AND k.user_id = u.user_id "
    "WHERE u.tenant_id = :tenant AND u.user_id > :after ORDER BY u.user_id LIMIT :limit"};
constexpr Statement kUpdateUser{
    "UPDATE users SET state = :state, security_epoch = :epoch, profile = :profile, plain_profile = :plain, "
    "updated_at = :updated_at, version = :version WHERE tenant_id = :tenant AND user_id = :user"};
constexpr Statement kRaiseEpoch{
    "UPDATE users SET security_epoch = security_epoch + 1, updated_at = :now, version = version + 1 "
    "WHERE tenant_id = :tenant AND user_id = :user RETURNING security_epoch"};
constexpr Statement kRaiseVersion{"UPDATE users SET updated_at = :now, version = version + 1 "
                                  "WHERE tenant_id = :tenant AND user_id = :user"};
constexpr Statement kDeleteUser{"DELETE FROM users WHERE tenant_id = :tenant AND user_id = :user"};

constexpr Statement kInsertSubject{"INSERT INTO subjects (tenant_id, sector, subject, user_id, created_at) "
                                   "VALUES (:tenant, :sector, :subject, :user, :now) ON CONFLICT DO NOTHING"};
constexpr Statement kSelectSubject{
    "SELECT subject FROM subjects WHERE tenant_id = :tenant AND user_id = :user AND sector = :sector"};
constexpr Statement kSelectUserBySubject{
    "SELECT user_id FROM subjects WHERE tenant_id = :tenant AND sector = :sector AND subject = :subject"};
constexpr Statement kBurySubjects{"UPDATE subjects SET user_id = NULL WHERE tenant_id = :tenant AND user_id = :user"};

constexpr Statement kUpsertPermissions{
    "INSERT INTO user_permissions (tenant_id, user_id, audience, permissions, updated_at) "
    "VALUES (:tenant, :user, :audience, :permissions, :now) "
    "ON CONFLICT (tenant_id, user_id, audience) DO UPDATE SET permissions = :permissions, updated_at = :now"};
constexpr Statement kDeletePermissions{
    "DELETE FROM user_permissions WHERE tenant_id = :tenant AND user_id = :user AND audience = :audience"};
constexpr Statement kDeleteAllPermissions{"DELETE FROM user_permissions WHERE tenant_id = :tenant AND user_id = :user"};
constexpr Statement kSelectPermissions{
    "SELECT permissions FROM user_permissions WHERE tenant_id = :tenant AND user_id = :user AND audience = :audience"};

std::string_view state_of(bool enabled)
{
    return enabled ? "active" : "disabled";
}

UserRow make_user_row(Row const& row)
{
    return {.id = row.id<UserId>(0),
            .enabled = row.text(1) == "active",
            .security_epoch = row.integer(2),
            .profile = row.blob(3),
            .created_at = row.time(4),
            .updated_at = row.time(5),
            .version = row.integer(6),
            .key = {.version = row.integer(7), .wrapped_by = row.integer(8), .wrapped = row.blob(9)},
            .plain_profile = row.string(10)};
}

} // namespace

Result<void> insert_user(storage::Tx& tx, TenantId tenant, User const& user, StoredProfile const& profile)
{
    return tx.execute_later(kInsertUser, {{"tenant", tenant},
                                          {"user", user.id},
                                          {"state", state_of(user.enabled)},
                                          {"epoch", user.security_epoch},
                                          {"profile", profile.sealed},
                                          {"plain", profile.plain},
                                          {"created_at", user.created_at},
                                          {"updated_at", user.updated_at},
                                          {"version", user.version}});
}

Result<std::optional<UserRow>> select_user(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.maybe(kSelectUser, {{"tenant", tenant}, {"user", user}}, make_user_row);
}

Result<std::optional<UserState>> select_user_state(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.maybe(kSelectUserState, {{"tenant", tenant}, {"user", user}}, [](Row const& row) {
        return UserState{row.id<UserId>(0), row.text(1) == "active", row.integer(2)};
    });
}

Result<std::vector<UserRow>> select_users(storage::Tx& tx, TenantId tenant, storage::PageRequest const& page)
{
    return tx.all(kSelectUsers, {{"tenant", tenant}, {"after", page.after}, {"limit", page.fetch()}}, make_user_row);
}

Result<void> update_user(storage::Tx& tx, TenantId tenant, User const& user, StoredProfile const& profile)
{
    return tx.execute_later(kUpdateUser, {{"tenant", tenant},
                                          {"user", user.id},
                                          {"state", state_of(user.enabled)},
                                          {"epoch", user.security_epoch},
                                          {"profile", profile.sealed},
                                          {"plain", profile.plain},
                                          {"updated_at", user.updated_at},
                                          {"version", user.version}});
}

Result<std::optional<std::int64_t>> raise_user_epoch(storage::Tx& tx, TenantId tenant, UserId user, TimePoint now)
{
    return tx.maybe(kRaiseEpoch, {{"tenant", tenant}, {"user", user}, {"now", now}},
                    [](Row const& row) { return row.integer(0); });
}

Result<void> raise_user_version(storage::Tx& tx, TenantId tenant, UserId user, TimePoint now)
{
    return tx.execute_later(kRaiseVersion, {{"tenant", tenant}, {"user", user}, {"now", now}});
}

Result<bool> delete_user(storage::Tx& tx, TenantId tenant, UserId user)
{
    TRY(auto const deleted, tx.execute(kDeleteUser, {{"tenant", tenant}, {"user", user}}));
    return deleted == 1;
}

Result<bool> insert_subject(storage::Tx& tx, TenantId tenant, std::string_view sector, std::string_view subject,
                            UserId user, TimePoint now)
{
    TRY(auto const inserted,
        tx.execute(kInsertSubject,
                   {{"tenant", tenant}, {"sector", sector}, {"subject", subject}, {"user", user}, {"now", now}}));
    return inserted == 1;
}

Result<void> insert_subject_later(storage::Tx& tx, TenantId tenant, std::string_view sector, std::string_view subject,
                                  UserId user, TimePoint now)
{
    return tx.execute_later(
        kInsertSubject, {{"tenant", tenant}, {"sector", sector}, {"subject", subject}, {"user", user}, {"now", now}});
}

Result<std::optional<std::string>> select_subject(storage::Tx& tx, TenantId tenant, UserId user,
                                                  std::string_view sector)
{
    return tx.maybe(kSelectSubject, {{"tenant", tenant}, {"user", user}, {"sector", sector}},
                    [](Row const& row) { return row.string(0); });
}

Result<std::optional<UserId>> select_user_by_subject(storage::Tx& tx, TenantId tenant, std::string_view sector,
                                                     std::string_view subject)
{
    TRY(auto const* row, tx.one(kSelectUserBySubject, {{"tenant", tenant}, {"sector", sector}, {"subject", subject}}));
    return row ? row->optional_id<UserId>(0) : std::nullopt;
}

Result<void> bury_subjects(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.execute_later(kBurySubjects, {{"tenant", tenant}, {"user", user}});
}

Result<void> upsert_permissions(storage::Tx& tx, TenantId tenant, UserId user, std::string_view audience,
                                std::string_view permissions, TimePoint now)
{
    return tx.execute_later(
        kUpsertPermissions,
        {{"tenant", tenant}, {"user", user}, {"audience", audience}, {"permissions", permissions}, {"now", now}});
}

Result<void> delete_permissions(storage::Tx& tx, TenantId tenant, UserId user, std::string_view audience)
{
    return tx.execute_later(kDeletePermissions, {{"tenant", tenant}, {"user", user}, {"audience", audience}});
}

Result<void> delete_all_permissions(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.execute_later(kDeleteAllPermissions, {{"tenant", tenant}, {"user", user}});
}

Result<std::string> select_permissions(storage::Tx& tx, TenantId tenant, UserId user, std::string_view audience)
{
    TRY(auto const* row, tx.one(kSelectPermissions, {{"tenant", tenant}, {"user", user}, {"audience", audience}}));
    return row ? row->string(0) : std::string{};
}

} // namespace gatehouse::identity
