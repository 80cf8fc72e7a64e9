// What identity asks of Unicode text (UTF-8), answered by ICU.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::identity {

bool is_utf8(std::string_view text);
// Empty when the text is not UTF-8.
std::optional<std::size_t> count_code_points(std::string_view text);
// C0 and C1 controls and DEL.
bool has_control_characters(std::string_view text);
// Controls, white space, and what is not seen: formatting characters, bidirectional controls, default ignorables.
bool has_invisible_characters(std::string_view text);
// Whether a character beyond ASCII is canonically an ASCII one (the Kelvin sign is "K"): Unicode's normalization cannot
// tell the two apart, mail systems do.
bool has_ascii_doubles(std::string_view text);
std::string_view trim(std::string_view text); // ASCII white space at both ends
std::string ascii_lower(std::string_view text);

// Each empty when the text is not UTF-8.
std::optional<std::string> nfc(std::string_view text);
std::optional<std::string> nfkc_casefold(std::string_view text);
// UTS 39: equal for texts that look alike. Empty when it cannot be made.
std::optional<std::string> confusable_skeleton(std::string_view text);
// UTS 39 "highly restrictive": one script, or Latin with one of the sets used beside it; no mixed number systems.
bool is_single_script(std::string_view text);
// What is wrong with the characters of a folded username, as a sentence; empty when nothing is: letters, marks, digits
// and
// ". _ -" between them, at least one letter, which also keeps it from reading as an address or a number.
std::string check_username_characters(std::string_view folded);
// UTS 46, non-transitional, STD3 rules: the ASCII form in lower case. Empty when it is no domain name.
std::optional<std::string> domain_to_ascii(std::string_view domain);

} // namespace gatehouse::identity
