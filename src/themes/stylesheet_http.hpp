// The custom properties of a theme as a stylesheet: /theme/{owner}/{fingerprint}.css, where the owner is "tenant" or an
// application's id. Its address changes with its content, so browsers keep it for a year.
#pragma once

#include "identity/routes.hpp"

namespace gatehouse::applications {
class Registry;
}
namespace gatehouse::view {
class Looks;
}

namespace gatehouse::themes {

Routes stylesheet_routes(applications::Registry& registry, view::Looks const& looks);

// A stylesheet as an answer; `kept` for one whose address names its content.
enum class Kept : bool { no, yes };
http::Response stylesheet_answer(http::Request const& request, std::string content, std::string_view fingerprint,
                                 Kept kept);

} // namespace gatehouse::themes
