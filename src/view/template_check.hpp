// What a template that somebody else wrote may contain. The checker reads its source as HTML with markers and refuses
// what it does not know, so that a template can move and word things, and nothing else: no script, no style that would
// have to be let through the policy, no form or field of its own, no address that data could leave by, no marker that
// is not escaped.
#pragma once

#include "base/result.hpp"
#include "view/locale.hpp"

#include <map>
#include <string>
#include <vector>

namespace gatehouse::view {

using TemplateSources = std::map<std::string, std::string>; // by name: "partials/brand.html"

// The templates that a tenant may have of its own.
bool is_replaceable(std::string_view name);
std::vector<std::string> replaceable_templates();

// Error: "invalid_template" with the place: the pointer is `pointer`, the argument "line" the line, and the message
// says both. `built_in` is the template that it replaces: what that one shows without condition (the head, the form)
// must stand here as well, outside of any section but those it stands in there.
Result<void> check_template(std::string_view name, std::string_view source, std::string_view built_in,
                            Locales const& locales, std::string const& pointer);

// The controls of a page, to hold a page of a tenant's template to the built-in one: forms, fields, buttons, and links
// but for the choice of a language, each as its tag.
std::vector<std::string> controls_of(std::string_view html);

} // namespace gatehouse::view
