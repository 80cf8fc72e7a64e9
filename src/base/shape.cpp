#include "base/shape.hpp"

namespace gatehouse {

namespace shapes {

namespace {

// The choices of "a|b|c" in order.
std::vector<std::string_view> split_choices(std::string_view choices)
{
    std::vector<std::string_view> names;
    while (!choices.empty()) {
        auto const bar = choices.find('|');
        names.push_back(choices.substr(0, bar));
        choices.remove_prefix(bar == std::string_view::npos ? choices.size() : bar + 1);
    }
    return names;
}

} // namespace

bool is_choice(std::string_view choices, std::string_view value)
{
    auto const names = split_choices(choices);
    return std::find(names.begin(), names.end(), value) != names.end();
}

std::size_t index_of_choice(std::string_view choices, std::string_view value)
{
    auto const names = split_choices(choices);
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), value) - names.begin());
}

std::string_view choice_at(std::string_view choices, std::size_t index)
{
    return split_choices(choices).at(index);
}

std::string in_pointer(std::string_view pointer, std::string_view token)
{
    std::string result(pointer);
    result += '/';
    for (auto character : token) {
        if (character == '~')
            result += "~0";
        else if (character == '/')
            result += "~1";
        else
            result += character;
    }
    return result;
}

Result<void> check_length(std::string const& pointer, std::size_t length, Rules const& rules, std::string_view unit)
{
    if (length < rules.min_length)
        return wrong("field_value", pointer,
                     rules.min_length == 1 ? std::string("This must not be empty.")
                                           : fmt::format("This takes at least {} {}.", rules.min_length, unit));
    if (length > rules.max_length)
        return wrong("field_value", pointer, fmt::format("This takes at most {} {}.", rules.max_length, unit));
    return {};
}

namespace {

boost::json::array choices_array(std::string_view choices)
{
    boost::json::array array;
    for (auto const name : split_choices(choices))
        array.emplace_back(boost::json::string_view(name.data(), name.size()));
    return array;
}

} // namespace

Result<std::string> Form<std::string>::read(boost::json::value const& json, std::string const& pointer,
                                            Rules const& rules)
{
    auto const* text = json.if_string();
    if (!text)
        return wrong_type(pointer, "a text");
    std::string value(text->data(), text->size());
    TRY_DO(check_length(pointer, value.size(), rules, "bytes"));
    if (value.find('\0') != std::string::npos)
        return wrong("field_value", pointer, "This holds a NUL character, which no text may.");
    if (!rules.choices.empty() && !is_choice(rules.choices, value))
        return wrong(
            "field_value", pointer,
            fmt::format("\"{}\" is not one of {}.", value, boost::json::serialize(choices_array(rules.choices))));
    return value;
}

boost::json::object Form<std::string>::schema(SchemaSet&, Rules const& rules)
{
    boost::json::object schema{{"type", "string"}};
    if (!rules.choices.empty())
        schema["enum"] = choices_array(rules.choices);
    if (rules.min_length > 0)
        schema["minLength"] = rules.min_length;
    if (!rules.format.empty())
        schema["format"] = rules.format;
    return schema;
}

Result<bool> Form<bool>::read(boost::json::value const& json, std::string const& pointer, Rules const&)
{
    if (!json.is_bool())
        return wrong_type(pointer, "true or false");
    return json.get_bool();
}

Result<std::int64_t> Form<std::int64_t>::read(boost::json::value const& json, std::string const& pointer,
                                              Rules const& rules)
{
    boost::json::error_code failed;
    auto const number = json.is_number() ? json.to_number<std::int64_t>(failed) : 0;
    if (!json.is_number() || failed)
        return wrong_type(pointer, "a whole number");
    if (number < rules.minimum || number > rules.maximum)
        return wrong("field_value", pointer,
                     rules.maximum == std::numeric_limits<std::int64_t>::max()
                         ? fmt::format("The number must be at least {}.", rules.minimum)
                         : fmt::format("The number must be from {} to {}.", rules.minimum, rules.maximum));
    return number;
}

boost::json::object Form<std::int64_t>::schema(SchemaSet&, Rules const& rules)
{
    boost::json::object schema{{"type", "integer"}};
    if (rules.minimum != std::numeric_limits<std::int64_t>::min())
        schema["minimum"] = rules.minimum;
    if (rules.maximum != std::numeric_limits<std::int64_t>::max())
        schema["maximum"] = rules.maximum;
    return schema;
}

Result<TimePoint> Form<TimePoint>::read(boost::json::value const& json, std::string const& pointer, Rules const&)
{
    auto const* text = json.if_string();
    auto time = parse_rfc3339(text ? std::string_view(text->data(), text->size()) : std::string_view{});
    if (!time)
        return wrong_type(pointer, "a time such as 2026-11-23T15:04:05Z");
    return *time;
}

Result<boost::json::object> Form<boost::json::object>::read(boost::json::value const& json, std::string const& pointer,
                                                            Rules const&)
{
    if (!json.is_object())
        return wrong_type(pointer, "an object");
    return json.get_object();
}

bool erase_member(boost::json::value& value, std::string_view pointer)
{
    boost::system::error_code error;
    auto const last = pointer.rfind('/');
    auto* const owner = last == std::string_view::npos ? nullptr : value.find_pointer(pointer.substr(0, last), error);
    return owner && owner->is_object() && owner->get_object().erase(pointer.substr(last + 1)) > 0;
}

} // namespace shapes

boost::json::value merge_patch(boost::json::value target, boost::json::value const& patch)
{
    auto const* changes = patch.if_object();
    if (!changes)
        return patch;
    if (!target.is_object())
        target = boost::json::object{};
    auto& object = target.get_object();
    for (auto const& [name, change] : *changes) {
        if (change.is_null())
            object.erase(name);
        else
            object[name] = merge_patch(object.contains(name) ? object.at(name) : boost::json::value(nullptr), change);
    }
    return target;
}

} // namespace gatehouse
