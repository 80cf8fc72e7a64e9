// The numbering plans as they are embedded (metadata.txt): lines of fields between tabs.
//   R region calling-code international-prefix national-prefix transformation leading-digits    begins a plan
//   D kind lengths local-lengths pattern     numbers of a kind; "general" is all of the region's
//   N pattern format leading-digits rule     how its numbers are written nationally
//   I pattern format leading-digits rule     how they are written internationally, if that differs
// Patterns are regular expressions over ASCII digits; group references are written $1.
#pragma once

#include "phone/phone_number.hpp"

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <unicode/regex.h>

namespace gatehouse::phone {

// A regular expression that is compiled when it is first used.
class Pattern {
public:
    Pattern() = default;
    explicit Pattern(std::string_view source) : source_(source) {}

    bool empty() const { return source_.empty(); }
    std::string_view source() const { return source_; }
    bool matches(std::string_view digits) const; // the whole
    // How much of the beginning it takes; nullopt if it does not match there.
    std::optional<std::size_t> matches_start(std::string_view digits) const;
    // Of a match at the beginning: its groups (from 1, unset ones empty) and its length.
    struct Groups {
        std::vector<std::string> texts;
        std::size_t length = 0;
    };
    std::optional<Groups> groups_at_start(std::string_view digits) const;
    // `replacement` ("$1 $2") with the groups of a match of the whole; nullopt if it does not match.
    std::optional<std::string> format(std::string_view digits, std::string_view replacement) const;

private:
    icu::RegexPattern const& compiled() const;

    std::string_view source_;
    struct Compiled {
        std::once_flag once;
        std::unique_ptr<icu::RegexPattern> pattern;
    };
    std::unique_ptr<Compiled> compiled_ = std::make_unique<Compiled>();
};

struct Description {
    Pattern pattern;
    std::uint32_t lengths = 0; // bit n: n digits are possible; 0: nothing is said
    std::uint32_t local_lengths = 0;

    bool is_possible(std::size_t digits) const { return lengths == 0 || (lengths >> digits & 1) != 0; }
    bool describes(std::string_view digits) const;
};

struct Layout {
    Pattern pattern;
    std::string_view format;
    Pattern leading_digits;
    std::string_view rule; // what the first group becomes nationally: "0$1"
};

struct Plan {
    std::string_view region;
    int code = 0;
    Pattern international_prefix;
    Pattern national_prefix;
    std::string_view transformation;
    Pattern leading_digits;
    Description general;
    std::vector<std::pair<NumberType, Description>> kinds; // in the order in which they are tried
    std::vector<Layout> national;
    std::vector<Layout> international;
};

struct Plans {
    std::vector<std::unique_ptr<Plan>> all;
    std::map<int, std::vector<Plan const*>> by_code; // the main region of a shared code first
    std::map<std::string_view, Plan const*> by_region;
};

// Read once, on first use.
Plans const& plans();

} // namespace gatehouse::phone
