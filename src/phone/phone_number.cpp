#include "phone/phone_number.hpp"

#include "phone/metadata.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

namespace gatehouse::phone {

namespace {

constexpr std::size_t kFewestDigits = 2;
constexpr std::size_t kMostDigits = 17; // of a national number; some plans go beyond E.164's 15 in all
constexpr std::size_t kLongestText = 250;

Refusal invalid(std::string message)
{
    return refuse(ErrorKind::invalid, "phone_invalid", std::move(message));
}
Refusal not_a_number()
{
    return invalid("This is not a phone number. Write it with + and the country's code, such as +49 30 901820.");
}

struct Typed {
    bool international = false;
    std::string digits;
};

bool is_plus(UChar32 c)
{
    return c == '+' || c == 0xff0b; // full width
}
// What stands between digits, and what no eye sees: directions of text that come with a number that was copied.
bool is_filler(UChar32 c)
{
    return c == '-' || c == '.' || c == '(' || c == ')' || c == '/' || c == '~' || u_isUWhiteSpace(c) != 0 ||
           u_charType(c) == U_DASH_PUNCTUATION || u_charType(c) == U_FORMAT_CHAR || c == 0x2212 || c == 0xff0e ||
           c == 0xff08 || c == 0xff09 || c == 0x30fc;
}

Result<Typed> read(std::string_view text)
{
    if (text.starts_with("tel:"))
        text.remove_prefix(4);
    if (text.size() > kLongestText)
        return not_a_number();
    Typed typed;
    for (std::size_t i = 0; i < text.size();) {
        UChar32 c = 0;
        U8_NEXT(text.data(), i, text.size(), c);
        if (c < 0)
            return not_a_number();
        if (auto const digit = u_charDigitValue(c); digit >= 0)
            typed.digits += static_cast<char>('0' + digit);
        else if (is_plus(c) && typed.digits.empty() && !typed.international)
            typed.international = true;
        else if (!is_filler(c))
            return not_a_number();
    }
    if (typed.digits.size() < kFewestDigits || typed.digits.size() > 30)
        return not_a_number();
    return typed;
}

// The calling code at the beginning (ITU-T E.164: no code is the beginning of another).
int calling_code_of(std::string_view digits)
{
    if (digits.empty() || digits.front() == '0')
        return 0;
    int code = 0;
    for (std::size_t i = 0; i < std::min<std::size_t>(3, digits.size()); ++i) {
        code = code * 10 + (digits[i] - '0');
        if (plans().by_code.contains(code))
            return code;
    }
    return 0;
}

// Takes the prefix of national calls away ("0" in Germany), unless what remains would be a number no more.
std::string without_national_prefix(Plan const& plan, std::string const& digits)
{
    if (digits.empty() || plan.national_prefix.empty())
        return digits;
    auto const found = plan.national_prefix.groups_at_start(digits);
    if (!found)
        return digits;
    auto const whole_is_number = plan.general.pattern.matches(digits);
    auto rest = digits.substr(found->length);
    if (!plan.transformation.empty() && !found->texts.empty() && !found->texts.back().empty()) {
        auto transformed = plan.national_prefix.format(digits.substr(0, found->length), plan.transformation);
        if (!transformed)
            return digits;
        rest = *transformed + rest;
    }
    return whole_is_number && !plan.general.pattern.matches(rest) ? digits : rest;
}

enum class Length : std::uint8_t { possible, too_short, too_long, local, other };

Length length_of(Plan const& plan, std::size_t digits)
{
    auto const& general = plan.general;
    if (digits < 32 && (general.local_lengths >> digits & 1) != 0)
        return Length::local;
    if (digits < 32 && general.is_possible(digits))
        return Length::possible;
    auto const shortest = static_cast<std::size_t>(std::countr_zero(general.lengths));
    auto const longest = static_cast<std::size_t>(31 - std::countl_zero(general.lengths));
    return digits < shortest ? Length::too_short : digits > longest ? Length::too_long : Length::other;
}

struct Split {
    Plan const* plan = nullptr; // the main plan of its calling code
    std::string national;
};

Result<Split> split_international(std::string_view digits)
{
    auto const code = calling_code_of(digits);
    if (code == 0)
        return invalid("No country has this calling code. Check what stands behind the +.");
    return Split{plans().by_code.at(code).front(), std::string(digits.substr(fmt::formatted_size("{}", code)))};
}

// Without "+": the prefix of international calls, the country's own code with its "+" forgotten, or a national number.
Result<Split> split_national(std::string const& digits, Plan const& home)
{
    if (auto const prefix =
            home.international_prefix.empty() ? std::nullopt : home.international_prefix.matches_start(digits);
        prefix && *prefix < digits.size() && digits[*prefix] != '0') {
        auto const rest = std::string_view(digits).substr(*prefix);
        if (rest.size() <= kFewestDigits)
            return not_a_number();
        return split_international(rest);
    }
    auto const code = fmt::format("{}", home.code);
    if (digits.starts_with(code)) {
        auto const rest = without_national_prefix(home, digits.substr(code.size()));
        bool const better = !home.general.pattern.matches(digits) && home.general.pattern.matches(rest);
        if (better || length_of(home, digits.size()) == Length::too_long)
            return Split{&home, digits.substr(code.size())};
    }
    return Split{&home, digits};
}

std::optional<NumberType> type_in(Plan const& plan, std::string_view national)
{
    if (!plan.general.describes(national))
        return std::nullopt;
    Description const* mobile = nullptr;
    for (auto const& [type, description] : plan.kinds)
        if (type == NumberType::mobile)
            mobile = &description;
    for (auto const& [type, description] : plan.kinds) {
        if (!description.describes(national))
            continue;
        bool const both = type == NumberType::fixed_line && mobile &&
                          (mobile->pattern.source() == description.pattern.source() || mobile->describes(national));
        return both ? NumberType::fixed_line_or_mobile : type;
    }
    return std::nullopt;
}

// The region that the number is of, among those that share a calling code, if it exists there.
std::optional<PhoneNumber> place(int code, std::string const& national)
{
    auto const& candidates = plans().by_code.at(code);
    for (auto const* plan : candidates) {
        auto const type = type_in(*plan, national);
        bool const here = candidates.size() == 1         ? type.has_value()
                          : plan->leading_digits.empty() ? type.has_value()
                                                         : plan->leading_digits.matches_start(national).has_value();
        if (!here)
            continue;
        if (!type)
            return std::nullopt;
        return PhoneNumber{code, national, std::string(plan->region), *type};
    }
    return std::nullopt;
}

// $1 of a layout with the national prefix's rule in its place: "$1 $2" and "0$1" make "0$1 $2".
std::string with_rule(std::string_view format, std::string_view rule)
{
    auto const at = format.find('$');
    if (rule.empty() || at == format.npos)
        return std::string(format);
    auto const group = format.substr(at, 2);
    std::string first(rule);
    if (auto const reference = first.find("$1"); reference != first.npos)
        first.replace(reference, 2, group);
    return std::string(format.substr(0, at)) + first + std::string(format.substr(at + 2));
}

std::string write(PhoneNumber const& number, bool national)
{
    auto const found = plans().by_code.find(number.country_code);
    if (found == plans().by_code.end())
        return number.national;
    // Layouts are kept with the main region of a shared calling code.
    auto const& plan = *found->second.front();
    auto const& layouts = national || plan.international.empty() ? plan.national : plan.international;
    for (auto const& layout : layouts) {
        if (!layout.leading_digits.empty() && !layout.leading_digits.matches_start(number.national))
            continue;
        auto const format = national ? with_rule(layout.format, layout.rule) : std::string(layout.format);
        if (auto written = layout.pattern.format(number.national, format))
            return *std::move(written);
    }
    return number.national;
}

} // namespace

std::string_view to_string(NumberType type)
{
    switch (type) {
    case NumberType::premium_rate:
        return "premium_rate";
    case NumberType::toll_free:
        return "toll_free";
    case NumberType::shared_cost:
        return "shared_cost";
    case NumberType::voip:
        return "voip";
    case NumberType::personal:
        return "personal";
    case NumberType::pager:
        return "pager";
    case NumberType::uan:
        return "uan";
    case NumberType::voicemail:
        return "voicemail";
    case NumberType::fixed_line:
        return "fixed_line";
    case NumberType::mobile:
        return "mobile";
    case NumberType::fixed_line_or_mobile:
        return "fixed_line_or_mobile";
    }
    return "";
}

std::string PhoneNumber::e164() const
{
    return fmt::format("+{}{}", country_code, national);
}

Result<PhoneNumber> parse(std::string_view text, std::string_view region)
{
    TRY(auto const typed, read(text));
    Split split;
    if (typed.international) {
        TRY(split, split_international(typed.digits));
    } else {
        auto const home = plans().by_region.find(region);
        if (home == plans().by_region.end())
            return invalid("Write the phone number with + and the country's code, such as +49 30 901820.");
        TRY(split, split_national(typed.digits, *home->second));
    }
    auto national = without_national_prefix(*split.plan, split.national);
    auto const length = length_of(*split.plan, national.size());
    if (length == Length::too_short || length == Length::local || length == Length::other)
        national = split.national;
    if (national.size() < kFewestDigits || national.size() > kMostDigits)
        return not_a_number();
    auto number = place(split.plan->code, national);
    if (!number)
        return invalid("There is no such phone number. Check its digits and the country's code.");
    return *std::move(number);
}

std::string format_national(PhoneNumber const& number)
{
    return write(number, true);
}

std::string format_international(PhoneNumber const& number)
{
    return fmt::format("+{} {}", number.country_code, write(number, false));
}

std::string masked(std::string_view e164)
{
    auto const digits = e164.substr(e164.starts_with('+') ? 1 : 0);
    auto const code = calling_code_of(digits);
    auto const last = digits.substr(digits.size() - std::min<std::size_t>(3, digits.size()));
    return code == 0 ? fmt::format("... {}", last) : fmt::format("+{} ... {}", code, last);
}

bool may_get_texts(NumberType type)
{
    return type == NumberType::mobile || type == NumberType::fixed_line_or_mobile || type == NumberType::voip ||
           type == NumberType::fixed_line; // many fixed lines take texts, and some plans know mobile numbers late
}

bool may_get_calls(NumberType type)
{
    return may_get_texts(type);
}

bool is_region(std::string_view region)
{
    return plans().by_region.contains(region);
}

std::vector<std::string_view> regions()
{
    std::vector<std::string_view> names;
    for (auto const& [name, plan] : plans().by_region)
        names.push_back(name);
    return names;
}

int calling_code(std::string_view region)
{
    auto const found = plans().by_region.find(region);
    return found == plans().by_region.end() ? 0 : found->second->code;
}

} // namespace gatehouse::phone
