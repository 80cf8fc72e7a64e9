// SQL text: finding named parameters, splitting scripts, and what differs between the two engines.
#pragma once

#include "storage/database.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::storage {

// A statement's parameters, numbered from 1 in the order in which their names first appear. SQLite numbers `:name` in
// the same way, so it takes the text unchanged; PostgreSQL takes `numbered`, with $1, $2 ...
struct StatementText {
    std::string numbered;
    std::vector<std::string_view> names; // views into the statement
};

// Leaves string literals, quoted names, comments and `::casts` alone.
StatementText parse_statement(std::string_view sql);

// The values of `names`, in their order, from what the caller gave. The order of writing usually is the order of the
// names, so the i-th is tried first. Error: internal_error when a name has no value, or a value no name.
inline constexpr std::size_t kMostParameters = 64;
Result<void> match_parameters(std::vector<std::string_view> const& names, Parameters parameters,
                              std::span<Parameter const*, kMostParameters> matched);

// The statements of a script without their semicolons; comments stay with the statement that follows them. One marked
// with a comment line `-- only sqlite` or `-- only postgresql` is left out for the other engine. On SQLite a CREATE
// TABLE becomes WITHOUT ROWID, unless a comment line `-- rowid` stands in it.
std::vector<std::string> split_script(std::string_view script, Engine engine);

} // namespace gatehouse::storage
