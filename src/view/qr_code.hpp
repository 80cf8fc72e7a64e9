// QR codes as the outline of their dark modules, for an inline SVG: no picture is fetched, and the page's policy allows
// no data: address.
#pragma once

#include <string>
#include <string_view>

namespace gatehouse::view {

struct QrDrawing {
    std::string path;     // SVG path data; empty: there is nothing to draw
    std::string view_box; // with the quiet zone of four modules (ISO/IEC 18004 section 9.1)
};
// Nothing for an empty text, and for one that is too long for a code (over 2 KB).
QrDrawing draw_qr_code(std::string_view content);

} // namespace gatehouse::view
