// The files of migrations/, which travel inside the binary (src/CMakeLists.txt embeds them).
#pragma once

#include "base/embedded.hpp"

namespace gatehouse::embedded {

std::span<EmbeddedFile const> migrations();

} // namespace gatehouse::embedded
