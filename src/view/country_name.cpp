#include "view/country_name.hpp"

#include <unicode/locid.h>
#include <unicode/unistr.h>

namespace gatehouse::view {

std::string country_name(std::string const& code, std::string const& locale)
{
    UErrorCode status = U_ZERO_ERROR;
    auto const reader = icu::Locale::forLanguageTag(locale, status);
    icu::UnicodeString name;
    icu::Locale("", code.c_str()).getDisplayCountry(reader, name);
    std::string text;
    name.toUTF8String(text);
    return text.empty() ? code : text;
}

} // namespace gatehouse::view
