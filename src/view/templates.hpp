// The template engine: ctemplate (escaping chosen by the context in HTML, of text, attribute, URL and style) fed
// straight from JSON, with two things of our own that are resolved once, when a template is compiled for a language:
//
//   [[> partials/field.html]]   the text of another template stands here
//   [[action.show_password]]    the locale's text of that key, escaped for HTML text and quoted attributes
//
// Sections, {{#name}}...{{/name}}, are shown for true, for a text that is not empty, once for an object, once per
// element of an array. Besides:
//   {{#no_name}}       shown when {{#name}} would not be
//   {{#any_name}}      shown once when {{#name}} would be shown at all
//   {{#kind__email}}   shown when the member `kind` is the text "email"
#pragma once

#include "base/embedded.hpp"
#include "view/locale.hpp"

#include <boost/json/object.hpp>
#include <map>
#include <memory>

namespace gatehouse::view {

class Templates {
public:
    // Compiles every template for every locale. `strict`: a name that the model does not have throws
    // std::logic_error when it is met. Error: "invalid_template".
    static Result<std::unique_ptr<Templates>> compile(std::map<std::string, std::string> sources,
                                                      Locales const& locales, bool strict);
    virtual ~Templates() = default;
    // Error: "invalid_template" when there is no template of that name for that locale.
    virtual Result<std::string> render(std::string_view name, boost::json::object const& model,
                                       Locale const& locale) const = 0;
};

// The locale keys that stand in [[...]] of a source, and the partials that it includes; for the tests.
std::vector<std::string> text_keys_of(std::string_view source);

} // namespace gatehouse::view
