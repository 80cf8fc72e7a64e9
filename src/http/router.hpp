// Router: from a method and a path to an endpoint, in one readable table.
//
//   Router<Handler> router;
//   router.add(Method::get, "/users/{user_id}/sessions", list_sessions);
//   auto match = router.find(Method::get, "/users/42/sessions");     // match.parameters.get("user_id") == "42"
//
// Literal segments beat parameters. HEAD is served from GET where no HEAD route stands. Paths are those of
// Request::path: decoded already, so nothing is decoded again here. A parameter takes exactly one non-empty segment.
// Looking up a path without parameters allocates nothing.
#pragma once

#include "http/message.hpp"

#include <deque>
#include <stdexcept>

namespace gatehouse::http {

// The tree of segments, without the endpoints' type.
class RouteTree {
public:
    RouteTree();
    ~RouteTree();
    RouteTree(RouteTree&&) noexcept;
    RouteTree& operator=(RouteTree&&) noexcept;

    static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
    // A bad pattern, or one that is there already, is a bug: throws std::logic_error.
    void add(Method method, std::string_view pattern, std::size_t route);

    struct Found {
        std::size_t route = kNone;
        bool path_exists = false; // some method is served here
        Fields parameters;
        std::string allow; // "GET, HEAD, POST", set when the path exists and the method is not served
    };
    Found find(Method method, std::string_view path) const;

private:
    struct Node;
    std::unique_ptr<Node> root_;
};

template <class Endpoint>
class Router {
public:
    struct Route {
        Method method;
        std::string pattern;
        Endpoint endpoint;
    };
    struct Match {
        Endpoint const* endpoint = nullptr; // null: 404, or 405 when `allow` is set
        Fields parameters;
        std::string allow;
        bool not_found() const { return !endpoint && allow.empty(); }
        bool method_not_allowed() const { return !endpoint && !allow.empty(); }
    };

    void add(Method method, std::string pattern, Endpoint endpoint)
    {
        tree_.add(method, pattern, routes_.size());
        routes_.push_back({method, std::move(pattern), std::move(endpoint)});
    }
    Match find(Method method, std::string_view path) const
    {
        auto found = tree_.find(method, path);
        if (found.route == RouteTree::kNone)
            return {nullptr, {}, std::move(found.allow)};
        return {&routes_[found.route].endpoint, std::move(found.parameters), {}};
    }
    // In the order added; for OpenAPI.
    std::deque<Route> const& routes() const { return routes_; }

private:
    RouteTree tree_;
    std::deque<Route> routes_; // never moves: matches point into it
};

// The problem responses for a match without an endpoint.
Response no_route(std::string_view request_id);                             // 404 "not_found"
Response wrong_method(std::string_view allow, std::string_view request_id); // 405 "method_not_allowed" with Allow

} // namespace gatehouse::http
