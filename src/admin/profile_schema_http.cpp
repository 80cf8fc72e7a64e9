// Operations on the document that says what a tenant knows about its people.
#include "admin/management_api.hpp"
#include "identity/changes.hpp"
#include "identity/profile_schema.hpp"
#include "identity/profile_schema_shape.hpp"
#include "storage/database.hpp"

namespace gatehouse::admin {

namespace {

Answer answer_of(identity::StoredProfileSchema const& stored)
{
    return {.body = boost::json::value(identity::write_profile_schema(*stored.schema)), .version = stored.version};
}

Task<Result<Answer>> get_schema(Parts const& parts, Call const& call)
{
    CO_TRY(auto stored, co_await parts.database.read([&](storage::Tx& tx) {
        return identity::find_profile_schema(tx, call.context.tenant->id);
    }));
    co_return answer_of(stored);
}

Task<Result<Answer>> put_schema(Parts const& parts, Call const& call, boost::json::value const& json)
{
    CO_TRY(auto version, expected_version(call));
    if (!json.is_object())
        co_return refuse(ErrorKind::invalid, "field_type", "A profile schema is an object.");
    CO_TRY(auto stored, co_await parts.database.write([&](storage::Tx& tx) {
        return identity::replace_profile_schema(tx, parts.vault, call.context.tenant->id, json.get_object(), version,
                                                origin_of(call), call.context.now);
    }));
    CO_TRY_DO(co_await parts.changes.poll(call.context.now));
    co_return answer_of(stored);
}

} // namespace

std::vector<Operation> profile_schema_operations(Parts const& parts)
{
    using http::Method;
    std::vector<Operation> operations;
    operations.push_back(Operation{
        .method = Method::get,
        .path = "/profile-schema",
        .id = "profile_schema_get",
        .summary = "Read what is known about people, and how they are asked",
        .scope = "schema:read",
        .versioned = true,
        .run = [&parts](Call const& call, auto const&) {
            return get_schema(parts, call);
        }}.gives<identity::ProfileSchema>());
    operations.push_back(
        Operation{.method = Method::put,
                  .path = "/profile-schema",
                  .id = "profile_schema_replace",
                  .summary = "Replace the profile schema; a name keeps its type for good",
                  .scope = "schema:update",
                  .versioned = true,
                  .run = [&parts](Call const& call, auto const& body) { return put_schema(parts, call, body); }}
            .takes<identity::ProfileSchema>()
            .gives<identity::ProfileSchema>());
    for (auto& operation : operations)
        operation.tag = "profile schema";
    return operations;
}

} // namespace gatehouse::admin
