// Names of countries and time zones, from ICU.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::identity {

// ISO 3166-1 alpha-2 codes with their names in a language (BCP 47), in the order of that language. Made once a
// language.
std::vector<std::pair<std::string, std::string>> const& country_names(std::string_view locale);
// Canonical ids of the IANA database that stand for a place.
std::vector<std::string> const& time_zones();

} // namespace gatehouse::identity
