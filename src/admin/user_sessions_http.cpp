// Operations on the sessions of a user.
#include "admin/management_api.hpp"
#include "admin/users_body.hpp"
#include "identity/users.hpp"
#include "session/session.hpp"
#include "tokens/families.hpp"

namespace gatehouse::admin {

namespace {

Task<Result<Answer>> list_sessions(Parts const& parts, Call const& call)
{
    CO_TRY(auto id, call.id<UserId>("user_id"));
    CO_TRY(auto sessions, co_await parts.database.read([&](storage::Tx& tx) -> Result<std::vector<session::Listed>> {
        TRY_DO(parts.users.get(tx, call.context.tenant->id, id));
        return session::list(tx, parts.vault, call.context.tenant->id, id, call.context.now);
    }));
    List<SessionBody> list;
    for (auto const& listed : sessions)
        list.items.push_back({.session_id = listed.session.id,
                              .user_agent = listed.device.user_agent,
                              .address = listed.device.address,
                              .place = parts.places.find(listed.device.address),
                              .created_at = listed.session.created_at,
                              .last_seen_at = listed.session.last_seen_at,
                              .expires_at = listed.session.expires_at});
    co_return Answer{.body = write_shape(list)};
}

Task<Result<Answer>> end_sessions(Parts const& parts, Call const& call)
{
    CO_TRY(auto id, call.id<UserId>("user_id"));
    auto const tenant = call.context.tenant->id;
    CO_TRY_DO(co_await parts.database.write([&](storage::Tx& tx) -> Result<void> {
        TRY_DO(parts.users.get(tx, tenant, id));
        TRY_DO(session::end_all(tx, parts.vault, tenant, id, std::nullopt, session::EndReason::revoked_by_administrator,
                                origin_of(call), call.context.now));
        // Offline access outlives sessions: an application that holds it would stay signed in for the person.
        TRY_DO(tokens::revoke_families(tx, parts.vault, tenant, id, std::nullopt,
                                       tokens::RevokeReason::revoked_by_administrator, origin_of(call),
                                       call.context.now));
        return {};
    }));
    co_return Answer{.status = 204};
}

Task<Result<Answer>> end_session(Parts const& parts, Call const& call)
{
    CO_TRY(auto id, call.id<UserId>("user_id"));
    CO_TRY(auto session, call.id<SessionId>("session_id"));
    auto const tenant = call.context.tenant->id;
    CO_TRY_DO(co_await parts.database.write([&](storage::Tx& tx) -> Result<void> {
        TRY_DO(parts.users.get(tx, tenant, id));
        TRY(bool const ended,
            session::end(tx, parts.vault, tenant, id, session, session::EndReason::revoked_by_administrator,
                         origin_of(call), call.context.now));
        if (!ended)
            return refuse(ErrorKind::not_found, "session_not_found",
                          "The user has no such session. It may have ended.");
        return {};
    }));
    co_return Answer{.status = 204};
}

} // namespace

std::vector<Operation> user_session_operations(Parts const& parts)
{
    using http::Method;
    std::vector<Operation> operations;
    operations.push_back(Operation{
        .method = Method::get,
        .path = "/users/{user_id}/sessions",
        .id = "user_sessions_list",
        .summary = "List where a user is signed in",
        .scope = "users:read",
        .run = [&parts](Call const& call, auto const&) {
            return list_sessions(parts, call);
        }}.gives<List<SessionBody>>());
    operations.push_back(
        Operation{.method = Method::delete_,
                  .path = "/users/{user_id}/sessions",
                  .id = "user_sessions_end",
                  .summary = "End all sessions of a user, and revoke the tokens of every application",
                  .scope = "users:update",
                  .success = 204,
                  .run = [&parts](Call const& call, auto const&) { return end_sessions(parts, call); }});
    operations.push_back(
        Operation{.method = Method::delete_,
                  .path = "/users/{user_id}/sessions/{session_id}",
                  .id = "user_session_end",
                  .summary = "End one session of a user, with what depends on it",
                  .scope = "users:update",
                  .success = 204,
                  .run = [&parts](Call const& call, auto const&) { return end_session(parts, call); }});
    for (auto& operation : operations)
        operation.tag = "users";
    return operations;
}

} // namespace gatehouse::admin
