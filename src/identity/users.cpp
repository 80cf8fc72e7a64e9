#include "identity/users.hpp"

#include "crypto/random.hpp"
#include "identity/claims.hpp"
#include "identity/identifier_store.hpp"
#include "identity/profile_schema.hpp"
#include "identity/user_store.hpp"

#include <boost/json.hpp>

namespace gatehouse::identity {

namespace {

constexpr vault::FieldNumber kProfile{101};

Refusal user_not_found()
{
    return refuse(ErrorKind::not_found, "user_not_found", "There is no such user.");
}

Refusal version_differs()
{
    return refuse(ErrorKind::precondition_failed, "version_differs",
                  "The user was changed meanwhile. Read the user again and repeat the change.");
}

// A profile as its row keeps it.
StoredProfile store_profile(vault::PersonKey const& key, ProfileSchema const& schema,
                            boost::json::object const& profile)
{
    auto const split = split_profile(schema, profile);
    return {.sealed = vault::seal_field(key, kProfile, key.user.value, boost::json::serialize(split.sealed)),
            .plain = boost::json::serialize(split.plain)};
}

Result<boost::json::object> parse_profile(std::string_view text)
{
    boost::system::error_code error;
    auto profile = boost::json::parse(text, error);
    if (error || !profile.is_object())
        return fault("a profile is no JSON object");
    return std::move(profile.get_object());
}

Result<User> open_user(vault::PersonKey const& key, UserRow const& row)
{
    TRY(auto const text, vault::open_text_field(key, kProfile, row.id.value, row.profile));
    TRY(auto profile, parse_profile(text));
    if (row.plain_profile.size() > 2) {
        TRY(auto const plain, parse_profile(row.plain_profile));
        profile.insert(plain.begin(), plain.end());
    }
    return User{.id = row.id,
                .enabled = row.enabled,
                .security_epoch = row.security_epoch,
                .profile = std::move(profile),
                .created_at = row.created_at,
                .updated_at = row.updated_at,
                .version = row.version};
}

struct OpenedUser {
    User user;
    vault::PersonKey key;
};
Result<OpenedUser> load(storage::Tx& tx, vault::Vault const& vault, TenantId tenant, UserId user)
{
    TRY(auto const row, select_user(tx, tenant, user));
    if (!row)
        return user_not_found();
    TRY(auto key, unwrap(vault, tenant, user, row->key));
    TRY(auto opened, open_user(key, *row));
    return OpenedUser{std::move(opened), std::move(key)};
}

// Names of attributes that are in one of the two only, or differ.
boost::json::array differences(boost::json::object const& before, boost::json::object const& after)
{
    boost::json::array names;
    for (auto const& [name, value] : before)
        if (auto const* now = after.if_contains(name); !now || *now != value)
            names.emplace_back(name);
    for (auto const& [name, value] : after)
        if (!before.contains(name))
            names.emplace_back(name);
    return names;
}

} // namespace

Result<vault::PersonKey> unwrap(vault::Vault const& vault, TenantId tenant, UserId user, StoredKey const& key)
{
    return vault.unwrap_person_key(tenant, user,
                                   {.version = key.version, .wrapped_by = key.wrapped_by, .wrapped = key.wrapped});
}

Users::Users(vault::Vault& vault) : vault_(vault) {}

void Users::add_eraser(Eraser eraser)
{
    erasers_.push_back(std::move(eraser));
}

void Users::add_exporter(Exporter exporter)
{
    exporters_.push_back(std::move(exporter));
}

Result<boost::json::object> Users::export_person(storage::Tx& tx, TenantId tenant, UserId user, TimePoint now) const
{
    TRY(auto const found, get(tx, tenant, user));
    TRY(auto const owned, identifiers(tx, tenant, user));
    TRY(auto const named, find_subject(tx, tenant, user, ""));
    boost::json::object data{{"created_at", to_rfc3339(found.created_at)},
                             {"updated_at", to_rfc3339(found.updated_at)},
                             {"profile", found.profile}};
    if (named)
        data["sub"] = *named;
    boost::json::array list;
    for (auto const& one : owned) {
        boost::json::object identifier{{"kind", to_string(one.kind)},
                                       {"value", one.value},
                                       {"primary", one.primary},
                                       {"added_at", to_rfc3339(one.created_at)}};
        if (one.verified_at)
            identifier["verified_at"] = to_rfc3339(*one.verified_at);
        list.push_back(std::move(identifier));
    }
    data["identifiers"] = std::move(list);
    for (auto const& exporter : exporters_) {
        TRY(auto part, exporter(tx, tenant, user, now));
        for (auto& [name, value] : part)
            data[name] = std::move(value);
    }
    return data;
}

Result<CreatedUser> Users::create(storage::Tx& tx, TenantId tenant, NewUser const& wanted, events::Origin const& origin,
                                  TimePoint now) const
{
    TRY_DO(check_profile(wanted.profile));
    TRY(auto const stored, find_profile_schema(tx, tenant));
    TRY(auto profile, check_profile_by(*stored.schema, {}, wanted.profile, now));
    User user{.id = UserId::generate(now),
              .enabled = wanted.enabled,
              .profile = std::move(profile),
              .created_at = now,
              .updated_at = now};
    TRY(auto key, vault_.create_person_key(tx, tenant, user.id, now));
    TRY_DO(insert_user(tx, tenant, user, store_profile(key, *stored.schema, user.profile)));
    std::vector<Identifier> identifiers;
    for (std::size_t i = 0; i < wanted.identifiers.size(); ++i) {
        auto const& one = wanted.identifiers[i];
        bool const first = std::ranges::none_of(
            identifiers, [&](Identifier const& other) { return other.kind == one.identifier.kind; });
        auto identifier = store_identifier(tx, vault_, key, one, first, now);
        if (!identifier) {
            identifier.error().pointer = fmt::format("/identifiers/{}", i);
            return std::unexpected(std::move(identifier).error());
        }
        identifiers.push_back(*std::move(identifier));
    }
    auto subject = crypto::random_token(16);
    TRY_DO(insert_subject_later(tx, tenant, "", subject, user.id, now));
    TRY_DO(events::append(tx, vault_,
                          {.type = &events::kUserCreated,
                           .tenant = tenant,
                           .user = user.id,
                           .origin = origin,
                           .data = {{"subject", subject}}},
                          now, &key));
    return CreatedUser{std::move(user), std::move(identifiers), std::move(subject), std::move(key)};
}

Result<User> Users::get(storage::Tx& tx, TenantId tenant, UserId user) const
{
    TRY(auto opened, load(tx, vault_, tenant, user));
    return std::move(opened.user);
}

Result<std::optional<UserState>> Users::state(storage::Tx& tx, TenantId tenant, UserId user) const
{
    return select_user_state(tx, tenant, user);
}

Result<UserState> Users::require_active(storage::Tx& tx, TenantId tenant, UserId user,
                                        std::optional<std::int64_t> epoch) const
{
    TRY(auto const found, select_user_state(tx, tenant, user));
    if (!found)
        return user_not_found();
    if (!found->enabled)
        return refuse(ErrorKind::forbidden, "user_disabled",
                      "This account is switched off. Ask whoever runs the service.");
    if (epoch && *epoch != found->security_epoch)
        return refuse(ErrorKind::conflict, "security_epoch_changed",
                      "The account's security settings changed meanwhile. Please sign in again.");
    return *found;
}

Result<storage::Page<User>> Users::list(storage::Tx& tx, TenantId tenant, storage::PageRequest const& page) const
{
    TRY(auto const rows, select_users(tx, tenant, page));
    std::vector<User> users;
    users.reserve(rows.size());
    for (auto const& row : rows) {
        TRY(auto const key, unwrap(vault_, tenant, row.id, row.key));
        TRY(auto user, open_user(key, row));
        users.push_back(std::move(user));
    }
    return storage::make_page(std::move(users), page, [](User const& user) { return to_bytes(user.id.bytes()); });
}

Result<User> Users::update_profile(storage::Tx& tx, TenantId tenant, UserId id, boost::json::object const& profile,
                                   std::optional<std::int64_t> expected_version, events::Origin const& origin,
                                   TimePoint now) const
{
    TRY_DO(check_profile(profile));
    TRY(auto opened, load(tx, vault_, tenant, id));
    auto& [user, key] = opened;
    if (expected_version && *expected_version != user.version)
        return version_differs();
    TRY(auto const stored, find_profile_schema(tx, tenant));
    TRY(auto checked, check_profile_by(*stored.schema, user.profile, profile, now));
    auto changed = differences(user.profile, checked);
    if (changed.empty())
        return std::move(user);
    user.profile = std::move(checked);
    user.updated_at = now;
    ++user.version;
    TRY_DO(update_user(tx, tenant, user, store_profile(key, *stored.schema, user.profile)));
    TRY_DO(events::append(tx, vault_,
                          {.type = &events::kUserUpdated,
                           .tenant = tenant,
                           .user = id,
                           .origin = origin,
                           .data = {{"changed", std::move(changed)}}},
                          now, &key));
    return std::move(user);
}

Result<User> Users::set_enabled(storage::Tx& tx, TenantId tenant, UserId id, bool enabled, std::string_view reason,
                                events::Origin const& origin, TimePoint now) const
{
    TRY(auto opened, load(tx, vault_, tenant, id));
    auto& [user, key] = opened;
    if (user.enabled == enabled)
        return std::move(user);
    user.enabled = enabled;
    user.updated_at = now;
    ++user.version;
    if (!enabled)
        ++user.security_epoch;
    TRY(auto const stored, find_profile_schema(tx, tenant));
    TRY_DO(update_user(tx, tenant, user, store_profile(key, *stored.schema, user.profile)));
    events::Event event{.type = enabled ? &events::kUserEnabled : &events::kUserDisabled,
                        .tenant = tenant,
                        .user = id,
                        .origin = origin};
    if (!enabled)
        event.data["reason"] = reason;
    TRY_DO(events::append(tx, vault_, event, now, &key));
    return std::move(user);
}

Result<std::int64_t> Users::raise_security_epoch(storage::Tx& tx, TenantId tenant, UserId user, TimePoint now) const
{
    TRY(auto const epoch, raise_user_epoch(tx, tenant, user, now));
    if (!epoch)
        return user_not_found();
    return *epoch;
}

// The key goes last: until then the identifiers must be readable, because their claims are found by digest.
Result<void> Users::erase(storage::Tx& tx, Tenant const& tenant, UserId user, std::string_view reason,
                          events::Origin const& origin, TimePoint now) const
{
    TRY(auto const found, select_user_state(tx, tenant.id, user));
    if (!found)
        return user_not_found();
    TRY(auto const owned, identifiers(tx, tenant.id, user));
    for (auto const& identifier : owned)
        TRY_DO(release_identifier(tx, vault_, tenant, user, identifier, now));
    for (auto const& eraser : erasers_)
        TRY_DO(eraser(tx, tenant.id, user, now));
    TRY_DO(delete_all_identifiers(tx, tenant.id, user));
    TRY_DO(delete_all_permissions(tx, tenant.id, user));
    TRY_DO(bury_subjects(tx, tenant.id, user));
    TRY_DO(delete_user(tx, tenant.id, user));
    TRY_DO(events::append(tx, vault_,
                          {.type = &events::kUserErased,
                           .tenant = tenant.id,
                           .user = user,
                           .origin = origin,
                           .data = {{"reason", reason}}},
                          now));
    TRY_DO(vault_.destroy_person_key(tx, tenant.id, user));
    return {};
}

} // namespace gatehouse::identity
