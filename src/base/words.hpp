// Lists kept as text: words separated by single spaces, as scopes and amr are (RFC 6749 section 3.3).
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse {

// Calls `visit` with each word; runs of spaces count as one.
template <class Visit>
void each_word(std::string_view text, Visit&& visit)
{
    for (std::size_t at = 0; at < text.size();) {
        auto const end = std::min(text.find(' ', at), text.size());
        if (end > at)
            visit(text.substr(at, end - at));
        at = end + 1;
    }
}

inline std::vector<std::string> split_words(std::string_view text)
{
    std::vector<std::string> words;
    each_word(text, [&](std::string_view word) { words.emplace_back(word); });
    return words;
}

inline std::string join_words(std::vector<std::string> const& words)
{
    std::string text;
    for (auto const& word : words) {
        if (!text.empty())
            text += ' ';
        text += word;
    }
    return text;
}

inline bool has_word(std::string_view text, std::string_view wanted)
{
    bool found = false;
    each_word(text, [&](std::string_view word) { found = found || word == wanted; });
    return found;
}

} // namespace gatehouse
