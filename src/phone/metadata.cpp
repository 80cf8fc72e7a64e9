#include "phone/metadata.hpp"

#include "base/embedded.hpp"

#include <charconv>
#include <stdexcept>

namespace gatehouse::embedded {
std::span<EmbeddedFile const> phone_metadata();
}

namespace gatehouse::phone {

namespace {

// The input is at most a few dozen digits and the patterns are ours, but nothing here may run long.
constexpr std::int32_t kTimeLimit = 200;

icu::UnicodeString unicode(std::string_view ascii)
{
    return icu::UnicodeString(ascii.data(), static_cast<std::int32_t>(ascii.size()), US_INV);
}

std::string ascii(icu::UnicodeString const& text)
{
    std::string out;
    text.toUTF8String(out);
    return out;
}

std::unique_ptr<icu::RegexMatcher> matcher(icu::RegexPattern const& pattern, icu::UnicodeString const& text)
{
    UErrorCode status = U_ZERO_ERROR;
    std::unique_ptr<icu::RegexMatcher> made(pattern.matcher(text, status));
    if (made)
        made->setTimeLimit(kTimeLimit, status);
    if (U_FAILURE(status) || !made)
        throw std::runtime_error("ICU's regular expressions cannot be used");
    return made;
}

std::vector<std::string_view> split(std::string_view line, char separator)
{
    std::vector<std::string_view> fields;
    for (;;) {
        auto const end = line.find(separator);
        fields.push_back(line.substr(0, end));
        if (end == line.npos)
            return fields;
        line.remove_prefix(end + 1);
    }
}

std::uint32_t lengths_of(std::string_view text)
{
    std::uint32_t bits = 0;
    if (text.empty())
        return bits;
    for (auto const number : split(text, ',')) {
        unsigned length = 0;
        std::from_chars(number.data(), number.data() + number.size(), length);
        bits |= std::uint32_t{1} << length;
    }
    return bits;
}

constexpr NumberType kEveryType[] = {NumberType::premium_rate, NumberType::toll_free, NumberType::shared_cost,
                                     NumberType::voip,         NumberType::personal,  NumberType::pager,
                                     NumberType::uan,          NumberType::voicemail, NumberType::fixed_line,
                                     NumberType::mobile};

void read_description(Plan& plan, std::span<std::string_view const> fields)
{
    Description description{
        .pattern = Pattern(fields[3]), .lengths = lengths_of(fields[1]), .local_lengths = lengths_of(fields[2])};
    if (fields[0] == "general") {
        plan.general = std::move(description);
        return;
    }
    for (auto const type : kEveryType)
        if (to_string(type) == fields[0])
            plan.kinds.emplace_back(type, std::move(description));
}

void read_line(Plans& plans, std::string_view line)
{
    auto const fields = split(line, '\t');
    auto const rest = std::span(fields).subspan(1);
    switch (line.front()) {
    case 'R': {
        auto plan = std::make_unique<Plan>(Plan{.region = rest[0],
                                                .international_prefix = Pattern(rest[2]),
                                                .national_prefix = Pattern(rest[3]),
                                                .transformation = rest[4],
                                                .leading_digits = Pattern(rest[5])});
        std::from_chars(rest[1].data(), rest[1].data() + rest[1].size(), plan->code);
        plans.by_code[plan->code].push_back(plan.get());
        if (plan->region != "001")
            plans.by_region.emplace(plan->region, plan.get());
        plans.all.push_back(std::move(plan));
        break;
    }
    case 'D':
        read_description(*plans.all.back(), rest);
        break;
    case 'N':
    case 'I': {
        auto& layouts = line.front() == 'N' ? plans.all.back()->national : plans.all.back()->international;
        layouts.push_back({Pattern(rest[0]), rest[1], Pattern(rest[2]), rest[3]});
        break;
    }
    default:
        break;
    }
}

} // namespace

icu::RegexPattern const& Pattern::compiled() const
{
    std::call_once(compiled_->once, [this] {
        UErrorCode status = U_ZERO_ERROR;
        compiled_->pattern.reset(icu::RegexPattern::compile(unicode(source_), 0, status));
        if (U_FAILURE(status))
            throw std::runtime_error("a numbering plan holds a pattern that cannot be read");
    });
    return *compiled_->pattern;
}

bool Pattern::matches(std::string_view digits) const
{
    auto const text = unicode(digits);
    UErrorCode status = U_ZERO_ERROR;
    return matcher(compiled(), text)->matches(status) && U_SUCCESS(status);
}

std::optional<std::size_t> Pattern::matches_start(std::string_view digits) const
{
    auto const text = unicode(digits);
    auto const found = matcher(compiled(), text);
    UErrorCode status = U_ZERO_ERROR;
    if (!found->lookingAt(status) || U_FAILURE(status))
        return std::nullopt;
    return static_cast<std::size_t>(found->end(status));
}

std::optional<Pattern::Groups> Pattern::groups_at_start(std::string_view digits) const
{
    auto const text = unicode(digits);
    auto const found = matcher(compiled(), text);
    UErrorCode status = U_ZERO_ERROR;
    if (!found->lookingAt(status) || U_FAILURE(status))
        return std::nullopt;
    Groups groups{.texts = {}, .length = static_cast<std::size_t>(found->end(status))};
    for (std::int32_t i = 1; i <= found->groupCount(); ++i)
        groups.texts.push_back(ascii(found->group(i, status)));
    return groups;
}

std::optional<std::string> Pattern::format(std::string_view digits, std::string_view replacement) const
{
    auto const text = unicode(digits);
    auto const found = matcher(compiled(), text);
    UErrorCode status = U_ZERO_ERROR;
    if (!found->matches(status) || U_FAILURE(status))
        return std::nullopt;
    auto out = ascii(found->replaceFirst(
        icu::UnicodeString::fromUTF8(icu::StringPiece(replacement.data(), static_cast<int>(replacement.size()))),
        status));
    return U_SUCCESS(status) ? std::optional(std::move(out)) : std::nullopt;
}

bool Description::describes(std::string_view digits) const
{
    return !pattern.empty() && is_possible(digits.size()) && pattern.matches(digits);
}

Plans const& plans()
{
    static auto const all = [] {
        Plans read;
        auto text = embedded::phone_metadata().front().content;
        while (!text.empty()) {
            auto const end = std::min(text.find('\n'), text.size());
            if (auto const line = text.substr(0, end); !line.empty())
                read_line(read, line);
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        return read;
    }();
    return all;
}

} // namespace gatehouse::phone
