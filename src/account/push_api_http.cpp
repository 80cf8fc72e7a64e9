// What registered devices ask: JSON, signed by their keys.
#include "account/changes.hpp"
#include "account/push_devices.hpp"
#include "account/routes.hpp"
#include "base/json.hpp"
#include "events/types.hpp"
#include "http/page_headers.hpp"
#include "journey/journey.hpp"
#include "journey/language.hpp"
#include "messages/outbox.hpp"
#include "messages/push_sender.hpp"
#include "places/places.hpp"
#include "risk/throttle.hpp"
#include "view/locale.hpp"

#include <boost/json.hpp>

namespace gatehouse::account {

namespace json = boost::json;
using credentials::PushDecision;
using credentials::PushDevice;
using http::Method;
using http::Request;
using http::Response;

namespace {

constexpr auto kClockSkew = std::chrono::seconds(90); // of a device's clock, either way
constexpr JsonLimits kBody{.size = 16 * 1024, .depth = 6};

std::string_view text_at(json::object const& object, std::string_view name)
{
    auto const* const value = object.if_contains(name);
    return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

Result<json::object> body_of(Request const& request)
{
    return parse_json_object_strict(request.body, kBody);
}

Refusal unknown_device()
{
    return refuse(ErrorKind::not_found, "push_device_unknown",
                  "This device is not registered, or was removed from the account.");
}
Refusal not_signed()
{
    return refuse(ErrorKind::forbidden, "push_signature_wrong", "This is not signed by the device.");
}

Response answer(int status, json::object const& body, Request const& request)
{
    auto response = Response::json(status, json::serialize(body));
    http::add_api_headers(response, request.secure);
    return response;
}

Result<PushDevice> device_of(Services const& services, storage::Tx& tx, Context const& context,
                             json::object const& body)
{
    auto const handle = credentials::parse_push_handle(text_at(body, "device"));
    if (!handle)
        return unknown_device();
    TRY(auto device, services.push_devices.find(tx, context.tenant->id, *handle));
    if (!device)
        return unknown_device();
    TRY(auto const user, services.users.state(tx, context.tenant->id, device->user));
    if (!user || !user->enabled)
        return unknown_device();
    return *std::move(device);
}

events::Origin origin_of_device(Context const& context)
{
    return {.request_id = context.request_id};
}

// To the person's primary address, in their language.
Result<void> tell(Services const& services, storage::Tx& tx, Context const& context, UserId user, messages::Kind kind,
                  view::Arguments arguments)
{
    TRY(auto const email, services.users.primary_email(tx, context.tenant->id, user));
    if (!email)
        return {};
    TRY(auto const* const locale, journey::language_of(services, tx, *context.tenant, user));
    TRY_DO(services.outbox.enqueue(tx,
                                   {.tenant = context.tenant->id,
                                    .user = user,
                                    .kind = kind,
                                    .to = email->value,
                                    .locale = locale->tag(),
                                    .sender_name = context.tenant->name,
                                    .arguments = std::move(arguments),
                                    .expires_at = context.now + std::chrono::days(2)},
                                   context.now));
    return {};
}

Task<Result<Response>> show_key(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto const key, co_await services.database.read([&](storage::Tx& tx) {
        return services.push_devices.find_sender_key(tx, context.tenant->id);
    }));
    if (!key)
        co_return refuse(ErrorKind::not_found, "push_key_missing", "Nobody has been invited to register a device yet.");
    co_return answer(200, {{"key", base64url_encode(messages::application_server_key(*key))}}, request);
}

Result<PushDevice> register_device(Services const& services, storage::Tx& tx, Context const& context,
                                   Request const& request, json::object const& body)
{
    auto const tenant = context.tenant->id;
    TRY_DO(check_enrolment(context, credentials::Method::push));
    auto const sealed = text_at(body, "invitation");
    TRY(auto const invitation, services.push_devices.open_invitation(tenant, sealed, context.now));
    auto const* const jwk = body.if_contains("key");
    TRY(auto key, credentials::read_device_key(jwk && jwk->is_object() ? jwk->get_object() : json::object(), "/key"));
    auto const signature = base64url_decode(text_at(body, "signature"));
    if (!signature ||
        !credentials::is_signed_by_device(key, *signature, fmt::format("gatehouse-push-device\n{}", sealed)))
        return not_signed();
    std::optional<credentials::PushSubscription> subscription;
    if (auto const* const wanted = body.if_contains("subscription"); wanted && wanted->is_object()) {
        TRY(subscription, credentials::read_push_subscription(wanted->get_object(), "/subscription"));
    }
    // Whatever changed about the account since ends the invitation, too.
    TRY_DO(services.users.require_active(tx, tenant, invitation.user, invitation.security_epoch));
    auto name = std::string(text_at(body, "name"));
    if (name.empty())
        name = session::describe_user_agent(request.header("User-Agent"));
    TRY(auto device, services.push_devices.add(
                         tx, tenant, invitation,
                         {.name = std::move(name), .key = std::move(key), .subscription = std::move(subscription)},
                         origin_of_device(context), context.now));
    TRY_DO(tell(services, tx, context, device.user, messages::Kind::credential_added,
                {{"kind", "push"}, {"when", context.now}}));
    return device;
}

Task<Result<Response>> add_device(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto const body, body_of(request));
    CO_TRY(auto const device, co_await services.database.write([&](storage::Tx& tx) {
        return register_device(services, tx, context, request, body);
    }));
    services.outbox.wake();
    co_return answer(
        201, {{"device", credentials::handle_of(device)}, {"name", device.name}, {"issuer", context.tenant->issuer}},
        request);
}

// What waits for this device. Signed with the time, so that what was heard once says nothing later.
Result<json::object> list_requests(Services const& services, storage::Tx& tx, Context const& context,
                                   json::object const& body)
{
    TRY(auto const device, device_of(services, tx, context, body));
    auto const* const time = body.if_contains("time");
    auto const seconds = time && time->is_int64() ? time->get_int64() : 0;
    auto const signature = base64url_decode(text_at(body, "signature"));
    auto const text =
        credentials::push_list_text(context.tenant->issuer, credentials::handle_of(device), std::to_string(seconds));
    if (!signature || !credentials::is_signed_by_device(device.key, *signature, text))
        return not_signed();
    auto const off = context.now - from_seconds(seconds);
    if (off > kClockSkew || off < -kClockSkew)
        return refuse(ErrorKind::forbidden, "push_clock_wrong",
                      "The clock of this device is wrong. Set it to the network's time and try again.");
    TRY(auto const waiting, services.push_requests.waiting(tx, context.tenant->id, device.user, context.now));
    json::object out{{"name", device.name}};
    json::array requests;
    if (waiting) { // without its number
        TRY(auto const* const locale, journey::language_of(services, tx, *context.tenant, device.user));
        requests.push_back({{"id", waiting->id.to_string()},
                            {"application", waiting->details.application},
                            {"address", waiting->details.place},
                            {"place", services.places.describe_address(waiting->details.place, *locale)},
                            {"browser", waiting->details.browser},
                            {"challenge", waiting->challenge},
                            {"asked_at", to_rfc3339(waiting->created_at)},
                            {"expires_at", to_rfc3339(waiting->expires_at)}});
    }
    out["requests"] = std::move(requests);
    return out;
}

Task<Result<Response>> show_requests(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto const body, body_of(request));
    CO_TRY(auto const out, co_await services.database.read(
                               [&](storage::Tx& tx) { return list_requests(services, tx, context, body); }));
    co_return answer(200, out, request);
}

Result<credentials::PushRequest> take_answer(Services const& services, storage::Tx& tx, Context const& context,
                                             json::object const& body)
{
    TRY(auto const device, device_of(services, tx, context, body));
    auto const id = credentials::PushRequestId::parse(text_at(body, "request"));
    auto const decision = credentials::parse_push_decision(text_at(body, "decision"));
    auto const signature = base64url_decode(text_at(body, "signature"));
    if (!id)
        return refuse(ErrorKind::invalid, "field_value", "This is no request.").at("/request");
    if (!decision)
        return refuse(ErrorKind::invalid, "field_value", "Say approve, deny or report.").at("/decision");
    if (!signature)
        return not_signed();
    auto answered = services.push_requests.answer(
        tx, context.tenant->id, device, *id,
        {.decision = *decision, .number = std::string(text_at(body, "number")), .signature = *signature},
        origin_of_device(context), context.now);
    if (answered && *decision == PushDecision::report) {
        // Whoever signs in there is somebody else: their journey is over, and its owner hears of it by mail. A stranger
        // who has proven nothing is not even told that there was somebody to report it.
        if (!answered->unproven)
            TRY_DO(journey::end(tx, context.tenant->id, journey::JourneyId{answered->journey}, context.now));
        TRY(auto const* const locale, journey::language_of(services, tx, *context.tenant, device.user));
        TRY_DO(tell(services, tx, context, device.user, messages::Kind::push_reported,
                    {{"when", context.now},
                     {"browser", answered->details.browser},
                     {"place", services.places.describe_address(answered->details.place, *locale)}}));
    }
    return answered;
}

Task<Result<Response>> take_answers(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto const body, body_of(request));
    CO_TRY(auto const answered,
           co_await services.database.write([&](storage::Tx& tx) { return take_answer(services, tx, context, body); }));
    services.outbox.wake();
    co_return answer(200, {{"state", to_string(answered.state)}}, request);
}

} // namespace

Routes push_api_routes(Services const& services)
{
    return {route(services, Method::get, "/api/v1/push/key", show_key, Audience::machines),
            route(services, Method::post, "/api/v1/push/devices", add_device, Audience::machines),
            route(services, Method::post, "/api/v1/push/requests", show_requests, Audience::machines),
            route(services, Method::post, "/api/v1/push/answers", take_answers, Audience::machines)};
}

} // namespace gatehouse::account
