#include "account/push_devices.hpp"

#include "account/changes.hpp"
#include "account/security.hpp"

#include <algorithm>

namespace gatehouse::account {

using credentials::CredentialId;
using credentials::PushDevice;
using view::ChoiceStyle;
using view::Text;

namespace {

view::ViewModel rename_panel(PushDevice const& one)
{
    view::ViewModel panel{.step = "push_device", .title = Text::plain(one.name), .action = "/account/security/push"};
    panel.fields.push_back({.name = "id", .kind = view::FieldKind::hidden, .value = one.id.to_string()});
    panel.fields.push_back({.name = "name",
                            .label = "field.credential_name",
                            .value = one.name,
                            .required = true,
                            .autocomplete = "off",
                            .max_length = credentials::kMaximumCredentialName});
    panel.choices.push_back({.label = "action.save_changes", .style = ChoiceStyle::primary});
    return panel;
}

view::ViewModel remove_panel(PushDevice const& one)
{
    view::ViewModel panel{.step = "push_device_remove",
                          .title = "portal.push_remove",
                          .lead = "portal.push_remove_lead",
                          .action = "/account/security/push/remove"};
    panel.fields.push_back({.name = "id", .kind = view::FieldKind::hidden, .value = one.id.to_string()});
    panel.choices.push_back({.label = "portal.push_remove", .style = ChoiceStyle::danger});
    panel.links.push_back({.label = "action.cancel", .href = "/account/security"});
    return panel;
}

} // namespace

Result<view::ViewModel> push_devices_panel(Services const& services, storage::Tx& tx, Context const& context,
                                           Visitor const& visitor)
{
    TRY(auto const listed, services.push_devices.list(tx, context.tenant->id, visitor.user.id));
    view::ViewModel panel{
        .step = "push_devices", .title = "portal.push", .lead = "portal.push_lead", .items_empty = "portal.push_empty"};
    for (auto const& one : listed)
        panel.items.push_back(
            {.title = Text::plain(one.name),
             .details = {{"portal.credential_added", {{"when", one.created_at}}},
                         one.last_used_at ? Text("portal.credential_used", {{"when", *one.last_used_at}})
                                          : Text("portal.credential_unused")},
             .icon = "device",
             .href = "/account/security/push?id=" + one.id.to_string()});
    if (listed.size() < credentials::kMostPushDevices && may_enrol(context, credentials::Method::push))
        panel.links.push_back(
            {.label = "portal.push_add", .href = "/account/security/push/new", .style = ChoiceStyle::secondary});
    return panel;
}

Result<view::ViewModel> new_push_device_panel(Services const& services, Context const& context, Visitor const& visitor)
{
    TRY_DO(check_enrolment(context, credentials::Method::push));
    TRY(auto const invitation,
        services.push_devices.invite(context.tenant->id, visitor.user.id, visitor.session.security_epoch, context.now));
    view::ViewModel panel{.step = "push_device_new", .title = "portal.push_add", .lead = "portal.push_add_lead"};
    // Behind the "#": it stays with the device, and comes into no log.
    panel.qr_code = {.content = context.tenant->issuer + "/push#" + invitation, .description = "portal.push_qr_code"};
    panel.links.push_back(
        {.label = "portal.push_this_device", .href = "/push#" + invitation, .style = ChoiceStyle::secondary});
    panel.links.push_back({.label = "action.cancel", .href = "/account/security"});
    return panel;
}

Result<view::Portal> push_device_portal(Services const& services, storage::Tx& tx, Context const& context,
                                        Visitor const& visitor, CredentialId id)
{
    TRY(auto const one, services.push_devices.find(tx, context.tenant->id, {.user = visitor.user.id, .device = id}));
    if (!one)
        return refuse(ErrorKind::not_found, "credential_not_found", "There is no such device any more.");
    auto portal = security_portal(visitor);
    portal.panels.push_back(rename_panel(*one));
    portal.panels.push_back(remove_panel(*one));
    return portal;
}

Result<void> rename_push_device(Services const& services, storage::Tx& tx, Context const& context,
                                Visitor const& visitor, CredentialId id, std::string_view name)
{
    return services.push_devices.rename(tx, context.tenant->id, visitor.user.id, id, name, origin_of(context, visitor),
                                        context.now);
}

Result<session::Opened> remove_push_device(Services const& services, storage::Tx& tx, Context const& context,
                                           Visitor const& visitor, CredentialId id)
{
    auto const tenant = context.tenant->id;
    auto const user = visitor.user.id;
    TRY_DO(services.users.require_active(tx, tenant, user, visitor.session.security_epoch));
    TRY(auto const epoch,
        services.push_devices.remove(tx, services.users, tenant, user, id, origin_of(context, visitor), context.now));
    TRY_DO(notify(services, tx, context, visitor, messages::Kind::credential_removed,
                  {{"kind", "push"}, {"when", context.now}}));
    return keep_only_this_session(services, tx, context, visitor, epoch);
}

} // namespace gatehouse::account
