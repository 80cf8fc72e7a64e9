// Operations on users: their state and profile, identifiers, password, sessions and permissions.
#include "admin/management_api.hpp"
#include "admin/users_body.hpp"
#include "credentials/password_policy.hpp"
#include "credentials/passwords.hpp"
#include "events/types.hpp"
#include "identity/deletions.hpp"
#include "identity/merges.hpp"
#include "identity/profile_schema.hpp"
#include "identity/users.hpp"
#include "journey/last_uses.hpp"
#include "session/session.hpp"

namespace gatehouse::admin {

namespace {

using identity::Users;

Result<UserBody> body_of(Parts const& parts, Call const& call, storage::Tx& tx, identity::User const& user)
{
    TRY(auto const identifiers, parts.users.identifiers(tx, call.context.tenant->id, user.id));
    UserBody body{.user_id = user.id,
                  .enabled = user.enabled,
                  .profile = identity::visible_to_administrator(*call.context.tenant->profile, user.profile),
                  .created_at = user.created_at,
                  .updated_at = user.updated_at};
    for (auto const& identifier : identifiers)
        body.identifiers.push_back({.identifier_id = identifier.id,
                                    .kind = std::string(identity::to_string(identifier.kind)),
                                    .value = identifier.value,
                                    .verified = identifier.verified_at.has_value(),
                                    .primary = identifier.primary});
    TRY(auto const deletion, identity::find_deletion(tx, call.context.tenant->id, user.id));
    if (deletion)
        body.deletion_due_at = deletion->due_at;
    if (!user.enabled) {
        TRY(body.merged_into, identity::merged_into(tx, call.context.tenant->id, user.id));
    }
    return body;
}

Result<Answer> answer_of(Parts const& parts, Call const& call, storage::Tx& tx, identity::User const& user)
{
    TRY(auto const body, body_of(parts, call, tx, user));
    return Answer{.body = write_shape(body), .version = user.version};
}

// By identifier: at most one, found by its digest. Otherwise a page of all.
Result<storage::Page<identity::User>> find_users(Parts const& parts, Call const& call, storage::Tx& tx,
                                                 storage::PageRequest const& page)
{
    auto const tenant = call.context.tenant->id;
    auto const wanted = call.request.query.find("identifier");
    if (!wanted)
        return parts.users.list(tx, tenant, page);
    auto normalized = identity::read_identifier(*wanted);
    if (!normalized) {
        normalized.error().pointer = "identifier";
        return std::unexpected(std::move(normalized).error());
    }
    TRY(auto const found, parts.users.find_by_identifier(tx, tenant, *normalized));
    storage::Page<identity::User> result;
    if (found) {
        TRY(auto user, parts.users.get(tx, tenant, found->user.id));
        result.items.push_back(std::move(user));
    }
    return result;
}

Task<Result<Answer>> list_users(Parts const& parts, Call const& call)
{
    CO_TRY(auto page, read_page(parts, call, "users"));
    List<UserBody> list;
    std::optional<Bytes> next;
    CO_TRY_DO(co_await parts.database.read([&](storage::Tx& tx) -> Result<void> {
        TRY(auto found, find_users(parts, call, tx, page));
        list.items.clear();
        for (auto const& user : found.items) {
            TRY(auto body, body_of(parts, call, tx, user));
            list.items.push_back(std::move(body));
        }
        next = std::move(found.next);
        return {};
    }));
    CO_TRY(list.next_cursor, make_cursor(parts, call, "users", next));
    co_return Answer{.body = write_shape(list)};
}

// What a password must not be made of.
std::vector<std::string> personal_words(std::vector<IdentifierBody> const& identifiers,
                                        boost::json::object const& profile)
{
    std::vector<std::string> words;
    for (auto const& identifier : identifiers)
        words.push_back(identifier.value);
    for (auto const& [name, value] : profile)
        if (value.is_string())
            words.emplace_back(value.get_string());
    return words;
}

// A new password's hash, made by the pool; empty when none was given.
Task<Result<std::string>> hash_of(Parts const& parts, Call const& call, std::optional<std::string> const& password,
                                  std::vector<std::string> personal)
{
    if (!password)
        co_return std::string();
    auto const in_field = [](Error error) {
        error.pointer = "/password";
        return std::unexpected(std::move(error));
    };
    auto normalized = credentials::normalize_password(Secret(std::string_view(*password)));
    if (!normalized)
        co_return in_field(std::move(normalized).error());
    if (auto checked = credentials::check_password(*normalized, *call.context.tenant, personal); !checked)
        co_return in_field(std::move(checked).error());
    crypto::HashRequest request{.tenant = call.context.tenant->id.to_string(),
                                .client_address = call.context.client_address,
                                .password = *std::move(normalized),
                                .phc = {}};
    auto unknown = co_await credentials::check_new_password(parts.breached_passwords, parts.hash_pool, request, {});
    if (!unknown)
        co_return in_field(std::move(unknown).error());
    co_return co_await parts.hash_pool.hash(std::move(request));
}

Task<Result<Answer>> create_user(Parts const& parts, Call const& call, boost::json::value const& json)
{
    CO_TRY(auto body, read_shape<NewUserBody>(json));
    identity::NewUser wanted{.profile = body.profile, .identifiers = {}, .enabled = body.enabled};
    CO_TRY(wanted.identifiers, read_identifiers(body.identifiers));
    CO_TRY(auto phc, co_await hash_of(parts, call, body.password, personal_words(body.identifiers, body.profile)));
    auto const tenant = call.context.tenant->id;
    CO_TRY(auto answer, co_await parts.database.write([&](storage::Tx& tx) -> Result<Answer> {
        TRY_DO(
            identity::check_editor(*call.context.tenant->profile, {}, wanted.profile, identity::Editor::administrator));
        TRY(auto const made, parts.users.create(tx, tenant, wanted, origin_of(call), call.context.now));
        if (!phc.empty())
            TRY_DO(parts.passwords.enrol(tx, made.key, phc, origin_of(call), call.context.now));
        TRY(auto result, answer_of(parts, call, tx, made.user));
        result.status = 201;
        result.location = fmt::format("{}/api/v1/users/{}", call.context.base_path, made.user.id.to_string());
        return result;
    }));
    co_return answer;
}

Task<Result<Answer>> get_user(Parts const& parts, Call const& call)
{
    CO_TRY(auto id, call.id<UserId>("user_id"));
    co_return co_await parts.database.read([&](storage::Tx& tx) -> Result<Answer> {
        TRY(auto const user, parts.users.get(tx, call.context.tenant->id, id));
        TRY(auto body, body_of(parts, call, tx, user));
        TRY(auto const uses, journey::last_uses(tx, call.context.tenant->id, id));
        for (auto& one : body.identifiers) // codes and links go to the primary ones
            if (one.primary && one.verified && one.kind != to_string(identity::IdentifierKind::username))
                one.code_used_at = uses.of(one.kind == to_string(identity::IdentifierKind::phone) ? journey::kByPhone
                                                                                                  : journey::kByMail);
        return Answer{.body = write_shape(body), .version = user.version};
    });
}

Result<void> check_version(std::optional<std::int64_t> expected, identity::User const& user)
{
    if (expected && *expected != user.version)
        return refuse(ErrorKind::precondition_failed, "version_differs",
                      "The user has changed since you read it. Read it again and repeat the change.");
    return {};
}

Result<Answer> change_user(Parts const& parts, Call const& call, UserId id, std::optional<std::int64_t> version,
                           boost::json::value const& patch, storage::Tx& tx)
{
    auto const tenant = call.context.tenant->id;
    TRY(auto user, parts.users.get(tx, tenant, id));
    TRY_DO(check_may_change(parts, call, tx, id));
    TRY_DO(check_version(version, user));
    TRY(auto const before, body_of(parts, call, tx, user));
    TRY(auto const after, read_shape<UserBody>(merge_patch(write_shape(before), patch)));
    if (after.profile != before.profile) {
        auto const& schema = *call.context.tenant->profile;
        TRY_DO(identity::check_editor(schema, before.profile, after.profile, identity::Editor::administrator));
        auto const profile = identity::with_hidden(schema, user.profile, after.profile);
        TRY(user, parts.users.update_profile(tx, tenant, id, profile, version, origin_of(call), call.context.now));
    }
    if (after.enabled != before.enabled) {
        TRY(user,
            parts.users.set_enabled(tx, tenant, id, after.enabled, "administrator", origin_of(call), call.context.now));
    }
    return answer_of(parts, call, tx, user);
}

Task<Result<Answer>> update_user(Parts const& parts, Call const& call, boost::json::value const& patch)
{
    CO_TRY(auto id, call.id<UserId>("user_id"));
    CO_TRY(auto version, expected_version(call));
    co_return co_await parts.database.write(
        [&](storage::Tx& tx) { return change_user(parts, call, id, version, patch, tx); });
}

Task<Result<Answer>> delete_user(Parts const& parts, Call const& call)
{
    CO_TRY(auto id, call.id<UserId>("user_id"));
    CO_TRY(auto version, expected_version(call));
    CO_TRY_DO(co_await parts.database.write([&](storage::Tx& tx) -> Result<void> {
        TRY(auto const user, parts.users.get(tx, call.context.tenant->id, id));
        TRY_DO(check_may_change(parts, call, tx, id));
        TRY_DO(check_version(version, user));
        return parts.users.erase(tx, *call.context.tenant, id, "administrator", origin_of(call), call.context.now);
    }));
    co_return Answer{.status = 204};
}

Task<Result<Answer>> add_identifier(Parts const& parts, Call const& call, boost::json::value const& json)
{
    CO_TRY(auto id, call.id<UserId>("user_id"));
    CO_TRY(auto body, read_shape<IdentifierBody>(json));
    CO_TRY(auto wanted, read_identifier(body, ""));
    auto const tenant = call.context.tenant->id;
    CO_TRY(auto answer, co_await parts.database.write([&](storage::Tx& tx) -> Result<Answer> {
        TRY_DO(parts.users.get(tx, tenant, id));
        TRY_DO(check_may_change(parts, call, tx, id));
        TRY(auto const added, parts.users.add_identifier(tx, tenant, id, wanted, origin_of(call), call.context.now));
        if (body.primary)
            TRY_DO(parts.users.set_primary(tx, tenant, id, added.id, origin_of(call), call.context.now));
        TRY(auto const user, parts.users.get(tx, tenant, id));
        return answer_of(parts, call, tx, user);
    }));
    answer.status = 201;
    co_return answer;
}

Task<Result<Answer>> remove_identifier(Parts const& parts, Call const& call)
{
    CO_TRY(auto id, call.id<UserId>("user_id"));
    CO_TRY(auto identifier, call.id<identity::IdentifierId>("identifier_id"));
    CO_TRY_DO(co_await parts.database.write([&](storage::Tx& tx) -> Result<void> {
        TRY_DO(parts.users.get(tx, call.context.tenant->id, id));
        TRY_DO(check_may_change(parts, call, tx, id));
        return parts.users.remove_identifier(tx, *call.context.tenant, id, identifier, origin_of(call),
                                             call.context.now);
    }));
    co_return Answer{.status = 204};
}

Result<void> note_required_change(Parts const& parts, Call const& call, storage::Tx& tx, UserId user)
{
    TRY_DO(events::append(tx, parts.vault,
                          {.type = &events::kCredentialChangeRequired,
                           .tenant = call.context.tenant->id,
                           .user = user,
                           .origin = origin_of(call),
                           .data = {{"reason", to_string(credentials::ChangeReason::administrator)}}},
                          call.context.now));
    return {};
}

// The password still works once more: for the sign-in at which a new one is chosen.
Task<Result<Answer>> require_password_change(Parts const& parts, Call const& call)
{
    CO_TRY(auto id, call.id<UserId>("user_id"));
    auto const tenant = call.context.tenant->id;
    CO_TRY_DO(co_await parts.database.write([&](storage::Tx& tx) -> Result<void> {
        TRY_DO(parts.users.get(tx, tenant, id));
        TRY_DO(check_may_change(parts, call, tx, id));
        TRY(auto const asked, parts.passwords.ask_for_change(tx, tenant, id, credentials::ChangeReason::administrator));
        if (!asked)
            return refuse(ErrorKind::not_found, "credential_not_found",
                          "There is no such credential. It may be removed.");
        return note_required_change(parts, call, tx, id);
    }));
    co_return Answer{.status = 204};
}

// Setting a password ends what was signed in with the old one.
Task<Result<Answer>> set_password(Parts const& parts, Call const& call, boost::json::value const& json)
{
    CO_TRY(auto id, call.id<UserId>("user_id"));
    CO_TRY(auto body, read_shape<PasswordBody>(json));
    auto const tenant = call.context.tenant->id;
    CO_TRY(auto person, co_await parts.database.read([&](storage::Tx& tx) -> Result<UserBody> {
        TRY(auto const user, parts.users.get(tx, tenant, id));
        TRY_DO(check_may_change(parts, call, tx, id));
        return body_of(parts, call, tx, user);
    }));
    CO_TRY(auto phc, co_await hash_of(parts, call, body.password, personal_words(person.identifiers, person.profile)));
    CO_TRY_DO(co_await parts.database.write([&](storage::Tx& tx) -> Result<void> {
        TRY_DO(parts.users.get(tx, tenant, id));
        TRY_DO(check_may_change(parts, call, tx, id)); // hashing took its time
        auto const reason =
            body.change_required ? credentials::ChangeReason::administrator : credentials::ChangeReason::none;
        TRY_DO(parts.passwords.set(tx, tenant, id, {.phc = phc, .change_reason = reason}, origin_of(call),
                                   call.context.now));
        if (body.change_required)
            TRY_DO(note_required_change(parts, call, tx, id));
        TRY_DO(session::end_all(tx, parts.vault, tenant, id, std::nullopt, session::EndReason::credential_changed,
                                origin_of(call), call.context.now));
        return {};
    }));
    co_return Answer{.status = 204};
}

Result<std::string> audience_of(Call const& call)
{
    auto const audience = call.request.query.find("audience");
    if (!audience || audience->empty())
        return refuse(ErrorKind::invalid, "field_required", "Name the API's audience in the query.").at("audience");
    return std::string(*audience);
}

Task<Result<Answer>> get_permissions(Parts const& parts, Call const& call)
{
    CO_TRY(auto id, call.id<UserId>("user_id"));
    CO_TRY(auto audience, audience_of(call));
    CO_TRY(auto permissions, co_await parts.database.read([&](storage::Tx& tx) -> Result<std::vector<std::string>> {
        TRY_DO(parts.users.get(tx, call.context.tenant->id, id));
        return parts.users.permissions(tx, call.context.tenant->id, id, audience);
    }));
    co_return Answer{.body = write_shape(PermissionsBody{std::move(permissions)})};
}

Result<void> put_permissions(Parts const& parts, Call const& call, UserId id, std::string const& audience,
                             PermissionsBody const& body, storage::Tx& tx)
{
    auto const tenant = call.context.tenant->id;
    TRY_DO(parts.users.get(tx, tenant, id));
    TRY_DO(check_may_change(parts, call, tx, id));
    TRY_DO(check_defined(tx, tenant, audience, body.permissions, "audience", "/permissions"));
    return parts.users.set_permissions(tx, tenant, id, audience, body.permissions, origin_of(call), call.context.now);
}

Task<Result<Answer>> set_permissions(Parts const& parts, Call const& call, boost::json::value const& json)
{
    CO_TRY(auto id, call.id<UserId>("user_id"));
    CO_TRY(auto audience, audience_of(call));
    CO_TRY(auto body, read_shape<PermissionsBody>(json));
    CO_TRY_DO(check_may_give(call, audience, body.permissions, "/permissions"));
    CO_TRY(auto given, co_await parts.database.write([&](storage::Tx& tx) -> Result<std::vector<std::string>> {
        TRY_DO(put_permissions(parts, call, id, audience, body, tx));
        return parts.users.permissions(tx, call.context.tenant->id, id, audience);
    }));
    co_return Answer{.body = write_shape(PermissionsBody{std::move(given)})};
}

QueryParameter audience_parameter()
{
    return {.name = "audience", .text = "Of the API whose permissions are meant.", .required = true};
}

// What hangs below one user.
std::vector<Operation> detail_operations(Parts const& parts)
{
    using http::Method;
    std::vector<Operation> operations;
    operations.push_back(
        Operation{.method = Method::post,
                  .path = "/users/{user_id}/identifiers",
                  .id = "user_identifiers_add",
                  .summary = "Add an email address, phone number or username",
                  .scope = "users:update",
                  .success = 201,
                  .versioned = true,
                  .run = [&parts](Call const& call, auto const& body) { return add_identifier(parts, call, body); }}
            .takes<IdentifierBody>()
            .gives<UserBody>());
    operations.push_back(
        Operation{.method = Method::delete_,
                  .path = "/users/{user_id}/identifiers/{identifier_id}",
                  .id = "user_identifiers_remove",
                  .summary = "Remove an identifier",
                  .scope = "users:update",
                  .success = 204,
                  .run = [&parts](Call const& call, auto const&) { return remove_identifier(parts, call); }});
    operations.push_back(Operation{
        .method = Method::put,
        .path = "/users/{user_id}/password",
        .id = "user_password_set",
        .summary = "Set a password; ends the user's sessions",
        .scope = "users:update",
        .success = 204,
        .run = [&parts](Call const& call, auto const& body) {
            return set_password(parts, call, body);
        }}.takes<PasswordBody>());
    operations.push_back(
        Operation{.method = Method::post,
                  .path = "/users/{user_id}/password/require-change",
                  .id = "user_password_require_change",
                  .summary = "Have a new password chosen at the next sign-in with the old one",
                  .scope = "users:update",
                  .success = 204,
                  .run = [&parts](Call const& call, auto const&) { return require_password_change(parts, call); }});
    operations.push_back(Operation{
        .method = Method::get,
        .path = "/users/{user_id}/permissions",
        .id = "user_permissions_get",
        .summary = "Read what a user may do at an API",
        .scope = "users:read",
        .query = {audience_parameter()},
        .run = [&parts](Call const& call, auto const&) {
            return get_permissions(parts, call);
        }}.gives<PermissionsBody>());
    operations.push_back(
        Operation{.method = Method::put,
                  .path = "/users/{user_id}/permissions",
                  .id = "user_permissions_set",
                  .summary = "Say what a user may do at an API",
                  .scope = "users:update",
                  .query = {audience_parameter()},
                  .run = [&parts](Call const& call, auto const& body) { return set_permissions(parts, call, body); }}
            .takes<PermissionsBody>()
            .gives<PermissionsBody>());
    return operations;
}

} // namespace

std::vector<Operation> user_operations(Parts const& parts)
{
    using http::Method;
    auto operations = detail_operations(parts);
    operations.push_back(Operation{
        .method = Method::get,
        .path = "/users",
        .id = "users_list",
        .summary = "List users, or find one by an identifier",
        .scope = "users:read",
        .query = {{.name = "identifier", .text = "An email address, phone number or username, whole."}},
        .pageable = true,
        .run = [&parts](Call const& call, auto const&) {
            return list_users(parts, call);
        }}.gives<List<UserBody>>());
    operations.push_back(
        Operation{.method = Method::post,
                  .path = "/users",
                  .id = "users_create",
                  .summary = "Make a user",
                  .scope = "users:create",
                  .success = 201,
                  .versioned = true,
                  .run = [&parts](Call const& call, auto const& body) { return create_user(parts, call, body); }}
            .takes<NewUserBody>()
            .gives<UserBody>());
    operations.push_back(Operation{
        .method = Method::get,
        .path = "/users/{user_id}",
        .id = "users_get",
        .summary = "Read a user",
        .scope = "users:read",
        .versioned = true,
        .run = [&parts](Call const& call, auto const&) {
            return get_user(parts, call);
        }}.gives<UserBody>());
    operations.push_back(
        Operation{.method = Method::patch,
                  .path = "/users/{user_id}",
                  .id = "users_update",
                  .summary = "Change a user's profile, or disable them",
                  .scope = "users:update",
                  .versioned = true,
                  .run = [&parts](Call const& call, auto const& body) { return update_user(parts, call, body); }}
            .takes<UserBody>()
            .gives<UserBody>());
    operations.push_back(
        Operation{.method = Method::delete_,
                  .path = "/users/{user_id}",
                  .id = "users_delete",
                  .summary = "Erase a user: their key is destroyed",
                  .scope = "users:delete",
                  .success = 204,
                  .versioned = true,
                  .run = [&parts](Call const& call, auto const&) { return delete_user(parts, call); }});
    for (auto& operation : operations)
        operation.tag = "users";
    return operations;
}

} // namespace gatehouse::admin
