// What a value of an attribute may be. See check_value in identity/attributes.hpp.
#include "identity/attribute_pattern.hpp"
#include "identity/identifiers.hpp"
#include "identity/text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unicode/locid.h>
#include <unicode/timezone.h>
#include <unicode/uloc.h>

namespace gatehouse::identity {

namespace json = boost::json;

namespace {

constexpr std::int64_t kLargestInteger = (std::int64_t{1} << 53) - 1; // what every JSON reader keeps
constexpr std::size_t kDefaultLength = 256;
constexpr std::size_t kDefaultLongLength = 4000;
constexpr std::size_t kMaximumItems = 100;

std::string_view view(json::string const& text)
{
    return {text.data(), text.size()};
}
json::string_view key(std::string_view text)
{
    return {text.data(), text.size()};
}

Refusal wrong(std::string_view code, std::string message)
{
    return refuse(ErrorKind::invalid, std::string(code), std::move(message));
}

Refusal no_number()
{
    return wrong("attribute_number", "Enter a number.");
}
Refusal no_integer()
{
    return wrong("attribute_integer", "Enter a whole number.");
}

Result<json::string const*> need_text(json::value const& value)
{
    if (auto const* text = value.if_string())
        return text;
    return wrong("attribute_type", "The value is a text.");
}

// Several lines may hold line feeds; nothing else may hold what is not seen.
bool has_bad_characters(std::string_view text, bool lines)
{
    if (!lines)
        return has_control_characters(text);
    for (std::size_t start = 0; start <= text.size();) {
        auto const end = std::min(text.find('\n', start), text.size());
        if (has_control_characters(text.substr(start, end - start)))
            return true;
        start = end + 1;
    }
    return false;
}

Result<std::string> check_text(Attribute const& attribute, json::value const& value)
{
    TRY(auto const* given, need_text(value));
    auto const lines = attribute.type == AttributeType::long_text;
    std::string text(trim(view(*given)));
    if (lines)
        std::erase(text, '\r');
    auto const length = count_code_points(text);
    if (!length || has_bad_characters(text, lines))
        return wrong("attribute_characters", "The text holds characters that cannot be kept.");
    auto const most = static_cast<std::size_t>(
        attribute.max_length.value_or(static_cast<std::int64_t>(lines ? kDefaultLongLength : kDefaultLength)));
    if (*length > most)
        return wrong("attribute_too_long", fmt::format("Write at most {} characters.", most))
            .with("count", std::to_string(most));
    if (attribute.min_length && *length < static_cast<std::size_t>(*attribute.min_length))
        return wrong("attribute_too_short", fmt::format("Write at least {} characters.", *attribute.min_length))
            .with("count", std::to_string(*attribute.min_length));
    if (attribute.compiled && !attribute.compiled->matches(text))
        return wrong("attribute_pattern", "The text does not have the form that is expected.");
    return text;
}

Result<json::value> check_number(Attribute const& attribute, json::value const& value)
{
    if (!value.is_number())
        return no_number();
    auto const number = value.to_number<double>();
    auto const integer = attribute.type == AttributeType::integer;
    if (!std::isfinite(number) ||
        (integer && (number != std::floor(number) || std::abs(number) > static_cast<double>(kLargestInteger))))
        return integer ? no_integer() : no_number();
    auto const bound = [](std::optional<json::value> const& limit) { return limit && limit->is_number(); };
    if (bound(attribute.minimum) && number < attribute.minimum->to_number<double>())
        return wrong("attribute_too_small", fmt::format("At least {}.", text_of_value(*attribute.minimum)))
            .with("limit", text_of_value(*attribute.minimum));
    if (bound(attribute.maximum) && number > attribute.maximum->to_number<double>())
        return wrong("attribute_too_large", fmt::format("At most {}.", text_of_value(*attribute.maximum)))
            .with("limit", text_of_value(*attribute.maximum));
    if (integer)
        return json::value(static_cast<std::int64_t>(number));
    return value;
}

std::optional<int> digits(std::string_view text)
{
    int number = 0;
    auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc{} || end != text.data() + text.size() || text.empty() || text.front() == '-')
        return std::nullopt;
    return number;
}

// "2001-12-24", of the Gregorian calendar.
std::optional<std::chrono::year_month_day> read_date(std::string_view text)
{
    if (text.size() != 10 || text[4] != '-' || text[7] != '-')
        return std::nullopt;
    auto const year = digits(text.substr(0, 4));
    auto const month = digits(text.substr(5, 2));
    auto const day = digits(text.substr(8, 2));
    if (!year || !month || !day)
        return std::nullopt;
    std::chrono::year_month_day const date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    return date.ok() ? std::optional(date) : std::nullopt;
}

// OpenID Connect Core section 5.1: a birthdate may be a year alone, or have the year 0000.
bool is_partial_birthdate(std::string_view text)
{
    if (text.size() == 4)
        return digits(text).has_value();
    return text.starts_with("0000-") && read_date(fmt::format("2000{}", text.substr(4))).has_value();
}

Result<json::value> check_date(Attribute const& attribute, json::value const& value, TimePoint now)
{
    TRY(auto const* given, need_text(value));
    auto const text = trim(view(*given));
    if (attribute.name == "birthdate" && is_partial_birthdate(text))
        return json::value(key(text));
    if (!read_date(text) || text.starts_with("0000"))
        return wrong("attribute_date", "Enter a date, such as 2001-12-24.");
    // Dates of one form sort as texts.
    if (auto const least = bound_text(attribute.minimum, now); !least.empty() && text < least)
        return wrong("attribute_too_early", fmt::format("Not before {}.", least)).with("limit", least);
    if (auto const most = bound_text(attribute.maximum, now); !most.empty() && text > most)
        return wrong("attribute_too_late", fmt::format("Not after {}.", most)).with("limit", most);
    return json::value(key(text));
}

Result<json::value> check_choice(Attribute const& attribute, json::value const& value)
{
    TRY(auto const* given, need_text(value));
    if (std::ranges::find(attribute.choices, view(*given), &AttributeChoice::value) == attribute.choices.end())
        return wrong("attribute_choice", "Choose one of the entries.");
    return value;
}

Result<json::value> check_list(Attribute const& attribute, json::value const& value)
{
    auto const* list = value.if_array();
    if (!list)
        return wrong("attribute_type", "The value is a list of texts.");
    json::array items;
    for (auto const& each : *list) {
        if (attribute.type == AttributeType::choice_list) {
            TRY(auto item, check_choice(attribute, each));
            items.push_back(std::move(item));
        } else {
            TRY(auto item, check_text(attribute, each));
            if (!item.empty())
                items.push_back(json::value(item));
        }
    }
    for (auto at = items.begin(); at != items.end();)
        at = std::find(items.begin(), at, *at) != at ? items.erase(at) : at + 1;
    auto const most = static_cast<std::size_t>(attribute.max_items.value_or(kMaximumItems));
    if (items.size() > most)
        return wrong("attribute_too_many", fmt::format("At most {} entries.", most))
            .with("count", std::to_string(most));
    if (attribute.min_items && items.size() < static_cast<std::size_t>(*attribute.min_items))
        return wrong("attribute_too_few", fmt::format("At least {} entries.", *attribute.min_items))
            .with("count", std::to_string(*attribute.min_items));
    return json::value(std::move(items));
}

// "javascript:" and the like would run where an application shows the link.
Result<json::value> check_url(json::value const& value)
{
    TRY(auto const* given, need_text(value));
    auto const text = trim(view(*given));
    auto const scheme = text.starts_with("https://") ? 8U : text.starts_with("http://") ? 7U : 0U;
    if (scheme == 0 || text.size() <= scheme || text.size() > 2048 || has_invisible_characters(text))
        return wrong("attribute_url", "Enter an address that begins with https://.");
    return json::value(key(text));
}

Result<json::value> check_country(json::value const& value)
{
    TRY(auto const* given, need_text(value));
    std::string code(trim(view(*given)));
    std::ranges::transform(code, code.begin(), [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
    if (!std::ranges::binary_search(country_codes(), code))
        return wrong("attribute_country", "Choose a country.");
    return json::value(code);
}

// One spelling of a language tag (BCP 47): "de", "pt-BR", "zh-Hant-TW".
Result<json::value> check_locale(json::value const& value)
{
    TRY(auto const* given, need_text(value));
    std::string const text(trim(view(*given)));
    char name[ULOC_FULLNAME_CAPACITY];
    char tag[ULOC_FULLNAME_CAPACITY];
    std::int32_t parsed = 0;
    UErrorCode status = U_ZERO_ERROR;
    uloc_forLanguageTag(text.c_str(), name, sizeof name, &parsed, &status);
    auto const length = uloc_toLanguageTag(name, tag, sizeof tag, true, &status);
    if (U_FAILURE(status) || status == U_STRING_NOT_TERMINATED_WARNING || text.empty() || text.size() > 60 ||
        parsed != static_cast<std::int32_t>(text.size()) || *uloc_getISO3Language(name) == '\0') // no known language
        return wrong("attribute_locale", "Choose a language.");
    return json::value(json::string_view(tag, static_cast<std::size_t>(length)));
}

Result<json::value> check_time_zone(json::value const& value)
{
    TRY(auto const* given, need_text(value));
    auto const text = trim(view(*given));
    auto const id = icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
    icu::UnicodeString canonical;
    UBool is_system = false;
    UErrorCode status = U_ZERO_ERROR;
    icu::TimeZone::getCanonicalID(id, canonical, is_system, status);
    if (U_FAILURE(status) || !is_system || text.size() > 60)
        return wrong("attribute_time_zone", "Choose a time zone, such as Europe/Berlin.");
    return json::value(key(text));
}

Result<json::value> check_address(json::value const& value)
{
    auto const* address = value.if_object();
    if (!address)
        return wrong("attribute_type", "The value is an object (OpenID Connect Core section 5.1.1).");
    json::object checked;
    for (auto const& [name, part] : *address) {
        std::string_view const part_name(name.data(), name.size());
        if (part_name != "formatted" && std::ranges::find(kAddressParts, part_name) == std::end(kAddressParts))
            return wrong("attribute_unknown", fmt::format("An address has no \"{}\".", part_name));
        Attribute const text{.type = part_name == "formatted" || part_name == "street_address"
                                         ? AttributeType::long_text
                                         : AttributeType::text,
                             .max_length = 500};
        auto entry = check_text(text, part);
        if (!entry) {
            entry.error().pointer = "/" + std::string(part_name);
            return std::unexpected(std::move(entry).error());
        }
        if (!entry->empty())
            checked[name] = *entry;
    }
    return json::value(std::move(checked));
}

Result<json::value> as_identifier(json::value const& value, Result<NormalizedIdentifier> (*read)(std::string_view))
{
    TRY(auto const* given, need_text(value));
    TRY(auto const normalized, read(view(*given)));
    return json::value(normalized.value);
}

Result<json::value> check_by_type(Attribute const& attribute, json::value const& value, TimePoint now)
{
    switch (attribute.type) {
    case AttributeType::text:
    case AttributeType::long_text: {
        TRY(auto text, check_text(attribute, value));
        return json::value(text);
    }
    case AttributeType::integer:
    case AttributeType::number:
        return check_number(attribute, value);
    case AttributeType::boolean:
        if (!value.is_bool())
            return wrong("attribute_type", "The value is true or false.");
        return value;
    case AttributeType::date:
        return check_date(attribute, value, now);
    case AttributeType::choice:
        return check_choice(attribute, value);
    case AttributeType::text_list:
    case AttributeType::choice_list:
        return check_list(attribute, value);
    case AttributeType::email:
        return as_identifier(value, normalize_email);
    case AttributeType::phone:
        return as_identifier(value, [](std::string_view text) { return normalize_phone(text); });
    case AttributeType::url:
        return check_url(value);
    case AttributeType::country:
        return check_country(value);
    case AttributeType::locale:
        return check_locale(value);
    case AttributeType::time_zone:
        return check_time_zone(value);
    case AttributeType::address:
        return check_address(value);
    }
    return fault("an attribute of no type");
}

Result<json::value> read_number(std::string_view text, AttributeType type)
{
    double number = 0;
    auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc{} || end != text.data() + text.size())
        return type == AttributeType::integer ? no_integer() : no_number();
    return json::value(number);
}

// Lists are entered one entry a line, or as several fields of one name.
json::value read_list(Attribute const& attribute, http::Fields const& input)
{
    json::array items;
    for (auto const entered : input.all(attribute.name))
        for (std::size_t start = 0; start <= entered.size();) {
            auto const end = std::min(entered.find('\n', start), entered.size());
            if (auto const line = trim(entered.substr(start, end - start)); !line.empty())
                items.push_back(json::value(key(line)));
            start = end + 1;
        }
    return items.empty() ? json::value() : json::value(std::move(items));
}

json::value read_address(Attribute const& attribute, http::Fields const& input)
{
    json::object address;
    for (auto const part : kAddressParts)
        if (auto const text = trim(input.get(fmt::format("{}.{}", attribute.name, part))); !text.empty())
            address[key(part)] = key(text);
    return address.empty() ? json::value() : json::value(std::move(address));
}

Result<json::value> read_entered(Attribute const& attribute, http::Fields const& input)
{
    auto const text = trim(input.get(attribute.name));
    switch (attribute.type) {
    case AttributeType::boolean:
        return json::value(!text.empty() && text != "false");
    case AttributeType::text_list:
    case AttributeType::choice_list:
        return read_list(attribute, input);
    case AttributeType::address:
        return read_address(attribute, input);
    case AttributeType::integer:
    case AttributeType::number:
        return text.empty() ? Result<json::value>(json::value()) : read_number(text, attribute.type);
    default:
        return text.empty() ? json::value() : json::value(key(text));
    }
}

} // namespace

Result<json::value> check_value(Attribute const& attribute, json::value const& value, std::string const& pointer,
                                TimePoint now)
{
    auto checked = check_by_type(attribute, value, now);
    if (!checked)
        checked.error().pointer = pointer + checked.error().pointer;
    return checked;
}

Result<json::value> read_input(Attribute const& attribute, http::Fields const& input, TimePoint now)
{
    auto value = read_entered(attribute, input);
    if (value && !value->is_null())
        value = check_by_type(attribute, *value, now);
    if (!value) {
        // An address says which of its parts is at fault: "/locality" of "address" is the field "address.locality".
        auto& pointer = value.error().pointer;
        pointer = pointer.starts_with('/') ? attribute.name + "." + pointer.substr(1) : attribute.name;
        return value;
    }
    if (auto const* text = value->if_string(); text && text->empty())
        return json::value();
    return value;
}

std::string text_of_value(json::value const& value)
{
    if (value.is_null())
        return {};
    if (auto const* text = value.if_string())
        return std::string(*text);
    if (auto const* list = value.if_array()) {
        std::string lines;
        for (auto const& item : *list)
            lines += (lines.empty() ? "" : "\n") + text_of_value(item);
        return lines;
    }
    if (value.is_number()) {
        auto const number = value.to_number<double>();
        return number == std::floor(number) && std::abs(number) <= static_cast<double>(kLargestInteger)
                   ? std::to_string(static_cast<std::int64_t>(number))
                   : fmt::format("{}", number);
    }
    return json::serialize(value);
}

std::string bound_text(std::optional<json::value> const& bound, TimePoint now)
{
    if (!bound)
        return {};
    auto const* text = bound->if_string();
    if (!text)
        return text_of_value(*bound);
    if (!view(*text).starts_with("today"))
        return std::string(*text);
    int years = 0;
    if (auto const rest = view(*text).substr(5); rest.size() > 2)
        years = digits(rest.substr(1, rest.size() - 2)).value_or(0) * (rest.front() == '-' ? -1 : 1);
    std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(now)};
    date += std::chrono::years(years);
    if (!date.ok()) // 29 February of a year that has none
        date = date.year() / date.month() / std::chrono::last;
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()));
}

std::vector<std::string> const& country_codes()
{
    static auto const codes = [] {
        std::vector<std::string> all;
        for (auto const* const* code = icu::Locale::getISOCountries(); *code; ++code)
            if (std::string_view(*code).size() == 2)
                all.emplace_back(*code);
        std::ranges::sort(all);
        return all;
    }();
    return codes;
}

} // namespace gatehouse::identity
