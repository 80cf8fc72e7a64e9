#include "base/digits.hpp"

#include <array>

namespace gatehouse {
namespace {

// The UTF-8 of each script's zero; the other nine follow it without a carry.
constexpr std::array<std::string_view, 6> kZeros{
    "\u0660", // Arabic
    "\u06f0", // Persian, Urdu
    "\u0966", // Devanagari
    "\u09e6", // Bengali
    "\u0e50", // Thai
    "\uff10", // full width, as Japanese and Chinese keyboards write
};
constexpr std::array<std::string_view, 3> kSpaces{"\u00a0", "\u202f", "\u3000"};

// The digit that `text` begins with and its length in bytes, or no length.
struct Found {
    char latin = 0;
    std::size_t length = 0;
};
Found digit_at(std::string_view text)
{
    for (auto const zero : kZeros) {
        auto const stem = zero.substr(0, zero.size() - 1);
        if (text.size() < zero.size() || !text.starts_with(stem))
            continue;
        auto const value = static_cast<unsigned char>(text[stem.size()]) - static_cast<unsigned char>(zero.back());
        if (value >= 0 && value <= 9)
            return {static_cast<char>('0' + value), zero.size()};
    }
    for (auto const space : kSpaces)
        if (text.starts_with(space))
            return {' ', space.size()};
    return {};
}

} // namespace

std::string with_latin_digits(std::string_view typed)
{
    std::string out;
    out.reserve(typed.size());
    while (!typed.empty()) {
        auto const found = static_cast<unsigned char>(typed.front()) < 0x80 ? Found{} : digit_at(typed);
        out += found.length > 0 ? found.latin : typed.front();
        typed.remove_prefix(found.length > 0 ? found.length : 1);
    }
    return out;
}

} // namespace gatehouse
