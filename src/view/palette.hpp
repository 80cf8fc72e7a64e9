// The palette of one scheme, from the tokens that were named.
#pragma once

#include "view/theme.hpp"

namespace gatehouse::view {

// `other` is the other scheme's: an accent named there alone is adapted here.
Palette derive_palette(SchemeTokens const& named, SchemeTokens const& other, bool dark);

} // namespace gatehouse::view
