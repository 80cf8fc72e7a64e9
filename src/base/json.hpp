// The one way in which Gatehouse reads JSON that it did not write itself. Boost.JSON keeps the last of two members with
// the same name, where another parser may keep the first: a request checked by one and used by the other is an attack.
// Here a second member of the same name is refused.
#pragma once

#include "base/bytes.hpp"

#include <boost/json/value.hpp>
#include <string_view>

namespace gatehouse {

struct JsonLimits {
    std::size_t size = 1 << 20; // bytes of text
    std::size_t depth = 32;     // nested arrays and objects
};

// Parses one JSON value (RFC 8259, strictly: no comments, no trailing commas, valid UTF-8, no number beyond a double,
// nothing behind it but white space). Errors, all of kind invalid or too_large: "json_invalid", "json_too_deep",
// "json_too_large" and "json_duplicate_key", whose pointer is the JSON pointer (RFC 6901) of the member that came
// twice.
Result<boost::json::value> parse_json_strict(std::string_view text, JsonLimits limits = {});
// The same for a text that must be an object. Error: "json_not_an_object" as well.
Result<boost::json::object> parse_json_object_strict(std::string_view text, JsonLimits limits = {});

// Appends `text` as a JSON string with its quotes, escaped. For writers that build a payload without a tree. Bytes that
// are no UTF-8 are passed on as they are: callers hand in text that was validated when it came in.
void append_json_string(std::string& out, std::string_view text);

} // namespace gatehouse
