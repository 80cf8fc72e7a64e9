// Operations on the second factors and passkeys of a user: what support does about a lost phone.
#include "admin/management_api.hpp"
#include "admin/users_body.hpp"
#include "applications/applications.hpp"
#include "credentials/authenticators.hpp"
#include "credentials/passkeys.hpp"
#include "credentials/password_record.hpp"
#include "credentials/push_devices.hpp"
#include "credentials/recovery_codes.hpp"
#include "journey/explain.hpp"
#include "messages/outbox.hpp"
#include "session/session.hpp"

#include <algorithm>

namespace gatehouse::admin {

namespace {

using credentials::Authenticators;
using credentials::CredentialId;
using credentials::Passkeys;
using credentials::PushDevices;
using credentials::RecoveryCodes;

Result<List<CredentialBody>> credentials_of(Parts const& parts, Call const& call, storage::Tx& tx, UserId user)
{
    auto const tenant = call.context.tenant->id;
    List<CredentialBody> list;
    TRY(auto const password, credentials::password_record(tx, tenant, user));
    if (password)
        list.items.push_back({.credential_id = password->id,
                              .kind = "password",
                              .created_at = password->set_at,
                              .last_used_at = password->last_used_at});
    TRY(auto const apps, Authenticators(parts.vault).list(tx, tenant, user));
    for (auto const& app : apps)
        list.items.push_back({.credential_id = app.id,
                              .kind = "totp",
                              .name = app.name,
                              .created_at = app.added_at,
                              .last_used_at = app.last_used_at});
    TRY(auto const passkeys, Passkeys(parts.vault, parts.users).load(tx, tenant, user));
    for (auto const& passkey : passkeys)
        list.items.push_back({.credential_id = passkey.id,
                              .kind = "passkey",
                              .name = passkey.name,
                              .created_at = passkey.created_at,
                              .last_used_at = passkey.last_used_at});
    TRY(auto const devices, PushDevices(parts.vault).list(tx, tenant, user));
    for (auto const& device : devices)
        list.items.push_back({.credential_id = device.id,
                              .kind = "push",
                              .name = device.name,
                              .created_at = device.created_at,
                              .last_used_at = device.last_used_at});
    TRY(auto const codes, RecoveryCodes(parts.vault).status(tx, tenant, user));
    if (codes)
        list.items.push_back({.credential_id = RecoveryCodes::id_of(user),
                              .kind = "recovery_codes",
                              .created_at = codes->made_at,
                              .last_used_at = codes->last_used_at,
                              .left = codes->left});
    return list;
}

Task<Result<Answer>> list_credentials(Parts const& parts, Call const& call)
{
    CO_TRY(auto id, call.id<UserId>("user_id"));
    CO_TRY(auto const list, co_await parts.database.read([&](storage::Tx& tx) -> Result<List<CredentialBody>> {
        TRY_DO(parts.users.get(tx, call.context.tenant->id, id));
        return credentials_of(parts, call, tx, id);
    }));
    co_return Answer{.body = write_shape(list)};
}

// Word of it to the person, who may not be the one who asked for it.
Result<void> tell(Parts const& parts, Call const& call, storage::Tx& tx, identity::User const& user,
                  std::string const& kind)
{
    auto const& tenant = *call.context.tenant;
    TRY(auto const email, parts.users.primary_email(tx, tenant.id, user.id));
    if (!email)
        return {};
    auto const* locale = user.profile.if_contains("locale");
    TRY_DO(messages::Outbox(parts.vault)
               .enqueue(tx,
                        {.tenant = tenant.id,
                         .user = user.id,
                         .kind = messages::Kind::credential_removed,
                         .to = email->value,
                         .locale = locale && locale->is_string() ? std::string(locale->get_string())
                                                                 : tenant.settings.locale.fallback,
                         .sender_name = tenant.name,
                         .arguments = {{"kind", kind}, {"when", call.context.now}},
                         .expires_at = call.context.now + std::chrono::hours(24)},
                        call.context.now));
    return {};
}

// Raises the security epoch.
Result<void> remove_of_kind(Parts const& parts, Call const& call, storage::Tx& tx, UserId user,
                            CredentialBody const& found)
{
    auto const& tenant = *call.context.tenant;
    auto const id = found.credential_id;
    auto const now = call.context.now;
    auto const origin = origin_of(call);
    if (found.kind == "passkey") {
        TRY_DO(Passkeys(parts.vault, parts.users).remove(tx, tenant.id, user, id, origin, now));
        return {};
    }
    if (found.kind == "push") {
        TRY_DO(PushDevices(parts.vault).remove(tx, parts.users, tenant.id, user, id, origin, now));
        return {};
    }
    if (found.kind == "totp") {
        TRY_DO(Authenticators(parts.vault).remove(tx, tenant.id, user, id, origin, now));
    } else if (found.kind == "password") {
        TRY_DO(credentials::remove_password(tx, parts.vault, tenant.id, user, tenant.settings.password.history, origin,
                                            now));
    } else {
        TRY_DO(RecoveryCodes(parts.vault).remove(tx, tenant.id, user, origin, now));
    }
    TRY_DO(parts.users.raise_security_epoch(tx, tenant.id, user, now));
    return {};
}

Result<void> remove_one(Parts const& parts, Call const& call, storage::Tx& tx, UserId id, CredentialId credential)
{
    auto const tenant = call.context.tenant->id;
    auto const now = call.context.now;
    auto const origin = origin_of(call);
    TRY(auto const user, parts.users.get(tx, tenant, id));
    TRY_DO(check_may_change(parts, call, tx, id));
    TRY(auto const list, credentials_of(parts, call, tx, id));
    auto const found = std::ranges::find(list.items, credential, &CredentialBody::credential_id);
    if (found == list.items.end())
        return refuse(ErrorKind::not_found, "credential_not_found", "There is no such credential. It may be removed.");
    TRY_DO(remove_of_kind(parts, call, tx, id, *found));
    TRY_DO(session::end_all(tx, parts.vault, tenant, id, std::nullopt, session::EndReason::credential_changed, origin,
                            now));
    return tell(parts, call, tx, user, found->kind);
}

Task<Result<Answer>> remove_credential(Parts const& parts, Call const& call)
{
    CO_TRY(auto id, call.id<UserId>("user_id"));
    CO_TRY(auto credential, call.id<CredentialId>("credential_id"));
    CO_TRY_DO(
        co_await parts.database.write([&](storage::Tx& tx) { return remove_one(parts, call, tx, id, credential); }));
    co_return Answer{.status = 204};
}

Task<Result<Answer>> explain_sign_in(Parts const& parts, Call const& call)
{
    CO_TRY(auto id, call.id<UserId>("user_id"));
    auto const& tenant = *call.context.tenant;
    auto level = credentials::Level::single;
    if (auto const acr = call.request.query.find("acr")) {
        auto const known = credentials::level_of_acr(*acr, tenant.settings.signin.acr);
        if (!known)
            co_return refuse(ErrorKind::invalid, "acr_unknown", "No level of this tenant has this name.").at("/acr");
        level = *known;
    }
    CO_TRY(auto const explanation, co_await parts.database.read([&](storage::Tx& tx) -> Result<journey::Explanation> {
        std::optional<applications::Application> application;
        if (auto const client_id = call.request.query.find("client_id")) {
            TRY(application, applications::find_by_client_id(tx, tenant.id, *client_id));
            if (!application)
                return refuse(ErrorKind::not_found, "application_not_found", "There is no such application.")
                    .at("/client_id");
        }
        return journey::explain(tx, parts.users, tenant, application ? &*application : nullptr, id, level,
                                call.context.now);
    }));
    co_return Answer{.body = write_shape(explanation)};
}

} // namespace

std::vector<Operation> user_credential_operations(Parts const& parts)
{
    using http::Method;
    std::vector<Operation> operations;
    operations.push_back(Operation{
        .method = Method::get,
        .path = "/users/{user_id}/credentials",
        .id = "user_credentials_list",
        .summary = "List a user's password, authenticator apps, passkeys, devices that approve and recovery codes",
        .scope = "users:read",
        .run = [&parts](Call const& call, auto const&) {
            return list_credentials(parts, call);
        }}.gives<List<CredentialBody>>());
    operations.push_back(Operation{
        .method = Method::delete_,
        .path = "/users/{user_id}/credentials/{credential_id}",
        .id = "user_credentials_remove",
        .summary = "Remove one, such as that of a lost phone; ends the user's sessions and tells them by mail",
        .scope = "users:update",
        .success = 204,
        .run = [&parts](Call const& call, auto const&) { return remove_credential(parts, call); }});
    operations.push_back(Operation{
        .method = Method::get,
        .path = "/users/{user_id}/signin-paths",
        .id = "user_signin_paths",
        .summary = "Explain which paths would lead a user in, and which setting decides",
        .scope = "users:read",
        .query = {{.name = "client_id", .text = "The application; without it, the account pages."},
                  {.name = "acr", .text = "A level that the application asks for, by its name."}},
        .run = [&parts](Call const& call, auto const&) {
            return explain_sign_in(parts, call);
        }}.gives<journey::Explanation>());
    for (auto& operation : operations)
        operation.tag = "users";
    return operations;
}

} // namespace gatehouse::admin
