// Shapes: a struct's JSON form, declared once. From one declaration come the reader (which answers a mistake with the
// JSON pointer to it), the writer, and the JSON Schema (2020-12) of the API description.
//
//   struct Secret { SecretId id; std::string hint; std::optional<TimePoint> expires_at; };
//   constexpr auto shape(Secret const*)
//   {
//       return Shape{"ApplicationSecret",
//                    Member{"id", &Secret::id, {.text = "Names the secret.", .read_only = true}},
//                    Member{"hint", &Secret::hint, {.text = "Its last characters."}},
//                    Member{"expires_at", &Secret::expires_at, {.text = "From then on it is refused."}}};
//   }
//
// Members may be std::string, bool, std::int64_t, TimePoint (RFC 3339), Id<>, boost::json::object and value (anything),
// std::chrono::seconds, enumerations,
// std::vector and std::optional of these, and other structs with a shape. An empty optional is left out. Reading
// demands every member that is neither optional, read-only nor marked `.fallback`, refuses unknown ones, and ignores
// read-only ones (so that what was read can be sent back).
#pragma once

#include "base/clock.hpp"
#include "base/id.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <limits>
#include <set>
#include <tuple>

namespace gatehouse {

struct Rules {
    std::string_view text;                                           // what the member means, one or two sentences
    bool read_only = false;                                          // the server's to set
    bool fallback = false;                                           // when absent, the struct's own default stands
    std::int64_t minimum = std::numeric_limits<std::int64_t>::min(); // of a number
    std::int64_t maximum = std::numeric_limits<std::int64_t>::max();
    std::size_t min_length = 0; // of a text in bytes, of a list in items
    std::size_t max_length = 4096;
    std::string_view choices = {}; // "web|spa|native": the only values of a text, or of a list's items
    std::string_view format = {};  // JSON Schema's "uri", "email" ...; documentation only
};

template <class Owner, class Value>
struct Member {
    std::string_view name;
    Value Owner::* pointer;
    Rules rules = {};
};

template <class... Members>
struct Shape {
    std::string_view name; // in the API description
    std::tuple<Members...> members;
    constexpr Shape(std::string_view n, Members... m) : name(n), members(m...) {}
};

template <class T>
concept Shaped = requires(T const* none) { shape(none); };

// The schemas of shaped structs met so far, by name: "components/schemas" of the API description.
using SchemaSet = boost::json::object;

namespace shapes {

inline Refusal wrong(std::string_view code, std::string const& pointer, std::string message)
{
    return refuse(ErrorKind::invalid, std::string(code), std::move(message)).at(pointer);
}
inline Refusal wrong_type(std::string const& pointer, std::string_view expected)
{
    return wrong("field_type", pointer, fmt::format("\"{}\" must be {}.", pointer.empty() ? "/" : pointer, expected));
}
bool is_choice(std::string_view choices, std::string_view value);
std::size_t index_of_choice(std::string_view choices, std::string_view value); // of one that is_choice
std::string_view choice_at(std::string_view choices, std::size_t index);
std::string in_pointer(std::string_view pointer, std::string_view token); // RFC 6901 escaping
bool erase_member(boost::json::value& value, std::string_view pointer); // false: there is none
Result<void> check_length(std::string const& pointer, std::size_t length, Rules const& rules, std::string_view unit);

template <class T>
struct Form; // read, write and schema of one type

template <>
struct Form<std::string> {
    static Result<std::string> read(boost::json::value const& json, std::string const& pointer, Rules const& rules);
    static boost::json::value write(std::string const& value) { return boost::json::value(value); }
    static boost::json::object schema(SchemaSet&, Rules const& rules);
};
template <>
struct Form<bool> {
    static Result<bool> read(boost::json::value const& json, std::string const& pointer, Rules const& rules);
    static boost::json::value write(bool value) { return value; }
    static boost::json::object schema(SchemaSet&, Rules const&) { return {{"type", "boolean"}}; }
};
template <>
struct Form<std::int64_t> {
    static Result<std::int64_t> read(boost::json::value const& json, std::string const& pointer, Rules const& rules);
    static boost::json::value write(std::int64_t value) { return value; }
    static boost::json::object schema(SchemaSet&, Rules const& rules);
};
template <>
struct Form<TimePoint> {
    static Result<TimePoint> read(boost::json::value const& json, std::string const& pointer, Rules const& rules);
    static boost::json::value write(TimePoint value) { return boost::json::value(to_rfc3339(value)); }
    static boost::json::object schema(SchemaSet&, Rules const&)
    {
        return {{"type", "string"}, {"format", "date-time"}};
    }
};
template <>
struct Form<boost::json::object> {
    static Result<boost::json::object> read(boost::json::value const& json, std::string const& pointer, Rules const&);
    static boost::json::value write(boost::json::object const& value) { return value; }
    static boost::json::object schema(SchemaSet&, Rules const&) { return {{"type", "object"}}; }
};
template <>
struct Form<boost::json::value> {
    static Result<boost::json::value> read(boost::json::value const& json, std::string const&, Rules const&)
    {
        return json;
    }
    static boost::json::value write(boost::json::value const& value) { return value; }
    static boost::json::object schema(SchemaSet&, Rules const&) { return {}; }
};

// Whole seconds, as a number.
template <>
struct Form<std::chrono::seconds> {
    static Result<std::chrono::seconds> read(boost::json::value const& json, std::string const& pointer,
                                             Rules const& rules)
    {
        TRY(auto number, Form<std::int64_t>::read(json, pointer, rules));
        return std::chrono::seconds(number);
    }
    static boost::json::value write(std::chrono::seconds value) { return static_cast<std::int64_t>(value.count()); }
    static boost::json::object schema(SchemaSet& set, Rules const& rules)
    {
        return Form<std::int64_t>::schema(set, rules);
    }
};

// An enumeration is the text of its value. Its names, in order from 0, come from a function that is found by its type:
//   constexpr std::string_view choices_of(Kind const*) { return "web|spa|native"; }
template <class T>
    requires std::is_enum_v<T>
struct Form<T> {
    static constexpr std::string_view choices() { return choices_of(static_cast<T const*>(nullptr)); }
    static Result<T> read(boost::json::value const& json, std::string const& pointer, Rules const&)
    {
        TRY(auto text, Form<std::string>::read(json, pointer, {.choices = choices()}));
        return static_cast<T>(index_of_choice(choices(), text));
    }
    static boost::json::value write(T value)
    {
        auto const text = choice_at(choices(), static_cast<std::size_t>(value));
        return boost::json::value(boost::json::string_view(text.data(), text.size()));
    }
    static boost::json::object schema(SchemaSet& set, Rules const&)
    {
        return Form<std::string>::schema(set, {.choices = choices()});
    }
};

template <class Tag>
struct Form<Id<Tag>> {
    static Result<Id<Tag>> read(boost::json::value const& json, std::string const& pointer, Rules const&)
    {
        if (!json.is_string())
            return wrong_type(pointer, "an id (a UUID)");
        auto id = Id<Tag>::parse(std::string_view(json.get_string().data(), json.get_string().size()));
        if (!id)
            return wrong_type(pointer, "an id (a UUID)");
        return *id;
    }
    static boost::json::value write(Id<Tag> const& value) { return boost::json::value(value.to_string()); }
    static boost::json::object schema(SchemaSet&, Rules const&) { return {{"type", "string"}, {"format", "uuid"}}; }
};

template <class T>
struct Form<std::optional<T>> {
    static Result<std::optional<T>> read(boost::json::value const& json, std::string const& pointer, Rules const& rules)
    {
        if (json.is_null())
            return std::optional<T>{};
        TRY(auto value, Form<T>::read(json, pointer, rules));
        return std::optional<T>(std::move(value));
    }
    static boost::json::value write(std::optional<T> const& value)
    {
        return value ? Form<T>::write(*value) : boost::json::value(nullptr);
    }
    static boost::json::object schema(SchemaSet& set, Rules const& rules) { return Form<T>::schema(set, rules); }
};

template <class T>
struct Form<std::vector<T>> {
    static Result<std::vector<T>> read(boost::json::value const& json, std::string const& pointer, Rules const& rules)
    {
        auto const* array = json.if_array();
        if (!array)
            return wrong_type(pointer, "a list");
        TRY_DO(check_length(pointer, array->size(), rules, "entries"));
        std::vector<T> values;
        values.reserve(array->size());
        for (std::size_t i = 0; i < array->size(); ++i) {
            TRY(auto value, Form<T>::read((*array)[i], fmt::format("{}/{}", pointer, i), {.choices = rules.choices}));
            values.push_back(std::move(value));
        }
        return values;
    }
    static boost::json::value write(std::vector<T> const& values)
    {
        boost::json::array array;
        for (auto const& value : values)
            array.push_back(Form<T>::write(value));
        return array;
    }
    static boost::json::object schema(SchemaSet& set, Rules const& rules)
    {
        return {{"type", "array"}, {"items", Form<T>::schema(set, {.choices = rules.choices})}};
    }
};

template <class T>
constexpr bool kIsOptional = false;
template <class T>
constexpr bool kIsOptional<std::optional<T>> = true;

template <Shaped T>
struct Form<T> {
    static Result<T> read(boost::json::value const& json, std::string const& pointer, Rules const&)
    {
        auto const* object = json.if_object();
        if (!object)
            return wrong_type(pointer, "an object");
        T value{};
        std::set<std::string_view> known;
        Result<void> outcome;
        auto const read_member = [&](auto const& member) {
            known.insert(member.name);
            if (outcome && !member.rules.read_only)
                outcome = read_into(value, member, *object, pointer);
        };
        std::apply([&](auto const&... members) { (read_member(members), ...); }, shape(&value).members);
        TRY_DO(std::move(outcome));
        for (auto const& [name, ignored] : *object)
            if (!known.contains(std::string_view(name.data(), name.size())))
                return wrong("field_unknown", in_pointer(pointer, name),
                             fmt::format("There is no field \"{}\" here. Known are: {}.", std::string_view(name),
                                         fmt::join(known, ", ")));
        return value;
    }
    static boost::json::value write(T const& value)
    {
        boost::json::object object;
        auto const write_member = [&](auto const& member) {
            auto json = Form<std::remove_cvref_t<decltype(value.*member.pointer)>>::write(value.*member.pointer);
            if (!json.is_null())
                object.emplace(boost::json::string_view(member.name.data(), member.name.size()), std::move(json));
        };
        std::apply([&](auto const&... members) { (write_member(members), ...); }, shape(&value).members);
        return object;
    }
    // {"$ref": ...}; the schema itself is put into the set.
    static boost::json::object schema(SchemaSet& set, Rules const&)
    {
        auto const declared = shape(static_cast<T const*>(nullptr));
        if (!set.contains(declared.name)) {
            set[declared.name] = nullptr; // a shape that contains itself finds its name taken
            boost::json::object properties;
            boost::json::array required;
            auto const describe = [&](auto const& member) {
                using Value = std::remove_cvref_t<decltype(std::declval<T>().*member.pointer)>;
                auto property = Form<Value>::schema(set, member.rules);
                if (!member.rules.text.empty())
                    property["description"] = member.rules.text;
                if (member.rules.read_only)
                    property["readOnly"] = true;
                properties[member.name] = std::move(property);
                if (!kIsOptional<Value> && !member.rules.fallback)
                    required.emplace_back(boost::json::string_view(member.name.data(), member.name.size()));
            };
            std::apply([&](auto const&... members) { (describe(members), ...); }, declared.members);
            boost::json::object schema{{"type", "object"}, {"additionalProperties", false}};
            schema["properties"] = std::move(properties);
            if (!required.empty())
                schema["required"] = std::move(required);
            set[declared.name] = std::move(schema);
        }
        return {{"$ref", fmt::format("#/components/schemas/{}", declared.name)}};
    }

private:
    template <class M>
    static Result<void> read_into(T& value, M const& member, boost::json::object const& object,
                                  std::string const& pointer)
    {
        using Value = std::remove_cvref_t<decltype(value.*member.pointer)>;
        auto const* json = object.if_contains(member.name);
        auto const where = in_pointer(pointer, member.name);
        if (!json) {
            if (kIsOptional<Value> || member.rules.fallback)
                return {};
            return wrong("field_required", where, fmt::format("The field \"{}\" is missing.", member.name));
        }
        TRY(value.*member.pointer, Form<Value>::read(*json, where, member.rules));
        return {};
    }
};

} // namespace shapes

// Errors: "field_required", "field_unknown", "field_type", "field_value", each with the JSON pointer.
template <Shaped T>
Result<T> read_shape(boost::json::value const& json, std::string const& pointer = "")
{
    return shapes::Form<T>::read(json, pointer, {});
}
// What Gatehouse itself stored: members that a newer version added are passed over, so that one version back can still
// read the row.
template <Shaped T>
Result<T> read_stored_shape(boost::json::value value)
{
    for (;;) {
        auto read = read_shape<T>(value);
        if (read || read.error().code != "field_unknown" || !shapes::erase_member(value, read.error().pointer))
            return read;
    }
}
template <Shaped T>
boost::json::value write_shape(T const& value)
{
    return shapes::Form<T>::write(value);
}
// A reference to the schema of T, which is added to the set with all it refers to.
template <class T>
boost::json::object schema_of(SchemaSet& set)
{
    return shapes::Form<T>::schema(set, {});
}

// RFC 7396: what `target` becomes when `patch` is merged into it.
boost::json::value merge_patch(boost::json::value target, boost::json::value const& patch);

} // namespace gatehouse
