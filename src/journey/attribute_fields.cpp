#include "journey/attribute_fields.hpp"

#include "identity/region_names.hpp"
#include "view/locale.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace gatehouse::journey {

namespace json = boost::json;
using identity::Attribute;
using identity::AttributeType;
using view::Field;
using view::FieldKind;

namespace {

view::Text words_or(identity::Words const& words, std::string key, std::string name, view::Locale const& locale)
{
    if (auto own = identity::words_for(words, locale.tag()); !own.empty())
        return view::Text::plain(std::move(own));
    if (locale.has(key))
        return view::Text(std::move(key));
    return view::Text::plain(std::move(name));
}

FieldKind kind_of(AttributeType type)
{
    switch (type) {
    case AttributeType::long_text:
    case AttributeType::text_list:
        return FieldKind::long_text;
    case AttributeType::integer:
    case AttributeType::number:
        return FieldKind::number;
    case AttributeType::boolean:
        return FieldKind::checkbox;
    case AttributeType::date:
        return FieldKind::date;
    case AttributeType::choice:
    case AttributeType::country:
    case AttributeType::locale:
    case AttributeType::time_zone:
        return FieldKind::select;
    case AttributeType::choice_list:
        return FieldKind::choices;
    case AttributeType::email:
        return FieldKind::email;
    case AttributeType::phone:
        return FieldKind::phone;
    case AttributeType::url:
        return FieldKind::url;
    case AttributeType::text:
    case AttributeType::address:
        break;
    }
    return FieldKind::text;
}

std::vector<view::Option> options_of(Attribute const& attribute, view::Locale const& locale,
                                     view::Locales const& locales)
{
    std::vector<view::Option> options;
    switch (attribute.type) {
    case AttributeType::choice:
    case AttributeType::choice_list:
        for (auto const& choice : attribute.choices)
            options.push_back({choice.value, words_or(choice.label, "", choice.value, locale)});
        break;
    case AttributeType::country:
        for (auto const& [code, name] : identity::country_names(locale.tag()))
            options.push_back({code, view::Text::plain(name)});
        break;
    case AttributeType::locale:
        for (auto const& language : locales.all())
            options.push_back({language->tag(), view::Text::plain(language->own_name())});
        break;
    case AttributeType::time_zone:
        for (auto const& zone : identity::time_zones())
            options.push_back({zone, view::Text::plain(zone)});
        break;
    default:
        break;
    }
    return options;
}

// What the field holds: what was entered, else the value.
std::string content_of(std::string_view name, json::value const& value, http::Fields const* entered)
{
    return entered ? std::string(entered->get(name)) : identity::text_of_value(value);
}

void add_select(Field& field, bool required)
{
    // A value that is no option any more stays until another is chosen.
    if (!field.value.empty() && std::ranges::find(field.options, field.value, &view::Option::value) == field.options.end())
        field.options.push_back({field.value, view::Text::plain(field.value)});
    if (!required || field.value.empty())
        field.options.insert(field.options.begin(), view::Option{"", "field.choose"});
}

void add_choices(Field& field, json::value const& value, http::Fields const* entered)
{
    if (entered) {
        for (auto const text : entered->all(field.name))
            field.values.emplace_back(text);
    } else if (auto const* list = value.if_array()) {
        for (auto const& item : *list)
            field.values.push_back(identity::text_of_value(item));
    }
}

// A person reads what they may not change; a list as lines, a choice by its words.
Field shown(Attribute const& attribute, json::value const& value, view::Locale const& locale,
            view::Locales const& locales)
{
    Field field{.name = attribute.name, .label = label_of(attribute, locale), .read_only = true};
    auto const options = options_of(attribute, locale, locales);
    auto const word = [&](json::value const& one) {
        auto text = identity::text_of_value(one);
        auto const found = std::ranges::find(options, text, &view::Option::value);
        return found == options.end() ? text : locale.text(found->label);
    };
    if (value.is_bool())
        field.value = locale.text(value.get_bool() ? "field.yes" : "field.no");
    else if (auto const* list = value.if_array())
        for (auto const& item : *list)
            field.value += (field.value.empty() ? "" : "\n") + word(item);
    else if (auto const* parts = value.if_object())
        for (auto const part : identity::kAddressParts) {
            auto const* text = parts->if_contains(json::string_view(part.data(), part.size()));
            if (text)
                field.value += (field.value.empty() ? "" : "\n") + identity::text_of_value(*text);
        }
    else
        field.value = word(value);
    if (field.value.contains('\n') || attribute.type == AttributeType::long_text)
        field.kind = FieldKind::long_text;
    return field;
}

// The autofill token of a part (HTML, "Autofill field").
std::string part_token(std::string_view part)
{
    if (part == "postal_code")
        return "postal-code";
    if (part == "street_address")
        return "street-address";
    if (part == "locality")
        return "address-level2";
    return part == "region" ? "address-level1" : "country-name";
}

std::vector<Field> address_fields(Attribute const& attribute, FieldOptions const& options, view::Locale const& locale)
{
    std::vector<Field> fields;
    auto const* address = options.value.if_object();
    for (auto const part : identity::kAddressParts) {
        auto const* value = address ? address->if_contains(json::string_view(part.data(), part.size())) : nullptr;
        auto const name = fmt::format("{}.{}", attribute.name, part);
        Field field{.name = name,
                    .kind = part == "street_address" ? FieldKind::long_text : FieldKind::text,
                    .label = view::Text("attribute.address." + std::string(part)),
                    .value = content_of(name, value ? *value : json::value(), options.entered),
                    .required = options.required && part != "region",
                    .autocomplete = part_token(part),
                    .max_length = 500};
        if (fields.empty())
            field.hint = words_or(attribute.help, "", "", locale);
        fields.push_back(std::move(field));
    }
    return fields;
}

void add_hints(Field& field, Attribute const& attribute, view::Locale const& locale, TimePoint now)
{
    field.hint = words_or(attribute.help, "attribute." + attribute.name + "_hint", "", locale);
    if (field.hint.empty() && attribute.type == AttributeType::text_list)
        field.hint = "field.one_per_line";
    if (attribute.type != AttributeType::text_list) {
        field.min_length = static_cast<int>(attribute.min_length.value_or(0));
        field.max_length = static_cast<int>(attribute.max_length.value_or(0));
    }
    field.minimum = identity::bound_text(attribute.minimum, now);
    field.maximum = identity::bound_text(attribute.maximum, now);
    if (attribute.type == AttributeType::integer)
        field.step = "1";
    else if (attribute.type == AttributeType::number)
        field.step = "any";
}

} // namespace

view::Text label_of(Attribute const& attribute, view::Locale const& locale)
{
    return words_or(attribute.label, "attribute." + attribute.name, attribute.name, locale);
}

std::vector<Field> fields_of(Attribute const& attribute, FieldOptions const& options, view::Locale const& locale,
                             view::Locales const& locales, TimePoint now)
{
    if (options.read_only)
        return {shown(attribute, options.value, locale, locales)};
    if (attribute.type == AttributeType::address)
        return address_fields(attribute, options, locale);
    Field field{.name = attribute.name,
                .kind = kind_of(attribute.type),
                .label = label_of(attribute, locale),
                .required = options.required && attribute.type != AttributeType::boolean,
                .autocomplete = attribute.autocomplete.empty() ? "off" : attribute.autocomplete,
                .options = options_of(attribute, locale, locales)};
    add_hints(field, attribute, locale, now);
    if (field.kind == FieldKind::checkbox) {
        auto const ticked = options.value.is_bool() && options.value.get_bool();
        field.checked = options.entered ? !options.entered->get(attribute.name).empty() : ticked;
        field.value = "on";
        field.autocomplete.clear();
    } else if (field.kind == FieldKind::choices) {
        add_choices(field, options.value, options.entered);
    } else {
        field.value = content_of(attribute.name, options.value, options.entered);
        if (field.kind == FieldKind::select)
            add_select(field, options.required);
    }
    return {std::move(field)};
}

Result<json::object> read_fields(identity::ProfileSchema const& schema, std::vector<identity::FormField> const& asked,
                                 http::Fields const& input, json::object onto, TimePoint now)
{
    for (auto const& field : asked) {
        auto const* attribute = schema.find(field.attribute);
        if (!attribute)
            continue; // the schema changed since the page was shown
        json::string_view const name(attribute->name.data(), attribute->name.size());
        auto const* before = onto.if_contains(name);
        // What the form did not show, for it is a choice that is gone, comes back unchanged: that is no mistake.
        if (before && before->is_string() && before->get_string() == json::string_view(input.get(attribute->name)))
            continue;
        TRY(auto value, identity::read_input(*attribute, input, now));
        if (value.is_null() && field.required)
            return refuse(ErrorKind::invalid, "attribute_required", "Fill in this field.")
                .at(attribute->type == AttributeType::address ? attribute->name + ".street_address" : attribute->name);
        if (value.is_null())
            onto.erase(name);
        else
            onto[name] = std::move(value);
    }
    return onto;
}

} // namespace gatehouse::journey
