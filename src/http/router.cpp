#include "http/router.hpp"

namespace gatehouse::http {

namespace {

constexpr std::size_t kMethods = 8;
constexpr std::size_t kMostSegments = 32;

// "/a/b" gives "a" and leaves "/b".
std::string_view take_segment(std::string_view& path)
{
    path.remove_prefix(1);
    auto const end = std::min(path.find('/'), path.size());
    auto const segment = path.substr(0, end);
    path.remove_prefix(end);
    return segment;
}

} // namespace

struct RouteTree::Node {
    std::vector<std::pair<std::string, std::unique_ptr<Node>>> literals; // sorted by name
    std::unique_ptr<Node> parameter;
    std::array<std::size_t, kMethods> routes = filled();
    // Names of the parameters on the way here, per method: "/users/{id}" and "/users/{user_id}" may stand for
    // different methods.
    std::array<std::vector<std::string>, kMethods> names;

    static constexpr std::array<std::size_t, kMethods> filled()
    {
        std::array<std::size_t, kMethods> all{};
        all.fill(kNone);
        return all;
    }
    bool ends_here() const
    {
        return std::any_of(routes.begin(), routes.end(), [](std::size_t route) { return route != kNone; });
    }
    Node const* literal(std::string_view name) const
    {
        auto const found = std::lower_bound(literals.begin(), literals.end(), name,
                                            [](auto const& entry, std::string_view n) { return entry.first < n; });
        return found != literals.end() && found->first == name ? found->second.get() : nullptr;
    }
    Node& add_literal(std::string_view name)
    {
        auto const at = std::lower_bound(literals.begin(), literals.end(), name,
                                         [](auto const& entry, std::string_view n) { return entry.first < n; });
        if (at != literals.end() && at->first == name)
            return *at->second;
        return *literals.emplace(at, std::string(name), std::make_unique<Node>())->second;
    }

    // Walks down; `values` collects what parameters took. Backtracks, because the literal branch may end nowhere:
    // with "/users/me/x" and "/users/{id}/sessions", "/users/me/sessions" is the second. The depth of patterns bounds
    // the work.
    Node const* find(std::string_view path, Method method, std::array<std::string_view, kMostSegments>& values,
                     std::size_t used, Node const*& other_method) const
    {
        if (path.empty()) {
            if (serves(method))
                return this;
            if (!other_method && ends_here())
                other_method = this;
            return nullptr;
        }
        auto const segment = take_segment(path);
        if (auto const* next = literal(segment))
            if (auto const* found = next->find(path, method, values, used, other_method))
                return found;
        if (!parameter || segment.empty() || used == kMostSegments)
            return nullptr;
        values[used] = segment;
        return parameter->find(path, method, values, used + 1, other_method);
    }
    std::size_t route_for(Method method) const
    {
        auto const own = routes[static_cast<std::size_t>(method)];
        return own == kNone && method == Method::head ? routes[static_cast<std::size_t>(Method::get)] : own;
    }
    bool serves(Method method) const { return route_for(method) != kNone; }
    std::string allow() const
    {
        std::string list;
        for (std::size_t i = 0; i < static_cast<std::size_t>(Method::other); ++i) {
            if (!serves(static_cast<Method>(i)))
                continue;
            if (!list.empty())
                list += ", ";
            list += to_string(static_cast<Method>(i));
        }
        return list;
    }
};

RouteTree::RouteTree() : root_(std::make_unique<Node>()) {}
RouteTree::~RouteTree() = default;
RouteTree::RouteTree(RouteTree&&) noexcept = default;
RouteTree& RouteTree::operator=(RouteTree&&) noexcept = default;

void RouteTree::add(Method method, std::string_view pattern, std::size_t route)
{
    auto const bad = [&](char const* why) {
        throw std::logic_error(fmt::format("route {} {}: {}", to_string(method), pattern, why));
    };
    if (!pattern.starts_with('/') || method == Method::other)
        bad("a pattern starts with / and has a method");
    auto* node = root_.get();
    std::vector<std::string> names;
    for (auto rest = pattern; !rest.empty();) {
        auto const segment = take_segment(rest);
        if (segment.starts_with('{') && segment.ends_with('}') && segment.size() > 2) {
            names.emplace_back(segment.substr(1, segment.size() - 2));
            if (!node->parameter)
                node->parameter = std::make_unique<Node>();
            node = node->parameter.get();
        } else {
            if (segment.find_first_of("{}%") != std::string_view::npos)
                bad("a parameter takes a whole segment, and nothing is percent-encoded");
            node = &node->add_literal(segment);
        }
    }
    if (names.size() > kMostSegments)
        bad("too many parameters");
    auto const index = static_cast<std::size_t>(method);
    if (node->routes[index] != kNone)
        bad("is there already");
    node->routes[index] = route;
    node->names[index] = std::move(names);
}

RouteTree::Found RouteTree::find(Method method, std::string_view path) const
{
    Found found;
    if (!path.starts_with('/'))
        return found;
    std::array<std::string_view, kMostSegments> values;
    Node const* other_method = nullptr;
    auto const* node = root_->find(path, method, values, 0, other_method);
    if (!node) {
        found.path_exists = other_method != nullptr;
        if (other_method)
            found.allow = other_method->allow();
        return found;
    }
    found.path_exists = true;
    found.route = node->route_for(method);
    auto const own = node->routes[static_cast<std::size_t>(method)] != kNone;
    auto const& names = node->names[static_cast<std::size_t>(own ? method : Method::get)];
    if (!names.empty()) {
        std::vector<Fields::Pair> parameters;
        parameters.reserve(names.size());
        for (std::size_t i = 0; i < names.size(); ++i)
            parameters.emplace_back(names[i], std::string(values[i]));
        found.parameters = Fields(std::move(parameters));
    }
    return found;
}

Response no_route(std::string_view request_id)
{
    return problem({.kind = ErrorKind::not_found,
                    .code = "not_found",
                    .message = "There is nothing at this address. Check the path for mistakes."},
                   request_id);
}

Response wrong_method(std::string_view allow, std::string_view request_id)
{
    return problem({.kind = ErrorKind::method_not_allowed,
                    .code = "method_not_allowed",
                    .message = fmt::format("This address takes {}.", allow)},
                   request_id)
        .header("Allow", std::string(allow));
}

} // namespace gatehouse::http
