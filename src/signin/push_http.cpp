#include "signin/push_steps.hpp"

#include "http/page_headers.hpp"
#include "risk/throttle.hpp"
#include "signin/open_streams.hpp"
#include "vault/sealed.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>
#include <memory>

namespace gatehouse::signin {

using credentials::PushRequestId;
using http::Request;
using http::Response;

namespace {

// A stream ends after so long, and the browser opens the next one (HTML standard section 9.2: EventSource reconnects by
// itself). So nothing has to be kept for those that went away, and a stopping server waits for nobody.
constexpr auto kStream = std::chrono::seconds(15);
constexpr auto kLook = std::chrono::milliseconds(400); // at the database: the answer may come to another node

constexpr std::string_view kPurpose = "push_wait";

struct Ticket {
    PushRequestId request;
    std::string binding; // of the journey's browser; empty: an app asks
};

Result<Ticket> open_ticket(Services const& services, TenantId tenant, std::string_view text, TimePoint now)
{
    TRY(auto const payload,
        vault::open(services.vault, {.tenant = tenant, .purpose = kPurpose, .binding = {}, .now = now}, text));
    auto const bytes = ByteView(payload);
    auto const id = PushRequestId::from_bytes(bytes.first(std::min<std::size_t>(bytes.size(), 16)));
    if (!id)
        return fault("a push ticket is damaged");
    return Ticket{.request = *id, .binding = std::string(as_text(bytes.subspan(16)))};
}

Refusal over()
{
    return refuse(ErrorKind::not_found, "push_request_over", "There is no such request any more.");
}

// Only the browser whose sign-in waits is told, and an app that holds the ticket.
Result<PushRequestId> read_request(Services const& services, Context const& context, Request const& request)
{
    auto const ticket = open_ticket(services, context.tenant->id, request.path_parameters.get("ticket"), context.now);
    if (!ticket)
        return over();
    journey::Journey journey;
    journey.binding = ticket->binding;
    if (!ticket->binding.empty() && !services.engine.is_of_browser(context, request, journey))
        return over();
    return ticket->request;
}

Task<Result<std::string>> state_of(Services const& services, Context const& context, PushRequestId id, TimePoint now)
{
    CO_TRY(auto const state, co_await services.database.read([&](storage::Tx& tx) {
        return services.push_requests.told_state(tx, context.tenant->id, id, now);
    }));
    if (!state)
        co_return over();
    co_return std::string(to_string(*state));
}

Task<Result<Response>> show_state(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto const id, read_request(services, context, request));
    CO_TRY(auto const state, co_await state_of(services, context, id, context.now));
    auto response = Response::json(200, boost::json::serialize(boost::json::object{{"state", state}}));
    http::add_api_headers(response, request.secure);
    co_return response;
}

Task<Result<Response>> stream_state(Services const& services, OpenStreams& streams, Context const& context,
                                    Request const& request)
{
    CO_TRY(auto const id, read_request(services, context, request));
    OpenStreams::Place const place(streams,
                                   {{"request " + id.to_string(), kStreamsOfRequest},
                                    {"address " + risk::address_key(context.client_address), kStreamsOfAddress}});
    if (!place.taken())
        co_return refuse(ErrorKind::too_many, "push_streams_many", "Too many pages wait here. Look every few seconds.")
            .after(kStream);
    auto const began = std::chrono::steady_clock::now();
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    CO_TRY(auto state, co_await state_of(services, context, id, context.now));
    for (auto passed = Duration(0); state == "waiting" && passed < kStream;) {
        timer.expires_after(kLook);
        co_await timer.async_wait(boost::asio::use_awaitable);
        passed = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - began);
        CO_TRY(state, co_await state_of(services, context, id, context.now + passed));
    }
    Response response;
    response.headers.set("Content-Type", "text/event-stream");
    response.headers.set("Cache-Control", "no-store");
    response.body = "retry: 250\nevent: state\ndata: " + state + "\n\n";
    http::add_api_headers(response, request.secure);
    co_return response;
}

} // namespace

Result<std::string> push_ticket(Services const& services, TenantId tenant, PushRequestId request,
                                journey::Journey const& journey, TimePoint now)
{
    auto payload = to_bytes(request.bytes());
    auto const binding = as_bytes(journey.binding);
    payload.insert(payload.end(), binding.begin(), binding.end());
    return vault::seal(services.vault,
                       {.tenant = tenant, .purpose = kPurpose, .binding = {}, .expires_at = journey.expires_at},
                       payload, now);
}

void add_push_routes(Routes& routes, Services const& services)
{
    routes.push_back(
        {http::Method::get, "/signin/push/{ticket}", [&services](Context const& context, Request const& request) {
             return show_state(services, context, request);
         }});
    routes.push_back(
        {http::Method::get, "/signin/push/{ticket}/events",
         [&services, streams = std::make_shared<OpenStreams>()](Context const& context, Request const& request) {
             return stream_state(services, *streams, context, request);
         }});
}

} // namespace gatehouse::signin
