// Operations on the logos of themes.
#include "admin/management_api.hpp"
#include "storage/database.hpp"
#include "themes/images.hpp"

namespace gatehouse::admin {

struct ImageUpload {
    std::string content;
};
constexpr auto shape(ImageUpload const*)
{
    return Shape{"ThemeImageUpload", Member{"content",
                                            &ImageUpload::content,
                                            {.text = "A PNG, JPEG, WebP or plain SVG file in base64.",
                                             .min_length = 1,
                                             .max_length = 1'000'000,
                                             .format = "byte"}}};
}

struct ImageBody {
    std::string name;
    std::string path;
    std::string media_type;
    TimePoint created_at;
};
constexpr auto shape(ImageBody const*)
{
    return Shape{"ThemeImage", Member{"name", &ImageBody::name, {.text = "Made of its content."}},
                 Member{"path", &ImageBody::path, {.text = "What a theme's logo names."}},
                 Member{"media_type", &ImageBody::media_type, {.text = "image/png or image/svg+xml."}},
                 Member{"created_at", &ImageBody::created_at, {.text = "When it was kept."}}};
}
constexpr std::string_view list_name(ImageBody const*)
{
    return "ThemeImageList";
}

namespace {

// The path as the tenant's issuer has it: an operator may call by another address.
ImageBody body_of(Call const& call, themes::StoredImage const& image)
{
    auto const& issuer = call.context.tenant->issuer;
    auto const slash = issuer.find('/', issuer.find("://") + 3);
    auto const base = slash == std::string::npos ? std::string() : issuer.substr(slash);
    return {.name = image.name,
            .path = themes::image_path(base, image.name),
            .media_type = image.media_type,
            .created_at = image.created_at};
}

Task<Result<Answer>> add_image(Parts const& parts, Call const& call, boost::json::value const& json)
{
    CO_TRY(auto upload, read_shape<ImageUpload>(json));
    auto const file = base64_decode(upload.content);
    if (!file)
        co_return refuse(ErrorKind::invalid, "field_value", "The content is not base64.").at("/content");
    auto prepared = themes::prepare_image(*file, call.context.now);
    if (!prepared) {
        prepared.error().pointer = "/content";
        co_return std::unexpected(std::move(prepared).error());
    }
    auto const& image = *prepared;
    auto const tenant = call.context.tenant->id;
    CO_TRY_DO(co_await parts.database.write([&](storage::Tx& tx) { return themes::keep_image(tx, tenant, image); }));
    auto const body = body_of(call, image);
    co_return Answer{.status = 201, .body = write_shape(body), .location = body.path};
}

Task<Result<Answer>> list_theme_images(Parts const& parts, Call const& call)
{
    auto const tenant = call.context.tenant->id;
    CO_TRY(auto found, co_await parts.database.read([&](storage::Tx& tx) { return themes::list_images(tx, tenant); }));
    List<ImageBody> list;
    for (auto const& image : found)
        list.items.push_back(body_of(call, image));
    co_return Answer{.body = write_shape(list)};
}

Task<Result<Answer>> remove_theme_image(Parts const& parts, Call const& call)
{
    auto const tenant = call.context.tenant->id;
    auto const name = std::string(call.request.path_parameters.get("name"));
    CO_TRY_DO(co_await parts.database.write([&](storage::Tx& tx) { return themes::remove_image(tx, tenant, name); }));
    co_return Answer{.status = 204};
}

} // namespace

std::vector<Operation> theme_image_operations(Parts const& parts)
{
    using http::Method;
    std::vector<Operation> operations;
    auto const add = [&](Operation operation) {
        operation.tag = "themes";
        operations.push_back(std::move(operation));
    };
    add(Operation{.method = Method::post,
                  .path = "/theme-images",
                  .id = "theme_images_create",
                  .summary = "Upload a logo; it is decoded, checked and written anew",
                  .scope = "tenants:update",
                  .success = 201,
                  .run = [&parts](Call const& call, auto const& body) { return add_image(parts, call, body); }}
            .takes<ImageUpload>()
            .gives<ImageBody>());
    add(Operation{
        .method = Method::get,
        .path = "/theme-images",
        .id = "theme_images_list",
        .summary = "List uploaded logos, oldest first",
        .scope = "tenants:read",
        .run = [&parts](Call const& call, auto const&) {
            return list_theme_images(parts, call);
        }}.gives<List<ImageBody>>());
    add(Operation{.method = Method::delete_,
                  .path = "/theme-images/{name}",
                  .id = "theme_images_delete",
                  .summary = "Delete an uploaded logo",
                  .scope = "tenants:update",
                  .success = 204,
                  .run = [&parts](Call const& call, auto const&) { return remove_theme_image(parts, call); }});
    return operations;
}

} // namespace gatehouse::admin
