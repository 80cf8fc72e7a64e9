#include "credentials/passwords.hpp"

#include "credentials/challenge_store.hpp"
#include "credentials/credential_store.hpp"
#include "credentials/passkey_store.hpp"
#include "credentials/push_store.hpp"
#include "credentials/recovery_holds.hpp"
#include "vault/vault.hpp"

#include <boost/json.hpp>

namespace gatehouse::credentials {

namespace {

constexpr vault::FieldNumber kPassword{301};

// One password per user: its row carries the user's own id, so that the primary key lets no second one in.
CredentialId password_of(UserId user)
{
    return CredentialId{user.value};
}

Refusal credential_changed()
{
    return refuse(ErrorKind::conflict, "credential_changed",
                  "The password was changed meanwhile. Please sign in with the new one.");
}

Result<void> append_event(storage::Tx& tx, vault::Vault& vault, events::EventType const& type, TenantId tenant,
                          UserId user, events::Origin const& origin, TimePoint now)
{
    TRY_DO(events::append(
        tx, vault, {.type = &type, .tenant = tenant, .user = user, .origin = origin, .data = {{"kind", "password"}}},
        now));
    return {};
}

} // namespace

Passwords::Passwords(vault::Vault& vault, identity::Users const& users) : vault_(vault), users_(users) {}

Result<std::optional<StoredPassword>> Passwords::load(storage::Tx& tx, TenantId tenant, UserId user,
                                                      vault::PersonKey const* key) const
{
    auto const id = password_of(user);
    auto const open = [&](vault::PersonKey const& person,
                          PasswordRow const& row) -> Result<std::optional<StoredPassword>> {
        TRY(auto phc, vault::open_text_field(person, kPassword, row.id.value, row.data));
        return StoredPassword{row.id, std::move(phc), row.version, parse_change_reason(row.change_reason)};
    };
    if (key) {
        TRY(auto const row, select_credential(tx, tenant, user, id));
        return row ? open(*key, *row) : std::nullopt;
    }
    TRY(auto const row, select_credential_with_key(tx, tenant, user, id));
    if (!row)
        return std::nullopt;
    TRY(auto const person,
        vault_.unwrap_person_key(
            tenant, user,
            {.version = row->key_version, .wrapped_by = row->key_wrapped_by, .wrapped = row->key_wrapped}));
    return open(person, *row);
}

Result<std::optional<TimePoint>> Passwords::changed_at(storage::Tx& tx, TenantId tenant, UserId user) const
{
    return select_updated_at(tx, tenant, user, password_of(user));
}

Result<std::int64_t> Passwords::enrol(storage::Tx& tx, vault::PersonKey const& key, std::string_view phc,
                                      events::Origin const& origin, TimePoint now) const
{
    auto const id = password_of(key.user);
    TRY_DO(insert_password(tx, key.tenant, key.user, id, vault::seal_field(key, kPassword, id.value, phc), now));
    TRY_DO(append_event(tx, vault_, events::kCredentialAdded, key.tenant, key.user, origin, now));
    return 1;
}

Result<PasswordChange> Passwords::set(storage::Tx& tx, TenantId tenant, UserId user, NewPassword const& wanted,
                                      events::Origin const& origin, TimePoint now, vault::PersonKey const* key) const
{
    if (!key) {
        TRY(auto const opened, vault_.open_person_key(tx, tenant, user));
        return set(tx, tenant, user, wanted, origin, now, &opened);
    }
    auto const id = password_of(user);
    if (wanted.history > 0)
        TRY_DO(insert_history(tx, tenant, user, id, wanted.history, now));
    TRY(auto const version,
        upsert_password(tx, tenant, user, id, vault::seal_field(*key, kPassword, id.value, wanted.phc),
                        wanted.expected_version, now));
    if (!version)
        return credential_changed();
    if (wanted.change_reason != ChangeReason::none)
        TRY_DO(update_change_reason(tx, tenant, user, id, *version, to_string(wanted.change_reason)));
    TRY(auto const epoch, users_.raise_security_epoch(tx, tenant, user, now));
    auto const& type = *version == 1 || wanted.expected_version == 0 ? events::kCredentialAdded : events::kCredentialChanged;
    TRY_DO(append_event(tx, vault_, type, tenant, user, origin, now));
    return PasswordChange{*version, epoch};
}

Result<std::vector<std::string>> Passwords::history(storage::Tx& tx, TenantId tenant, UserId user,
                                                    std::int64_t limit) const
{
    std::vector<std::string> hashes;
    if (limit <= 0)
        return hashes;
    TRY(auto const rows, select_history(tx, tenant, user, limit));
    if (rows.empty())
        return hashes;
    TRY(auto const key, vault_.open_person_key(tx, tenant, user));
    for (auto const& row : rows) {
        TRY(auto phc, vault::open_text_field(key, kPassword, password_of(user).value, row));
        hashes.push_back(std::move(phc));
    }
    return hashes;
}

Result<bool> Passwords::ask_for_change(storage::Tx& tx, TenantId tenant, UserId user, ChangeReason reason,
                                       std::optional<std::int64_t> version) const
{
    return update_change_reason(tx, tenant, user, password_of(user), version, to_string(reason));
}

Result<void> Passwords::confirm_use(storage::Tx& tx, TenantId tenant, UserId user, std::int64_t version,
                                    TimePoint now) const
{
    TRY(bool const same, update_last_used(tx, tenant, user, password_of(user), version, now));
    if (!same)
        return credential_changed();
    return {};
}

Result<void> Passwords::rehash(storage::Tx& tx, vault::PersonKey const& key, std::int64_t version,
                               std::string_view phc) const
{
    auto const id = password_of(key.user);
    return update_data(tx, key.tenant, key.user, id, version, vault::seal_field(key, kPassword, id.value, phc));
}

Result<void> erase_credentials(storage::Tx& tx, TenantId tenant, UserId user, TimePoint)
{
    TRY_DO(delete_credentials(tx, tenant, user));
    TRY_DO(delete_history(tx, tenant, user));
    TRY_DO(end_holds(tx, tenant, user));
    TRY_DO(delete_passkey_ids(tx, tenant, user));
    TRY_DO(delete_push_requests(tx, tenant, user));
    return delete_challenges_of_user(tx, tenant, user);
}

} // namespace gatehouse::credentials
