// Operations on APIs (resource servers).
#include "admin/management_api.hpp"
#include "applications/application_shape.hpp"
#include "applications/applications.hpp"
#include "identity/changes.hpp"

namespace gatehouse::applications {
constexpr std::string_view list_name(Api const*)
{
    return "ApiList";
}
} // namespace gatehouse::applications

namespace gatehouse::admin {

namespace {

using applications::Api;

Answer answer_of(Api const& api, int status = 200)
{
    return {.status = status, .body = write_shape(api), .version = api.version};
}

// The management API itself is made with its tenant and stays as it is: it guards everything else.
Result<void> check_not_management(Call const& call, Api const& api)
{
    if (api.audience == management_audience(call.context.tenant->issuer))
        return refuse(ErrorKind::conflict, "api_protected", "The management API cannot be changed or removed.");
    return {};
}

Task<Result<Answer>> list_apis(Parts const& parts, Call const& call)
{
    CO_TRY(auto page, read_page(parts, call, "apis"));
    List<Api> list;
    CO_TRY(auto found, co_await parts.database.read([&](storage::Tx& tx) {
        return applications::list_apis(tx, call.context.tenant->id, page);
    }));
    list.items = std::move(found.items);
    CO_TRY(list.next_cursor, make_cursor(parts, call, "apis", found.next));
    co_return Answer{.body = write_shape(list)};
}

Task<Result<Answer>> create_api(Parts const& parts, Call const& call, boost::json::value const& json)
{
    CO_TRY(auto body, read_shape<Api>(json));
    CO_TRY(auto api, co_await parts.database.write(
                         [&](storage::Tx& tx) { return applications::create_api(tx, change_of(parts, call), body); }));
    CO_TRY_DO(co_await parts.changes.poll(call.context.now));
    auto answer = answer_of(api, 201);
    answer.location = fmt::format("{}/api/v1/apis/{}", call.context.base_path, api.id.to_string());
    co_return answer;
}

Result<Api> load(storage::Tx& tx, Call const& call, ApiId id)
{
    TRY(auto found, applications::find_api(tx, call.context.tenant->id, id));
    if (!found)
        return refuse(ErrorKind::not_found, "api_not_found", "There is no such API in this tenant.");
    return *std::move(found);
}

Task<Result<Answer>> get_api(Parts const& parts, Call const& call)
{
    CO_TRY(auto id, call.id<ApiId>("api_id"));
    CO_TRY(auto api, co_await parts.database.read([&](storage::Tx& tx) { return load(tx, call, id); }));
    co_return answer_of(api);
}

Result<Api> change_api(Parts const& parts, Call const& call, ApiId id, std::optional<std::int64_t> version,
                       boost::json::value const& patch, storage::Tx& tx)
{
    TRY(auto const before, load(tx, call, id));
    TRY_DO(check_not_management(call, before));
    if (!patch.is_object())
        return refuse(ErrorKind::invalid, "field_type", "Send an object with the members to change.");
    TRY(auto after, applications::apply_json(before, patch.get_object()));
    if (after.audience != before.audience)
        return refuse(ErrorKind::invalid, "field_value", "The audience of an API never changes.").at("/audience");
    return applications::update_api(tx, change_of(parts, call), std::move(after), version);
}

Task<Result<Answer>> update_api(Parts const& parts, Call const& call, boost::json::value const& patch)
{
    CO_TRY(auto id, call.id<ApiId>("api_id"));
    CO_TRY(auto version, expected_version(call));
    CO_TRY(auto api, co_await parts.database.write(
                         [&](storage::Tx& tx) { return change_api(parts, call, id, version, patch, tx); }));
    CO_TRY_DO(co_await parts.changes.poll(call.context.now));
    co_return answer_of(api);
}

Task<Result<Answer>> delete_api(Parts const& parts, Call const& call)
{
    CO_TRY(auto id, call.id<ApiId>("api_id"));
    CO_TRY(auto version, expected_version(call));
    CO_TRY_DO(co_await parts.database.write([&](storage::Tx& tx) -> Result<void> {
        TRY(auto const api, load(tx, call, id));
        TRY_DO(check_not_management(call, api));
        return applications::remove_api(tx, change_of(parts, call), id, version);
    }));
    CO_TRY_DO(co_await parts.changes.poll(call.context.now));
    co_return Answer{.status = 204};
}

} // namespace

std::vector<Operation> api_operations(Parts const& parts)
{
    using http::Method;
    std::vector<Operation> operations;
    operations.push_back(Operation{
        .method = Method::get,
        .path = "/apis",
        .id = "apis_list",
        .summary = "List APIs",
        .scope = "apis:read",
        .pageable = true,
        .run = [&parts](Call const& call, auto const&) {
            return list_apis(parts, call);
        }}.gives<List<Api>>());
    operations.push_back(
        Operation{.method = Method::post,
                  .path = "/apis",
                  .id = "apis_create",
                  .summary = "Make an API",
                  .scope = "apis:create",
                  .success = 201,
                  .versioned = true,
                  .run = [&parts](Call const& call, auto const& body) { return create_api(parts, call, body); }}
            .takes<Api>()
            .gives<Api>());
    operations.push_back(Operation{
        .method = Method::get,
        .path = "/apis/{api_id}",
        .id = "apis_get",
        .summary = "Read an API",
        .scope = "apis:read",
        .versioned = true,
        .run = [&parts](Call const& call, auto const&) {
            return get_api(parts, call);
        }}.gives<Api>());
    operations.push_back(
        Operation{.method = Method::patch,
                  .path = "/apis/{api_id}",
                  .id = "apis_update",
                  .summary = "Change an API",
                  .scope = "apis:update",
                  .versioned = true,
                  .run = [&parts](Call const& call, auto const& body) { return update_api(parts, call, body); }}
            .takes<Api>()
            .gives<Api>());
    operations.push_back(Operation{.method = Method::delete_,
                                   .path = "/apis/{api_id}",
                                   .id = "apis_delete",
                                   .summary = "Delete an API",
                                   .scope = "apis:delete",
                                   .success = 204,
                                   .versioned = true,
                                   .run = [&parts](Call const& call, auto const&) { return delete_api(parts, call); }});
    for (auto& operation : operations)
        operation.tag = "apis";
    return operations;
}

} // namespace gatehouse::admin
