#include "account/security.hpp"

#include "account/changes.hpp"
#include "credentials/enrolled.hpp"
#include "vault/sealed.hpp"

#include <algorithm>

namespace gatehouse::account {

namespace {

using credentials::Authenticator;
using credentials::Authenticators;
using credentials::CredentialId;
using credentials::Method;
using credentials::RecoveryCodes;
using view::ChoiceStyle;
using view::Text;

constexpr std::string_view kCodesPurpose = "recovery_codes_shown";

Text name_of(Authenticator const& one)
{
    return one.name.empty() ? Text("portal.authenticator_unnamed") : Text::plain(one.name);
}

std::vector<Text> history_of(TimePoint added_at, std::optional<TimePoint> last_used_at)
{
    return {{"portal.credential_added", {{"when", added_at}}},
            last_used_at ? Text("portal.credential_used", {{"when", *last_used_at}})
                         : Text("portal.credential_unused")};
}

view::ViewModel authenticators_panel(Context const& context, std::vector<Authenticator> const& listed)
{
    view::ViewModel panel{.step = "authenticators",
                          .title = "portal.authenticators",
                          .lead = "portal.authenticators_lead",
                          .items_empty = "portal.authenticators_empty"};
    for (auto const& one : listed)
        panel.items.push_back({.title = name_of(one),
                               .details = history_of(one.added_at, one.last_used_at),
                               .icon = "device",
                               .href = "/account/security/authenticator?id=" + one.id.to_string()});
    if (listed.size() < credentials::kAuthenticatorLimit && may_enrol(context, Method::totp))
        panel.links.push_back({.label = "portal.authenticator_add",
                               .href = "/account/security/authenticator/new",
                               .style = listed.empty() ? ChoiceStyle::primary : ChoiceStyle::secondary});
    return panel;
}

view::ViewModel recovery_panel(Context const& context, std::optional<credentials::RecoveryCodesStatus> const& status)
{
    auto const may_make = may_enrol(context, Method::recovery_code);
    view::ViewModel panel{.step = "recovery_codes",
                          .title = "portal.recovery_codes",
                          .lead = "portal.recovery_codes_lead",
                          .items_empty = "portal.recovery_codes_none",
                          .action = "/account/security/recovery-codes"};
    if (!status) {
        if (may_make)
            panel.choices.push_back({.label = "portal.recovery_codes_make", .style = ChoiceStyle::primary});
        return panel;
    }
    bool const few = status->left <= credentials::kFewRecoveryCodes;
    if (few)
        panel.messages.push_back({view::MessageKind::info, "portal.recovery_codes_few"});
    view::Item item{.title = {"portal.recovery_codes_left", {{"left", status->left}}},
                    .details = {{"portal.recovery_codes_made", {{"when", status->made_at}}}},
                    .icon = "code"};
    if (status->last_used_at)
        item.details.push_back({"portal.credential_used", {{"when", *status->last_used_at}}});
    panel.items.push_back(std::move(item));
    if (may_make)
        panel.choices.push_back(
            {.label = "portal.recovery_codes_renew", .style = few ? ChoiceStyle::primary : ChoiceStyle::secondary});
    return panel;
}

view::ViewModel rename_panel(Authenticator const& one)
{
    view::ViewModel panel{.step = "authenticator", .title = name_of(one), .action = "/account/security/authenticator"};
    panel.fields.push_back({.name = "id", .kind = view::FieldKind::hidden, .value = one.id.to_string()});
    panel.fields.push_back({.name = "name",
                            .label = "field.credential_name",
                            .hint = "field.credential_name_hint",
                            .value = one.name,
                            .required = true,
                            .autocomplete = "off",
                            .max_length = credentials::kMaximumCredentialName});
    panel.choices.push_back({.label = "action.save_changes", .style = ChoiceStyle::primary});
    return panel;
}

view::ViewModel remove_panel(Authenticator const& one, bool last)
{
    view::ViewModel panel{.step = "authenticator_remove",
                          .title = "portal.authenticator_remove",
                          .lead = "portal.authenticator_remove_lead",
                          .action = "/account/security/authenticator/remove"};
    if (last)
        panel.messages.push_back({view::MessageKind::info, "portal.authenticator_remove_last"});
    panel.fields.push_back({.name = "id", .kind = view::FieldKind::hidden, .value = one.id.to_string()});
    panel.choices.push_back({.label = "portal.authenticator_remove", .style = ChoiceStyle::danger});
    panel.links.push_back({.label = "action.cancel", .href = "/account/security"});
    return panel;
}

// Whose codes they are: this session's of this person.
Bytes binding_of(Visitor const& visitor)
{
    auto binding = to_bytes(visitor.user.id.bytes());
    auto const session = visitor.session.id.bytes();
    binding.insert(binding.end(), session.begin(), session.end());
    return binding;
}

} // namespace

view::Portal security_portal(Visitor const& visitor)
{
    view::Portal portal{.active = "security",
                        .account_name = visitor.profile_text("name"),
                        .account_detail = visitor.email,
                        .title = "portal.title",
                        .picture = visitor.picture};
    if (portal.account_name.empty())
        portal.account_name = visitor.email;
    return portal;
}

Result<std::vector<view::ViewModel>> second_factor_panels(Services const& services, storage::Tx& tx,
                                                          Context const& context, Visitor const& visitor)
{
    auto const tenant = context.tenant->id;
    TRY(auto const listed, Authenticators(services.vault).list(tx, tenant, visitor.user.id));
    TRY(auto const enrolled, credentials::enrolled(tx, tenant, visitor.user.id));
    std::vector<view::ViewModel> panels;
    panels.push_back(authenticators_panel(context, listed));
    if (!(enrolled - credentials::Methods{Method::password}).empty()) {
        TRY(auto const status, RecoveryCodes(services.vault).status(tx, tenant, visitor.user.id));
        if (status || may_enrol(context, Method::recovery_code))
            panels.push_back(recovery_panel(context, status));
    }
    return panels;
}

view::ViewModel enrolment_panel(Context const& context, Visitor const& visitor,
                                credentials::PendingAuthenticator const& pending)
{
    view::ViewModel panel{.step = "authenticator_new",
                          .title = "portal.authenticator_add",
                          .lead = "portal.authenticator_scan",
                          .action = "/account/security/authenticator/new"};
    auto account = visitor.email.empty() ? visitor.profile_text("name") : visitor.email;
    if (account.empty()) // an app shows what stands here
        account = context.tenant->name;
    panel.qr_code = {.content = credentials::totp_uri(pending.secret, pending.form, context.tenant->name, account),
                     .description = "portal.authenticator_qr_code"};
    panel.keepsake = {.label = "portal.authenticator_key", .lines = {credentials::totp_secret_text(pending.secret)}};
    panel.fields.push_back({.name = "enrolment", .kind = view::FieldKind::hidden, .value = pending.sealed});
    panel.fields.push_back({.name = "code",
                            .kind = view::FieldKind::code,
                            .label = "field.authenticator_code",
                            .hint = {"field.authenticator_code_hint", {{"digits", pending.form.digits}}},
                            .required = true,
                            .autocomplete = "one-time-code",
                            .max_length = 16});
    panel.fields.push_back({.name = "name",
                            .label = "field.credential_name",
                            .hint = "field.credential_name_hint",
                            .autocomplete = "off",
                            .max_length = credentials::kMaximumCredentialName});
    panel.choices.push_back({.label = "action.add", .style = ChoiceStyle::primary});
    panel.links.push_back({.label = "action.cancel", .href = "/account/security"});
    return panel;
}

Result<view::Portal> authenticator_portal(Services const& services, storage::Tx& tx, Context const& context,
                                          Visitor const& visitor, CredentialId id)
{
    auto const tenant = context.tenant->id;
    TRY(auto const listed, Authenticators(services.vault).list(tx, tenant, visitor.user.id));
    auto const one = std::ranges::find(listed, id, &Authenticator::id);
    if (one == listed.end())
        return refuse(ErrorKind::not_found, "credential_not_found", "There is no such credential. It may be removed.");
    TRY(auto const enrolled, credentials::enrolled(tx, tenant, visitor.user.id));
    auto const others = enrolled - credentials::Methods{Method::password, Method::recovery_code, Method::totp};
    auto portal = security_portal(visitor);
    portal.panels.push_back(rename_panel(*one));
    portal.panels.push_back(remove_panel(*one, listed.size() == 1 && others.empty()));
    return portal;
}

Result<view::ViewModel> recovery_codes_panel(Services const& services, Context const& context, Visitor const& visitor,
                                             std::vector<std::string> const& codes)
{
    view::ViewModel panel{.step = "recovery_codes_shown",
                          .title = "portal.recovery_codes_yours",
                          .lead = "portal.recovery_codes_keep",
                          .action = "/account/security/recovery-codes/download"};
    panel.keepsake = {.label = "portal.recovery_codes_once", .lines = codes};
    auto const list = credentials::recovery_codes_text(context.tenant->name, visitor.email, codes);
    auto const binding = binding_of(visitor);
    TRY(auto sealed, vault::seal(services.vault,
                                 {.tenant = context.tenant->id,
                                  .purpose = kCodesPurpose,
                                  .binding = binding,
                                  .expires_at = context.now + std::chrono::hours(1)},
                                 as_bytes(list), context.now));
    panel.fields.push_back({.name = "codes", .kind = view::FieldKind::hidden, .value = std::move(sealed)});
    panel.choices.push_back({.label = "action.download", .style = ChoiceStyle::secondary, .downloads = true});
    panel.links.push_back(
        {.label = "portal.recovery_codes_kept", .href = "/account/security", .style = ChoiceStyle::primary});
    return panel;
}

Result<std::string> recovery_codes_file(Services const& services, Context const& context, Visitor const& visitor,
                                        std::string_view sealed)
{
    auto const binding = binding_of(visitor);
    auto const list = vault::open(
        services.vault,
        {.tenant = context.tenant->id, .purpose = kCodesPurpose, .binding = binding, .now = context.now}, sealed);
    if (!list)
        return refuse(ErrorKind::gone, "page_expired", "This page was open for a while. Try once more.")
            .because(list.error().code);
    return std::string(as_text(*list));
}

} // namespace gatehouse::account
