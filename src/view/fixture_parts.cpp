#include "view/fixture_parts.hpp"

namespace gatehouse::view {

Field password_field(char const* name, char const* label, char const* autocomplete)
{
    return {.name = name, .kind = FieldKind::password, .label = label, .required = true, .autocomplete = autocomplete};
}

Field new_password_field()
{
    auto field = password_field("password", "field.password", "new-password");
    field.hint = {"field.password_hint", {{"min", 15}}};
    field.min_length = 15;
    field.max_length = 256;
    return field;
}

Field email_field(std::string value)
{
    return {.name = "email",
            .kind = FieldKind::email,
            .label = "field.email",
            .value = std::move(value),
            .required = true,
            .autocomplete = "email",
            .max_length = 254};
}

Field code_field()
{
    return {.name = "code",
            .kind = FieldKind::code,
            .label = "field.code",
            .hint = "field.code_hint",
            .required = true,
            .autofocus = true,
            .autocomplete = "one-time-code",
            .min_length = 6,
            .max_length = 6};
}

Choice primary(char const* label)
{
    return {.label = label};
}

Choice action(char const* value, char const* label, ChoiceStyle style)
{
    return {.name = "action", .value = value, .label = label, .style = style, .skips_checks = true};
}

} // namespace gatehouse::view
