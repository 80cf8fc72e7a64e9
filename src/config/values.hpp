// One value: from the text of a flag, a variable or a file to what an option holds, and back to TOML.
#pragma once

#include "base/result.hpp"
#include "config/option.hpp"

namespace gatehouse::config {

// Errors: "value_invalid", whose message is a reason without a subject ("must be at least 1s"); never repeats a secret.
Result<Value> parse_value(Option const& option, std::string_view text);
// A list that came as items (an array of the file).
Result<Value> parse_items(Option const& option, std::vector<std::string> items);

// "90s", "1h 30m" and the like in one unit where that is exact; "64KB".
std::string duration_text(Duration duration);
std::string size_text(std::int64_t bytes);
// As it stands right of "=" in gatehouse.toml; a secret that is set as "********".
std::string toml_text(Option const& option, Value const& value);

} // namespace gatehouse::config
