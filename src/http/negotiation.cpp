// Accept and Accept-Language (RFC 9110 section 12).
#include "http/message.hpp"

namespace gatehouse::http {

namespace {

// Calls `visit(item)` for each trimmed, non-empty item; quotes do not hide the separator, which neither header needs.
template <class Visit>
void each_item(std::string_view list, char separator, Visit visit)
{
    while (!list.empty()) {
        auto const end = std::min(list.find(separator), list.size());
        auto const item = trim(list.substr(0, end));
        list.remove_prefix(std::min(end + 1, list.size()));
        if (!item.empty())
            visit(item);
    }
}

// "0.85" as 850 (RFC 9110 section 12.4.2); a malformed weight counts as 0.
int parse_weight(std::string_view text)
{
    if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1') || (text.size() > 1 && text[1] != '.'))
        return 0;
    int value = text[0] - '0';
    for (std::size_t i = 2; i < 5; ++i) {
        auto const digit = i < text.size() ? text[i] : '0';
        if (digit < '0' || digit > '9')
            return 0;
        value = value * 10 + (digit - '0');
    }
    return std::min(value, 1000);
}

struct Item {
    std::string_view range;
    int weight = 1000;
    bool parameters = false; // others than q
};

Item parse_item(std::string_view text)
{
    Item item{trim(text.substr(0, text.find(';')))};
    if (item.range.size() == text.size())
        return item;
    each_item(text.substr(text.find(';') + 1), ';', [&](std::string_view parameter) {
        if (parameter.size() > 2 && (parameter[0] == 'q' || parameter[0] == 'Q') && parameter[1] == '=')
            item.weight = parse_weight(trim(parameter.substr(2)));
        else
            item.parameters = true;
    });
    return item;
}

// How closely a range names the type: 3 itself, 2 "text/*", 1 "*/*", 0 not at all.
int closeness(std::string_view range, std::string_view media_type)
{
    if (equal_ignoring_case(range, media_type))
        return 3;
    auto const slash = media_type.find('/');
    if (range.ends_with("/*") && equal_ignoring_case(range.substr(0, range.size() - 2), media_type.substr(0, slash)))
        return 2;
    return range == "*/*" ? 1 : 0;
}

} // namespace

int quality(Request const& request, std::string_view media_type)
{
    bool any = false;
    int best = 0;
    int weight = 0;
    for (auto const& [name, value] : request.headers) {
        if (!equal_ignoring_case(name, "Accept"))
            continue;
        each_item(value, ',', [&](std::string_view text) {
            any = true;
            auto const item = parse_item(text);
            auto const close = closeness(item.range, media_type);
            // "text/html;level=1" asks for something more special than text/html: it counts below the plain range.
            auto const rank = close * 2 - (item.parameters && close == 3 ? 1 : 0);
            if (close > 0 && rank > best) {
                best = rank;
                weight = item.weight;
            }
        });
    }
    return any ? weight : 1000;
}

bool accepts(Request const& request, std::string_view media_type)
{
    return quality(request, media_type) > 0;
}

std::vector<std::string> accepted_languages(Request const& request)
{
    constexpr std::size_t kMost = 20;
    struct Found {
        int weight;
        std::size_t position; // of two with the same weight the earlier is preferred
        std::string language;
    };
    std::vector<Found> found;
    for (auto const& [name, value] : request.headers) {
        if (!equal_ignoring_case(name, "Accept-Language"))
            continue;
        each_item(value, ',', [&](std::string_view text) {
            auto const item = parse_item(text);
            auto const plain = std::all_of(item.range.begin(), item.range.end(), [](char c) {
                return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
            });
            if (plain && !item.range.empty() && item.range.size() <= 35 && item.weight > 0 && found.size() < kMost)
                found.push_back({item.weight, found.size(), std::string(item.range)});
        });
    }
    std::sort(found.begin(), found.end(), [](Found const& a, Found const& b) {
        return a.weight != b.weight ? a.weight > b.weight : a.position < b.position;
    });
    std::vector<std::string> languages;
    languages.reserve(found.size());
    for (auto& item : found)
        languages.push_back(std::move(item.language));
    return languages;
}

} // namespace gatehouse::http
