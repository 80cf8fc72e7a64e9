// Digits as people type them: keyboards for Arabic, Persian, Hindi or Japanese write codes with digits of their own.
#pragma once

#include <string>
#include <string_view>

namespace gatehouse {

// `typed` (UTF-8) with the decimal digits of Arabic, Persian, Devanagari, Bengali and Thai and those of full width as
// "0" to "9", and no-break and ideographic spaces as " ". What else is there stays as it is.
std::string with_latin_digits(std::string_view typed);

} // namespace gatehouse
