// A file that somebody uploads as a picture: it is refused, or becomes pixels within the limits that can be cropped,
// scaled and written anew; of a drawing, that which is clean stays as it is when it is cleaned once more.
#include "images/image.hpp"

#include <cstdlib>

using namespace gatehouse;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    ByteView const file(data, size);
    images::Limits const limits{.file_bytes = 256 * 1024, .side = 512, .pixels = 64 * 1024};
    if (images::kind_of(file) == images::Kind::svg) {
        auto const clean = images::clean_svg(file);
        if (!clean)
            return 0;
        auto const again = images::clean_svg(as_bytes(*clean));
        if (!again || *again != *clean)
            std::abort();
        return 0;
    }
    auto const image = images::decode(file, limits);
    if (!image)
        return 0;
    if (image->width == 0 || image->height == 0 || image->width > limits.side || image->height > limits.side ||
        image->pixels.size() != std::size_t{4} * image->width * image->height)
        std::abort();
    auto const square = images::fit(images::crop_to_square(*image), 96, 96);
    auto const written = images::encode_webp(square);
    if (!written || square.width != square.height || square.width > 96)
        std::abort();
    if (!images::encode_png(square) || !images::decode(*written))
        std::abort();
    return 0;
}
