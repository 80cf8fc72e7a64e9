// Which passwords attackers try first: those of the built-in list, and what people make of its words when they are
// asked for more characters: digits behind, leet letters, keyboard rows, the same once more.
#include "base/embedded.hpp"
#include "credentials/password_policy.hpp"
#include "identity/text.hpp"

#include <array>
#include <unordered_map>

namespace gatehouse::embedded {
std::span<EmbeddedFile const> common_passwords();
}

namespace gatehouse::credentials {

namespace {

constexpr std::size_t kLongestSearched = 64; // longer ones are searched for repetition only
constexpr std::size_t kLongestWord = 20;
constexpr int kTopWords = 2000; // two of these together are as good as one
constexpr int kMostWords = 2;
constexpr int kMostOrnaments = 3;

// A copy of a password, or of most of one.
struct Wiped {
    std::string text;
    ~Wiped() { wipe(text.data(), text.size()); }
};

using Words = std::unordered_map<std::string_view, int>; // with their rank

Words const& words()
{
    static Words const all = [] {
        Words made;
        auto text = embedded::common_passwords().front().content;
        int rank = 0;
        while (!text.empty()) {
            auto const end = std::min(text.find('\n'), text.size());
            if (end > 0)
                made.emplace(text.substr(0, end), rank++);
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        return made;
    }();
    return all;
}

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}
bool is_ascii(char c)
{
    return static_cast<unsigned char>(c) < 0x80;
}

// aaaa, 1234, 9876, abcd: each character one step from the one before, always the same step.
bool is_sequence(std::string_view text)
{
    int const step = text.size() > 1 ? text[1] - text[0] : 0;
    if (step < -1 || step > 1)
        return false;
    for (std::size_t i = 1; i < text.size(); ++i) {
        bool const over_nine = text[i - 1] == '9' && text[i] == '0' && step == 1; // 1234567890
        if (text[i] - text[i - 1] != step && !over_nine)
            return false;
    }
    return true;
}

bool is_keyboard_row(std::string_view text)
{
    constexpr std::string_view kRows[] = {"qwertyuiop",
                                          "asdfghjkl",
                                          "zxcvbnm",
                                          "qwertzuiop",
                                          "yxcvbnm",
                                          "azertyuiop",
                                          "qsdfghjklm",
                                          "wxcvbn",
                                          "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
                                          "qazwsxedcrfvtgbyhnujmikolp"};
    std::string const backwards(text.rbegin(), text.rend());
    return std::ranges::any_of(kRows, [&](std::string_view row) {
        return row.find(text) != std::string_view::npos || row.find(backwards) != std::string_view::npos;
    });
}

// What decorates a word and adds next to nothing: up to four digits, three signs, a sequence, a keyboard row.
bool is_ornament(std::string_view text)
{
    if (text.size() <= 4 && std::ranges::all_of(text, is_digit))
        return true;
    if (text.size() <= 3 &&
        std::ranges::none_of(text, [](char c) { return is_digit(c) || is_letter(c) || !is_ascii(c); }))
        return true;
    return text.size() >= 3 && std::ranges::all_of(text, is_ascii) && (is_sequence(text) || is_keyboard_row(text));
}

// The text with the letters that leet signs stand for; "1" is an "i" or an "l". Of the same length.
std::string without_leet(std::string_view text, char one)
{
    constexpr std::string_view kLeet = "034578@$!|";
    constexpr std::string_view kPlain = "oeastbasil";
    std::string plain(text);
    for (auto& c : plain)
        if (auto const found = kLeet.find(c); found != std::string_view::npos)
            c = kPlain[found];
        else if (c == '1')
            c = one;
    return plain;
}

// Whether the text is made of at most two words and three ornaments. reached[i][w] holds, as bits, with how many
// ornaments the first i characters can be made of w words.
bool is_decorated_word(std::string_view text)
{
    if (text.size() > kLongestSearched)
        return false;
    struct Reached {
        std::array<unsigned, kMostWords + 1> by_words{};
    };
    constexpr unsigned kAllowed = (1U << (kMostOrnaments + 1)) - 1;
    std::array const spellings = {Wiped{std::string(text)}, Wiped{without_leet(text, 'i')},
                                  Wiped{without_leet(text, 'l')}};
    std::vector<Reached> reached(text.size() + 1);
    reached[0].by_words[0] = 1;
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto const here = reached[i].by_words;
        if (std::ranges::all_of(here, [](unsigned bits) { return bits == 0; }))
            continue;
        for (std::size_t length = 1; length <= std::min(kLongestWord, text.size() - i); ++length) {
            auto& there = reached[i + length].by_words;
            if (is_ornament(text.substr(i, length)))
                for (std::size_t w = 0; w <= kMostWords; ++w)
                    there[w] |= here[w] << 1 & kAllowed;
            for (auto const& spelling : spellings) {
                auto const word = words().find(std::string_view(spelling.text).substr(i, length));
                if (word == words().end())
                    continue;
                there[1] |= here[0];
                if (word->second < kTopWords)
                    there[2] |= here[1];
            }
        }
    }
    return std::ranges::any_of(reached.back().by_words, [](unsigned bits) { return bits != 0; });
}

// The shortest beginning that repeated gives the text ("abcabcab" has "abc"); the text itself when there is none.
std::string_view unit_of(std::string_view text)
{
    for (std::size_t length = 1; length <= text.size() / 2; ++length)
        if (text.substr(length) == text.substr(0, text.size() - length))
            return text.substr(0, length);
    return text;
}

} // namespace

bool is_common_password(std::string_view normalized)
{
    Wiped const folded{identity::nfkc_casefold(normalized).value_or("")};
    if (folded.text.empty())
        return false;
    auto const unit = unit_of(folded.text);
    return unit.size() <= 4 || words().contains(folded.text) || is_decorated_word(unit);
}

bool is_listed_password(std::string_view normalized)
{
    Wiped const folded{identity::nfkc_casefold(normalized).value_or("")};
    return words().contains(folded.text);
}

} // namespace gatehouse::credentials
