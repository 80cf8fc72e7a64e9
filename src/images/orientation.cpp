// How a photograph was held when it was taken. Cameras do not turn the pixels; they write down how to.
#include "images/image.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

namespace gatehouse::images {

namespace {

constexpr int kUpright = 1;

// Reads numbers of a part of a file, and nothing beyond it.
class Reader {
public:
    Reader(ByteView bytes, bool big_endian) : bytes_(bytes), big_endian_(big_endian) {}

    std::optional<std::uint64_t> number(std::uint64_t at, int size) const
    {
        if (at > bytes_.size() || bytes_.size() - at < static_cast<std::uint64_t>(size))
            return std::nullopt;
        std::uint64_t value = 0;
        for (int i = 0; i < size; ++i) {
            auto const place = big_endian_ ? i : size - 1 - i;
            value = value << 8 | bytes_[at + static_cast<std::uint64_t>(place)];
        }
        return value;
    }

private:
    ByteView bytes_;
    bool big_endian_;
};

// A TIFF header and its first directory (TIFF 6.0 section 2).
int orientation_of_exif(ByteView exif)
{
    constexpr std::uint64_t kOrientation = 0x0112;
    constexpr std::uint64_t kMostEntries = 200;
    auto const order = as_text(exif.first(std::min<std::size_t>(exif.size(), 2)));
    if (order != "II" && order != "MM")
        return kUpright;
    Reader const reader(exif, order == "MM");
    auto const directory = reader.number(4, 4);
    if (reader.number(2, 2) != 42 || !directory)
        return kUpright;
    auto const entries = reader.number(*directory, 2).value_or(0);
    for (std::uint64_t i = 0; i < std::min(entries, kMostEntries); ++i) {
        auto const entry = *directory + 2 + 12 * i;
        if (reader.number(entry, 2) != kOrientation)
            continue;
        auto const value = reader.number(entry + 8, 2).value_or(0);
        return value >= 1 && value <= 8 ? static_cast<int>(value) : kUpright;
    }
    return kUpright;
}

ByteView part(ByteView file, std::uint64_t at, std::uint64_t size)
{
    if (at > file.size() || file.size() - at < size)
        return {};
    return file.subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(size));
}

// The Exif part of a JPEG file: segments up to the first scan (Exif 2.32 section 4.5.4).
ByteView exif_of_jpeg(ByteView file)
{
    constexpr std::string_view kName{"Exif\0\0", 6};
    Reader const reader(file, /*big_endian=*/true);
    for (std::uint64_t at = 2;;) {
        auto const marker = reader.number(at, 2);
        auto const size = reader.number(at + 2, 2);
        if (!marker || !size || *size < 2 || *marker < 0xffc0 || *marker == 0xffda)
            return {};
        auto const body = part(file, at + 4, *size - 2);
        if (*marker == 0xffe1 && as_text(body).starts_with(kName))
            return body.subspan(kName.size());
        at += 2 + *size;
    }
}

// Of a chunked file: PNG (big-endian, length before the name, a checksum behind) and WebP (RIFF: little-endian,
// padded).
ByteView exif_of_png(ByteView file)
{
    Reader const reader(file, /*big_endian=*/true);
    for (std::uint64_t at = 8;;) {
        auto const size = reader.number(at, 4);
        auto const name = as_text(part(file, at + 4, 4));
        if (!size || name.empty() || name == "IDAT")
            return {};
        if (name == "eXIf")
            return part(file, at + 8, *size);
        at += 12 + *size;
    }
}

ByteView exif_of_webp(ByteView file)
{
    constexpr std::string_view kName{"Exif\0\0", 6}; // some writers put it here, too
    Reader const reader(file, /*big_endian=*/false);
    for (std::uint64_t at = 12;;) {
        auto const name = as_text(part(file, at, 4));
        auto const size = reader.number(at + 4, 4);
        if (!size || name.empty())
            return {};
        if (name == "EXIF") {
            auto const body = part(file, at + 8, *size);
            return as_text(body).starts_with(kName) ? body.subspan(kName.size()) : body;
        }
        at += 8 + *size + *size % 2;
    }
}

} // namespace

int orientation_of(ByteView file)
{
    switch (kind_of(file)) {
    case Kind::jpeg:
        return orientation_of_exif(exif_of_jpeg(file));
    case Kind::png:
        return orientation_of_exif(exif_of_png(file));
    case Kind::webp:
        return orientation_of_exif(exif_of_webp(file));
    case Kind::svg:
    case Kind::unknown:
        break;
    }
    return kUpright;
}

Image turn_upright(Image image, int orientation)
{
    if (orientation <= kUpright || orientation > 8)
        return image;
    bool const on_its_side = orientation >= 5;
    Image out{.width = on_its_side ? image.height : image.width,
              .height = on_its_side ? image.width : image.height,
              .pixels = Bytes(image.pixels.size())};
    std::size_t const right = image.width - 1;
    std::size_t const bottom = image.height - 1;
    // Where the pixel comes from that is to stand at (x, y).
    auto const source = [&](std::size_t x, std::size_t y) -> std::pair<std::size_t, std::size_t> {
        switch (orientation) {
        case 2:
            return {right - x, y};
        case 3:
            return {right - x, bottom - y};
        case 4:
            return {x, bottom - y};
        case 5:
            return {y, x};
        case 6:
            return {y, bottom - x};
        case 7:
            return {right - y, bottom - x};
        default:
            return {right - y, x};
        }
    };
    for (std::size_t y = 0; y < out.height; ++y)
        for (std::size_t x = 0; x < out.width; ++x) {
            auto const [from_x, from_y] = source(x, y);
            std::memcpy(out.pixels.data() + 4 * (y * out.width + x),
                        image.pixels.data() + 4 * (from_y * image.width + from_x), 4);
        }
    return out;
}

} // namespace gatehouse::images
