#include "themes/images.hpp"

#include "images/image.hpp"

#include <array>
#include <fmt/format.h>
#include <openssl/sha.h>

namespace gatehouse::themes {

Result<StoredImage> prepare_image(ByteView file, TimePoint now)
{
    // Twice what a logo takes on the widest page, for screens of high resolution.
    constexpr std::uint32_t kWidest = 1600;
    constexpr std::uint32_t kHighest = 480;
    StoredImage image{.name = {}, .media_type = "image/png", .content = {}, .created_at = now};
    bool const drawing = images::kind_of(file) == images::Kind::svg;
    if (drawing) {
        TRY(auto const clean, images::clean_svg(file));
        image.media_type = "image/svg+xml";
        image.content = to_bytes(as_bytes(clean));
    } else {
        TRY(auto const decoded, images::decode(file));
        TRY(image.content, images::encode_png(images::fit(decoded, kWidest, kHighest)));
    }
    std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
    SHA256(image.content.data(), image.content.size(), digest.data());
    image.name = fmt::format("{}.{}", hex_encode(ByteView(digest).first(16)), drawing ? "svg" : "png");
    return image;
}

std::string image_path(std::string_view base_path, std::string_view name)
{
    return fmt::format("{}/theme-images/{}", base_path, name);
}

Routes image_routes(storage::Database& database)
{
    auto const serve = [&database](Context const& context,
                                   http::Request const& request) -> Task<Result<http::Response>> {
        auto const name = std::string(request.path_parameters.get("name"));
        auto const tenant = context.tenant->id;
        CO_TRY(auto image, co_await database.read([&](storage::Tx& tx) { return find_image(tx, tenant, name); }));
        if (!image)
            co_return refuse(ErrorKind::not_found, "not_found", "There is nothing at this address.");
        http::Response response;
        response.headers.set("Content-Type", image->media_type);
        response.headers.set("Cache-Control", "public, max-age=31536000, immutable");
        response.headers.set("X-Content-Type-Options", "nosniff");
        // Mail programs show it as well, so it may be embedded anywhere; opened by itself it can do nothing.
        response.headers.set("Cross-Origin-Resource-Policy", "cross-origin");
        response.headers.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox");
        response.body.assign(as_text(image->content));
        co_return response;
    };
    return {{.method = http::Method::get, .pattern = "/theme-images/{name}", .endpoint = serve}};
}

} // namespace gatehouse::themes
