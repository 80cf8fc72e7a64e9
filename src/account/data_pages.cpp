#include "account/data.hpp"
#include "events/reader.hpp"
#include "identity/deletions.hpp"

#include <algorithm>

namespace gatehouse::account {

namespace {

using view::ChoiceStyle;
using view::Text;

constexpr int kShown = 30;
// What people read about; other events stay between the rooms.
struct Told {
    std::string_view event;
    char const* text;
};
constexpr Told kTold[] = {{"signin.succeeded", "activity.signin_succeeded"},
                          {"signin.failed", "activity.signin_failed"},
                          {"code.failed", "activity.code_failed"},
                          {"session.ended", "activity.session_ended"},
                          {"credential.added", "activity.credential_added"},
                          {"credential.changed", "activity.credential_changed"},
                          {"credential.removed", "activity.credential_removed"},
                          {"recovery.completed", "activity.recovery_completed"},
                          {"identifier.added", "activity.identifier_added"},
                          {"identifier.removed", "activity.identifier_removed"},
                          {"grant.given", "activity.grant_given"},
                          {"grant.revoked", "activity.grant_revoked"},
                          {"registration.completed", "activity.registration_completed"},
                          {"user.deletion_asked", "activity.user_deletion_asked"},
                          {"user.deletion_cancelled", "activity.user_deletion_cancelled"}};

std::string text_of(boost::json::object const& object, std::string_view name)
{
    auto const* value = object.if_contains(name);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

Result<view::ViewModel> activity_panel(Services const& services, storage::Tx& tx, Context const& context,
                                       Visitor const& visitor)
{
    view::ViewModel panel{.step = "activity",
                          .title = "portal.activity",
                          .lead = "portal.activity_lead",
                          .items_empty = "portal.activity_empty"};
    auto const tenant = context.tenant->id;
    TRY(auto const found, events::newest_of(tx, tenant, visitor.user.id, kShown));
    for (auto const& event : found) {
        auto const* told = std::ranges::find(kTold, event.type, &Told::event);
        if (told == std::end(kTold))
            continue;
        view::Item item{.title = told->text, .icon = "device"};
        item.details.push_back({"activity.when", {{"when", event.occurred_at}}});
        TRY(auto const personal, events::open_personal(tx, services.vault, tenant, event));
        if (auto device = session::describe_user_agent(text_of(personal, "user_agent")); !device.empty())
            item.details.push_back(Text::plain(std::move(device)));
        if (auto address = text_of(personal, "address"); !address.empty())
            item.details.push_back({"portal.session_from", {{"address", std::move(address)}}});
        panel.items.push_back(std::move(item));
    }
    return panel;
}

view::ViewModel export_panel()
{
    view::ViewModel panel{
        .step = "export", .title = "portal.export", .lead = "portal.export_lead", .action = "/account/data/export"};
    panel.choices.push_back({.label = "portal.export_download", .style = ChoiceStyle::secondary});
    return panel;
}

view::ViewModel deletion_panel(Context const& context)
{
    auto const days = context.tenant->settings.account.deletion_days;
    view::ViewModel panel{.step = "deletion",
                          .title = "portal.deletion",
                          .lead = {"portal.deletion_lead", {{"days", days}}},
                          .action = "/account/data/delete"};
    panel.choices.push_back({.label = "portal.deletion_ask", .style = ChoiceStyle::danger});
    return panel;
}

} // namespace

Result<std::vector<view::ViewModel>> data_panels(Services const& services, storage::Tx& tx, Context const& context,
                                                 Visitor const& visitor)
{
    std::vector<view::ViewModel> panels;
    TRY(auto activity, activity_panel(services, tx, context, visitor));
    panels.push_back(std::move(activity));
    panels.push_back(export_panel());
    if (context.tenant->settings.account.deletion)
        panels.push_back(deletion_panel(context));
    return panels;
}

} // namespace gatehouse::account
