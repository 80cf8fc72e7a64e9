// Examples of the account's pages.
#include "view/fixture_parts.hpp"

namespace gatehouse::view {
namespace {

Portal portal(char const* active, std::vector<ViewModel> panels)
{
    return {.active = active,
            .account_name = "Ada Lovelace",
            .account_detail = "ada@example.com",
            .title = "portal.title",
            .panels = std::move(panels)};
}

Portal profile()
{
    ViewModel about{.step = "profile", .title = "portal.profile", .lead = "portal.profile_lead", .action = "/account"};
    about.fields.push_back(
        {.name = "name", .label = "field.name", .value = "Ada Lovelace", .required = true, .autocomplete = "name"});
    about.fields.push_back({.name = "username",
                            .kind = FieldKind::username,
                            .label = "field.username",
                            .value = "ada",
                            .autocomplete = "username"});
    about.fields.push_back({.name = "locale",
                            .kind = FieldKind::select,
                            .label = "field.locale",
                            .hint = "field.locale_hint",
                            .value = "de",
                            .options = {{"en", Text::plain("English")}, {"de", Text::plain("Deutsch")}}});
    about.choices.push_back(primary("action.save_changes"));
    auto page = portal("profile", {about});
    page.messages.push_back({MessageKind::success, "portal.saved"});
    page.picture = {.small = "/assets/icon.svg", .large = "/assets/icon.svg", .editable = true};
    return page;
}

Portal security()
{
    ViewModel email{.step = "email",
                    .title = "portal.email",
                    .lead = {"portal.email_lead", {{"email", "ada@example.com"}}},
                    .action = "/account/email"};
    auto address = email_field();
    address.label = "field.new_email";
    email.fields.push_back(address);
    email.choices.push_back(primary("action.send_code"));
    ViewModel password{
        .step = "password",
        .title = "portal.password",
        .lead = {"portal.password_lead_used", {{"changed", kNow - std::chrono::hours(24 * 90)}, {"used", kNow}}},
        .action = "/account/password"};
    password.fields.push_back(password_field("current", "field.current_password", "current-password"));
    auto chosen = new_password_field();
    chosen.label = "field.new_password";
    password.fields.push_back(chosen);
    password.fields.push_back(
        {.name = "end_others", .kind = FieldKind::checkbox, .label = "field.end_others", .checked = true});
    password.choices.push_back(primary("portal.password_change"));
    password.links.push_back({.label = "portal.password_remove", .href = "/account/security/password/remove"});
    ViewModel apps{.step = "authenticators", .title = "portal.authenticators", .lead = "portal.authenticators_lead"};
    apps.items.push_back({.title = Text::plain("My phone"),
                          .details = {{"portal.credential_added", {{"when", kNow - std::chrono::hours(24 * 80)}}},
                                      {"portal.credential_used", {{"when", kNow}}}},
                          .icon = "device",
                          .href = "/account/security/authenticator?id=x"});
    apps.links.push_back({.label = "portal.authenticator_add",
                          .href = "/account/security/authenticator/new",
                          .style = ChoiceStyle::secondary});
    ViewModel codes{.step = "recovery_codes",
                    .title = "portal.recovery_codes",
                    .lead = "portal.recovery_codes_lead",
                    .action = "/account/security/recovery-codes"};
    codes.messages.push_back({MessageKind::info, "portal.recovery_codes_few"});
    codes.items.push_back({.title = {"portal.recovery_codes_left", {{"left", 3}}},
                           .details = {{"portal.recovery_codes_made", {{"when", kNow - std::chrono::hours(24 * 80)}}}},
                           .icon = "code"});
    codes.choices.push_back(primary("portal.recovery_codes_renew"));
    return portal("security", {password, apps, codes, email});
}

// Before the first second factor.
Portal security_empty()
{
    ViewModel apps{.step = "authenticators",
                   .title = "portal.authenticators",
                   .lead = "portal.authenticators_lead",
                   .items_empty = "portal.authenticators_empty"};
    apps.links.push_back({.label = "portal.authenticator_add",
                          .href = "/account/security/authenticator/new",
                          .style = ChoiceStyle::primary});
    ViewModel password{.step = "password", .title = "portal.password", .lead = "portal.password_none"};
    password.links.push_back(
        {.label = "portal.password_set", .href = "/account/security/password/new", .style = ChoiceStyle::secondary});
    return portal("security", {password, apps});
}

Portal new_password()
{
    ViewModel panel{.step = "password_new",
                    .title = "portal.password_set",
                    .lead = "portal.password_set_lead",
                    .action = "/account/security/password/new"};
    auto owner = email_field();
    owner.value = "ada@example.com";
    owner.read_only = true;
    panel.fields.push_back(owner);
    auto chosen = new_password_field();
    chosen.label = "field.new_password";
    panel.fields.push_back(chosen);
    panel.choices.push_back(primary("portal.password_set"));
    panel.links.push_back({.label = "action.cancel", .href = "/account/security"});
    return portal("security", {panel});
}

Portal remove_password()
{
    ViewModel panel{.step = "password_remove",
                    .title = "portal.password_remove",
                    .lead = "portal.password_remove_lead",
                    .action = "/account/security/password/remove"};
    panel.choices.push_back({.label = "portal.password_remove", .style = ChoiceStyle::danger});
    panel.links.push_back({.label = "action.cancel", .href = "/account/security"});
    return portal("security", {panel});
}

Portal new_authenticator(bool wrong_code)
{
    ViewModel panel{.step = "authenticator_new",
                    .title = "portal.authenticator_add",
                    .lead = "portal.authenticator_scan",
                    .action = "/account/security/authenticator/new"};
    panel.qr_code = {.content = "otpauth://totp/Acme:ada%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer="
                                "Acme&algorithm=SHA1&digits=6&period=30",
                     .description = "portal.authenticator_qr_code"};
    panel.keepsake = {.label = "portal.authenticator_key", .lines = {"GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"}};
    auto code = code_field();
    code.label = "field.authenticator_code";
    code.hint = {"field.authenticator_code_hint", {{"digits", 6}}};
    panel.fields.push_back(code);
    panel.fields.push_back({.name = "name",
                            .label = "field.credential_name",
                            .hint = "field.credential_name_hint",
                            .autocomplete = "off"});
    if (wrong_code)
        panel.fail("code", "error.authenticator_code_wrong");
    panel.choices.push_back(primary("action.add"));
    panel.links.push_back({.label = "action.cancel", .href = "/account/security"});
    return portal("security", {panel});
}

Portal one_authenticator()
{
    ViewModel rename{
        .step = "authenticator", .title = Text::plain("My phone"), .action = "/account/security/authenticator"};
    rename.fields.push_back({.name = "name",
                             .label = "field.credential_name",
                             .hint = "field.credential_name_hint",
                             .value = "My phone",
                             .required = true,
                             .autocomplete = "off"});
    rename.choices.push_back(primary("action.save_changes"));
    ViewModel remove{.step = "authenticator_remove",
                     .title = "portal.authenticator_remove",
                     .lead = "portal.authenticator_remove_lead",
                     .action = "/account/security/authenticator/remove"};
    remove.messages.push_back({MessageKind::info, "portal.authenticator_remove_last"});
    remove.choices.push_back({.label = "portal.authenticator_remove", .style = ChoiceStyle::danger});
    remove.links.push_back({.label = "action.cancel", .href = "/account/security"});
    return portal("security", {rename, remove});
}

Portal new_recovery_codes()
{
    ViewModel panel{.step = "recovery_codes_shown",
                    .title = "portal.recovery_codes_yours",
                    .lead = "portal.recovery_codes_keep",
                    .action = "/account/security/recovery-codes/download"};
    panel.keepsake = {.label = "portal.recovery_codes_once",
                      .lines = {"k7qf2-9xw4m", "p3nrt-b8zcd", "mmmwm-wwmmw", "h5vky-2gs6e", "9ab4d-kq7rx",
                                "t6yzc-nm3pf", "4wgs8-vhd2j", "e2kqm-7xbrt", "zc9fp-6yn3a", "d8hjw-5stvg"}};
    panel.choices.push_back({.label = "action.download", .style = ChoiceStyle::secondary, .downloads = true});
    panel.links.push_back(
        {.label = "portal.recovery_codes_kept", .href = "/account/security", .style = ChoiceStyle::primary});
    auto page = portal("security", {panel});
    page.messages.push_back({MessageKind::success, "portal.authenticator_added"});
    return page;
}

Portal confirm_new_email()
{
    ViewModel email{.step = "email_code",
                    .title = "portal.email_verify",
                    .lead = {"portal.email_verify_lead", {{"email", "ada.lovelace@example.com"}}},
                    .action = "/account/email/verify"};
    email.fields.push_back(code_field());
    email.fail("code", "error.code_wrong");
    email.choices.push_back(primary("action.verify"));
    email.choices.push_back(action("cancel", "action.cancel", ChoiceStyle::secondary));
    return portal("security", {email});
}

Portal sessions()
{
    ViewModel list{
        .step = "sessions", .title = "portal.sessions", .lead = "portal.sessions_lead", .action = "/account/sessions"};
    auto const session = [](char const* device, Text active, char const* address) {
        return Item{
            .title = Text::plain(device),
            .details = {std::move(active), {"portal.session_from", {{"address", address}}}},
            .icon = "device",
            .choices = {{.name = "session", .value = "x", .label = "action.end", .style = ChoiceStyle::secondary}}};
    };
    list.items.push_back({.title = Text::plain("Firefox · Linux"),
                          .details = {"time.active_now", {"portal.session_started", {{"when", kNow}}}},
                          .badge = "portal.this_device",
                          .icon = "device"});
    list.items.push_back(
        session("Safari · iPhone", last_active(kNow - std::chrono::hours(3), kNow), "Vienna, Austria (203.0.113.7)"));
    list.items.push_back(session("Chrome · Windows", last_active(kNow - std::chrono::hours(24 * 12), kNow),
                                 "São José dos Campos, Brazil (2001:db8:85a3:8d3:1319:8a2e:370:7348)"));
    list.choices.push_back(
        {.name = "action", .value = "end_others", .label = "action.end_others", .style = ChoiceStyle::danger});
    ViewModel trusted{.step = "trusted_devices",
                      .title = "portal.trusted_devices",
                      .lead = "portal.trusted_devices_lead",
                      .action = "/account/sessions/trusted"};
    trusted.items.push_back(
        {.title = Text::plain("Firefox · Linux"),
         .details = {{"portal.credential_used", {{"when", kNow}}},
                     {"portal.trusted_until", {{"when", kNow + std::chrono::hours(24 * 30)}}},
                     {"portal.session_from", {{"address", "203.0.113.7"}}}},
         .icon = "device",
         .choices = {{.name = "device", .value = "x", .label = "action.end", .style = ChoiceStyle::secondary}}});
    return portal("sessions", {list, trusted});
}

Portal applications(bool empty)
{
    ViewModel list{.step = "applications",
                   .title = "portal.applications",
                   .lead = "portal.applications_lead",
                   .items_empty = "portal.applications_empty",
                   .action = "/account/applications"};
    if (!empty)
        for (auto const* name : {"Acme Shop", "Acme Support"})
            list.items.push_back({.title = Text::plain(name),
                                  .details = {{"portal.application_since", {{"when", kNow}}}},
                                  .icon = "application",
                                  .choices = {{.name = "application",
                                               .value = "x",
                                               .label = "action.remove_access",
                                               .style = ChoiceStyle::secondary}}});
    return portal("applications", {list});
}

} // namespace

std::vector<Fixture> account_fixtures()
{
    return {
        {"account-profile", profile()},
        {"account-security", security()},
        {"account-security-empty", security_empty()},
        {"account-password-new", new_password()},
        {"account-password-remove", remove_password()},
        {"account-authenticator-new", new_authenticator(false)},
        {"account-authenticator-wrong", new_authenticator(true)},
        {"account-authenticator", one_authenticator()},
        {"account-recovery-codes", new_recovery_codes()},
        {"account-email-code", confirm_new_email()},
        {"account-sessions", sessions()},
        {"account-applications", applications(false)},
        {"account-applications-empty", applications(true)},
    };
}

} // namespace gatehouse::view
