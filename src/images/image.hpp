// images: pictures that people upload, made harmless. A picture is decoded within limits and written anew, so that what
// is kept and served holds pixels and nothing else: no metadata, no second file behind the first, no bomb.
//
// In:  bytes of a PNG, JPEG or WebP file, told by their content and never by a name; or of an SVG drawing.
// Out: an Image of plain pixels, upright; a PNG or WebP; or a drawing of the elements and attributes that are known to
//      be harmless.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

#include <string>
#include <vector>

namespace gatehouse::images {

// Pixels from the top left, four bytes each: red, green, blue, alpha (not premultiplied).
struct Image {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    Bytes pixels;
};

struct Limits {
    std::size_t file_bytes = 2 * 1024 * 1024;
    std::uint32_t side = 8192;         // pixels
    std::uint64_t pixels = 16'000'000; // of all
};

enum class Kind : std::uint8_t { unknown, png, jpeg, webp, svg };
Kind kind_of(ByteView file);

// Errors: "image_unsupported" (no PNG, JPEG or WebP), "image_too_large" (of a file, or of a picture however small its
// file is: told from its head before a pixel is decoded), "image_damaged". A photograph that says how it was held
// (Exif, orientation) is turned upright: what says so is not kept.
Result<Image> decode(ByteView file, Limits const& limits = {});
// Scaled down, by averages, to at most these sides; never up.
Image fit(Image const& image, std::uint32_t width, std::uint32_t height);
// The part of that shape in the middle.
Image crop_to_square(Image const& image);
Result<Bytes> encode_png(Image const& image);
Result<Bytes> encode_webp(Image const& image); // for photographs: small, and not exact

// The square in the middle of the picture in a file, as WebP files of these sides, or of its own where it has fewer
// pixels. Errors: those of decode.
Result<std::vector<Bytes>> make_squares(ByteView file, Limits const& limits,
                                        std::initializer_list<std::uint32_t> sides);

// How a picture was held, 1 to 8 (Exif 2.32, table 4): 1 is upright, and what everything unreadable means.
int orientation_of(ByteView file);
Image turn_upright(Image image, int orientation);

// The drawing without all that is not on the list of src/images/svg.cpp. Refused is what has no harmless reading:
// a document type, entities, processing instructions, other namespaces' elements. Errors: "image_damaged",
// "image_too_large", and "svg_refused" with what stands in the way.
Result<std::string> clean_svg(ByteView file, std::size_t most_bytes = 256 * 1024);

} // namespace gatehouse::images
