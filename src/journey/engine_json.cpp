// The JSON face: the same journeys for first-party native apps and front ends of one's own. No cookies take part: the
// app keeps the handle. Errors are problem+json.
//
//   POST /api/v1/journeys          {"continuation": "authorize", "purpose": "sign_in", "request": {...}}
//   POST /api/v1/journeys/submit   {"journey": "<handle>", "step": "password", "input": {"identifier": "...", ...}}
//   answers {"status": "continue", "journey": "<handle>", "page": {...}}
//        or {"status": "finished", "redirect_to": "com.example.app:/callback?code=..."}
#include "applications/registry.hpp"
#include "base/json.hpp"
#include "journey/engine_impl.hpp"
#include "view/pages.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>

namespace gatehouse::journey {

namespace {

namespace json = boost::json;

Result<json::object> body_of(http::Request const& request)
{
    auto type = request.header("Content-Type");
    type = http::trim(type.substr(0, type.find(';')));
    if (!http::equal_ignoring_case(type, "application/json"))
        return refuse(ErrorKind::unsupported, "unsupported_media_type", "Send application/json.");
    return parse_json_object_strict(request.body, {.size = 64 * 1024, .depth = 8});
}

std::string text_of(json::object const& object, std::string_view name)
{
    auto const* value = object.if_contains(name);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

Result<Purpose> purpose_of(json::object const& body)
{
    auto const name = text_of(body, "purpose");
    if (name.empty())
        return Purpose::sign_in;
    for (auto const purpose : {Purpose::sign_in, Purpose::registration, Purpose::recovery})
        if (name == to_string(purpose))
            return purpose;
    return refuse(ErrorKind::invalid, "invalid_purpose", "The purpose is sign_in, registration or recovery.")
        .at("/purpose");
}

// As a form would send it: a list is a field that occurs several times, an object several fields ("address.locality"),
// and what is false is not there.
bool add_input(std::vector<http::Fields::Pair>& pairs, std::string const& name, json::value const& value, int depth)
{
    if (auto const* text = value.if_string()) {
        pairs.emplace_back(name, *text);
    } else if (value.is_number()) {
        pairs.emplace_back(name, json::serialize(value));
    } else if (auto const* ticked = value.if_bool()) {
        if (*ticked)
            pairs.emplace_back(name, "on");
    } else if (auto const* list = value.if_array(); list && depth == 0) {
        return std::ranges::all_of(*list, [&](auto const& item) { return add_input(pairs, name, item, 1); });
    } else if (auto const* object = value.if_object(); object && depth == 0) {
        return std::ranges::all_of(*object, [&](auto const& member) {
            return add_input(pairs, name + "." + std::string(member.key()), member.value(), 1);
        });
    } else {
        return value.is_null();
    }
    return pairs.size() <= 500;
}

Result<http::Fields> input_of(json::object const& body)
{
    auto const* input = body.if_contains("input");
    if (!input)
        return http::Fields();
    if (!input->is_object())
        return refuse(ErrorKind::invalid, "invalid_input", "The input is an object of texts.").at("/input");
    std::vector<http::Fields::Pair> pairs;
    for (auto const& [name, value] : input->get_object()) {
        if (!add_input(pairs, std::string(name), value, 0))
            return refuse(ErrorKind::invalid, "invalid_input",
                          "Every member of the input is a text, a number, true or false, or a list or object of such.")
                .at("/input/" + std::string(name));
    }
    return http::Fields(std::move(pairs));
}

http::Response finished(http::Response const& response)
{
    json::object answer{{"status", "finished"}};
    if (auto const location = response.headers.find("Location"))
        answer["redirect_to"] = *location;
    return http::Response::json(200, json::serialize(answer));
}

Refusal over()
{
    return refuse(ErrorKind::gone, "journey_over", "This journey has ended. Start a new one.").at("/journey");
}

} // namespace

Result<Journey> Engine::Impl::open_json(Context const& context, std::string_view handle) const
{
    auto journey = open(parts.vault, context.tenant->id, handle, context.now);
    if (!journey || journey->face != Face::json || context.now >= journey->expires_at)
        return refuse(ErrorKind::gone, "journey_expired", "This journey has expired or is unknown. Start a new one.")
            .at("/journey");
    return journey;
}

// The current step of a journey, or its end when nothing is missing.
Task<Result<http::Response>> Engine::Impl::answer_json(Context const& context, http::Request const& request,
                                                       Journey const& journey) const
{
    CO_TRY(auto const policy, co_await policy_of(context, journey));
    CO_TRY(auto shown, co_await parts.database.read([&](storage::Tx& tx) -> Result<std::optional<Shown>> {
        TRY(auto const now, look(tx, context, request, journey, policy));
        auto const step = next(context, journey, now);
        if (is_terminal(step))
            return std::nullopt;
        return show(tx, context, request, journey, now, step, {});
    }));
    if (!shown)
        co_return over();
    CO_TRY(auto const handle, seal(parts.vault, context.tenant->id, journey, context.now));
    auto const& locale = locale_of(parts.pages, context, request, {.ui_locales = journey.ui_locales});
    json::object answer{{"status", "continue"}, {"journey", handle}, {"page", view::to_json(shown->model, locale)}};
    co_return http::Response::json(200, json::serialize(answer));
}

Task<Result<http::Response>> Engine::start_json(Context const& context, http::Request const& request) const
{
    CO_TRY(auto const body, body_of(request));
    CO_TRY(auto const purpose, purpose_of(body));
    auto const found = impl_->continuations.find(text_of(body, "continuation"));
    if (found == impl_->continuations.end() || !found->second.begin)
        co_return refuse(ErrorKind::invalid, "unknown_continuation", "No such continuation is open to apps.")
            .at("/continuation");
    auto const* wanted = body.if_contains("request");
    CO_TRY(auto start, co_await found->second.begin(context, wanted && wanted->is_object() ? wanted->get_object()
                                                                                           : json::object()));
    start.continuation = found->first;
    start.purpose = purpose;
    CO_TRY(auto const journey, impl_->begin(context, std::move(start), Face::json));
    co_return co_await impl_->answer_json(context, request, journey);
}

Task<Result<http::Response>> Engine::submit_json(Context const& context, http::Request const& request) const
{
    CO_TRY(auto const body, body_of(request));
    CO_TRY(auto const input, input_of(body));
    CO_TRY(auto const journey, impl_->open_json(context, text_of(body, "journey")));
    if (auto const changed = impl_->another_way(journey, input))
        co_return co_await impl_->answer_json(context, request, *changed);
    CO_TRY(auto turned, co_await impl_->turn(context, request, journey, input, text_of(body, "step")));
    using Kind = Impl::Turned::Kind;
    switch (turned.kind) {
    case Kind::over:
        co_return over();
    case Kind::other_step: // tells which one it is
        co_return co_await impl_->answer_json(context, request, journey);
    case Kind::refused: {
        auto error = std::move(*turned.error);
        if (!error.pointer.empty())
            error.pointer = "/input/" + error.pointer;
        co_return http::problem(error, context.request_id);
    }
    case Kind::moved:
        break;
    }
    if (!turned.moved.ended)
        co_return co_await impl_->answer_json(context, request, turned.moved.journey);
    CO_TRY(auto const response,
           co_await impl_->conclude(context, turned.moved.journey, std::move(*turned.moved.ended), {}));
    co_return finished(response);
}

} // namespace gatehouse::journey
