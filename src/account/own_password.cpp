#include "account/own_password.hpp"

#include "account/changes.hpp"
#include "credentials/password_record.hpp"
#include "journey/ways_in.hpp"

namespace gatehouse::account {

using credentials::Method;
using view::ChoiceStyle;

Result<view::ViewModel> password_panel(Services const&, storage::Tx& tx, Context const& context, Visitor const& visitor)
{
    view::ViewModel panel{.step = "password", .title = "portal.password", .action = "/account/password"};
    TRY(auto const record, credentials::password_record(tx, context.tenant->id, visitor.user.id));
    if (!record) {
        panel.lead = "portal.password_none";
        if (may_enrol(context, Method::password))
            panel.links.push_back({.label = "portal.password_set",
                                   .href = "/account/security/password/new",
                                   .style = ChoiceStyle::secondary});
        return panel;
    }
    auto const minimum = context.tenant->settings.password.minimum_length;
    panel.lead = record->last_used_at ? view::Text("portal.password_lead_used",
                                                   {{"changed", record->set_at}, {"used", *record->last_used_at}})
                                      : view::Text("portal.password_lead", {{"when", record->set_at}});
    panel.fields.push_back({.name = "current",
                            .kind = view::FieldKind::password,
                            .label = "field.current_password",
                            .required = true,
                            .autocomplete = "current-password"});
    panel.fields.push_back({.name = "password",
                            .kind = view::FieldKind::password,
                            .label = "field.new_password",
                            .hint = {"field.password_hint", {{"min", minimum}}},
                            .required = true,
                            .autocomplete = "new-password",
                            .min_length = static_cast<int>(minimum)});
    panel.choices.push_back({.label = "portal.password_change", .style = ChoiceStyle::primary});
    panel.links.push_back({.label = "portal.password_remove", .href = "/account/security/password/remove"});
    return panel;
}

Result<session::Opened> set_first_password(Services const& services, storage::Tx& tx, Context const& context,
                                           Visitor const& visitor, std::string const& phc)
{
    auto const tenant = context.tenant->id;
    auto const user = visitor.user.id;
    TRY_DO(check_enrolment(context, Method::password));
    TRY_DO(services.users.require_active(tx, tenant, user, visitor.session.security_epoch));
    auto const change = services.passwords.set(
        tx, tenant, user, {.phc = phc, .expected_version = 0, .history = context.tenant->settings.password.history},
        origin_of(context, visitor), context.now);
    if (!change && change.error().code == "credential_changed")
        return refuse(ErrorKind::conflict, "password_exists", "You have a password already.");
    if (!change)
        return std::unexpected(change.error());
    TRY_DO(notify(services, tx, context, visitor, messages::Kind::credential_added,
                  {{"kind", "password"}, {"when", context.now}}));
    return keep_only_this_session(services, tx, context, visitor, change->security_epoch);
}

Result<session::Opened> remove_own_password(Services const& services, storage::Tx& tx, Context const& context,
                                            Visitor const& visitor)
{
    auto const& tenant = *context.tenant;
    auto const user = visitor.user.id;
    TRY_DO(services.users.require_active(tx, tenant.id, user, visitor.session.security_epoch));
    auto const removed = journey::keeping_a_way_in(tx, services.users, tenant, user, context.now, [&] {
        return credentials::remove_password(tx, services.vault, tenant.id, user, tenant.settings.password.history,
                                            origin_of(context, visitor), context.now);
    });
    TRY_DO(removed);
    TRY_DO(notify(services, tx, context, visitor, messages::Kind::credential_removed,
                  {{"kind", "password"}, {"when", context.now}}));
    TRY(auto const epoch, services.users.raise_security_epoch(tx, tenant.id, user, context.now));
    return keep_only_this_session(services, tx, context, visitor, epoch);
}

} // namespace gatehouse::account
