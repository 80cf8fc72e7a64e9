// The languages of the binary, known while compiling: the names of web/pages/locales/*.json, in their order. A test
// holds this list to the embedded files.
#pragma once

#include <string_view>

namespace gatehouse::view {

// In the form of base/shape.hpp's choices.
constexpr std::string_view kLocaleTags = "ar|de|en|es|fr|ja|pt-BR";

} // namespace gatehouse::view
