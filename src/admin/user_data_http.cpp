// Operations on all that is kept about a user: the export, and the wish to be deleted.
#include "admin/management_api.hpp"
#include "admin/users_body.hpp"
#include "events/account_types.hpp"
#include "journey/notices.hpp"
#include "messages/outbox.hpp"

namespace gatehouse::admin {

namespace {

struct UserExportBody {
    TimePoint exported_at;
    boost::json::object data;
};
constexpr auto shape(UserExportBody const*)
{
    return Shape{"UserExport", Member{"exported_at", &UserExportBody::exported_at},
                 Member{"data", &UserExportBody::data, {.text = "As the user gets it in their account."}}};
}

Task<Result<Answer>> export_user(Parts const& parts, Call const& call)
{
    CO_TRY(auto id, call.id<UserId>("user_id"));
    auto const tenant = call.context.tenant->id;
    CO_TRY(auto data, co_await parts.database.read([&](storage::Tx& tx) -> Result<boost::json::object> {
        TRY_DO(check_may_change(parts, call, tx, id));
        return parts.users.export_person(tx, tenant, id, call.context.now);
    }));
    CO_TRY_DO(co_await parts.database.write([&](storage::Tx& tx) {
        return events::append(
            tx, parts.vault,
            {.type = &events::kUserDataExported, .tenant = tenant, .user = id, .origin = origin_of(call)},
            call.context.now);
    }));
    co_return Answer{.body = write_shape(UserExportBody{.exported_at = call.context.now, .data = std::move(data)})};
}

Task<Result<Answer>> cancel_deletion(Parts const& parts, Call const& call)
{
    CO_TRY(auto id, call.id<UserId>("user_id"));
    messages::Outbox const outbox(parts.vault);
    CO_TRY_DO(co_await parts.database.write([&](storage::Tx& tx) -> Result<void> {
        TRY_DO(parts.users.get(tx, call.context.tenant->id, id));
        TRY_DO(check_may_change(parts, call, tx, id));
        TRY(bool const kept, journey::keep_account(tx, {outbox, parts.users, parts.vault}, *call.context.tenant, id,
                                                   origin_of(call), call.context.now));
        if (!kept)
            return refuse(ErrorKind::not_found, "deletion_not_found", "The user is not to be deleted.");
        return {};
    }));
    co_return Answer{.status = 204};
}

} // namespace

std::vector<Operation> user_data_operations(Parts const& parts)
{
    using http::Method;
    std::vector<Operation> operations;
    operations.push_back(Operation{
        .method = Method::get,
        .path = "/users/{user_id}/export",
        .id = "user_export",
        .summary = "Hand out all that is kept about a user, as they get it themselves; never what proves who they are",
        .scope = "users:export",
        .run = [&parts](Call const& call, auto const&) {
            return export_user(parts, call);
        }}.gives<UserExportBody>());
    operations.push_back(
        Operation{.method = Method::delete_,
                  .path = "/users/{user_id}/deletion",
                  .id = "user_deletion_cancel",
                  .summary = "Keep an account whose user asked for its deletion; they are told",
                  .scope = "users:update",
                  .success = 204,
                  .run = [&parts](Call const& call, auto const&) { return cancel_deletion(parts, call); }});
    for (auto& operation : operations)
        operation.tag = "users";
    return operations;
}

} // namespace gatehouse::admin
