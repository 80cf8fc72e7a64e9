// A JSON Schema validator for tests: what of 2020-12 the API description uses, and a violation for every keyword that
// it does not know, so that no rule is passed over in silence.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

namespace gatehouse::admin {

// One sentence for each violation, with the place in `value`. `document` is what "$ref" points into.
std::vector<std::string> violations(boost::json::value const& schema, boost::json::value const& value,
                                    boost::json::object const& document);

} // namespace gatehouse::admin
