// GET /errors: what each error code means, and what to do. `type` of problem+json leads to a row of it
// ("/errors#code").
#pragma once

#include "identity/routes.hpp"

namespace gatehouse::view {
class Pages;
}

namespace gatehouse::app {

struct ExplainedCode {
    std::string_view code, meaning;
};
// The rows of docs/reference/errors.md, which travels in the binary and which tools/list_errors keeps complete.
std::vector<ExplainedCode> const& explained_codes();

// The pages outlive the route.
Route error_list_route(view::Pages const& pages, bool development);

} // namespace gatehouse::app
