#include "base/embedded.hpp"
#include "view/locale.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace gatehouse::embedded {
std::span<EmbeddedFile const> page_locales();
}

namespace gatehouse::view {
namespace {

std::string lower(std::string_view text)
{
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

std::string_view trim(std::string_view text)
{
    auto const begin = text.find_first_not_of(" \t");
    return begin == text.npos ? std::string_view{} : text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

struct Range {
    std::string_view tag;
    double quality = 1;
};

// RFC 9110 section 12.5.4. What cannot be read is skipped; at most 32 ranges are looked at.
std::vector<Range> accepted(std::string_view header)
{
    std::vector<Range> ranges;
    while (!header.empty() && ranges.size() < 32) {
        auto const comma = std::min(header.find(','), header.size());
        auto const item = trim(header.substr(0, comma));
        header.remove_prefix(std::min(comma + 1, header.size()));
        auto const semicolon = std::min(item.find(';'), item.size());
        Range range{.tag = trim(item.substr(0, semicolon))};
        auto const parameter = trim(item.substr(std::min(semicolon + 1, item.size())));
        if (parameter.starts_with("q=") || parameter.starts_with("Q=")) {
            auto const number = parameter.substr(2);
            if (std::from_chars(number.data(), number.data() + number.size(), range.quality).ec != std::errc{})
                continue;
        }
        if (!range.tag.empty() && range.quality > 0)
            ranges.push_back(range);
    }
    // Equal ones keep their order: the tags are views into the header.
    std::ranges::sort(ranges, {}, [](Range const& range) { return std::pair(-range.quality, range.tag.data()); });
    return ranges;
}

} // namespace

Result<std::unique_ptr<Locales>> Locales::load(std::optional<std::string> folder)
{
    auto locales = std::make_unique<Locales>();
    auto const add = [&](std::string const& file, std::string_view content) -> Result<void> {
        TRY(auto locale, Locale::parse(std::filesystem::path(file).stem().string(), content));
        locales->locales_.push_back(std::move(locale));
        return {};
    };
    if (folder) {
        std::error_code failed;
        for (auto const& file : std::filesystem::directory_iterator(*folder, failed)) {
            if (file.path().extension() != ".json")
                continue;
            std::ostringstream content;
            content << std::ifstream(file.path(), std::ios::binary).rdbuf();
            TRY_DO(add(file.path().filename().string(), content.str()));
        }
    } else {
        for (auto const& file : embedded::page_locales())
            TRY_DO(add(std::string(file.path), file.content));
    }
    // English first: it is the fallback.
    std::ranges::sort(locales->locales_, {},
                      [](auto const& each) { return std::pair(each->tag() != "en", each->tag()); });
    if (locales->locales_.empty() || locales->locales_.front()->tag() != "en")
        return refuse(ErrorKind::invalid, "invalid_locale", "The English texts are missing.").because("no en.json");
    return locales;
}

Locale const* Locales::find(std::string_view tag) const
{
    for (auto const& locale : locales_)
        if (lower(locale->tag()) == lower(tag))
            return locale.get();
    return nullptr;
}

// RFC 4647 section 3.4: "de-Latn-AT" is looked for as it is, then as "de-Latn", then as "de"; then any region of "de".
Locale const* Locales::match(std::string_view range) const
{
    if (range.size() > 64)
        return nullptr;
    auto const whole = range;
    while (!range.empty()) {
        if (auto const* locale = find(range))
            return locale;
        auto const hyphen = range.rfind('-');
        range = range.substr(0, hyphen == range.npos ? 0 : hyphen);
        if (range.size() > 2 && range[range.size() - 2] == '-') // a single letter introduces what was just removed
            range.remove_suffix(2);
    }
    // No region of its own: "pt" and "pt-PT" read Portuguese as Brazil writes it rather than English.
    auto const language = lower(whole.substr(0, whole.find('-'))) + "-";
    for (auto const& locale : locales_)
        if (lower(locale->tag()).starts_with(language))
            return locale.get();
    return nullptr;
}

Locale const& Locales::choose(std::string_view ui_locales, std::string_view account_locale,
                              std::string_view accept_language, std::string_view otherwise) const
{
    for (int seen = 0; !ui_locales.empty() && seen < 16; ++seen) {
        auto const space = std::min(ui_locales.find(' '), ui_locales.size());
        if (auto const* locale = match(ui_locales.substr(0, space)))
            return *locale;
        ui_locales.remove_prefix(std::min(space + 1, ui_locales.size()));
    }
    if (auto const* locale = match(account_locale))
        return *locale;
    for (auto const& range : accepted(accept_language)) {
        if (range.tag == "*")
            break;
        if (auto const* locale = match(range.tag))
            return *locale;
    }
    auto const* locale = match(otherwise);
    return locale ? *locale : fallback();
}

} // namespace gatehouse::view
