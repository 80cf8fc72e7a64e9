#include "view/locale.hpp"

#include "view/locale_tags.hpp"
#include "view/templates.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <fmt/ranges.h>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <thread>
#include <unicode/messagepattern.h>
#include <unicode/plurrule.h>

namespace gatehouse::view {
namespace {

std::unique_ptr<Locale> locale(std::string tag, std::string_view json)
{
    auto parsed = Locale::parse(std::move(tag), json);
    if (!parsed)
        throw std::runtime_error(parsed.error().detail);
    return *std::move(parsed);
}

std::unique_ptr<Locales> embedded()
{
    auto locales = Locales::load();
    if (!locales)
        throw std::runtime_error(locales.error().detail);
    return *std::move(locales);
}

std::string content_of(std::filesystem::path const& path)
{
    std::ostringstream content;
    content << std::ifstream(path, std::ios::binary).rdbuf();
    return content.str();
}

TEST(Locale, FillsInArguments)
{
    auto const en = locale("en", R"({"a": "Hello {name}, it''s {thing} '{not one}'", "b": "plain"})");
    EXPECT_EQ(en->text("a", {{"name", "Ada"}, {"thing", "{name}"}}), "Hello Ada, it's {name} {not one}");
    EXPECT_EQ(en->text("b"), "plain");
    EXPECT_EQ(en->text("c"), "c");
    EXPECT_EQ(en->argument_names("a"), (std::vector<std::string>{"name", "thing"}));
}

TEST(Locale, ChoosesPluralForms)
{
    auto const en = locale("en", R"({"a": "{count, plural, =0 {none} one {# file} other {# files of {who}}}"})");
    EXPECT_EQ(en->text("a", {{"count", 0}, {"who", "Ada"}}), "none");
    EXPECT_EQ(en->text("a", {{"count", 1}, {"who", "Ada"}}), "1 file");
    EXPECT_EQ(en->text("a", {{"count", 1234}, {"who", "Ada"}}), "1,234 files of Ada");
    EXPECT_EQ(en->argument_names("a"), (std::vector<std::string>{"count", "who"}));
    // Polish has forms that English lacks.
    auto const pl =
        locale("pl", R"({"a": "{count, plural, one {# plik} few {# pliki} many {# plików} other {# pliku}}"})");
    EXPECT_EQ(pl->text("a", {{"count", 1}}), "1 plik");
    EXPECT_EQ(pl->text("a", {{"count", 3}}), "3 pliki");
    EXPECT_EQ(pl->text("a", {{"count", 12}}), "12 plików");
}

TEST(Locale, WritesDatesAsTheLanguageDoes)
{
    auto const locales = embedded();
    auto const when = *parse_rfc3339("2026-11-23T23:30:00Z");
    EXPECT_EQ(locales->find("en")->text("time.on_day", {{"when", when}}), "on November 23, 2026");
    EXPECT_EQ(locales->find("de")->text("time.on_day", {{"when", when}}), "am 23. November 2026");
    EXPECT_EQ(locales->find("fr")->text("time.on_day", {{"when", when}}), "le 23 novembre 2026");
    EXPECT_EQ(locales->find("es")->text("time.on_day", {{"when", when}}), "el 23 de noviembre de 2026");
    EXPECT_EQ(locales->find("pt-BR")->text("time.on_day", {{"when", when}}), "em 23 de novembro de 2026");
    EXPECT_EQ(locales->find("ja")->text("time.on_day", {{"when", when}}), "2026年11月23日");
    EXPECT_EQ(locales->find("ar")->text("time.on_day", {{"when", when}}), "في ٢٣ نوفمبر ٢٠٢٦");
}

TEST(Locale, TellsHowLongAgo)
{
    auto const locales = embedded();
    auto const& de = *locales->find("de");
    auto const now = from_seconds(1'800'000'000);
    using namespace std::chrono_literals;
    EXPECT_EQ(de.text(relative_time(now - 5s, now)), "gerade eben");
    EXPECT_EQ(de.text(relative_time(now - 61s, now)), "vor 1 Minute");
    EXPECT_EQ(de.text(relative_time(now - 5h, now)), "vor 5 Stunden");
    EXPECT_EQ(de.text(relative_time(now - 25h, now)), "gestern");
    EXPECT_EQ(de.text(relative_time(now + 5s, now)), "gerade eben"); // a clock that was set back
    EXPECT_EQ(de.text(last_active(now - 5s, now)), "Gerade aktiv");
    EXPECT_EQ(de.text(last_active(now - 3h, now)), "Vor 3 Stunden aktiv");
    EXPECT_EQ(de.text(last_active(now - 24h * 45, now)), "Zuletzt aktiv am 1. Dezember 2026");
}

TEST(Locale, CountsAsTheLanguageDoes)
{
    auto const locales = embedded();
    auto const ago = [&](auto tag, int count) {
        return locales->find(tag)->text("time.hours_ago", {{"count", count}});
    };
    EXPECT_EQ(ago("ar", 1), "منذ ساعة واحدة");
    EXPECT_EQ(ago("ar", 2), "منذ ساعتين");
    EXPECT_EQ(ago("ar", 3), "منذ ٣ ساعات");
    EXPECT_EQ(ago("ar", 11), "منذ ١١ ساعة");
    EXPECT_EQ(ago("fr", 0), "il y a 0 heure");
    EXPECT_EQ(ago("ja", 1), "1時間前");
    auto const counted = [&](auto tag) {
        return locales->find(tag)->text("error.password_too_short", {{"minimum", 1000}});
    };
    EXPECT_EQ(counted("de"), "Bitte verwenden Sie mindestens 1.000 Zeichen. Ein kurzer Satz eignet sich gut.");
    EXPECT_EQ(counted("fr"), "Utilisez au moins 1\u202f000 caractères. Une courte phrase convient très bien.");
    EXPECT_EQ(counted("ar"), "يُرجى استخدام ١٬٠٠٠ حرف على الأقل. الجملة القصيرة خيار جيد.");
}

TEST(Locale, IsolatesWordsOfAnotherDirection)
{
    auto const locales = embedded();
    auto const to = [&](auto tag, auto const& email) {
        return locales->find(tag)->text("factor.email_send_lead", {{"email", email}});
    };
    EXPECT_EQ(to("ar", "ada@example.com"), "سنرسل رمزًا إلى \u2068ada@example.com\u2069.");
    EXPECT_EQ(to("en", "ada@example.com"), "We send a code to ada@example.com.");
    EXPECT_EQ(to("en", "آدا@example.com"), "We send a code to \u2068آدا@example.com\u2069.");
    // In a pattern of ICU's as well, but for what it compares.
    auto const ar = locale("ar", R"({"a": "{kind, select, x {1} other {2}} {name} {when, date, long}"})");
    EXPECT_EQ(ar->text("a", {{"kind", "x"}, {"name", "Ada"}, {"when", from_seconds(0)}}),
              "1 \u2068Ada\u2069 ١ يناير ١٩٧٠");
}

TEST(Locale, KnowsItsDirection)
{
    EXPECT_EQ(locale("ar", "{}")->direction(), "rtl");
    EXPECT_EQ(locale("de", "{}")->direction(), "ltr");
}

TEST(Locale, RefusesAPatternThatDoesNotParse)
{
    auto const broken = Locale::parse("en", R"({"a": "{count, plural, one {x}"})");
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().code, "invalid_locale");
    EXPECT_TRUE(broken.error().detail.starts_with("en.json: a:")) << broken.error().detail;
    EXPECT_FALSE(Locale::parse("en", R"({"a": 1})"));
    EXPECT_FALSE(Locale::parse("en", "["));
}

TEST(Locale, IsUsedByManyThreadsAtOnce)
{
    auto const en = locale("en", R"({"a": "{count, plural, one {# file} other {# files}} {when, date, long}"})");
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&, i] {
            for (int each = 2; each < 200; ++each)
                ASSERT_EQ(en->text("a", {{"count", each}, {"when", from_seconds(86400 * i)}}),
                          fmt::format("{} files January {}, 1970", each, i + 1));
        });
    for (auto& thread : threads)
        thread.join();
}

TEST(Locale, AnErrorReadsInTheLanguageOrElseInEnglish)
{
    auto const locales = embedded();
    Error error{.code = "too_many_attempts", .message = "Too many tries.", .arguments = {{"minutes", "1"}}};
    EXPECT_EQ(locales->find("de")->text(Text::of(error)),
              "Zu viele Versuche. Bitte warten Sie 1 Minute und versuchen Sie es erneut.");
    error.code = "not_translated_yet";
    EXPECT_EQ(locales->find("de")->text(Text::of(error)), "Too many tries.");
}

TEST(Locales, ChooseWhatThePersonReads)
{
    auto const locales = embedded();
    auto const chosen = [&](auto ui, auto account, auto accept) { return locales->choose(ui, account, accept).tag(); };
    EXPECT_EQ(chosen("de-AT en", "en", "en"), "de");
    EXPECT_EQ(chosen("xx it", "de", "en"), "de");
    EXPECT_EQ(chosen("", "", "it-CH, it;q=0.9, en;q=0.5, DE-ch;q=0.7, *;q=0.1"), "de");
    EXPECT_EQ(chosen("", "", "en;q=0, de;q=0.1"), "de");
    EXPECT_EQ(chosen("", "", "it"), "en");
    EXPECT_EQ(chosen("", "", "*"), "en");
    EXPECT_EQ(chosen("pt-PT", "", ""), "pt-BR");
    EXPECT_EQ(chosen("pt", "", ""), "pt-BR");
    EXPECT_EQ(chosen("", "PT-br", ""), "pt-BR");
    EXPECT_EQ(chosen("ar-EG", "", ""), "ar");
    EXPECT_EQ(chosen("", "", ""), "en");
    EXPECT_EQ(locales->choose("", "", "it, *", "de-AT").tag(), "de"); // the tenant's, where the browser does not mind
    EXPECT_EQ(locales->choose("", "", "fr", "de").tag(), "fr");
    EXPECT_EQ(chosen("", "", ";;;q=,,de;q=x,-,--"), "en");
    EXPECT_EQ(chosen(std::string(100'000, 'd'), std::string(100'000, '-'), std::string(100'000, ',')), "en");
}

// -- the files

std::filesystem::path const kFolder = GATEHOUSE_SOURCE_DIR "/web/pages/locales";

std::map<std::string, std::string> texts_of(std::filesystem::path const& file)
{
    std::map<std::string, std::string> texts;
    for (auto const& [key, value] : boost::json::parse(content_of(file)).as_object())
        texts.emplace(key, value.as_string());
    return texts;
}

// Of each plural argument of a pattern its forms, without those for one number ("=0").
std::vector<std::set<std::string>> plural_forms_of(std::string const& text)
{
    std::vector<std::set<std::string>> all;
    UErrorCode status = U_ZERO_ERROR;
    icu::MessagePattern const pattern(icu::UnicodeString::fromUTF8(text), nullptr, status);
    for (int i = 0; U_SUCCESS(status) && i < pattern.countParts(); ++i) {
        if (pattern.getPart(i).getType() != UMSGPAT_PART_TYPE_ARG_START ||
            pattern.getPart(i).getArgType() != UMSGPAT_ARG_TYPE_PLURAL)
            continue;
        std::set<std::string> forms;
        for (int part = i + 1, end = pattern.getLimitPartIndex(i); part < end; ++part) {
            if (pattern.getPart(part).getType() == UMSGPAT_PART_TYPE_MSG_START)
                part = pattern.getLimitPartIndex(part);
            if (pattern.getPart(part).getType() != UMSGPAT_PART_TYPE_ARG_SELECTOR)
                continue;
            std::string form;
            pattern.getSubstring(pattern.getPart(part)).toUTF8String(form);
            if (!form.starts_with('='))
                forms.insert(form);
        }
        all.push_back(std::move(forms));
    }
    return all;
}

TEST(LocaleFiles, HaveTheSameKeysAndArguments)
{
    auto const locales = embedded();
    auto const& english = locales->fallback();
    for (auto const& other : locales->all()) {
        EXPECT_EQ(other->keys(), english.keys()) << other->tag();
        for (auto const key : english.keys())
            EXPECT_EQ(other->argument_names(key), english.argument_names(key)) << other->tag() << ": " << key;
    }
}

// What other code knows while compiling.
TEST(LocaleFiles, AreTheLanguagesThatSettingsOffer)
{
    std::vector<std::string> tags;
    for (auto const& locale : embedded()->all())
        tags.push_back(locale->tag());
    std::ranges::sort(tags);
    EXPECT_EQ(kLocaleTags, fmt::format("{}", fmt::join(tags, "|")));
}

// Each plural form that whole numbers take in a language, and none that they cannot take.
TEST(LocaleFiles, HaveThePluralFormsOfTheirLanguage)
{
    for (auto const& file : std::filesystem::directory_iterator(kFolder)) {
        auto const tag = file.path().stem().string();
        UErrorCode status = U_ZERO_ERROR;
        std::unique_ptr<icu::PluralRules> const rules(
            icu::PluralRules::forLocale(icu::Locale::forLanguageTag(tag, status), status));
        ASSERT_TRUE(U_SUCCESS(status));
        std::set<std::string> needed{"other"}; // which every pattern has
        for (int number = 0; number <= 1000; ++number) {
            std::string form;
            needed.insert(rules->select(number).toUTF8String(form));
        }
        for (auto const& [key, text] : texts_of(file.path()))
            for (auto const& forms : plural_forms_of(text))
                EXPECT_EQ(forms, needed) << tag << ": " << key << ": " << text;
    }
}

// A text that is the same as in English was probably forgotten, unless it is a word that both languages have.
TEST(LocaleFiles, AreTranslated)
{
    std::map<std::string, std::set<std::string>> const same{
        {"de", {"Browser", "Code", "Name"}},
        {"es", {"Error:", "No"}},
        {"fr", {"Application", "Code", "Applications", "Sessions", "Date"}},
        {"pt-BR", {}},
    };
    auto const english = texts_of(kFolder / "en.json");
    for (auto const& file : std::filesystem::directory_iterator(kFolder)) {
        auto const tag = file.path().stem().string();
        if (tag == "en")
            continue;
        auto const allowed = same.find(tag);
        for (auto const& [key, text] : texts_of(file.path())) {
            auto const original = english.find(key);
            if (original == english.end() || original->second != text || text.starts_with("{place}") ||
                text.starts_with("{near}")) // arguments and punctuation, no words
                continue;
            EXPECT_TRUE(allowed != same.end() && allowed->second.contains(text)) << tag << ": " << key << ": " << text;
        }
    }
}

TEST(LocaleFiles, HaveNoKeyTwice)
{
    for (auto const& file : std::filesystem::directory_iterator(GATEHOUSE_SOURCE_DIR "/web/pages/locales")) {
        auto const text = content_of(file.path());
        std::set<std::string> seen;
        std::regex const key(R"re(^\s*"([^"]+)":)re", std::regex::multiline);
        for (std::sregex_iterator i(text.begin(), text.end(), key), end; i != end; ++i)
            EXPECT_TRUE(seen.insert((*i)[1]).second) << file.path() << ": " << (*i)[1];
    }
}

// Everything that is quoted in C++ or stands in [[...]] of a template.
struct Uses {
    std::set<std::string> literals; // any string literal: what is there is not stale
    std::set<std::string> certain;  // texts of view models and templates: what is missing is a fault
};

Uses uses_in_sources()
{
    Uses uses;
    std::regex const literal(R"re("([a-z_0-9]+(?:\.[a-z_0-9]+)*|[a-z_]+\.(?=\{\}))(?:\{\})?")re"); // or "strength.{}"
    std::regex const text(
        R"re((?:\.(?:title|label|lead|hint|note|error|badge|items_title|items_empty|account_change|text) = \{?|Text[({]+)"([a-z_]+(?:\.[a-z_0-9]+)+)")re");
    for (auto const& file : std::filesystem::recursive_directory_iterator(GATEHOUSE_SOURCE_DIR "/src")) {
        if ((file.path().extension() != ".cpp" && file.path().extension() != ".hpp") ||
            file.path().string().ends_with("_test.cpp"))
            continue;
        auto const source = content_of(file.path());
        for (std::sregex_iterator i(source.begin(), source.end(), literal), end; i != end; ++i)
            uses.literals.insert((*i)[1]);
        for (std::sregex_iterator i(source.begin(), source.end(), text), end; i != end; ++i)
            uses.certain.insert((*i)[1]);
    }
    for (auto const& file : std::filesystem::recursive_directory_iterator(GATEHOUSE_SOURCE_DIR "/web/pages/templates"))
        if (file.is_regular_file())
            for (auto const& key : text_keys_of(content_of(file.path()))) {
                uses.literals.insert(key);
                uses.certain.insert(key);
            }
    return uses;
}

TEST(LocaleFiles, HaveEveryTextThatPagesShow)
{
    auto const locales = embedded();
    for (auto const& key : uses_in_sources().certain)
        EXPECT_TRUE(locales->fallback().has(key)) << key << " is used and stands in no locale file";
}

TEST(LocaleFiles, HaveNoTextThatNothingShows)
{
    auto const uses = uses_in_sources();
    auto const locales = embedded();
    for (auto const key : locales->fallback().keys()) {
        // A key is written out, or composed: "error." + code, "mail." + kind + ".subject", "factor.use." + method,
        // "portal." + name.
        auto const last = std::string(key.substr(key.find('.') + 1));
        auto const inner = last.substr(0, last.find('.'));
        auto const end = last.substr(last.rfind('.') + 1);
        if (key.starts_with("attribute.")) // a tenant's schema decides which are shown
            continue;
        if (key == "error.password_unchanged") // its rule is being built
            continue;
        bool const by_end = key.starts_with("consent.scope.") || key.starts_with("factor.use.") ||
                            key.starts_with("factor.set_up.");
        bool const composed = uses.literals.contains(key.starts_with("mail.") ? inner : by_end ? end : last);
        EXPECT_TRUE(uses.literals.contains(std::string(key)) || composed ||
                    uses.literals.contains(std::string(key.substr(0, key.rfind('.') + 1))))
            << key << " is used nowhere";
    }
}

} // namespace
} // namespace gatehouse::view
