// admin: the management API (/api/v1 of every tenant). One table of operations is what the server runs on and what the
// OpenAPI description is made from.
//
// In:  an access token of this tenant's own authorization server for the audience "{issuer}/api/v1", or an operator's
//      of the system tenant; JSON bodies described by shapes (base/shape.hpp).
// Out: JSON, ETags, cursors; problem+json (RFC 9457) with a JSON pointer where something is wrong.
#pragma once

#include "base/shape.hpp"
#include "base/task.hpp"
#include "http/message.hpp"
#include "identity/context.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::admin {

// Who calls, as the access token says.
struct Caller {
    bool is_operator = false;  // the token is of the system tenant
    ApplicationId application; // of the issuing tenant, as is `user`
    std::vector<std::string> scopes;
    std::optional<UserId> user; // none for machines
    bool may(std::string_view scope) const;
};

struct Call {
    Context const& context;
    http::Request const& request;
    Caller const& caller;
    // Error: "not_found" for what is no id at all, as for any unknown id.
    template <class IdType>
    Result<IdType> id(std::string_view parameter) const
    {
        auto id = IdType::parse(request.path_parameters.get(parameter));
        if (!id)
            return refuse(ErrorKind::not_found, "not_found", "There is no such thing.");
        return id;
    }
};

struct Answer {
    int status = 200;
    std::optional<boost::json::value> body;
    std::optional<std::int64_t> version; // of the thing in the body: becomes the ETag
    std::string location;                // of the thing made
};

enum class Reach : std::uint8_t {
    tenant, // any caller of this tenant, and operators
    system, // operators only
};

struct QueryParameter {
    std::string name;
    std::string text;
    bool required = false;
    boost::json::object schema{{"type", "string"}};
};

struct Operation {
    http::Method method = http::Method::get;
    std::string path; // below /api/v1: "/users/{user_id}"
    std::string id;   // "users_get": operationId
    std::string tag;
    std::string summary;
    std::string scope; // "users:read"
    Reach reach = Reach::tenant;
    int success = 200;
    std::vector<QueryParameter> query = {};
    bool pageable = false;  // takes limit and cursor
    bool versioned = false; // answers an ETag (unless it answers nothing); changes take If-Match
    // Set by `with<Request, Response>`: the schemas, or nothing for empty bodies.
    std::function<boost::json::object(SchemaSet&)> request_schema = {};
    std::function<boost::json::object(SchemaSet&)> response_schema = {};
    std::function<Task<Result<Answer>>(Call const&, boost::json::value const& body)> run = {};

    template <class Request>
    Operation&& takes() &&
    {
        request_schema = [](SchemaSet& set) { return schema_of<Request>(set); };
        return std::move(*this);
    }
    template <class Response>
    Operation&& gives() &&
    {
        response_schema = [](SchemaSet& set) { return schema_of<Response>(set); };
        return std::move(*this);
    }
};

// A page of a list: {"items": [...], "next_cursor": "..."}; the last page has no next_cursor.
template <class Item>
struct List {
    std::vector<Item> items;
    std::optional<std::string> next_cursor;
};
// Each item type names its list: constexpr std::string_view list_name(User const*) { return "UserList"; }
template <class Item>
constexpr auto shape(List<Item> const*)
{
    return Shape{
        list_name(static_cast<Item const*>(nullptr)),
        Member{"items", &List<Item>::items, {.text = "In the order of their ids."}},
        Member{"next_cursor", &List<Item>::next_cursor, {.text = "Asks for the next page. Absent on the last."}}};
}

} // namespace gatehouse::admin
