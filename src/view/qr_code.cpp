#include "view/qr_code.hpp"

#include <fmt/format.h>
#include <qrcodegen/qrcodegen.hpp>

namespace gatehouse::view {

namespace {

constexpr int kQuietZone = 4;

// Dark modules that lie side by side are one rectangle.
std::string path_of(qrcodegen::QrCode const& code)
{
    std::string path;
    auto const size = code.getSize();
    for (int y = 0; y < size; ++y) {
        for (int x = 0; x < size;) {
            auto const from = x;
            while (x < size && code.getModule(x, y))
                ++x;
            if (x > from)
                fmt::format_to(std::back_inserter(path), "M{} {}h{}v1h-{}z", from, y, x - from, x - from);
            else
                ++x;
        }
    }
    return path;
}

} // namespace

QrDrawing draw_qr_code(std::string_view content)
{
    if (content.empty() || content.size() > 2048)
        return {};
    auto const code = qrcodegen::QrCode::encodeText(std::string(content).c_str(), qrcodegen::QrCode::Ecc::MEDIUM);
    return {.path = path_of(code),
            .view_box = fmt::format("{0} {0} {1} {1}", -kQuietZone, code.getSize() + 2 * kQuietZone)};
}

} // namespace gatehouse::view
