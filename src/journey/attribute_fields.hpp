// Attributes of the profile schema as fields of pages: what registration, the account's profile page and what is asked
// for on the way in have in common.
#pragma once

#include "identity/attributes.hpp"
#include "view/view_model.hpp"

namespace gatehouse::view {
class Locale;
class Locales;
} // namespace gatehouse::view

namespace gatehouse::journey {

// What the attribute is called: the tenant's words, ours for a standard one, its name.
view::Text label_of(identity::Attribute const& attribute, view::Locale const& locale);

struct FieldOptions {
    boost::json::value value = {};         // filled in
    http::Fields const* entered = nullptr; // what was submitted and refused: stands instead of `value`
    bool required = false;
    bool read_only = false; // shown, not asked
};
// One field, or those of an address.
std::vector<view::Field> fields_of(identity::Attribute const& attribute, FieldOptions const& options,
                                   view::Locale const& locale, view::Locales const& locales, TimePoint now);

// What a form says about the attributes asked for. `onto`: the profile so far; what is emptied leaves it. Errors:
// those of identity::read_input, and "attribute_required", at the field.
Result<boost::json::object> read_fields(identity::ProfileSchema const& schema,
                                        std::vector<identity::FormField> const& asked, http::Fields const& input,
                                        boost::json::object onto, TimePoint now);

} // namespace gatehouse::journey
