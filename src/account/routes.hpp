// How the pages of this room become routes.
#pragma once

#include "identity/routes.hpp"
#include "journey/services.hpp"

#include <utility>

namespace gatehouse::account {

using journey::Services;

// A route to `handler`, a function or lambda of (services, context, request) that returns the task of an answer.
// `services` outlive it.
template <class Handler>
Route route(Services const& services, http::Method method, std::string_view path, Handler handler,
            Audience audience = Audience::people, http::RouteLimits limits = {})
{
    return {method, std::string(path),
            [&services, handler = std::move(handler)](Context const& context, http::Request const& request) {
                return handler(services, context, request);
            },
            audience, limits};
}

} // namespace gatehouse::account
