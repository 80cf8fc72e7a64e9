// Operations on the picture that a user shows of themselves.
#include "admin/management_api.hpp"
#include "admin/users_body.hpp"
#include "identity/avatars.hpp"
#include "images/image.hpp"

namespace gatehouse::admin {

struct PictureUpload {
    std::string content;
};
constexpr auto shape(PictureUpload const*)
{
    return Shape{"PictureUpload",
                 Member{"content",
                        &PictureUpload::content,
                        {.text = "A PNG, JPEG or WebP file in base64. Its middle is kept, as a square, and nothing "
                                 "but its pixels.",
                         .min_length = 1,
                         .max_length = 1'000'000,
                         .format = "byte"}}};
}

struct PictureBody {
    std::string small;
    std::string large;
    TimePoint created_at;
};
constexpr auto shape(PictureBody const*)
{
    return Shape{
        "Picture",
        Member{"small", &PictureBody::small, {.text = "Address of the WebP file of 96 pixels.", .format = "uri"}},
        Member{
            "large",
            &PictureBody::large,
            {.text = "Of 512 pixels, or fewer where the picture had fewer: the claim \"picture\".", .format = "uri"}},
        Member{"created_at", &PictureBody::created_at, {.text = "When it was uploaded."}}};
}

namespace {

PictureBody body_of(Call const& call, identity::Avatar const& avatar)
{
    auto const& issuer = call.context.tenant->issuer;
    return {.small = issuer + identity::avatar_path(avatar.name, identity::kSmallAvatar),
            .large = issuer + identity::avatar_path(avatar.name, identity::kLargeAvatar),
            .created_at = avatar.created_at};
}

Refusal no_picture()
{
    return refuse(ErrorKind::not_found, "picture_not_found", "The user shows no picture.");
}

Task<Result<Answer>> show_picture(Parts const& parts, Call const& call)
{
    CO_TRY(auto id, call.id<UserId>("user_id"));
    auto const tenant = call.context.tenant->id;
    CO_TRY(auto const avatar,
           co_await parts.database.read([&](storage::Tx& tx) -> Result<std::optional<identity::Avatar>> {
               TRY_DO(parts.users.get(tx, tenant, id));
               return identity::find_avatar(tx, tenant, id);
           }));
    if (!avatar)
        co_return no_picture();
    co_return Answer{.body = write_shape(body_of(call, *avatar))};
}

Task<Result<Answer>> put_picture(Parts const& parts, Call const& call, boost::json::value const& json)
{
    CO_TRY(auto id, call.id<UserId>("user_id"));
    CO_TRY(auto const wanted, read_shape<PictureUpload>(json));
    auto const file = base64_decode(wanted.content);
    if (!file)
        co_return refuse(ErrorKind::invalid, "field_value", "The content is not base64.").at("/content");
    auto squares = images::make_squares(*file, {}, {identity::kSmallAvatar, identity::kLargeAvatar});
    if (!squares) {
        squares.error().pointer = "/content";
        co_return std::unexpected(std::move(squares).error());
    }
    identity::AvatarFiles const files{.small = std::move(squares->at(0)), .large = std::move(squares->at(1))};
    auto const tenant = call.context.tenant->id;
    CO_TRY(auto const avatar, co_await parts.database.write([&](storage::Tx& tx) -> Result<identity::Avatar> {
        TRY_DO(parts.users.get(tx, tenant, id));
        return identity::put_avatar(tx, parts.vault, tenant, id, files, origin_of(call), call.context.now);
    }));
    co_return Answer{.body = write_shape(body_of(call, avatar))};
}

Task<Result<Answer>> remove_picture(Parts const& parts, Call const& call)
{
    CO_TRY(auto id, call.id<UserId>("user_id"));
    auto const tenant = call.context.tenant->id;
    CO_TRY_DO(co_await parts.database.write([&](storage::Tx& tx) -> Result<void> {
        TRY_DO(parts.users.get(tx, tenant, id));
        TRY(bool const removed,
            identity::remove_avatar(tx, parts.vault, tenant, id, origin_of(call), call.context.now));
        if (!removed)
            return no_picture();
        return {};
    }));
    co_return Answer{.status = 204};
}

} // namespace

std::vector<Operation> user_picture_operations(Parts const& parts)
{
    using http::Method;
    std::vector<Operation> operations;
    auto const add = [&](Operation operation) {
        operation.tag = "users";
        operations.push_back(std::move(operation));
    };
    add(Operation{
        .method = Method::get,
        .path = "/users/{user_id}/picture",
        .id = "user_picture_get",
        .summary = "Say where the picture is that a user shows of themselves",
        .scope = "users:read",
        .run = [&parts](Call const& call, auto const&) {
            return show_picture(parts, call);
        }}.gives<PictureBody>());
    add(Operation{.method = Method::put,
                  .path = "/users/{user_id}/picture",
                  .id = "user_picture_put",
                  .summary = "Give a user a picture; it is decoded and written anew",
                  .scope = "users:update",
                  .run = [&parts](Call const& call, auto const& body) { return put_picture(parts, call, body); }}
            .takes<PictureUpload>()
            .gives<PictureBody>());
    add(Operation{.method = Method::delete_,
                  .path = "/users/{user_id}/picture",
                  .id = "user_picture_delete",
                  .summary = "Remove the picture of a user",
                  .scope = "users:update",
                  .success = 204,
                  .run = [&parts](Call const& call, auto const&) { return remove_picture(parts, call); }});
    return operations;
}

} // namespace gatehouse::admin
