// Files that travel inside the binary (cmake/Embed.cmake makes the functions of namespace embedded).
#pragma once

#include <span>
#include <string_view>

namespace gatehouse {

struct EmbeddedFile {
    std::string_view path; // relative, with forward slashes
    std::string_view content;
};

} // namespace gatehouse
