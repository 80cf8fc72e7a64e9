// How hard a password is to guess, by zxcvbn (Wheeler, USENIX Security 2016): it is taken apart into words, names,
// dates, rows of keys and repetitions, and what remains counts. A meter for those who choose one, and a lower bound
// that a tenant may set.
#pragma once

#include "base/secret.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::credentials {

// What makes a password weak: the part that an attacker gets for nothing.
enum class Weakness : std::uint8_t { none, words, personal, repetition, sequence, keyboard, date, brevity };
std::string_view to_string(Weakness weakness); // "none", "words", "personal" ...: argument of the locale texts

struct Strength {
    int score = 0;                      // 0 very weak, 1 weak, 2 fair, 3 good, 4 strong
    double bits = 0.0;                  // how many guesses it takes, as a power of two
    Weakness weakness = Weakness::none; // what a person should change; none from score 3 on
};

// `personal` as in check_password: guessed first. Takes about 0.1 ms, whatever is typed: of a long password the first
// characters decide, and the last where these say too little.
Strength measure_strength(std::string_view normalized, std::span<std::string const> personal);

// The words that a person's addresses and names are made of, folded; those that are too short to tell anything are left
// out.
std::vector<std::string> personal_parts(std::span<std::string const> personal);

} // namespace gatehouse::credentials
