#include "admin/test_support/schema.hpp"

#include "base/clock.hpp"
#include "base/id.hpp"

#include <fmt/format.h>
#include <set>

namespace gatehouse::admin {

namespace json = boost::json;

namespace {

class Validation {
public:
    explicit Validation(json::object const& document) : document_(document) {}

    void check(json::value const& schema, json::value const& value, std::string const& place)
    {
        for (auto const& [keyword, rule] : schema.as_object())
            check_keyword(schema.as_object(), std::string_view(keyword), rule, value, place);
    }
    std::vector<std::string> found;

private:
    void complain(std::string const& place, std::string_view what, json::value const& value)
    {
        found.push_back(fmt::format("{}: {}: {}", place.empty() ? "/" : place, what, json::serialize(value)));
    }

    void check_keyword(json::object const& schema, std::string_view keyword, json::value const& rule,
                       json::value const& value, std::string const& place)
    {
        static std::set<std::string_view> const annotations{"description", "readOnly", "default", "title"};
        if (annotations.contains(keyword))
            return;
        if (keyword == "$ref")
            check(resolve(rule), value, place);
        else if (keyword == "type")
            check_type(rule.as_string(), value, place);
        else if (keyword == "enum")
            check_enum(rule.as_array(), value, place);
        else if (keyword == "anyOf")
            check_any(rule.as_array(), value, place);
        else if (keyword == "properties" || keyword == "additionalProperties")
            check_members(schema, keyword, rule, value, place);
        else if (keyword == "required")
            check_required(rule.as_array(), value, place);
        else if (keyword == "items")
            check_items(rule, value, place);
        else if (keyword == "format")
            check_format(rule.as_string(), value, place);
        else if (keyword == "minimum" || keyword == "maximum" || keyword == "minLength")
            check_size(keyword, rule.to_number<std::int64_t>(), value, place);
        else
            complain(place, fmt::format("the validator does not know \"{}\"", keyword), schema);
    }

    json::value const& resolve(json::value const& reference) const
    {
        std::string_view const pointer = reference.as_string();
        if (!pointer.starts_with("#/"))
            throw std::runtime_error("a reference out of the document");
        return find(document_, pointer.substr(1));
    }
    static json::value const& find(json::object const& document, std::string_view pointer)
    {
        json::value const* here = nullptr;
        auto const* object = &document;
        while (!pointer.empty()) {
            auto const end = std::min(pointer.find('/', 1), pointer.size());
            here = &object->at(pointer.substr(1, end - 1));
            object = here->if_object();
            pointer.remove_prefix(end);
        }
        return *here;
    }

    void check_type(std::string_view type, json::value const& value, std::string const& place)
    {
        auto const fits = type == "object"    ? value.is_object()
                          : type == "array"   ? value.is_array()
                          : type == "string"  ? value.is_string()
                          : type == "boolean" ? value.is_bool()
                          : type == "integer" ? value.is_int64() || value.is_uint64()
                          : type == "number"  ? value.is_number()
                                              : type == "null" && value.is_null();
        if (!fits)
            complain(place, fmt::format("is no {}", type), value);
    }
    void check_enum(json::array const& choices, json::value const& value, std::string const& place)
    {
        if (std::find(choices.begin(), choices.end(), value) == choices.end())
            complain(place, "is none of the choices", value);
    }
    void check_any(json::array const& schemas, json::value const& value, std::string const& place)
    {
        for (auto const& schema : schemas)
            if (violations(schema, value, document_).empty())
                return;
        complain(place, "fits none of the alternatives", value);
    }
    void check_members(json::object const& schema, std::string_view keyword, json::value const& rule,
                       json::value const& value, std::string const& place)
    {
        auto const* object = value.if_object();
        if (!object)
            return;
        auto const* properties = schema.if_contains("properties");
        for (auto const& [name, member] : *object) {
            auto const below = fmt::format("{}/{}", place, std::string_view(name));
            auto const* known = properties ? properties->as_object().if_contains(name) : nullptr;
            if (keyword == "properties" && known)
                check(*known, member, below);
            if (keyword == "additionalProperties" && !known && rule == json::value(false))
                complain(below, "is not described", member);
        }
    }
    void check_required(json::array const& names, json::value const& value, std::string const& place)
    {
        if (auto const* object = value.if_object())
            for (auto const& name : names)
                if (!object->contains(name.as_string()))
                    complain(place, fmt::format("lacks \"{}\"", std::string_view(name.as_string())), value);
    }
    void check_items(json::value const& schema, json::value const& value, std::string const& place)
    {
        if (auto const* array = value.if_array())
            for (std::size_t i = 0; i < array->size(); ++i)
                check(schema, (*array)[i], fmt::format("{}/{}", place, i));
    }
    void check_format(std::string_view format, json::value const& value, std::string const& place)
    {
        if (!value.is_string())
            return;
        std::string_view const text = value.get_string();
        auto const fits = format == "uuid"        ? Uuid::parse(text).has_value()
                          : format == "date-time" ? parse_rfc3339(text).has_value()
                          : format == "uri"       ? text.empty() || text.find(':') != std::string_view::npos
                                                  : false;
        if (!fits)
            complain(place, fmt::format("is no {}", format), value);
    }
    void check_size(std::string_view keyword, std::int64_t limit, json::value const& value, std::string const& place)
    {
        auto const is_length = keyword == "minLength";
        if (is_length ? !value.is_string() : !value.is_number())
            return;
        auto const size =
            is_length ? static_cast<std::int64_t>(value.get_string().size()) : value.to_number<std::int64_t>();
        if (keyword == "maximum" ? size > limit : size < limit)
            complain(place, fmt::format("breaks {} {}", keyword, limit), value);
    }

    json::object const& document_;
};

} // namespace

std::vector<std::string> violations(json::value const& schema, json::value const& value, json::object const& document)
{
    Validation validation(document);
    validation.check(schema, value, "");
    return std::move(validation.found);
}

} // namespace gatehouse::admin
