#include "admin/openapi.hpp"

#include "base/bytes.hpp"
#include "crypto/digest.hpp"

#include <set>

namespace gatehouse::admin {

namespace json = boost::json;

namespace {

json::object text_parameter(std::string_view name, std::string_view in, std::string_view text, json::object schema,
                            bool required = false)
{
    json::object parameter{{"name", name}, {"in", in}, {"schema", std::move(schema)}};
    if (required)
        parameter["required"] = true;
    if (!text.empty())
        parameter["description"] = text;
    return parameter;
}

void add_path_parameters(json::array& parameters, std::string_view path)
{
    while (true) {
        auto const open = path.find('{');
        if (open == std::string_view::npos)
            return;
        auto const close = path.find('}', open);
        parameters.push_back(text_parameter(path.substr(open + 1, close - open - 1), "path", "",
                                            {{"type", "string"}, {"format", "uuid"}}, true));
        path.remove_prefix(close);
    }
}

json::array parameters_of(Operation const& operation)
{
    json::array parameters;
    add_path_parameters(parameters, operation.path);
    for (auto const& parameter : operation.query)
        parameters.push_back(
            text_parameter(parameter.name, "query", parameter.text, parameter.schema, parameter.required));
    if (operation.pageable) {
        parameters.push_back(text_parameter("limit", "query", "How many items a page holds.",
                                            {{"type", "integer"}, {"minimum", 1}, {"maximum", 200}, {"default", 50}}));
        parameters.push_back(
            text_parameter("cursor", "query", "next_cursor of the page before.", {{"type", "string"}}));
    }
    if (operation.versioned && operation.method != http::Method::get && operation.method != http::Method::post)
        parameters.push_back(text_parameter(
            "If-Match", "header", "The ETag that was read. Refused with 412 when the thing has changed since.",
            {{"type", "string"}}));
    return parameters;
}

// A shape's schema says what the server answers. What it takes is a little different, so requests have schemas of
// their own, named after the shape: "...Input", where nobody must send what only the server sets, and "...Patch"
// (RFC 7396), where nothing must be sent and null takes a member away.
class RequestSchemas {
public:
    explicit RequestSchemas(SchemaSet& schemas) : schemas_(schemas) {}

    // The same schema, or a reference to another, for use in requests.
    json::value input(json::value const& schema)
    {
        return rewritten(schema, "Input", [this](json::object& object) {
            auto const& properties = object.at("properties").as_object();
            for (auto& [name, property] : object.at("properties").as_object())
                property = input(property);
            keep_required(object, [&](json::string const& name) { return !is_read_only(properties.at(name)); });
        });
    }
    json::value patch(json::value const& schema)
    {
        return rewritten(schema, "Patch", [this](json::object& object) {
            auto const required = object.contains("required") ? object.at("required").as_array() : json::array{};
            for (auto& [name, property] : object.at("properties").as_object()) {
                property = patch(property);
                auto const stays = std::find(required.begin(), required.end(), json::value(name)) != required.end();
                if (!stays && !is_read_only(property))
                    property = json::object{{"anyOf", json::array{property, json::object{{"type", "null"}}}}};
            }
            object.erase("required");
        });
    }

private:
    static bool is_read_only(json::value const& property)
    {
        return property.is_object() && property.get_object().contains("readOnly");
    }
    template <class Keeps>
    static void keep_required(json::object& object, Keeps const& keeps)
    {
        auto* required = object.if_contains("required");
        if (!required)
            return;
        json::array kept;
        for (auto const& name : required->get_array())
            if (keeps(name.get_string()))
                kept.push_back(name);
        if (kept.empty())
            object.erase("required");
        else
            *required = std::move(kept);
    }

    // Follows references and lists. A list is replaced as a whole by a patch, so its items are inputs.
    template <class Rewrite>
    json::value rewritten(json::value const& schema, std::string_view suffix, Rewrite const& rewrite)
    {
        auto result = schema.as_object();
        if (auto* items = result.if_contains("items"))
            *items = input(*items);
        auto* reference = result.if_contains("$ref");
        if (!reference)
            return result;
        std::string const name(json::string_view(reference->get_string()).substr(kSchemas.size()));
        auto changed = schemas_.at(name).as_object();
        rewrite(changed);
        if (changed != schemas_.at(name).as_object()) {
            auto const other = fmt::format("{}{}", name, suffix);
            schemas_[other] = std::move(changed);
            *reference = fmt::format("{}{}", kSchemas, other);
        }
        return result;
    }

    static constexpr std::string_view kSchemas = "#/components/schemas/";
    SchemaSet& schemas_;
};

json::object body_of(std::string_view media_type, json::object schema)
{
    return {{"content", json::object{{media_type, json::object{{"schema", std::move(schema)}}}}}};
}

json::object problem_response(std::string_view text)
{
    auto response = body_of("application/problem+json", {{"$ref", "#/components/schemas/Problem"}});
    response["description"] = text;
    return response;
}

json::object responses_of(Operation const& operation, SchemaSet& schemas)
{
    json::object success{{"description", "Done."}};
    if (operation.response_schema) {
        success = body_of("application/json", operation.response_schema(schemas));
        success["description"] = operation.success == 201 ? "Made." : "Found.";
    }
    if (operation.versioned && operation.response_schema)
        success["headers"] = json::object{
            {"ETag", json::object{{"schema", json::object{{"type", "string"}}}, {"description", "Its version."}}}};
    json::object responses;
    responses[std::to_string(operation.success)] = std::move(success);
    responses["401"] = problem_response("No access token, or not one for this API.");
    responses["403"] = problem_response("The access token lacks the scope.");
    if (operation.path.find('{') != std::string::npos)
        responses["404"] = problem_response("There is no such thing in this tenant.");
    responses["400"] = problem_response("The input is wrong; `pointer` says where.");
    if (operation.request_schema) {
        responses["413"] = problem_response("The body is over 1 MB.");
        responses["415"] = problem_response("The body is not JSON.");
    }
    if (operation.method != http::Method::get)
        responses["409"] = problem_response("It conflicts with something that exists.");
    if (operation.versioned && operation.method != http::Method::get && operation.method != http::Method::post)
        responses["412"] = problem_response("It has changed since it was read.");
    responses["default"] = problem_response("Another problem, such as 503 with Retry-After when the server is busy.");
    return responses;
}

json::object path_item_of(Operation const& operation, SchemaSet& schemas)
{
    json::object item{{"operationId", operation.id}, {"summary", operation.summary}};
    item["tags"] = json::array{json::value(operation.tag)};
    item["security"] = json::array{json::object{{"gatehouse", json::array{json::value(operation.scope)}}}};
    auto parameters = parameters_of(operation);
    if (!parameters.empty())
        item["parameters"] = std::move(parameters);
    if (operation.request_schema) {
        auto const is_patch = operation.method == http::Method::patch;
        auto const schema = operation.request_schema(schemas);
        RequestSchemas requests(schemas);
        auto body = body_of(is_patch ? "application/merge-patch+json" : "application/json",
                            (is_patch ? requests.patch(schema) : requests.input(schema)).as_object());
        body["required"] = true;
        item["requestBody"] = std::move(body);
    }
    item["responses"] = responses_of(operation, schemas);
    return item;
}

std::string lower(std::string_view text)
{
    std::string result(text);
    for (auto& character : result)
        character = static_cast<char>(character >= 'A' && character <= 'Z' ? character + 32 : character);
    return result;
}

json::object problem_schema()
{
    auto const text = [](std::string_view description) {
        return json::object{{"type", "string"}, {"description", description}};
    };
    return {{"type", "object"},
            {"required", json::array{"type", "title", "status"}},
            {"properties", json::object{{"type", text("A stable address that names the kind of problem.")},
                                        {"title", text("The kind of problem, in a few words.")},
                                        {"status", json::object{{"type", "integer"}}},
                                        {"detail", text("What is wrong here and what to do.")},
                                        {"code", text("The kind of problem, for programs.")},
                                        {"pointer", text("JSON pointer or name of the field at fault.")},
                                        {"request_id", text("Finds the lines of the log.")}}}};
}

} // namespace

json::object describe(std::span<Operation const> operations, std::string const& issuer)
{
    SchemaSet schemas;
    json::object paths;
    std::set<std::string> scopes;
    for (auto const& operation : operations) {
        auto& path = paths[operation.path];
        if (!path.is_object())
            path = json::object{};
        path.as_object()[lower(http::to_string(operation.method))] = path_item_of(operation, schemas);
        scopes.insert(operation.scope);
    }
    schemas["Problem"] = problem_schema();

    json::object scope_texts;
    for (auto const& scope : scopes)
        scope_texts[scope] = "";
    auto const flow = [&](json::object urls) {
        urls["scopes"] = scope_texts;
        return urls;
    };
    auto const token_url = issuer + "/oauth2/token";
    json::object security{
        {"gatehouse", json::object{{"type", "oauth2"},
                                   {"flows", json::object{{"clientCredentials", flow({{"tokenUrl", token_url}})},
                                                          {"authorizationCode",
                                                           flow({{"authorizationUrl", issuer + "/oauth2/authorize"},
                                                                 {"tokenUrl", token_url}})}}}}}};
    return {{"openapi", "3.1.0"},
            {"info", json::object{{"title", "Gatehouse management API"},
                                  {"version", GATEHOUSE_VERSION},
                                  {"license", json::object{{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
            {"servers", json::array{json::object{{"url", issuer + "/api/v1"}}}},
            {"paths", std::move(paths)},
            {"components", json::object{{"schemas", std::move(schemas)}, {"securitySchemes", std::move(security)}}}};
}

std::shared_ptr<Descriptions::Rendered const> Descriptions::get(std::span<Operation const> operations,
                                                                std::string const& issuer)
{
    {
        std::lock_guard const lock(mutex_);
        if (auto const found = by_issuer_.find(issuer); found != by_issuer_.end())
            return found->second;
    }
    auto text = boost::json::serialize(describe(operations, issuer));
    auto etag = fmt::format("\"{}\"", base64url_encode(crypto::sha256(text)));
    auto const made = std::make_shared<Rendered const>(std::move(text), std::move(etag));
    std::lock_guard const lock(mutex_);
    if (by_issuer_.size() >= kKept)
        by_issuer_.clear();
    return by_issuer_.insert_or_assign(issuer, made).first->second;
}

} // namespace gatehouse::admin
