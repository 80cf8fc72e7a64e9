#include "images/image.hpp"

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <jpeglib.h>
#include <memory>
#include <png.h>
#include <webp/decode.h>
#include <webp/encode.h>

namespace gatehouse::images {

namespace {

Refusal too_large()
{
    return refuse(ErrorKind::too_large, "image_too_large", "The picture is too large. Make it smaller and try again.");
}

Refusal damaged()
{
    return refuse(ErrorKind::invalid, "image_damaged", "The picture cannot be read. Save it anew and try again.");
}

Result<void> check_size(std::uint64_t width, std::uint64_t height, Limits const& limits)
{
    if (width == 0 || height == 0)
        return damaged();
    if (width > limits.side || height > limits.side || width * height > limits.pixels)
        return too_large();
    return {};
}

Result<Image> decode_png(ByteView file, Limits const& limits)
{
    png_image png{};
    png.version = PNG_IMAGE_VERSION;
    struct Cleared {
        png_image* image;
        ~Cleared() { png_image_free(image); }
    } const cleared{&png};
    if (!png_image_begin_read_from_memory(&png, file.data(), file.size()))
        return damaged();
    TRY_DO(check_size(png.width, png.height, limits));
    png.format = PNG_FORMAT_RGBA;
    Image image{.width = png.width, .height = png.height, .pixels = Bytes(PNG_IMAGE_SIZE(png))};
    if (!png_image_finish_read(&png, nullptr, image.pixels.data(), 0, nullptr))
        return damaged();
    return image;
}

// libjpeg leaves by longjmp: what it jumps over has no destructors.
struct JpegErrors {
    jpeg_error_mgr manager;
    std::jmp_buf back;
};

void leave(j_common_ptr info)
{
    std::longjmp(reinterpret_cast<JpegErrors*>(info->err)->back, 1);
}

void say_nothing(j_common_ptr) {}
void warn(j_common_ptr info, int level)
{
    if (level < 0)
        leave(info); // a warning is damaged data
}

// `rows` is called with each row of RGB. False: damaged.
enum class Jpeg : std::uint8_t { done, damaged, refused };

Jpeg read_jpeg(ByteView file, Limits const& limits, Image& image, Bytes& row)
{
    jpeg_decompress_struct info{};
    JpegErrors errors{};
    info.err = jpeg_std_error(&errors.manager);
    errors.manager.error_exit = leave;
    errors.manager.output_message = say_nothing;
    errors.manager.emit_message = warn;
    if (setjmp(errors.back)) {
        jpeg_destroy_decompress(&info);
        return Jpeg::damaged;
    }
    jpeg_create_decompress(&info);
    info.mem->max_memory_to_use = 64L * 1024 * 1024;
    jpeg_mem_src(&info, file.data(), file.size());
    jpeg_read_header(&info, TRUE);
    bool const colours = info.jpeg_color_space == JCS_YCbCr || info.jpeg_color_space == JCS_GRAYSCALE ||
                         info.jpeg_color_space == JCS_RGB;
    if (!colours || !check_size(info.image_width, info.image_height, limits)) {
        jpeg_destroy_decompress(&info);
        return Jpeg::refused;
    }
    info.out_color_space = JCS_RGB;
    jpeg_start_decompress(&info);
    image.width = info.output_width;
    image.height = info.output_height;
    image.pixels.resize(std::size_t{4} * image.width * image.height);
    row.resize(std::size_t{3} * image.width);
    while (info.output_scanline < info.output_height) {
        auto* const target = image.pixels.data() + std::size_t{4} * image.width * info.output_scanline;
        auto* line = row.data();
        jpeg_read_scanlines(&info, &line, 1);
        for (std::size_t i = 0; i < image.width; ++i) {
            std::memcpy(target + 4 * i, line + 3 * i, 3);
            target[4 * i + 3] = 255;
        }
    }
    jpeg_finish_decompress(&info);
    jpeg_destroy_decompress(&info);
    return Jpeg::done;
}

Result<Image> decode_jpeg(ByteView file, Limits const& limits)
{
    Image image;
    Bytes row;
    switch (read_jpeg(file, limits, image, row)) {
    case Jpeg::done:
        return image;
    case Jpeg::refused:
        return too_large();
    case Jpeg::damaged:
        break;
    }
    return damaged();
}

Result<Image> decode_webp(ByteView file, Limits const& limits)
{
    WebPBitstreamFeatures features;
    if (WebPGetFeatures(file.data(), file.size(), &features) != VP8_STATUS_OK || features.has_animation)
        return damaged();
    auto const width = static_cast<std::uint32_t>(features.width);
    auto const height = static_cast<std::uint32_t>(features.height);
    TRY_DO(check_size(width, height, limits));
    Image image{.width = width, .height = height, .pixels = Bytes(std::size_t{4} * width * height)};
    if (!WebPDecodeRGBAInto(file.data(), file.size(), image.pixels.data(), image.pixels.size(),
                            static_cast<int>(4 * width)))
        return damaged();
    return image;
}

Result<Image> decode_pixels(ByteView file, Limits const& limits)
{
    switch (kind_of(file)) {
    case Kind::png:
        return decode_png(file, limits);
    case Kind::jpeg:
        return decode_jpeg(file, limits);
    case Kind::webp:
        return decode_webp(file, limits);
    case Kind::svg:
    case Kind::unknown:
        break;
    }
    return refuse(ErrorKind::unsupported, "image_unsupported", "Pictures are PNG, JPEG or WebP files.");
}

} // namespace

Kind kind_of(ByteView file)
{
    auto const text = as_text(file);
    if (text.starts_with("\x89PNG\r\n\x1a\n"))
        return Kind::png;
    if (text.starts_with("\xff\xd8\xff"))
        return Kind::jpeg;
    if (text.starts_with("RIFF") && text.size() > 12 && text.substr(8, 4) == "WEBP")
        return Kind::webp;
    auto const head = text.substr(0, 1024);
    auto const first = head.find_first_not_of(" \t\r\n\xef\xbb\xbf");
    if (first != head.npos && head[first] == '<' && head.find("<svg") != head.npos)
        return Kind::svg;
    return Kind::unknown;
}

Result<Image> decode(ByteView file, Limits const& limits)
{
    if (file.size() > limits.file_bytes)
        return too_large();
    TRY(auto image, decode_pixels(file, limits));
    return turn_upright(std::move(image), orientation_of(file));
}

Image fit(Image const& image, std::uint32_t width, std::uint32_t height)
{
    auto const scale =
        std::min({1.0, static_cast<double>(width) / image.width, static_cast<double>(height) / image.height});
    Image out{.width = std::max(1U, static_cast<std::uint32_t>(image.width * scale)),
              .height = std::max(1U, static_cast<std::uint32_t>(image.height * scale)),
              .pixels = {}};
    if (out.width == image.width && out.height == image.height)
        return image;
    out.pixels.resize(std::size_t{4} * out.width * out.height);
    // Each pixel is the average of those that it stands for, weighted by how much of them is seen.
    for (std::uint64_t y = 0; y < out.height; ++y)
        for (std::uint64_t x = 0; x < out.width; ++x) {
            auto const top = y * image.height / out.height;
            auto const bottom = std::max((y + 1) * image.height / out.height, top + 1);
            auto const left = x * image.width / out.width;
            auto const right = std::max((x + 1) * image.width / out.width, left + 1);
            std::uint64_t sum[4] = {};
            for (auto row = top; row < bottom; ++row)
                for (auto column = left; column < right; ++column) {
                    auto const* pixel = image.pixels.data() + 4 * (row * image.width + column);
                    for (int i = 0; i < 3; ++i)
                        sum[i] += std::uint64_t{pixel[i]} * pixel[3];
                    sum[3] += pixel[3];
                }
            auto* const target = out.pixels.data() + 4 * (y * out.width + x);
            for (int i = 0; i < 3; ++i)
                target[i] = static_cast<std::uint8_t>(sum[3] ? sum[i] / sum[3] : 0);
            target[3] = static_cast<std::uint8_t>(sum[3] / ((bottom - top) * (right - left)));
        }
    return out;
}

Image crop_to_square(Image const& image)
{
    auto const side = std::min(image.width, image.height);
    auto const left = (image.width - side) / 2;
    auto const top = (image.height - side) / 2;
    Image out{.width = side, .height = side, .pixels = Bytes(std::size_t{4} * side * side)};
    for (std::size_t y = 0; y < side; ++y)
        std::memcpy(out.pixels.data() + 4 * y * side,
                    image.pixels.data() + 4 * ((top + y) * std::size_t{image.width} + left), std::size_t{4} * side);
    return out;
}

Result<Bytes> encode_png(Image const& image)
{
    png_image png{};
    png.version = PNG_IMAGE_VERSION;
    png.width = image.width;
    png.height = image.height;
    png.format = PNG_FORMAT_RGBA;
    png_alloc_size_t size = 0;
    if (!png_image_write_get_memory_size(png, size, 0, image.pixels.data(), 0, nullptr))
        return fault("a picture could not be written");
    Bytes out(size);
    if (!png_image_write_to_memory(&png, out.data(), &size, 0, image.pixels.data(), 0, nullptr))
        return fault("a picture could not be written");
    out.resize(size);
    return out;
}

Result<Bytes> encode_webp(Image const& image)
{
    constexpr float kQuality = 82;
    std::uint8_t* written = nullptr;
    auto const size = WebPEncodeRGBA(image.pixels.data(), static_cast<int>(image.width), static_cast<int>(image.height),
                                     static_cast<int>(4 * image.width), kQuality, &written);
    std::unique_ptr<std::uint8_t, decltype(&WebPFree)> const owner(written, WebPFree);
    if (size == 0)
        return fault("a picture could not be written");
    return Bytes(written, written + size);
}

Result<std::vector<Bytes>> make_squares(ByteView file, Limits const& limits, std::initializer_list<std::uint32_t> sides)
{
    TRY(auto const picture, decode(file, limits));
    auto const square = crop_to_square(picture);
    std::vector<Bytes> files;
    for (auto const side : sides) {
        TRY(auto written, encode_webp(fit(square, side, side)));
        files.push_back(std::move(written));
    }
    return files;
}

} // namespace gatehouse::images
