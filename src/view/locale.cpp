#include "view/locale.hpp"

#include <atomic>
#include <boost/json.hpp>
#include <charconv>
#include <fmt/format.h>
#include <unicode/datefmt.h>
#include <unicode/locid.h>
#include <unicode/messagepattern.h>
#include <unicode/msgfmt.h>
#include <unicode/numberformatter.h>
#include <unicode/numsys.h>
#include <unicode/uchar.h>

namespace gatehouse::view {

Text Text::plain(std::string words)
{
    Text text;
    text.literal = std::move(words);
    return text;
}

Text Text::of(Error const& error)
{
    Text text("error." + error.code);
    for (auto const& [name, value] : error.arguments) {
        // Errors carry their arguments as text; plural forms want numbers.
        std::int64_t number = 0;
        auto const* end = value.data() + value.size();
        if (auto const read = std::from_chars(value.data(), end, number); read.ec == std::errc{} && read.ptr == end)
            text.arguments.emplace_back(name, number);
        else
            text.arguments.emplace_back(name, value);
    }
    text.literal = error.message;
    return text;
}

Text relative_time(TimePoint then, TimePoint now)
{
    using namespace std::chrono;
    auto const age = now - then;
    if (age < minutes(1))
        return "time.just_now";
    if (age < hours(1))
        return {"time.minutes_ago", {{"count", duration_cast<minutes>(age).count()}}};
    if (age < hours(24))
        return {"time.hours_ago", {{"count", duration_cast<hours>(age).count()}}};
    if (age < hours(24 * 14))
        return {"time.days_ago", {{"count", duration_cast<days>(age).count()}}};
    return {"time.on_day", {{"when", then}}};
}

Text last_active(TimePoint then, TimePoint now)
{
    using namespace std::chrono;
    auto const age = now - then;
    if (age < minutes(1))
        return "time.active_now";
    if (age < hours(1))
        return {"time.active_minutes", {{"count", duration_cast<minutes>(age).count()}}};
    if (age < hours(24))
        return {"time.active_hours", {{"count", duration_cast<hours>(age).count()}}};
    if (age < hours(24 * 30))
        return {"time.active_days", {{"count", duration_cast<days>(age).count()}}};
    return {"time.active_on", {{"when", then}}};
}

// A text whose only placeholders are plain {name}s is cut into pieces once and joined when asked for; what needs ICU
// (plurals, dates) keeps its pattern.
struct Locale::Entry {
    struct Piece {
        std::string words; // before the argument
        std::string name;  // of the argument; empty at the end
    };
    std::vector<Piece> pieces;
    std::vector<std::string> names;     // sorted, each once
    std::vector<std::string> selectors; // sorted: of {name, select, ...}
    icu::UnicodeString pattern;
    bool needs_icu = false;
};

namespace {

std::string to_utf8(icu::UnicodeString const& text)
{
    std::string out;
    text.toUTF8String(out);
    return out;
}

bool is_right_to_left(std::string const& tag)
{
    UErrorCode status = U_ZERO_ERROR;
    auto const locale = icu::Locale::forLanguageTag(tag, status);
    return U_SUCCESS(status) && locale.isRightToLeft();
}

// What an entry consists of, read from ICU's parse of its pattern (quotes are resolved there).
template <class Entry>
Result<void> compile(Entry& entry, std::string const& key, std::string const& source)
{
    entry.pattern = icu::UnicodeString::fromUTF8(source);
    UErrorCode status = U_ZERO_ERROR;
    UParseError where;
    icu::MessagePattern const parsed(entry.pattern, &where, status);
    if (U_FAILURE(status))
        return refuse(ErrorKind::invalid, "invalid_locale", "A text is not a valid message pattern.")
            .because(fmt::format("{}: {} at character {}", key, u_errorName(status), where.offset));

    std::string words;
    int position = 0;
    for (int i = 0; i < parsed.countParts(); ++i) {
        auto const& part = parsed.getPart(i);
        if (part.getType() == UMSGPAT_PART_TYPE_SKIP_SYNTAX || part.getType() == UMSGPAT_PART_TYPE_ARG_START) {
            words += to_utf8(entry.pattern.tempSubStringBetween(position, part.getIndex()));
            position = part.getLimit();
        }
        if (part.getType() == UMSGPAT_PART_TYPE_INSERT_CHAR) {
            words += to_utf8(entry.pattern.tempSubStringBetween(position, part.getIndex()));
            words += to_utf8(icu::UnicodeString(static_cast<char16_t>(part.getValue())));
            position = part.getIndex();
        }
        if (part.getType() == UMSGPAT_PART_TYPE_ARG_START) {
            auto const type = part.getArgType();
            auto const name = to_utf8(parsed.getSubstring(parsed.getPart(i + 1)));
            if (type != UMSGPAT_ARG_TYPE_NONE)
                entry.needs_icu = true;
            auto const end = parsed.getLimitPartIndex(i);
            // Arguments inside plural branches count as wanted too.
            for (int inner = i; inner < end; ++inner) {
                if (parsed.getPart(inner).getType() != UMSGPAT_PART_TYPE_ARG_START)
                    continue;
                auto const wanted = to_utf8(parsed.getSubstring(parsed.getPart(inner + 1)));
                entry.names.push_back(wanted);
                if (parsed.getPart(inner).getArgType() == UMSGPAT_ARG_TYPE_SELECT)
                    entry.selectors.push_back(wanted);
            }
            entry.pieces.push_back({std::exchange(words, {}), name});
            position = parsed.getPart(end).getLimit();
            i = end;
        }
    }
    words += to_utf8(entry.pattern.tempSubStringBetween(position, entry.pattern.length()));
    entry.pieces.push_back({std::move(words), {}});
    std::ranges::sort(entry.selectors);
    std::ranges::sort(entry.names);
    auto const repeated = std::ranges::unique(entry.names);
    entry.names.erase(repeated.begin(), repeated.end());
    return {};
}

std::string own_name_of(std::string const& tag)
{
    UErrorCode status = U_ZERO_ERROR;
    auto const locale = icu::Locale::forLanguageTag(tag, status);
    icu::UnicodeString name;
    locale.getDisplayName(locale, name);
    return to_utf8(name.toTitle(nullptr, locale, U_TITLECASE_NO_LOWERCASE));
}

bool has_latin_digits(std::string const& tag)
{
    UErrorCode status = U_ZERO_ERROR;
    auto const locale = icu::Locale::forLanguageTag(tag, status);
    std::unique_ptr<icu::NumberingSystem> const system(icu::NumberingSystem::createInstance(locale, status));
    return U_FAILURE(status) || std::string_view(system->getName()) == "latn";
}

// Whether a letter is written from right to left.
bool has_right_to_left_letters(std::string_view text)
{
    if (std::ranges::none_of(text, [](unsigned char c) { return c >= 0xd6; })) // below U+0590
        return false;
    auto const points = icu::UnicodeString::fromUTF8(text);
    for (int32_t i = 0; i < points.length(); i = points.moveIndex32(i, 1)) {
        auto const direction = u_charDirection(points.char32At(i));
        if (direction == U_RIGHT_TO_LEFT || direction == U_RIGHT_TO_LEFT_ARABIC)
            return true;
    }
    return false;
}

std::uint64_t next_serial()
{
    static std::atomic<std::uint64_t> serial{0};
    return ++serial;
}

// A number or a time for ICU.
icu::Formattable formattable(Argument const& argument)
{
    if (auto const* number = std::get_if<std::int64_t>(&argument.value))
        return icu::Formattable(static_cast<int64_t>(*number));
    auto const milliseconds = static_cast<double>(to_micros(std::get<TimePoint>(argument.value))) / 1000.0;
    return {milliseconds, icu::Formattable::kIsDate};
}

} // namespace

Locale::Locale(std::string tag)
    : tag_(std::move(tag)), own_name_(own_name_of(tag_)), direction_(is_right_to_left(tag_) ? "rtl" : "ltr"),
      latin_digits_(has_latin_digits(tag_)), serial_(next_serial())
{
}
Locale::~Locale() = default;

Result<std::unique_ptr<Locale>> Locale::parse(std::string tag, std::string_view json)
{
    auto const invalid = [&](std::string detail) {
        return refuse(ErrorKind::invalid, "invalid_locale", "A locale file cannot be read.")
            .because(fmt::format("{}.json: {}", tag, detail));
    };
    boost::system::error_code failed;
    auto const document = boost::json::parse(json, failed);
    if (failed || !document.is_object())
        return invalid(failed ? failed.message() : "not an object");
    std::unique_ptr<Locale> locale(new Locale(tag));
    for (auto const& [key, value] : document.get_object()) {
        if (!value.is_string())
            return invalid(fmt::format("{} is not a string", std::string_view(key)));
        auto entry = std::make_unique<Entry>();
        std::string const source(value.get_string());
        if (auto compiled = compile(*entry, key, source); !compiled)
            return invalid(compiled.error().detail);
        if (!locale->entries_.emplace(key, std::move(entry)).second)
            return invalid(fmt::format("{} stands there twice", std::string_view(key)));
    }
    return locale;
}

bool Locale::has(std::string_view key) const
{
    return entries_.contains(std::string(key));
}

std::vector<std::string_view> Locale::keys() const
{
    std::vector<std::string_view> keys;
    for (auto const& [key, entry] : entries_)
        keys.push_back(key);
    std::ranges::sort(keys);
    return keys;
}

std::vector<std::string> Locale::argument_names(std::string_view key) const
{
    auto const found = entries_.find(std::string(key));
    return found == entries_.end() ? std::vector<std::string>{} : found->second->names;
}

std::string Locale::text(std::string_view key, Arguments const& arguments) const
{
    auto const found = entries_.find(std::string(key));
    return found == entries_.end() ? std::string(key) : format(*found->second, arguments);
}

std::string Locale::text(Text const& text) const
{
    if (text.key.empty())
        return text.literal;
    auto const found = entries_.find(text.key);
    if (found == entries_.end())
        return text.literal.empty() ? text.key : text.literal;
    return format(*found->second, text.arguments);
}

std::string Locale::number(std::int64_t value) const
{
    if (latin_digits_ && value >= 0 && value < 1000)
        return fmt::format("{}", value);
    UErrorCode status = U_ZERO_ERROR;
    auto const locale = icu::Locale::forLanguageTag(tag_, status);
    return to_utf8(icu::number::NumberFormatter::withLocale(locale).formatInt(value, status).toString(status));
}

std::string Locale::words(std::string const& value) const
{
    if (value.empty() || (direction_ == "ltr" && !has_right_to_left_letters(value)))
        return value;
    return "\u2068" + value + "\u2069";
}

std::string Locale::format(Entry const& entry, Arguments const& arguments) const
{
    if (!entry.needs_icu) {
        std::string out;
        for (auto const& piece : entry.pieces) {
            out += piece.words;
            if (piece.name.empty())
                continue;
            auto const argument = std::ranges::find(arguments, piece.name, &Argument::name);
            if (argument == arguments.end())
                out += "{" + piece.name + "}";
            else if (auto const* given = std::get_if<std::string>(&argument->value))
                out += words(*given);
            else if (auto const* value = std::get_if<std::int64_t>(&argument->value))
                out += number(*value);
            else
                out += to_rfc3339(std::get<TimePoint>(argument->value));
        }
        return out;
    }
    // icu::MessageFormat keeps formatters that it makes while formatting, so each thread has its own.
    struct Key {
        std::uint64_t serial;
        Entry const* entry;
        bool operator==(Key const&) const = default;
    };
    struct Hash {
        std::size_t operator()(Key const& key) const
        {
            return std::hash<void const*>{}(key.entry) ^ static_cast<std::size_t>(key.serial * 0x9e3779b97f4a7c15U);
        }
    };
    thread_local std::unordered_map<Key, std::unique_ptr<icu::MessageFormat>, Hash> formatters;
    UErrorCode status = U_ZERO_ERROR;
    auto& formatter = formatters[{serial_, &entry}];
    if (!formatter) {
        // Times are shown in UTC wherever the server runs.
        auto const locale = icu::Locale::forLanguageTag(tag_, status);
        formatter = std::make_unique<icu::MessageFormat>(entry.pattern, locale, status);
        int count = 0;
        auto const* const* formats = formatter->getFormats(count);
        for (int i = 0; i < count; ++i)
            if (auto* date = dynamic_cast<icu::DateFormat*>(const_cast<icu::Format*>(formats[i])))
                date->setTimeZone(*icu::TimeZone::getGMT());
    }
    std::vector<icu::UnicodeString> names;
    std::vector<icu::Formattable> values;
    for (auto const& argument : arguments) {
        names.push_back(icu::UnicodeString::fromUTF8(argument.name));
        // What a {kind, select, ...} compares is nobody's words.
        auto const* given = std::get_if<std::string>(&argument.value);
        bool const shown = given && !std::ranges::binary_search(entry.selectors, argument.name);
        values.push_back(given ? icu::Formattable(icu::UnicodeString::fromUTF8(shown ? words(*given) : *given))
                               : formattable(argument));
    }
    icu::UnicodeString out;
    formatter->format(names.data(), values.data(), static_cast<int>(values.size()), out, status);
    return U_FAILURE(status) ? std::string() : to_utf8(out);
}

} // namespace gatehouse::view
