#include "credentials/password_strength.hpp"

#include "identity/text.hpp"

#include <algorithm>
#include <memory>
#include <zxcvbn.h>

namespace gatehouse::credentials {

namespace {

constexpr std::size_t kShortestTold = 4; // shorter parts of a name stand in too many good passwords
constexpr std::size_t kMostParts = 40;   // of a person; each costs a comparison at every character
// zxcvbn's work grows with the cube of the length.
constexpr std::size_t kMeasured = 48;
// In bits: the bounds of zxcvbn's crack times for a hash that takes 10 ms on each of 100 cores (100 s, 10^4, 10^6 and
// 10^8 s).
constexpr double kBounds[] = {20.9, 27.6, 34.2, 40.9};
constexpr int kGood = 3;

struct Measured {
    double bits = 0.0;
    Weakness weakness = Weakness::none;
};

Weakness weakness_of(int type)
{
    switch (type & ~MULTIPLE_MATCH) {
    case DICTIONARY_MATCH:
    case DICT_LEET_MATCH:
        return Weakness::words;
    case USER_MATCH:
    case USER_LEET_MATCH:
        return Weakness::personal;
    case REPEATS_MATCH:
        return Weakness::repetition;
    case SEQUENCE_MATCH:
        return Weakness::sequence;
    case SPATIAL_MATCH:
        return Weakness::keyboard;
    case DATE_MATCH:
    case YEAR_MATCH:
        return Weakness::date;
    default:
        return Weakness::none;
    }
}

Measured measure(std::string& text, std::vector<char const*>& words)
{
    ZxcMatch_t* matches = nullptr;
    Measured measured{.bits = ZxcvbnMatch(text.c_str(), words.data(), &matches)};
    std::unique_ptr<ZxcMatch_t, decltype(&ZxcvbnFreeInfo)> const owned(matches, &ZxcvbnFreeInfo);
    int longest = 0;
    for (auto const* match = matches; match; match = match->Next) {
        auto const weakness = (match->Type & MULTIPLE_MATCH) != 0 ? Weakness::repetition : weakness_of(match->Type);
        if (weakness != Weakness::none && match->Length > longest) {
            longest = match->Length;
            measured.weakness = weakness;
        }
    }
    wipe(text.data(), text.size());
    return measured;
}

// Where a part of at most `size` bytes ends without cutting a character in two.
std::size_t whole_characters(std::string_view text, std::size_t size)
{
    size = std::min(size, text.size());
    while (size > 0 && size < text.size() && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80)
        --size;
    return size;
}

} // namespace

std::string_view to_string(Weakness weakness)
{
    switch (weakness) {
    case Weakness::none:
        return "none";
    case Weakness::words:
        return "words";
    case Weakness::personal:
        return "personal";
    case Weakness::repetition:
        return "repetition";
    case Weakness::sequence:
        return "sequence";
    case Weakness::keyboard:
        return "keyboard";
    case Weakness::date:
        return "date";
    case Weakness::brevity:
        return "brevity";
    }
    return "none";
}

// An address by its local part and the name of its domain, a name by its words.
std::vector<std::string> personal_parts(std::span<std::string const> personal)
{
    std::vector<std::string> parts;
    auto const add = [&](std::string part) {
        if (identity::count_code_points(part).value_or(0) >= kShortestTold && parts.size() < kMostParts)
            parts.push_back(std::move(part));
    };
    for (auto const& text : personal) {
        auto const folded = identity::nfkc_casefold(text);
        if (!folded)
            continue;
        for (std::size_t start = 0; start <= folded->size();) {
            auto const end = std::min(folded->find_first_of("@ .,+_-", start), folded->size());
            add(folded->substr(start, end - start));
            start = end + 1;
        }
        add(*folded);
    }
    std::ranges::sort(parts);
    auto const doubled = std::ranges::unique(parts);
    parts.erase(doubled.begin(), doubled.end());
    return parts;
}

Strength measure_strength(std::string_view normalized, std::span<std::string const> personal)
{
    auto const parts = personal_parts(personal);
    std::vector<char const*> words;
    for (auto const& part : parts)
        words.push_back(part.c_str());
    words.push_back(nullptr);

    auto const head_size = whole_characters(normalized, kMeasured);
    std::string head(normalized.substr(0, head_size));
    auto measured = measure(head, words);
    auto rest = normalized.substr(head_size);
    if (!rest.empty() && measured.bits < kBounds[kGood]) {
        rest.remove_prefix(rest.size() - whole_characters(rest, kMeasured));
        std::string tail(rest);
        measured.bits += measure(tail, words).bits;
    }
    Strength strength{.bits = measured.bits};
    while (strength.score < 4 && measured.bits >= kBounds[strength.score])
        ++strength.score;
    if (strength.score < kGood)
        strength.weakness = measured.weakness == Weakness::none ? Weakness::brevity : measured.weakness;
    return strength;
}

} // namespace gatehouse::credentials
