#include "account/data.hpp"
#include "account/merge.hpp"
#include "applications/registry.hpp"
#include "places/places.hpp"

#include <algorithm>

namespace gatehouse::account {

namespace {

using view::ChoiceStyle;
using view::Text;

constexpr std::size_t kShown = 30;
constexpr int kReadAtOnce = 100;
constexpr int kMostReads = 10; // of which nothing was worth telling: the page offers to look further

// What people read about; other events stay between the rooms.
struct Told {
    std::string_view event;
    char const* text;
};
constexpr Told kTold[] = {{"session.started", "activity.signin_succeeded"},
                          {"session.reauthenticated", "activity.confirmed"},
                          {"signin.failed", "activity.signin_failed"},
                          {"code.failed", "activity.code_failed"},
                          {"session.ended", "activity.session_ended"},
                          {"device.trusted", "activity.device_trusted"},
                          {"device.trust_ended", "activity.device_trust_ended"},
                          {"credential.added", "activity.credential_added"},
                          {"credential.changed", "activity.credential_changed"},
                          {"credential.removed", "activity.credential_removed"},
                          {"password.breached", "activity.password_breached"},
                          {"recovery.held", "activity.recovery_held"},
                          {"recovery.stopped", "activity.recovery_stopped"},
                          {"recovery.completed", "activity.recovery_completed"},
                          {"identifier.added", "activity.identifier_added"},
                          {"identifier.primary_changed", "activity.identifier_primary"},
                          {"identifier.removed", "activity.identifier_removed"},
                          {"identifier.change_undone", "activity.identifier_undone"},
                          {"grant.given", "activity.grant_given"},
                          {"grant.revoked", "activity.grant_revoked"},
                          {"agreement.accepted", "activity.agreement_accepted"},
                          {"agreement.withdrawn", "activity.agreement_withdrawn"},
                          {"push.approved", "activity.push_approved"},
                          {"push.denied", "activity.push_denied"},
                          {"push.reported", "activity.push_reported"},
                          {"registration.completed", "activity.registration_completed"},
                          {"user.updated", "activity.user_updated"},
                          {"user.disabled", "activity.user_disabled"},
                          {"user.enabled", "activity.user_enabled"},
                          {"user.merged", "activity.user_merged"},
                          {"user.data_exported", "activity.data_exported"},
                          {"user.deletion_asked", "activity.user_deletion_asked"},
                          {"user.deletion_cancelled", "activity.user_deletion_cancelled"}};

std::string text_of(boost::json::object const& object, std::string_view name)
{
    auto const* value = object.if_contains(name);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

// What, when, for which application, with which device, from where.
Result<view::Item> item_of(Services const& services, storage::Tx& tx, Context const& context, Visitor const& visitor,
                           char const* text, events::StoredEvent const& event)
{
    view::Item item{.title = text, .icon = "device"};
    item.details.push_back({"activity.when", {{"when", event.occurred_at}}});
    if (event.type.starts_with("credential."))
        item.details.push_back({"activity.kind", {{"kind", text_of(event.data, "kind")}}});
    auto const catalogue = services.registry.cached(context.tenant->id);
    auto const* client = catalogue && event.origin.application ? catalogue->find(*event.origin.application) : nullptr;
    if (client)
        item.details.push_back({"activity.application", {{"application", client->application.name}}});
    TRY(auto const personal, events::open_personal(tx, services.vault, context.tenant->id, event));
    if (event.type.starts_with("identifier."))
        if (auto identifier = text_of(personal, "identifier"); !identifier.empty())
            item.details.push_back(Text::plain(std::move(identifier)));
    if (auto device = session::describe_user_agent(text_of(personal, "user_agent")); !device.empty())
        item.details.push_back(Text::plain(std::move(device)));
    if (auto address = text_of(personal, "address"); !address.empty())
        item.details.push_back(
            {"portal.session_from", {{"address", services.places.describe_address(address, *visitor.locale)}}});
    return item;
}

Result<view::ViewModel> activity_panel(Services const& services, storage::Tx& tx, Context const& context,
                                       Visitor const& visitor, std::optional<events::EventId> before)
{
    view::ViewModel panel{.step = "activity",
                          .title = "portal.activity",
                          .lead = "portal.activity_lead",
                          .items_empty = "portal.activity_empty"};
    auto const paged = before.has_value();
    bool more = true;
    for (int read = 0; read < kMostReads && more && panel.items.size() < kShown; ++read) {
        TRY(auto const found,
            events::newest_of(tx, context.tenant->id, visitor.user.id, {.before = before, .limit = kReadAtOnce}));
        more = found.size() == static_cast<std::size_t>(kReadAtOnce);
        for (auto const& event : found) {
            if (panel.items.size() == kShown) {
                more = true;
                break;
            }
            before = event.id;
            auto const* told = std::ranges::find(kTold, event.type, &Told::event);
            if (told == std::end(kTold))
                continue;
            TRY(auto item, item_of(services, tx, context, visitor, told->text, event));
            panel.items.push_back(std::move(item));
        }
    }
    panel.links.push_back({.label = "activity.not_me", .href = "/account/secure", .style = ChoiceStyle::secondary});
    if (more && before)
        panel.links.push_back({.label = "activity.earlier", .href = "/account/data?before=" + before->to_string()});
    if (paged)
        panel.links.push_back({.label = "activity.latest", .href = "/account/data"});
    return panel;
}

view::ViewModel export_panel()
{
    view::ViewModel panel{
        .step = "export", .title = "portal.export", .lead = "portal.export_lead", .action = "/account/data/export"};
    panel.choices.push_back({.label = "portal.export_download", .style = ChoiceStyle::secondary});
    return panel;
}

Text deletion_lead(Context const& context)
{
    return {"portal.deletion_lead", {{"days", context.tenant->settings.account.deletion_days}}};
}

} // namespace

view::ViewModel deletion_confirm_panel(Context const& context)
{
    view::ViewModel panel{.step = "deletion",
                          .title = "portal.deletion",
                          .lead = deletion_lead(context),
                          .paragraphs = {"portal.deletion_lost", "portal.deletion_ends"},
                          .action = "/account/data/delete"};
    panel.choices.push_back({.label = "portal.deletion_ask", .style = ChoiceStyle::danger});
    panel.links.push_back({.label = "action.cancel", .href = "/account/data"});
    return panel;
}

std::vector<view::ViewModel> secure_panels()
{
    view::ViewModel everywhere{
        .step = "secure", .title = "secure.everywhere", .lead = "secure.everywhere_lead", .action = "/account/secure"};
    everywhere.choices.push_back({.label = "secure.everywhere_do", .style = ChoiceStyle::danger});
    view::ViewModel password{.step = "secure_password", .title = "secure.password", .lead = "secure.password_lead"};
    password.links.push_back(
        {.label = "portal.password_change", .href = "/account/security", .style = ChoiceStyle::secondary});
    view::ViewModel check{.step = "secure_check", .title = "secure.check", .lead = "secure.check_lead"};
    check.links.push_back({.label = "secure.ways", .href = "/account/security", .style = ChoiceStyle::secondary});
    check.links.push_back(
        {.label = "identifiers.manage", .href = "/account/identifiers", .style = ChoiceStyle::secondary});
    return {std::move(everywhere), std::move(password), std::move(check)};
}

Result<std::vector<view::ViewModel>> data_panels(Services const& services, storage::Tx& tx, Context const& context,
                                                 Visitor const& visitor, std::optional<events::EventId> before)
{
    std::vector<view::ViewModel> panels;
    TRY(auto activity, activity_panel(services, tx, context, visitor, before));
    panels.push_back(std::move(activity));
    panels.push_back(export_panel());
    if (context.tenant->settings.account.merging) {
        view::ViewModel merging{.step = "merge", .title = "merge.title", .lead = "merge.lead"};
        merging.links.push_back({.label = "merge.open", .href = std::string(kMerge), .style = ChoiceStyle::secondary});
        panels.push_back(std::move(merging));
    }
    if (context.tenant->settings.account.deletion) {
        view::ViewModel deletion{.step = "deletion", .title = "portal.deletion", .lead = deletion_lead(context)};
        deletion.links.push_back(
            {.label = "portal.deletion_open", .href = "/account/data/delete", .style = ChoiceStyle::danger});
        panels.push_back(std::move(deletion));
    }
    return panels;
}

} // namespace gatehouse::account
