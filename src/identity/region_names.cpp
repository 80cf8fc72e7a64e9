#include "identity/region_names.hpp"

#include "identity/attributes.hpp"
#include "view/country_name.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <unicode/coll.h>
#include <unicode/locid.h>
#include <unicode/timezone.h>

namespace gatehouse::identity {

namespace {

using Names = std::vector<std::pair<std::string, std::string>>;

std::string utf8(icu::UnicodeString const& text)
{
    std::string out;
    text.toUTF8String(out);
    return out;
}

Names make_names(std::string const& tag)
{
    UErrorCode status = U_ZERO_ERROR;
    auto const locale = icu::Locale::forLanguageTag(tag, status);
    Names names;
    for (auto const& code : country_codes())
        names.emplace_back(code, view::country_name(code, tag));
    std::unique_ptr<icu::Collator> const collator(icu::Collator::createInstance(locale, status));
    if (collator && U_SUCCESS(status))
        std::ranges::sort(names, [&](auto const& a, auto const& b) {
            UErrorCode ignored = U_ZERO_ERROR;
            return collator->compareUTF8(a.second, b.second, ignored) == UCOL_LESS;
        });
    return names;
}

} // namespace

Names const& country_names(std::string_view locale)
{
    // Languages are those that the pages speak: few, whatever visitors send.
    static std::mutex mutex;
    static std::map<std::string, Names, std::less<>> known;
    std::lock_guard const lock(mutex);
    auto const found = known.find(locale);
    if (found != known.end())
        return found->second;
    return known.emplace(std::string(locale), make_names(std::string(locale))).first->second;
}

std::vector<std::string> const& time_zones()
{
    static auto const zones = [] {
        std::vector<std::string> all;
        UErrorCode status = U_ZERO_ERROR;
        std::unique_ptr<icu::StringEnumeration> const ids(
            icu::TimeZone::createTimeZoneIDEnumeration(UCAL_ZONE_TYPE_CANONICAL_LOCATION, nullptr, nullptr, status));
        while (ids && U_SUCCESS(status)) {
            auto const* id = ids->snext(status);
            if (!id)
                break;
            all.push_back(utf8(*id));
        }
        std::ranges::sort(all);
        return all;
    }();
    return zones;
}

} // namespace gatehouse::identity
