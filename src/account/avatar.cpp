#include "account/avatar.hpp"

#include "account/answer.hpp"
#include "account/changes.hpp"
#include "account/routes.hpp"
#include "http/multipart.hpp"
#include "http/page_headers.hpp"
#include "identity/avatars.hpp"
#include "images/image.hpp"
#include "risk/throttle.hpp"

namespace gatehouse::account {

using http::Request;
using http::Response;

namespace {

constexpr std::string_view kPath = "/account/picture";
// A form around the largest picture.
// Each costs more than most requests do.
constexpr risk::Limit kUploads{"upload.account", risk::Limit::Shape::window, 20, std::chrono::hours(1), {}};
constexpr http::RouteLimits kUpload{.body = identity::kLargestPicture + 64 * 1024};

Refusal nothing_here()
{
    return refuse(ErrorKind::not_found, "not_found", "There is nothing at this address.");
}

Page page_with_form()
{
    return {.tab = Tab::profile, .notes = {.panel = "picture"}};
}

Task<Result<void>> keep(Services const& services, Context const& context, Visitor const& visitor, ByteView file)
{
    auto const tenant = context.tenant->id;
    CO_TRY_DO(co_await services.database.write(
        [&](storage::Tx& tx) -> Result<void> {
            TRY(auto const key, services.vault.lookup_digest(tenant, "throttle.upload", visitor.user.id.to_string()));
            TRY_DO(risk::reserve(tx, tenant, {{&kUploads, to_bytes(ByteView(key.digest))}}, context.now));
            return {};
        },
        storage::Durability::Relaxed));
    CO_TRY(auto squares, images::make_squares(file, {.file_bytes = identity::kLargestPicture},
                                              {identity::kSmallAvatar, identity::kLargeAvatar}));
    identity::AvatarFiles const files{.small = std::move(squares[0]), .large = std::move(squares[1])};
    CO_TRY_DO(co_await services.database.write([&](storage::Tx& tx) -> Result<void> {
        TRY_DO(services.users.require_active(tx, tenant, visitor.user.id, visitor.session.security_epoch));
        TRY_DO(identity::put_avatar(tx, services.vault, tenant, visitor.user.id, files, origin_of(context, visitor),
                                    context.now));
        return {};
    }));
    co_return Result<void>();
}

Task<Result<Response>> upload(Services const& services, Context const& context, Request const& request)
{
    if (!context.tenant->settings.account.avatars)
        co_return nothing_here();
    CO_TRY_DO(http::check_same_origin(request));
    CO_TRY(auto const sent, http::read_upload(request));
    CO_TRY(auto form, co_await check_submission(services, context, request, Tab::profile, sent.fields));
    if (form.answer)
        co_return std::move(*form.answer);
    auto const& visitor = *form.visitor;
    auto const* file = sent.file("picture");
    if (!file)
        co_return co_await refused(services, context, request, visitor, page_with_form(),
                                   Error{.kind = ErrorKind::invalid,
                                         .code = "picture_required",
                                         .message = "Choose a picture.",
                                         .pointer = "picture"});
    auto kept = co_await keep(services, context, visitor, *file);
    if (!kept) {
        kept.error().pointer = "picture";
        if (kept.error().code.starts_with("image_"))
            kept.error().kind = ErrorKind::invalid; // said beside the field, whatever machines are answered
        co_return co_await refused(services, context, request, visitor, page_with_form(), std::move(kept).error());
    }
    co_return back(context, Tab::profile, "picture_saved");
}

Task<Result<Response>> remove(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto form, co_await read_submission(services, context, request, Tab::profile));
    if (form.answer)
        co_return std::move(*form.answer);
    auto const& visitor = *form.visitor;
    CO_TRY_DO(co_await services.database.write([&](storage::Tx& tx) {
        return identity::remove_avatar(tx, services.vault, context.tenant->id, visitor.user.id,
                                       origin_of(context, visitor), context.now);
    }));
    co_return back(context, Tab::profile, "picture_removed");
}

// Whoever was told the address may look, from wherever: applications show it on pages of their own.
Task<Result<Response>> show(Services const& services, Context const& context, Request const& request)
{
    auto const raw = base64url_decode(request.path_parameters.get("name"));
    auto const name = raw ? identity::AvatarName::from_bytes(*raw) : Result<identity::AvatarName>(nothing_here());
    auto const file = request.path_parameters.get("file");
    auto const side = file == "96.webp" ? identity::kSmallAvatar : file == "512.webp" ? identity::kLargeAvatar : 0;
    if (!context.tenant->settings.account.avatars || !name || side == 0)
        co_return nothing_here();
    CO_TRY(auto const content, co_await services.database.read([&](storage::Tx& tx) {
        return identity::open_avatar(tx, services.vault, context.tenant->id, *name, side);
    }));
    Response response;
    response.headers.set("Content-Type", "image/webp");
    // A new picture has a new address. Not for ever: who removes theirs, or is erased, is soon gone from caches, too.
    response.headers.set("Cache-Control", "public, max-age=3600, immutable");
    response.headers.set("X-Content-Type-Options", "nosniff");
    response.headers.set("X-Robots-Tag", "noindex");
    response.headers.set("Cross-Origin-Resource-Policy", "cross-origin");
    response.headers.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox");
    response.body.assign(as_text(content));
    co_return response;
}

} // namespace

Result<view::Picture> picture_of(storage::Tx& tx, Context const& context, UserId user)
{
    view::Picture picture;
    if (!context.tenant->settings.account.avatars)
        return picture;
    TRY(auto const avatar, identity::find_avatar(tx, context.tenant->id, user));
    if (!avatar)
        return picture;
    picture.small = identity::avatar_path(avatar->name, identity::kSmallAvatar);
    picture.large = identity::avatar_path(avatar->name, identity::kLargeAvatar);
    return picture;
}

Routes avatar_routes(Services const& services)
{
    return {route(services, http::Method::post, kPath, upload, Audience::people, kUpload),
            route(services, http::Method::post, std::string(kPath) + "/remove", remove),
            route(services, http::Method::get, "/avatars/{name}/{file}", show)};
}

} // namespace gatehouse::account
