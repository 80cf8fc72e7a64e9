#include "account/passkeys.hpp"

#include "account/changes.hpp"
#include "credentials/passkey_creation.hpp"

#include <algorithm>

namespace gatehouse::account {

namespace {

namespace webauthn = credentials::webauthn;
using credentials::CredentialId;
using credentials::Method;
using credentials::Passkey;
using credentials::Passkeys;
using view::ChoiceStyle;
using view::Text;

// A challenge serves in the session that it was made for.
Bytes binding_of(Visitor const& visitor)
{
    auto binding = to_bytes(visitor.user.id.bytes());
    auto const session = visitor.session.id.bytes();
    binding.insert(binding.end(), session.begin(), session.end());
    return binding;
}

// Without an unlocked one, a security key is what is made.
bool may_enrol_passkeys(Context const& context)
{
    return may_enrol(context, Method::passkey) || may_enrol(context, Method::security_key);
}

view::Field name_field(std::string value, bool required)
{
    return {.name = "name",
            .label = "field.credential_name",
            .hint = "portal.passkey_name_hint",
            .value = std::move(value),
            .required = required,
            .autocomplete = "off",
            .max_length = credentials::kMaximumCredentialName};
}

view::ViewModel rename_panel(Passkey const& one)
{
    view::ViewModel panel{.step = "passkey", .title = Text::plain(one.name), .action = "/account/security/passkey"};
    panel.fields.push_back({.name = "id", .kind = view::FieldKind::hidden, .value = one.id.to_string()});
    panel.fields.push_back(name_field(one.name, true));
    panel.choices.push_back({.label = "action.save_changes", .style = ChoiceStyle::primary});
    return panel;
}

view::ViewModel remove_panel(Passkey const& one)
{
    view::ViewModel panel{.step = "passkey_remove",
                          .title = "portal.passkey_remove",
                          .lead = "portal.passkey_remove_lead",
                          .action = "/account/security/passkey/remove"};
    panel.fields.push_back({.name = "id", .kind = view::FieldKind::hidden, .value = one.id.to_string()});
    panel.choices.push_back({.label = "portal.passkey_remove", .style = ChoiceStyle::danger});
    panel.links.push_back({.label = "action.cancel", .href = "/account/security"});
    return panel;
}

} // namespace

Result<Added> add_passkey(Services const& services, storage::Tx& tx, Context const& context, Visitor const& visitor,
                          NewPasskey const& wanted)
{
    auto const tenant = context.tenant->id;
    auto const user = visitor.user.id;
    auto const origin = origin_of(context, visitor);
    auto const binding = binding_of(visitor);
    TRY(auto registered,
        credentials::read_creation(services.vault, {.tenant = *context.tenant, .binding = binding, .now = context.now},
                                   {.response = wanted.response,
                                    .challenge = wanted.challenge,
                                    .metadata = services.authenticator_metadata.current()}));
    // Where people are to have security keys only, one that was unlocked is no more than that.
    registered.user_verified = registered.user_verified && may_enrol(context, Method::passkey);
    auto const made = registered.user_verified ? Method::passkey : Method::security_key;
    TRY_DO(check_enrolment(context, made));
    TRY_DO(services.users.require_active(tx, tenant, user, visitor.session.security_epoch));
    TRY(auto const key, services.vault.open_person_key(tx, tenant, user));
    TRY_DO(Passkeys(services.vault, services.users)
               .enrol(tx, key, registered, wanted.name, wanted.device, origin, context.now));
    TRY(auto codes, first_recovery_codes(services, tx, context, visitor));
    TRY_DO(notify(services, tx, context, visitor, messages::Kind::credential_added,
                  {{"kind", "passkey"}, {"when", context.now}}));
    TRY(auto opened, raise_session(services, tx, context, visitor, {made}));
    return Added{.recovery_codes = std::move(codes), .session = std::move(opened)};
}

Result<void> rename_passkey(Services const& services, storage::Tx& tx, Context const& context, Visitor const& visitor,
                            credentials::CredentialId id, std::string_view name)
{
    return Passkeys(services.vault, services.users)
        .rename(tx, context.tenant->id, visitor.user.id, id, name, origin_of(context, visitor), context.now);
}

Result<session::Opened> remove_passkey(Services const& services, storage::Tx& tx, Context const& context,
                                       Visitor const& visitor, CredentialId id)
{
    auto const tenant = context.tenant->id;
    auto const user = visitor.user.id;
    TRY_DO(services.users.require_active(tx, tenant, user, visitor.session.security_epoch));
    TRY(auto const epoch, Passkeys(services.vault, services.users)
                              .remove(tx, tenant, user, id, origin_of(context, visitor), context.now));
    TRY_DO(notify(services, tx, context, visitor, messages::Kind::credential_removed,
                  {{"kind", "passkey"}, {"when", context.now}}));
    return keep_only_this_session(services, tx, context, visitor, epoch);
}

Result<std::optional<view::ViewModel>> passkeys_panel(Services const& services, storage::Tx& tx, Context const& context,
                                                      Visitor const& visitor)
{
    auto const party = credentials::relying_party(*context.tenant);
    TRY(auto const listed, Passkeys(services.vault, services.users).load(tx, context.tenant->id, visitor.user.id));
    if (!party && listed.empty())
        return std::nullopt;
    view::ViewModel panel{.step = "passkeys",
                          .title = "portal.passkeys",
                          .lead = "portal.passkeys_lead",
                          .items_empty = "portal.passkeys_empty"};
    for (auto const& one : listed) {
        view::Item item{.title = Text::plain(one.name),
                        .details = {{"portal.credential_added", {{"when", one.created_at}}},
                                    one.last_used_at ? Text("portal.credential_used", {{"when", *one.last_used_at}})
                                                     : Text("portal.credential_unused")},
                        .icon = "device",
                        .href = "/account/security/passkey?id=" + one.id.to_string()};
        if (one.backed_up)
            item.badge = "portal.passkey_synced";
        panel.items.push_back(std::move(item));
    }
    if (party) {
        std::vector<webauthn::Descriptor> accepted;
        for (auto const& one : listed)
            accepted.push_back(credentials::descriptor_of(one));
        auto told = webauthn::accepted_credentials(*party, credentials::user_handle(visitor.user.id), accepted);
        // And what its owner is called now (CurrentUserDetailsOptions, section 5.1.10).
        auto const name = visitor.profile_text("name");
        told["name"] = visitor.email.empty() ? name : visitor.email;
        told["displayName"] = name.empty() ? visitor.email : name;
        panel.passkey = {.options = std::move(told), .ceremony = view::PasskeyCeremony::signal};
    }
    if (party && may_enrol_passkeys(context) && listed.size() < credentials::kMostPasskeys)
        panel.links.push_back({.label = "portal.passkey_add",
                               .href = "/account/security/passkey/new",
                               .style = listed.empty() ? ChoiceStyle::primary : ChoiceStyle::secondary});
    return panel;
}

Result<view::ViewModel> new_passkey_panel(Services const& services, storage::Tx& tx, Context const& context,
                                          Visitor const& visitor)
{
    if (!may_enrol_passkeys(context))
        TRY_DO(check_enrolment(context, Method::passkey));
    TRY(auto const listed, Passkeys(services.vault, services.users).load(tx, context.tenant->id, visitor.user.id));
    auto const binding = binding_of(visitor);
    TRY(auto asked, credentials::ask_for_creation(
                        services.vault, {.tenant = *context.tenant, .binding = binding, .now = context.now},
                        visitor.user.id, visitor.profile_text("name"), visitor.email, listed));
    view::ViewModel panel{.step = "passkey_new",
                          .title = "portal.passkey_add",
                          .lead = "portal.passkey_add_lead",
                          .action = "/account/security/passkey/new"};
    panel.fields.push_back(
        {.name = "passkey_challenge", .kind = view::FieldKind::hidden, .value = std::move(asked.challenge)});
    panel.fields.push_back(name_field({}, false));
    panel.passkey = {.options = std::move(asked.options),
                     .ceremony = view::PasskeyCeremony::create,
                     .label = "portal.passkey_create",
                     .style = ChoiceStyle::primary,
                     .without = "passkey.needs_script"};
    panel.links.push_back({.label = "action.cancel", .href = "/account/security"});
    return panel;
}

Result<view::Portal> passkey_portal(Services const& services, storage::Tx& tx, Context const& context,
                                    Visitor const& visitor, CredentialId id)
{
    TRY(auto const listed, Passkeys(services.vault, services.users).load(tx, context.tenant->id, visitor.user.id));
    auto const one = std::ranges::find(listed, id, &Passkey::id);
    if (one == listed.end())
        return refuse(ErrorKind::not_found, "credential_not_found", "There is no such passkey any more.");
    auto portal = security_portal(visitor);
    portal.panels.push_back(rename_panel(*one));
    portal.panels.push_back(remove_panel(*one));
    return portal;
}

} // namespace gatehouse::account
