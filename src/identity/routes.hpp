// What a room offers over HTTP: a table of routes below a tenant's base path. app/ builds one router of them all.
#pragma once

#include "base/task.hpp"
#include "http/message.hpp"
#include "http/server.hpp"
#include "identity/context.hpp"

#include <functional>
#include <string>
#include <vector>

namespace gatehouse {

// The context and request outlive the returned task.
using Endpoint = std::function<Task<Result<http::Response>>(Context const&, http::Request const&)>;

// Who reads the answers; decides how an Error is rendered: a page, or problem+json. Protocol endpoints (OAuth) render
// their own errors and return them as responses.
enum class Audience : std::uint8_t { people, machines };

struct Route {
    http::Method method;
    std::string pattern; // "/oauth2/token", "/api/v1/users/{user_id}"
    Endpoint endpoint;
    Audience audience = Audience::machines;
    http::RouteLimits limits = {};
};
using Routes = std::vector<Route>;

} // namespace gatehouse
