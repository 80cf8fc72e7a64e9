#include "signin/push_steps.hpp"

#include "http/page_headers.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>

namespace gatehouse::signin {

using http::Request;
using http::Response;

namespace {

// A stream ends after so long, and the browser opens the next one (HTML standard section 9.2: EventSource reconnects by
// itself). So nothing has to be kept for those that went away, and a stopping server waits for nobody.
constexpr auto kStream = std::chrono::seconds(15);
constexpr auto kLook = std::chrono::milliseconds(400); // at the database: the answer may come to another node

Task<Result<std::string>> state_of(Services const& services, Context const& context, Request const& request,
                                   TimePoint now)
{
    auto const id = credentials::PushRequestId::parse(request.path_parameters.get("request"));
    if (!id)
        co_return refuse(ErrorKind::not_found, "push_request_over", "There is no such request any more.");
    CO_TRY(auto const found, co_await services.database.read([&](storage::Tx& tx) {
        return services.push_requests.find(tx, context.tenant->id, *id, now);
    }));
    if (!found)
        co_return refuse(ErrorKind::not_found, "push_request_over", "There is no such request any more.");
    co_return std::string(to_string(found->state));
}

Task<Result<Response>> show_state(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto const state, co_await state_of(services, context, request, context.now));
    auto response = Response::json(200, boost::json::serialize(boost::json::object{{"state", state}}));
    http::add_api_headers(response, request.secure);
    co_return response;
}

Task<Result<Response>> stream_state(Services const& services, Context const& context, Request const& request)
{
    auto const began = std::chrono::steady_clock::now();
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    CO_TRY(auto state, co_await state_of(services, context, request, context.now));
    for (auto passed = Duration(0); state == "waiting" && passed < kStream;) {
        timer.expires_after(kLook);
        co_await timer.async_wait(boost::asio::use_awaitable);
        passed = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - began);
        CO_TRY(state, co_await state_of(services, context, request, context.now + passed));
    }
    Response response;
    response.headers.set("Content-Type", "text/event-stream");
    response.headers.set("Cache-Control", "no-store");
    response.body = "retry: 250\nevent: state\ndata: " + state + "\n\n";
    http::add_api_headers(response, request.secure);
    co_return response;
}

} // namespace

void add_push_routes(Routes& routes, Services const& services)
{
    routes.push_back(
        {http::Method::get, "/signin/push/{request}", [&services](Context const& context, Request const& request) {
             return show_state(services, context, request);
         }});
    routes.push_back({http::Method::get, "/signin/push/{request}/events",
                      [&services](Context const& context, Request const& request) {
                          return stream_state(services, context, request);
                      }});
}

} // namespace gatehouse::signin
