// An attribute's pattern, compiled. RE2 takes time in proportion to the text, whatever the pattern and the text are,
// and refuses what cannot be matched so (backreferences, lookaround).
#pragma once

#include "identity/attributes.hpp"

namespace gatehouse::identity {

struct Attribute::Pattern {
    virtual ~Pattern() = default;
    virtual bool matches(std::string_view text) const = 0;
};
// Null for an empty pattern. Error: "schema_invalid", with what RE2 says.
Result<std::shared_ptr<Attribute::Pattern const>> compile_pattern(std::string const& pattern);

} // namespace gatehouse::identity
