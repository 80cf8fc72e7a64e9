// Texts in the languages of people. Sources: web/pages/locales/<tag>.json, flat {"signin.title": "ICU MessageFormat"}.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace gatehouse::view {

// An argument of a text. Numbers choose plural forms ({count, plural, ...}); times are formatted in UTC
// ({when, date, long}).
struct Argument {
    std::string name;
    std::variant<std::string, std::int64_t, TimePoint> value;

    Argument(std::string n, std::string v) : name(std::move(n)), value(std::move(v)) {}
    Argument(std::string n, std::string_view v) : name(std::move(n)), value(std::string(v)) {}
    Argument(std::string n, char const* v) : name(std::move(n)), value(std::string(v)) {}
    template <class T>
        requires(std::is_integral_v<T>)
    Argument(std::string n, T v) : name(std::move(n)), value(static_cast<std::int64_t>(v))
    {
    }
    Argument(std::string n, TimePoint v) : name(std::move(n)), value(v) {}
    friend bool operator==(Argument const&, Argument const&) = default;
};
using Arguments = std::vector<Argument>;

// What a person is told: a key of the locale files with its arguments, or words that are nobody's translation (a
// name, an address).
struct Text {
    std::string key;
    Arguments arguments;
    std::string literal; // shown when `key` is empty, or when no locale knows it

    Text() = default;
    explicit Text(std::string k, Arguments a = {}) : key(std::move(k)), arguments(std::move(a)) {}
    Text(char const* k, Arguments a = {}) : key(k), arguments(std::move(a)) {}
    // Words shown as they are: names, addresses, identifiers.
    static Text plain(std::string words);
    // The text "error.<code>" with the error's arguments; its English message where the locales do not know the code.
    static Text of(Error const& error);

    bool empty() const { return key.empty() && literal.empty(); }
    friend bool operator==(Text const&, Text const&) = default;
};

// "just now", "5 minutes ago", "yesterday", then a date.
Text relative_time(TimePoint then, TimePoint now);
// The same of a session: "Active now", "Active 5 minutes ago".
Text last_active(TimePoint then, TimePoint now);

// One language, ready to be used by many threads at once.
class Locale {
public:
    // `json`: the content of a locale file. Errors: "invalid_locale" (detail names the key and what is wrong with it).
    static Result<std::unique_ptr<Locale>> parse(std::string tag, std::string_view json);
    ~Locale();

    std::string const& tag() const { return tag_; }           // BCP 47, "en", "pt-BR"
    std::string const& own_name() const { return own_name_; } // how the language calls itself: "English", "Deutsch"
    std::string_view direction() const { return direction_; } // "ltr" or "rtl"
    bool has(std::string_view key) const;
    std::vector<std::string_view> keys() const; // sorted

    // The finished text, plain (not escaped for HTML). Words that are put in from elsewhere (names, addresses) are
    // isolated where their direction may differ from the text's (UAX #9, FSI and PDI). An unknown key gives the key
    // itself, which no test lets pass.
    std::string text(std::string_view key, Arguments const& arguments = {}) const;
    std::string text(char const* key, Arguments const& arguments = {}) const
    {
        return text(std::string_view(key), arguments);
    }
    std::string text(Text const& text) const;
    // The names of the arguments that a text wants; for the tests that compare locales.
    std::vector<std::string> argument_names(std::string_view key) const;

private:
    struct Entry;
    explicit Locale(std::string tag);
    std::string tag_;
    std::string own_name_;
    std::string_view direction_;
    bool latin_digits_;
    std::uint64_t serial_; // tells the per-thread formatters of this object from those of one that lived here before
    std::unordered_map<std::string, std::unique_ptr<Entry>> entries_;
    std::string format(Entry const& entry, Arguments const& arguments) const;
    std::string number(std::int64_t value) const;
    std::string words(std::string const& value) const;
};

// All languages of the binary (or of a folder, in development).
class Locales {
public:
    // The embedded ones; with `folder`, <folder>/*.json instead.
    static Result<std::unique_ptr<Locales>> load(std::optional<std::string> folder = {});

    // What a person is likely to read best (RFC 4647 section 3.4): the first that matches of `ui_locales` (space
    // separated, OpenID Connect Core section 3.1.2.1), the account's own locale, Accept-Language, then `otherwise` (the
    // tenant's), then English.
    Locale const& choose(std::string_view ui_locales, std::string_view account_locale, std::string_view accept_language,
                         std::string_view otherwise = {}) const;
    // By exact tag, or null.
    Locale const* find(std::string_view tag) const;
    Locale const& fallback() const { return *locales_.front(); } // English
    std::span<std::unique_ptr<Locale> const> all() const { return locales_; }

private:
    Locale const* match(std::string_view range) const;
    std::vector<std::unique_ptr<Locale>> locales_;
};

} // namespace gatehouse::view
