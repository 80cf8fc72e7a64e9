#include "account/trusted_devices.hpp"

#include "account/answer.hpp"
#include "account/changes.hpp"
#include "account/routes.hpp"
#include "places/places.hpp"
#include "session/trusted_devices.hpp"

namespace gatehouse::account {

using http::Request;
using http::Response;
using view::Text;

namespace {

constexpr std::string_view kPath = "/account/sessions/trusted";

Task<Result<Response>> end_trust_form(Services const& services, Context const& context, Request const& request)
{
    CO_TRY(auto form, co_await read_submission(services, context, request, Tab::sessions));
    if (form.answer)
        co_return std::move(*form.answer);
    auto const& visitor = *form.visitor;
    auto const id = session::TrustedDeviceId::parse(form.input.get("device"));
    if (!id)
        co_return co_await refused(
            services, context, request, visitor, {.tab = Tab::sessions},
            Error{.kind = ErrorKind::invalid, .code = "choice_required", .message = "Choose a browser."});
    // Only the visitor's own: of another person's id nothing is found.
    CO_TRY_DO(co_await services.database.write([&](storage::Tx& tx) {
        return session::end_trust(tx, services.vault, context.tenant->id, visitor.user.id, *id,
                                  session::EndReason::revoked_by_user, origin_of(context, visitor), context.now);
    }));
    co_return back(context, Tab::sessions, "trust_ended");
}

} // namespace

Result<std::optional<view::ViewModel>> trusted_devices_panel(Services const& services, storage::Tx& tx,
                                                             Context const& context, Visitor const& visitor)
{
    TRY(auto const listed, session::list_trusted(tx, services.vault, context.tenant->id, visitor.user.id, context.now));
    if (listed.empty() && context.tenant->settings.signin.trusted_device_days == 0)
        return std::nullopt;
    view::ViewModel panel{.step = "trusted_devices",
                          .title = "portal.trusted_devices",
                          .lead = "portal.trusted_devices_lead",
                          .items_empty = "portal.trusted_devices_empty",
                          .action = std::string(kPath)};
    for (auto const& one : listed) {
        auto name = session::describe_user_agent(one.device.user_agent);
        view::Item item{.title = name.empty() ? Text("portal.unknown_device") : Text::plain(std::move(name)),
                        .details = {{"portal.credential_used", {{"when", one.last_used_at}}},
                                    {"portal.trusted_until", {{"when", one.expires_at}}}},
                        .icon = "device"};
        if (!one.device.address.empty())
            item.details.push_back(
                {"portal.session_from",
                 {{"address", services.places.describe_address(one.device.address, *visitor.locale)}}});
        item.choices.push_back({.name = "device",
                                .value = one.id.to_string(),
                                .label = "action.end",
                                .style = view::ChoiceStyle::secondary});
        panel.items.push_back(std::move(item));
    }
    return panel;
}

Routes trusted_device_routes(Services const& services)
{
    return {route(services, http::Method::post, kPath, end_trust_form)};
}

} // namespace gatehouse::account
