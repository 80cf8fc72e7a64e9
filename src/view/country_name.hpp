// What a country is called, from ICU.
#pragma once

#include <string>

namespace gatehouse::view {

// `code`: ISO 3166-1 alpha-2. `locale`: BCP 47. The code itself where nobody has a name for it.
std::string country_name(std::string const& code, std::string const& locale);

} // namespace gatehouse::view
