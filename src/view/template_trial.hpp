// Templates that somebody else wrote, tried on every example of a page and a mail before people see them.
#pragma once

#include "view/pages.hpp"
#include "view/template_check.hpp"

namespace gatehouse::view {

// Error: "invalid_template", as Pages::with_templates says.
Result<void> try_templates(Pages const& pages, TemplateSources const& built_in, TemplateSources const& own,
                           std::string const& pointer);

} // namespace gatehouse::view
