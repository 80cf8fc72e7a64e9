// Operations on the browsers that a user trusts.
#include "admin/management_api.hpp"
#include "admin/users_body.hpp"
#include "session/trusted_devices.hpp"

namespace gatehouse::admin {

namespace {

Task<Result<Answer>> list_trusted_devices(Parts const& parts, Call const& call)
{
    CO_TRY(auto id, call.id<UserId>("user_id"));
    auto const tenant = call.context.tenant->id;
    CO_TRY(auto const devices,
           co_await parts.database.read([&](storage::Tx& tx) -> Result<std::vector<session::TrustedDevice>> {
               TRY_DO(parts.users.get(tx, tenant, id));
               return session::list_trusted(tx, parts.vault, tenant, id, call.context.now);
           }));
    List<TrustedDeviceBody> list;
    for (auto const& one : devices)
        list.items.push_back({.device_id = one.id,
                              .user_agent = one.device.user_agent,
                              .address = one.device.address,
                              .place = parts.places.find(one.device.address),
                              .created_at = one.trusted_at,
                              .last_used_at = one.last_used_at,
                              .expires_at = one.expires_at});
    co_return Answer{.body = write_shape(list)};
}

Task<Result<Answer>> end_one(Parts const& parts, Call const& call)
{
    CO_TRY(auto id, call.id<UserId>("user_id"));
    CO_TRY(auto device, call.id<session::TrustedDeviceId>("device_id"));
    auto const tenant = call.context.tenant->id;
    CO_TRY_DO(co_await parts.database.write([&](storage::Tx& tx) -> Result<void> {
        TRY_DO(parts.users.get(tx, tenant, id));
        TRY(bool const ended,
            session::end_trust(tx, parts.vault, tenant, id, device, session::EndReason::revoked_by_administrator,
                               origin_of(call), call.context.now));
        if (!ended)
            return refuse(ErrorKind::not_found, "device_not_found",
                          "The user trusts no such browser. The trust may have ended.");
        return {};
    }));
    co_return Answer{.status = 204};
}

Task<Result<Answer>> end_all(Parts const& parts, Call const& call)
{
    CO_TRY(auto id, call.id<UserId>("user_id"));
    auto const tenant = call.context.tenant->id;
    CO_TRY_DO(co_await parts.database.write([&](storage::Tx& tx) -> Result<void> {
        TRY_DO(parts.users.get(tx, tenant, id));
        TRY_DO(session::end_all_trust(tx, parts.vault, tenant, id, session::EndReason::revoked_by_administrator,
                                      origin_of(call), call.context.now));
        return {};
    }));
    co_return Answer{.status = 204};
}

} // namespace

std::vector<Operation> user_trusted_device_operations(Parts const& parts)
{
    using http::Method;
    std::vector<Operation> operations;
    operations.push_back(Operation{
        .method = Method::get,
        .path = "/users/{user_id}/trusted-devices",
        .id = "user_trusted_devices_list",
        .summary = "List the browsers in which a user is not asked for a second factor",
        .scope = "users:read",
        .run = [&parts](Call const& call, auto const&) {
            return list_trusted_devices(parts, call);
        }}.gives<List<TrustedDeviceBody>>());
    operations.push_back(Operation{.method = Method::delete_,
                                   .path = "/users/{user_id}/trusted-devices/{device_id}",
                                   .id = "user_trusted_devices_end",
                                   .summary = "End the trust in one browser",
                                   .scope = "users:update",
                                   .success = 204,
                                   .run = [&parts](Call const& call, auto const&) { return end_one(parts, call); }});
    operations.push_back(Operation{.method = Method::delete_,
                                   .path = "/users/{user_id}/trusted-devices",
                                   .id = "user_trusted_devices_end_all",
                                   .summary = "End the trust in all browsers of a user",
                                   .scope = "users:update",
                                   .success = 204,
                                   .run = [&parts](Call const& call, auto const&) { return end_all(parts, call); }});
    for (auto& operation : operations)
        operation.tag = "users";
    return operations;
}

} // namespace gatehouse::admin
