#include "images/image.hpp"

#include <gtest/gtest.h>

namespace gatehouse::images {
namespace {

Image checkered(std::uint32_t width, std::uint32_t height)
{
    Image image{.width = width, .height = height, .pixels = Bytes(std::size_t{4} * width * height, 255)};
    for (std::size_t i = 0; i < image.pixels.size(); i += 8)
        image.pixels[i] = 0;
    return image;
}

Bytes png(std::uint32_t width, std::uint32_t height)
{
    auto made = encode_png(checkered(width, height));
    EXPECT_TRUE(made);
    return *made;
}

std::string code_of(std::string_view svg)
{
    auto const cleaned = clean_svg(as_bytes(svg));
    return cleaned ? std::string("accepted") : cleaned.error().code;
}

TEST(Images, APictureIsDecodedAndWrittenAnew)
{
    auto const decoded = decode(png(7, 5));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->width, 7u);
    EXPECT_EQ(decoded->height, 5u);
    EXPECT_EQ(decoded->pixels, checkered(7, 5).pixels);
}

TEST(Images, WhatStandsBehindThePictureIsGone)
{
    auto file = png(4, 4);
    auto const payload = as_bytes("<script>alert(1)</script>PK\x03\x04");
    file.insert(file.end(), payload.begin(), payload.end()); // a polyglot: a PNG and a page, or an archive
    auto const decoded = decode(file);
    ASSERT_TRUE(decoded);
    auto const again = encode_png(*decoded);
    ASSERT_TRUE(again);
    EXPECT_EQ(as_text(*again).find("script"), std::string_view::npos);
    EXPECT_EQ(*again, png(4, 4));
}

TEST(Images, ABombIsRefusedByWhatItsHeadSays)
{
    auto file = png(4, 4);
    // IHDR: width and height stand behind the signature, a length and the name. Its checksum no longer fits, so that
    // either answer refuses it before a pixel is decoded.
    file[17] = file[21] = 0x7f;
    EXPECT_FALSE(decode(file));
    auto const wide = decode(png(300, 2), {.side = 256});
    ASSERT_FALSE(wide);
    EXPECT_EQ(wide.error().code, "image_too_large");
    auto const many = decode(png(100, 100), {.pixels = 9'999});
    ASSERT_FALSE(many);
    EXPECT_EQ(many.error().code, "image_too_large");
    EXPECT_EQ(decode(png(10, 10), {.file_bytes = 20}).error().code, "image_too_large");
}

TEST(Images, WhatIsNoPictureIsRefused)
{
    EXPECT_EQ(decode(as_bytes("GIF89a")).error().code, "image_unsupported");
    EXPECT_EQ(decode(as_bytes("<svg xmlns='http://www.w3.org/2000/svg'/>")).error().code, "image_unsupported");
    EXPECT_EQ(decode(as_bytes("\x89PNG\r\n\x1a\nxxxxxxxxxxxx")).error().code, "image_damaged");
    EXPECT_EQ(decode(as_bytes("\xff\xd8\xff\xe0 not a picture")).error().code, "image_damaged");
    EXPECT_EQ(decode(as_bytes("RIFFxxxxWEBPVP8 xxxxxxxx")).error().code, "image_damaged");
    auto cut = png(20, 20);
    cut.resize(cut.size() / 2);
    EXPECT_FALSE(decode(cut));
}

TEST(Images, APictureIsScaledDownAndNeverUp)
{
    auto const small = fit(checkered(100, 50), 40, 40);
    EXPECT_EQ(small.width, 40u);
    EXPECT_EQ(small.height, 20u);
    EXPECT_EQ(small.pixels.size(), 4u * 40 * 20);
    EXPECT_EQ(fit(checkered(10, 10), 40, 40).width, 10u);
    EXPECT_EQ(crop_to_square(checkered(10, 4)).width, 4u);
}

// What an Exif header says of the orientation, in either byte order.
Bytes exif(int orientation, bool big_endian)
{
    Bytes out = big_endian ? Bytes{'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0}
                           : Bytes{'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0};
    out.push_back(static_cast<std::uint8_t>(orientation));
    out.insert(out.end(), {0, 0, 0, 0, 0, 0, 0});
    return out;
}

// The beginning of a JPEG file with such a segment.
Bytes jpeg_head(ByteView body)
{
    Bytes out{0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xe1};
    auto const size = body.size() + 8;
    out.push_back(static_cast<std::uint8_t>(size >> 8));
    out.push_back(static_cast<std::uint8_t>(size & 0xff));
    out.insert(out.end(), {'E', 'x', 'i', 'f', 0, 0});
    out.insert(out.end(), body.begin(), body.end());
    return out;
}

TEST(Images, HowAPhotographWasHeldIsReadFromItsExif)
{
    for (int orientation = 1; orientation <= 8; ++orientation)
        for (bool const big_endian : {true, false})
            EXPECT_EQ(orientation_of(jpeg_head(exif(orientation, big_endian))), orientation);
    EXPECT_EQ(orientation_of(jpeg_head(exif(9, true))), 1);
    EXPECT_EQ(orientation_of(png(4, 4)), 1);
    Bytes webp = to_bytes(as_bytes("RIFF....WEBPEXIF"));
    auto const body = exif(6, false);
    webp.insert(webp.end(), {static_cast<std::uint8_t>(body.size()), 0, 0, 0});
    webp.insert(webp.end(), body.begin(), body.end());
    EXPECT_EQ(orientation_of(webp), 6);
    // Whatever is cut or bent means upright.
    auto const whole = jpeg_head(exif(6, true));
    for (std::size_t size = 0; size < whole.size() - 8; ++size)
        EXPECT_EQ(orientation_of(ByteView(whole).first(size)), 1) << size;
}

TEST(Images, APhotographIsTurnedUpright)
{
    // Where the first pixel of the first row is to be seen, and the last one of it (Exif 2.32, table 4).
    struct Place {
        std::size_t x, y;
    };
    constexpr std::size_t kWide = 3, kHigh = 2;
    std::pair<Place, Place> const seen[] = {{{0, 0}, {2, 0}}, {{2, 0}, {0, 0}}, {{2, 1}, {0, 1}}, {{0, 1}, {2, 1}},
                                            {{0, 0}, {0, 2}}, {{1, 0}, {1, 2}}, {{1, 2}, {1, 0}}, {{0, 2}, {0, 0}}};
    Image image{.width = kWide, .height = kHigh, .pixels = Bytes(4 * kWide * kHigh, 255)};
    image.pixels[0] = 1;
    image.pixels[4 * (kWide - 1)] = 2;
    for (int orientation = 1; orientation <= 8; ++orientation) {
        auto const upright = turn_upright(image, orientation);
        EXPECT_EQ(upright.width, orientation < 5 ? kWide : kHigh);
        auto const& [first, last] = seen[orientation - 1];
        EXPECT_EQ(upright.pixels[4 * (first.y * upright.width + first.x)], 1) << orientation;
        EXPECT_EQ(upright.pixels[4 * (last.y * upright.width + last.x)], 2) << orientation;
    }
}

TEST(Images, APhotographIsWrittenAsWebp)
{
    auto const written = encode_webp(checkered(40, 30));
    ASSERT_TRUE(written);
    EXPECT_EQ(kind_of(*written), Kind::webp);
    auto const again = decode(*written);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->width, 40u);
    EXPECT_EQ(again->height, 30u);
}

TEST(Svg, ADrawingOfShapesIsKept)
{
    auto const cleaned = clean_svg(as_bytes(
        R"svg(<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10" class="x"><!-- c -->)svg"
        R"svg(<title>Acme &amp; Co</title><g fill="#0b7285"><path d="M0 0L10 10z" stroke="url(#a)"/></g></svg>)svg"));
    ASSERT_TRUE(cleaned) << cleaned.error().message;
    EXPECT_EQ(*cleaned,
              R"svg(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><title>Acme &amp; Co</title>)svg"
              R"svg(<g fill="#0b7285"><path d="M0 0L10 10z" stroke="url(#a)"></path></g></svg>)svg");
}

TEST(Svg, NothingThatRunsFetchesOrRefersElsewhereIsKept)
{
    auto const drawing = [](std::string_view inside) {
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\">" +
               std::string(inside) + "</svg>";
    };
    for (auto const* attack : {
             "<script>alert(1)</script>",
             "<script xmlns=\"http://www.w3.org/1999/xhtml\">alert(1)</script>",
             "<foreignObject><p xmlns=\"http://www.w3.org/1999/xhtml\">x</p></foreignObject>",
             "<path onload=\"alert(1)\" d=\"M0 0\"/>",
             "<a xlink:href=\"javascript:alert(1)\"><path d=\"M0 0\"/></a>",
             "<image xlink:href=\"https://evil.example/x.png\"/>",
             "<use xlink:href=\"https://evil.example/x.svg#a\"/>",
             "<use href=\"#a\"/>",
             "<style>@import url(https://evil.example)</style>",
             "<path style=\"fill:url(https://evil.example)\" d=\"M0 0\"/>",
             "<path fill=\"url(https://evil.example/#a)\" d=\"M0 0\"/>",
             "<path fill=\"url( #a)x\" d=\"M0 0\"/>",
             "<animate attributeName=\"href\" values=\"javascript:alert(1)\"/>",
             "<set attributeName=\"onload\" to=\"alert(1)\"/>",
             "<handler type=\"application/ecmascript\">alert(1)</handler>",
             "<filter id=\"a\"><feImage href=\"https://evil.example\"/></filter>",
             "<text>x</text>",
             "<?xml-stylesheet href=\"https://evil.example\"?>",
         })
        EXPECT_EQ(code_of(drawing(attack)), "svg_refused") << attack;
    EXPECT_EQ(code_of("<svg onload=\"alert(1)\" xmlns=\"http://www.w3.org/2000/svg\"/>"), "svg_refused");
    EXPECT_EQ(code_of("<svg xmlns=\"http://www.w3.org/1999/xhtml\"/>"), "svg_refused");
}

TEST(Svg, EntitiesAndBombsAreNotEvenParsed)
{
    EXPECT_EQ(code_of("<!DOCTYPE svg [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>"
                      "<svg xmlns=\"http://www.w3.org/2000/svg\"><title>&a;</title></svg>"),
              "svg_refused");
    EXPECT_EQ(code_of("<svg xmlns=\"http://www.w3.org/2000/svg\"><title>&lol;</title></svg>"), "image_damaged");
    std::string deep;
    for (int i = 0; i < 100; ++i)
        deep += "<g>";
    std::string close;
    for (int i = 0; i < 100; ++i)
        close += "</g>";
    EXPECT_EQ(code_of("<svg xmlns=\"http://www.w3.org/2000/svg\">" + deep + close + "</svg>"), "svg_refused");
    EXPECT_EQ(code_of(std::string(300'000, ' ')), "image_too_large");
    EXPECT_EQ(code_of("<svg"), "image_damaged");
}

} // namespace
} // namespace gatehouse::images
