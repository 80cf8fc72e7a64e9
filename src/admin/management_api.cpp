#include "admin/management_api.hpp"

#include "admin/caller.hpp"
#include "admin/openapi.hpp"
#include "applications/applications.hpp"
#include "base/json.hpp"
#include "events/event.hpp"
#include "identity/administrators.hpp"
#include "identity/users.hpp"
#include "vault/sealed.hpp"

#include <algorithm>
#include <charconv>
#include <set>

namespace gatehouse::admin {

namespace {

constexpr std::string_view kBase = "/api/v1";

Result<boost::json::value> read_body(Operation const& operation, http::Request const& request)
{
    if (!operation.request_schema)
        return boost::json::value(nullptr);
    auto type = request.headers.find("Content-Type").value_or("");
    type = type.substr(0, type.find(';'));
    while (type.ends_with(' '))
        type.remove_suffix(1);
    auto const patch = operation.method == http::Method::patch;
    if (!http::equal_ignoring_case(type, "application/json") &&
        !(patch && http::equal_ignoring_case(type, "application/merge-patch+json")))
        return refuse(ErrorKind::unsupported, "unsupported_media_type",
                      patch ? "Send the changes as application/merge-patch+json (RFC 7396)."
                            : "Send the body as application/json.");
    return parse_json_strict(request.body);
}

// A parameter that is misspelled or comes twice would be passed over in silence: a search for one person would list
// all.
Result<void> check_query(Operation const& operation, http::Request const& request)
{
    if (auto const repeated = request.query.repeated())
        return refuse(ErrorKind::invalid, "parameter_repeated", "This parameter stands in the query more than once.")
            .at(std::string(*repeated));
    for (auto const& [name, value] : request.query) {
        auto const known = std::any_of(operation.query.begin(), operation.query.end(),
                                       [&](auto const& parameter) { return parameter.name == name; }) ||
                           (operation.pageable && (name == "limit" || name == "cursor"));
        if (!known)
            return refuse(ErrorKind::invalid, "parameter_unknown", "There is no such parameter here.").at(name);
    }
    return {};
}

http::Response respond(Operation const& operation, Answer const& answer)
{
    auto response = answer.body ? http::Response::json(answer.status, boost::json::serialize(*answer.body))
                                : http::Response::empty(answer.status);
    if (operation.versioned && answer.version)
        response.headers.set("ETag", fmt::format("\"{}\"", *answer.version));
    if (!answer.location.empty())
        response.headers.set("Location", answer.location);
    return response;
}

// RFC 6750 section 3.
http::Response refuse_bearer(Error const& error, std::string const& request_id)
{
    auto response = http::problem(error, request_id);
    response.headers.set("WWW-Authenticate", error.code == "token_missing"
                                                 ? std::string("Bearer realm=\"gatehouse\"")
                                                 : std::string("Bearer realm=\"gatehouse\", error=\"invalid_token\""));
    return response;
}

http::Response refuse_scope(std::string const& scope, std::string const& request_id)
{
    auto const error = refuse(ErrorKind::forbidden, "insufficient_scope",
                              fmt::format("The access token lacks the scope \"{}\".", scope))
                           .error();
    auto response = http::problem(error, request_id);
    response.headers.set("WWW-Authenticate",
                         fmt::format("Bearer realm=\"gatehouse\", error=\"insufficient_scope\", scope=\"{}\"", scope));
    return response;
}

std::vector<Operation> every_operation(Parts const& parts)
{
    std::vector<Operation> all;
    for (auto group : {tenant_operations(parts), theme_operations(parts), theme_image_operations(parts),
                       application_operations(parts), api_operations(parts), profile_schema_operations(parts),
                       document_operations(parts), invitation_operations(parts), user_operations(parts),
                       user_credential_operations(parts), user_session_operations(parts),
                       user_trusted_device_operations(parts), user_picture_operations(parts),
                       user_data_operations(parts), message_operations(parts), wording_operations(parts)})
        for (auto& operation : group)
            all.push_back(std::move(operation));
    return all;
}

} // namespace

ManagementApi::ManagementApi(Parts parts)
    : parts_(parts), operations_(every_operation(parts_)), descriptions_(std::make_unique<Descriptions>())
{
}
ManagementApi::~ManagementApi() = default;

Routes ManagementApi::routes()
{
    Routes routes;
    for (auto const& operation : operations_)
        routes.push_back(
            {.method = operation.method,
             .pattern = std::string(kBase) + operation.path,
             .endpoint = [this, &operation](Context const& context,
                                            http::Request const& request) { return run(operation, context, request); },
             .audience = Audience::machines,
             .limits = {.body = 1024 * 1024}});
    routes.push_back(
        {.method = http::Method::get,
         .pattern = "/openapi.json",
         .endpoint = [this](Context const& context, http::Request const& request) -> Task<Result<http::Response>> {
             co_return describe_to(context, request);
         }});
    return routes;
}

http::Response ManagementApi::describe_to(Context const& context, http::Request const& request)
{
    auto const description = descriptions_->get(operations_, context.tenant->issuer);
    auto response = http::Response::empty(304);
    if (request.header("If-None-Match") != description->etag) {
        response = http::Response::json(200, "");
        response.shared_body = std::shared_ptr<std::string const>(description, &description->text);
    }
    response.headers.set("ETag", description->etag);
    response.headers.set("Cache-Control", "no-cache"); // kept by whoever wants to, and asked about each time
    response.headers.set("Access-Control-Allow-Origin", "*");
    return response;
}

Task<Result<http::Response>> ManagementApi::run(Operation const& operation, Context const& context,
                                                http::Request const& request)
{
    auto caller = co_await authenticate(parts_, context, request);
    if (!caller && caller.error().kind == ErrorKind::unauthenticated)
        co_return refuse_bearer(caller.error(), context.request_id);
    CO_TRY_DO(caller);
    if (!caller->may(operation.scope) || (operation.reach == Reach::system && !caller->is_operator))
        co_return refuse_scope(operation.scope, context.request_id);
    CO_TRY_DO(check_query(operation, request));
    CO_TRY(auto body, read_body(operation, request));
    Call const call{context, request, *caller};
    CO_TRY(auto answer, co_await operation.run(call, body));
    co_return respond(operation, answer);
}

std::string management_audience(std::string const& issuer)
{
    return identity::management_audience(issuer);
}

std::vector<std::string> management_scopes()
{
    std::vector<std::string> scopes;
    for (auto const* resource :
         {"apis", "applications", "documents", "invitations", "messages", "schema", "tenants", "users"})
        for (auto const* verb : {"create", "delete", "read", "update"})
            scopes.push_back(fmt::format("{}:{}", resource, verb));
    scopes.emplace_back("users:export"); // all that is kept of a person: more than who reads users needs
    std::ranges::sort(scopes);
    return scopes;
}

applications::Api management_api_of(std::string const& issuer)
{
    applications::Api api;
    api.audience = management_audience(issuer);
    api.name = "Gatehouse management API";
    api.restrict_users = true;
    for (auto const& scope : management_scopes())
        api.permissions.push_back({.name = scope, .description = ""});
    return api;
}

Result<storage::PageRequest> read_page(Parts const& parts, Call const& call, std::string_view list)
{
    storage::PageRequest page;
    if (auto const limit = call.request.query.find("limit")) {
        auto const [end, failed] = std::from_chars(limit->data(), limit->data() + limit->size(), page.limit);
        if (failed != std::errc{} || end != limit->data() + limit->size() || page.limit < 1 ||
            page.limit > storage::PageRequest::kMost)
            return refuse(ErrorKind::invalid, "limit_invalid", "The limit must be a number from 1 to 200.").at("limit");
    }
    if (auto const cursor = call.request.query.find("cursor")) {
        auto opened = vault::open(parts.vault,
                                  {.tenant = call.context.tenant->id,
                                   .purpose = fmt::format("cursor/{}", list),
                                   .binding = {},
                                   .now = call.context.now},
                                  *cursor);
        if (!opened)
            return refuse(ErrorKind::invalid, "cursor_invalid",
                          "This cursor is not of this list, or too old. Start again without one.")
                .at("cursor");
        page.after = *std::move(opened);
    }
    return page;
}

Result<std::optional<std::string>> make_cursor(Parts const& parts, Call const& call, std::string_view list,
                                               std::optional<Bytes> const& next)
{
    if (!next)
        return std::nullopt;
    auto const purpose = fmt::format("cursor/{}", list);
    TRY(auto cursor, vault::seal(parts.vault,
                                 {.tenant = call.context.tenant->id,
                                  .purpose = purpose,
                                  .binding = {},
                                  .expires_at = call.context.now + std::chrono::hours(24)},
                                 *next, call.context.now));
    return cursor;
}

Result<std::optional<std::int64_t>> expected_version(Call const& call)
{
    auto const header = call.request.headers.find("If-Match");
    if (!header || *header == "*")
        return std::nullopt;
    std::int64_t version = 0;
    auto const bare = header->size() > 2 && header->starts_with('"') && header->ends_with('"')
                          ? header->substr(1, header->size() - 2)
                          : std::string_view{};
    auto const [end, failed] = std::from_chars(bare.data(), bare.data() + bare.size(), version);
    if (bare.empty() || failed != std::errc{} || end != bare.data() + bare.size())
        return refuse(ErrorKind::invalid, "if_match_invalid",
                      "If-Match takes the ETag as it was given, with its quotes.")
            .at("If-Match");
    return version;
}

events::Origin origin_of(Call const& call)
{
    events::Origin origin;
    origin.request_id = call.context.request_id;
    origin.actor = call.caller.user;
    origin.application = call.caller.application;
    return origin;
}

applications::Change change_of(Parts const& parts, Call const& call)
{
    return {parts.vault, call.context.tenant->id, origin_of(call), call.context.now};
}

Result<void> check_may_give(Call const& call, std::string_view audience, std::vector<std::string> const& scopes,
                            std::string const& pointer)
{
    if (audience != management_audience(call.context.tenant->issuer))
        return {};
    for (auto const& scope : scopes)
        if (!call.caller.may(scope))
            return refuse(ErrorKind::forbidden, "exceeds_own_permissions",
                          fmt::format("You cannot give \"{}\": your own access token does not hold it.", scope))
                .at(pointer);
    return {};
}

Result<void> check_may_change(Parts const& parts, Call const& call, storage::Tx& tx, UserId user)
{
    auto const audience = management_audience(call.context.tenant->issuer);
    TRY(auto const held, parts.users.permissions(tx, call.context.tenant->id, user, audience));
    for (auto const& scope : held)
        if (!call.caller.may(scope))
            return refuse(ErrorKind::forbidden, "exceeds_own_permissions",
                          fmt::format("This person holds \"{}\", which your own access token does not.", scope));
    return {};
}

Result<void> check_defined(storage::Tx& tx, TenantId tenant, std::string_view audience,
                           std::vector<std::string> const& permissions, std::string const& audience_pointer,
                           std::string const& list_pointer)
{
    TRY(auto const api, applications::find_api_by_audience(tx, tenant, audience));
    if (!api)
        return refuse(ErrorKind::invalid, "api_not_found", "There is no API with this audience.").at(audience_pointer);
    for (std::size_t i = 0; i < permissions.size(); ++i)
        if (!api->defines(permissions[i]))
            return refuse(ErrorKind::invalid, "field_value", "The API does not define this permission.")
                .at(fmt::format("{}/{}", list_pointer, i));
    return {};
}

Result<void> check_access(storage::Tx& tx, TenantId tenant, applications::Application const& application)
{
    for (std::size_t i = 0; i < application.apis.size(); ++i)
        TRY_DO(check_defined(tx, tenant, application.apis[i].audience, application.apis[i].scopes,
                             fmt::format("/apis/{}/audience", i), fmt::format("/apis/{}/scopes", i)));
    return {};
}

} // namespace gatehouse::admin
