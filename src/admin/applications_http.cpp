// Operations on applications and their secrets.
#include "admin/management_api.hpp"
#include "applications/application_shape.hpp"
#include "applications/applications.hpp"
#include "identity/changes.hpp"
#include "themes/themes.hpp"

namespace gatehouse::applications {
constexpr std::string_view list_name(Application const*)
{
    return "ApplicationList";
}
} // namespace gatehouse::applications

namespace gatehouse::admin {

struct SecretBody {
    SecretId secret_id;
    std::string hint;
    TimePoint created_at;
    std::optional<TimePoint> expires_at;
    std::optional<std::string> secret;
};
constexpr auto shape(SecretBody const*)
{
    return Shape{
        "ApplicationSecret",
        Member{"secret_id", &SecretBody::secret_id, {.read_only = true}},
        Member{"hint", &SecretBody::hint, {.text = "Its last characters, to tell two apart.", .read_only = true}},
        Member{"created_at", &SecretBody::created_at, {.read_only = true}},
        Member{"expires_at", &SecretBody::expires_at, {.text = "From then on it is refused."}},
        Member{"secret",
               &SecretBody::secret,
               {.text = "The secret itself. Shown once, in the answer that made it.", .read_only = true}}};
}
constexpr std::string_view list_name(SecretBody const*)
{
    return "ApplicationSecretList";
}

namespace {

using applications::Application;

Answer answer_of(Application const& application, int status = 200)
{
    return {.status = status, .body = write_shape(application), .version = application.version};
}

Refusal application_not_found()
{
    return refuse(ErrorKind::not_found, "application_not_found", "There is no such application in this tenant.");
}

Result<void> check_apis(Call const& call, Application const& application)
{
    for (std::size_t i = 0; i < application.apis.size(); ++i)
        TRY_DO(check_may_give(call, application.apis[i].audience, application.apis[i].scopes,
                              fmt::format("/apis/{}/scopes", i)));
    return {};
}

Task<Result<Answer>> list_applications(Parts const& parts, Call const& call)
{
    CO_TRY(auto page, read_page(parts, call, "applications"));
    List<Application> list;
    CO_TRY(auto found, co_await parts.database.read(
                           [&](storage::Tx& tx) { return applications::list(tx, call.context.tenant->id, page); }));
    list.items = std::move(found.items);
    CO_TRY(list.next_cursor, make_cursor(parts, call, "applications", found.next));
    co_return Answer{.body = write_shape(list)};
}

// What the body leaves out has the default of the kind.
Result<Application> read_application(boost::json::value const& json)
{
    TRY(auto const body, read_shape<Application>(json)); // demands what no default stands for
    return applications::apply_json(applications::defaults_for(body.kind), json.as_object());
}

Task<Result<Answer>> create_application(Parts const& parts, Call const& call, boost::json::value const& json)
{
    CO_TRY(auto body, read_application(json));
    CO_TRY_DO(check_apis(call, body));
    CO_TRY(auto application, co_await parts.database.write([&](storage::Tx& tx) -> Result<Application> {
        TRY_DO(check_access(tx, call.context.tenant->id, body));
        TRY_DO(themes::check_application_theme(tx, call.context.tenant->id, body.theme, "/theme"));
        return applications::create(tx, change_of(parts, call), body);
    }));
    CO_TRY_DO(co_await parts.changes.poll(call.context.now));
    auto answer = answer_of(application, 201);
    answer.location = fmt::format("{}/api/v1/applications/{}", call.context.base_path, application.id.to_string());
    co_return answer;
}

Result<Application> load(storage::Tx& tx, Call const& call, ApplicationId id)
{
    TRY(auto found, applications::find(tx, call.context.tenant->id, id));
    if (!found)
        return application_not_found();
    return *std::move(found);
}

Task<Result<Answer>> get_application(Parts const& parts, Call const& call)
{
    CO_TRY(auto id, call.id<ApplicationId>("application_id"));
    CO_TRY(auto application, co_await parts.database.read([&](storage::Tx& tx) { return load(tx, call, id); }));
    co_return answer_of(application);
}

Result<Application> change_application(Parts const& parts, Call const& call, ApplicationId id,
                                       std::optional<std::int64_t> version, boost::json::value const& patch,
                                       storage::Tx& tx)
{
    TRY(auto const before, load(tx, call, id));
    if (!patch.is_object())
        return refuse(ErrorKind::invalid, "field_type", "Send an object with the members to change.");
    TRY(auto after, applications::apply_json(before, patch.get_object()));
    if (after.client_id != before.client_id || after.kind != before.kind)
        return refuse(ErrorKind::invalid, "field_value", "The client_id and kind of an application never change.")
            .at(after.kind != before.kind ? "/kind" : "/client_id");
    // Also when the APIs stay as they are: a redirect URI or a grant type of one's own turns what the application
    // holds into what one holds.
    TRY_DO(check_apis(call, after));
    if (after.apis != before.apis)
        TRY_DO(check_access(tx, call.context.tenant->id, after));
    if (after.theme != before.theme)
        TRY_DO(themes::check_application_theme(tx, call.context.tenant->id, after.theme, "/theme"));
    return applications::update(tx, change_of(parts, call), std::move(after), version);
}

Task<Result<Answer>> update_application(Parts const& parts, Call const& call, boost::json::value const& patch)
{
    CO_TRY(auto id, call.id<ApplicationId>("application_id"));
    CO_TRY(auto version, expected_version(call));
    CO_TRY(auto application, co_await parts.database.write([&](storage::Tx& tx) {
        return change_application(parts, call, id, version, patch, tx);
    }));
    CO_TRY_DO(co_await parts.changes.poll(call.context.now));
    co_return answer_of(application);
}

Task<Result<Answer>> delete_application(Parts const& parts, Call const& call)
{
    CO_TRY(auto id, call.id<ApplicationId>("application_id"));
    CO_TRY(auto version, expected_version(call));
    CO_TRY_DO(co_await parts.database.write([&](storage::Tx& tx) -> Result<void> {
        TRY_DO(applications::remove(tx, change_of(parts, call), id, version));
        return themes::forget_application(tx, call.context.tenant->id, id);
    }));
    CO_TRY_DO(co_await parts.changes.poll(call.context.now));
    co_return Answer{.status = 204};
}

SecretBody body_of(applications::SecretInfo const& info)
{
    return {.secret_id = info.id, .hint = info.hint, .created_at = info.created_at, .expires_at = info.expires_at};
}

Task<Result<Answer>> list_secrets(Parts const& parts, Call const& call)
{
    CO_TRY(auto id, call.id<ApplicationId>("application_id"));
    CO_TRY(auto secrets,
           co_await parts.database.read([&](storage::Tx& tx) -> Result<std::vector<applications::SecretInfo>> {
               TRY_DO(load(tx, call, id));
               return applications::list_secrets(tx, call.context.tenant->id, id);
           }));
    List<SecretBody> list;
    for (auto const& secret : secrets)
        list.items.push_back(body_of(secret));
    co_return Answer{.body = write_shape(list)};
}

Task<Result<Answer>> create_secret(Parts const& parts, Call const& call, boost::json::value const& json)
{
    CO_TRY(auto id, call.id<ApplicationId>("application_id"));
    CO_TRY(auto wanted, read_shape<SecretBody>(json));
    if (wanted.expires_at && *wanted.expires_at <= call.context.now)
        co_return refuse(ErrorKind::invalid, "field_value", "This time is over.").at("/expires_at");
    SecretBody body; // filled in the transaction: a NewSecret does not copy
    CO_TRY_DO(co_await parts.database.write([&](storage::Tx& tx) -> Result<void> {
        TRY(auto const application, load(tx, call, id));
        TRY_DO(check_apis(call, application)); // whoever knows a secret is the application
        TRY(auto made, applications::add_secret(tx, change_of(parts, call), id, wanted.expires_at));
        body = body_of(made.info);
        body.secret = std::string(made.secret.expose_text()); // the one answer that shows it
        return {};
    }));
    CO_TRY_DO(co_await parts.changes.poll(call.context.now));
    co_return Answer{.status = 201, .body = write_shape(body)};
}

Task<Result<Answer>> delete_secret(Parts const& parts, Call const& call)
{
    CO_TRY(auto id, call.id<ApplicationId>("application_id"));
    CO_TRY(auto secret, call.id<SecretId>("secret_id"));
    CO_TRY_DO(co_await parts.database.write(
        [&](storage::Tx& tx) { return applications::remove_secret(tx, change_of(parts, call), id, secret); }));
    CO_TRY_DO(co_await parts.changes.poll(call.context.now));
    co_return Answer{.status = 204};
}

std::vector<Operation> secret_operations(Parts const& parts)
{
    using http::Method;
    std::vector<Operation> operations;
    operations.push_back(Operation{
        .method = Method::get,
        .path = "/applications/{application_id}/secrets",
        .id = "application_secrets_list",
        .summary = "List an application's secrets",
        .scope = "applications:read",
        .run = [&parts](Call const& call, auto const&) {
            return list_secrets(parts, call);
        }}.gives<List<SecretBody>>());
    operations.push_back(
        Operation{.method = Method::post,
                  .path = "/applications/{application_id}/secrets",
                  .id = "application_secrets_create",
                  .summary = "Make a secret; two may be alive at a time, so that they can be exchanged",
                  .scope = "applications:update",
                  .success = 201,
                  .run = [&parts](Call const& call, auto const& body) { return create_secret(parts, call, body); }}
            .takes<SecretBody>()
            .gives<SecretBody>());
    operations.push_back(
        Operation{.method = Method::delete_,
                  .path = "/applications/{application_id}/secrets/{secret_id}",
                  .id = "application_secrets_delete",
                  .summary = "Remove a secret",
                  .scope = "applications:update",
                  .success = 204,
                  .run = [&parts](Call const& call, auto const&) { return delete_secret(parts, call); }});
    return operations;
}

} // namespace

std::vector<Operation> application_operations(Parts const& parts)
{
    using http::Method;
    auto operations = secret_operations(parts);
    operations.push_back(Operation{
        .method = Method::get,
        .path = "/applications",
        .id = "applications_list",
        .summary = "List applications",
        .scope = "applications:read",
        .pageable = true,
        .run = [&parts](Call const& call, auto const&) {
            return list_applications(parts, call);
        }}.gives<List<Application>>());
    operations.push_back(
        Operation{.method = Method::post,
                  .path = "/applications",
                  .id = "applications_create",
                  .summary = "Make an application",
                  .scope = "applications:create",
                  .success = 201,
                  .versioned = true,
                  .run = [&parts](Call const& call, auto const& body) { return create_application(parts, call, body); }}
            .takes<Application>()
            .gives<Application>());
    operations.push_back(Operation{
        .method = Method::get,
        .path = "/applications/{application_id}",
        .id = "applications_get",
        .summary = "Read an application",
        .scope = "applications:read",
        .versioned = true,
        .run = [&parts](Call const& call, auto const&) {
            return get_application(parts, call);
        }}.gives<Application>());
    operations.push_back(
        Operation{.method = Method::patch,
                  .path = "/applications/{application_id}",
                  .id = "applications_update",
                  .summary = "Change an application",
                  .scope = "applications:update",
                  .versioned = true,
                  .run = [&parts](Call const& call, auto const& body) { return update_application(parts, call, body); }}
            .takes<Application>()
            .gives<Application>());
    operations.push_back(
        Operation{.method = Method::delete_,
                  .path = "/applications/{application_id}",
                  .id = "applications_delete",
                  .summary = "Delete an application with its secrets, grants and tokens",
                  .scope = "applications:delete",
                  .success = 204,
                  .versioned = true,
                  .run = [&parts](Call const& call, auto const&) { return delete_application(parts, call); }});
    for (auto& operation : operations)
        operation.tag = "applications";
    return operations;
}

} // namespace gatehouse::admin
