#include "view/fixtures_steps.hpp"

#include "view/standard_pages.hpp"

namespace gatehouse::view {
namespace {

TimePoint const kNow = from_seconds(1795449600); // 23 November 2026, 16:00 UTC

Field password_field(char const* name, char const* label, char const* autocomplete)
{
    return {.name = name, .kind = FieldKind::password, .label = label, .required = true, .autocomplete = autocomplete};
}
Field new_password_field()
{
    auto field = password_field("password", "field.password", "new-password");
    field.hint = {"field.password_hint", {{"min", 15}}};
    field.min_length = 15;
    field.max_length = 256;
    return field;
}
Field email_field(std::string value = {})
{
    return {.name = "email",
            .kind = FieldKind::email,
            .label = "field.email",
            .value = std::move(value),
            .required = true,
            .autocomplete = "email",
            .max_length = 254};
}
Field code_field()
{
    return {.name = "code",
            .kind = FieldKind::code,
            .label = "field.code",
            .hint = "field.code_hint",
            .required = true,
            .autofocus = true,
            .autocomplete = "one-time-code",
            .min_length = 6,
            .max_length = 6};
}
Choice primary(char const* label)
{
    return {.label = label};
}
Choice action(char const* value, char const* label, ChoiceStyle style)
{
    return {.name = "action", .value = value, .label = label, .style = style, .skips_checks = true};
}

ViewModel sign_in()
{
    ViewModel page{.step = "password",
                   .title = "signin.title",
                   .lead = {"signin.lead_application", {{"application", "Acme Shop"}}}};
    page.application = {.name = "Acme Shop"};
    page.fields.push_back({.name = "identifier",
                           .kind = FieldKind::username,
                           .label = "field.identifier",
                           .required = true,
                           .autofocus = true,
                           .autocomplete = "username"});
    page.fields.push_back(password_field("password", "field.password", "current-password"));
    page.choices.push_back(primary("action.sign_in"));
    page.links.push_back({.label = "signin.forgot_password", .href = "/recover"});
    page.links.push_back({.label = "signin.create_account", .href = "/register", .lead = "signin.no_account"});
    return page;
}

ViewModel register_account()
{
    ViewModel page{.step = "register", .title = "register.title", .lead = {"register.lead", {{"tenant", "Acme"}}}};
    page.fields.push_back({.name = "name",
                           .label = "field.name",
                           .hint = "field.name_hint",
                           .autofocus = true,
                           .autocomplete = "name",
                           .max_length = 200});
    page.fields.push_back(email_field());
    page.fields.push_back(new_password_field());
    page.choices.push_back(primary("action.create_account"));
    page.links.push_back({.label = "register.sign_in", .href = "/signin", .lead = "register.have_account"});
    return page;
}

ViewModel verify_email()
{
    ViewModel page{.step = "verify_email",
                   .title = "verify.title",
                   .lead = {"verify.lead", {{"email", "ada@example.com"}, {"minutes", 10}}}};
    page.fields.push_back(code_field());
    page.choices.push_back(primary("action.continue"));
    page.choices.push_back(action("resend", "action.resend_code", ChoiceStyle::link));
    return page;
}

ViewModel forgot_password()
{
    ViewModel page{.step = "recover", .title = "recover.title", .lead = "recover.lead"};
    page.fields.push_back(email_field());
    page.fields.back().autofocus = true;
    page.choices.push_back(primary("action.send_code"));
    page.links.push_back({.label = "action.back_to_sign_in", .href = "/signin"});
    return page;
}

ViewModel reset_password()
{
    ViewModel page{.step = "reset",
                   .title = "recover.reset_title",
                   .lead = {"recover.reset_lead", {{"email", "ada@example.com"}, {"minutes", 10}}}};
    page.fields.push_back({.name = "username", .kind = FieldKind::hidden, .value = "ada@example.com"});
    page.fields.push_back(code_field());
    auto password = new_password_field();
    password.label = "field.new_password";
    page.fields.push_back(password);
    page.choices.push_back(primary("action.set_password"));
    page.choices.push_back(action("resend", "action.resend_code", ChoiceStyle::link));
    return page;
}

ViewModel consent()
{
    ViewModel page{.step = "consent",
                   .title = {"consent.title", {{"application", "Acme Support"}}},
                   .items_title = {"consent.lead", {{"application", "Acme Support"}}}};
    page.application = {.name = "Acme Support"};
    page.account = "ada@example.com";
    page.account_change = "action.not_you";
    for (auto const* scope :
         {"consent.scope.openid", "consent.scope.profile", "consent.scope.email", "consent.scope.offline_access"})
        page.items.push_back({.title = scope, .icon = "check"});
    page.choices.push_back({.name = "action", .value = "allow", .label = "action.allow"});
    page.choices.push_back(action("deny", "action.deny", ChoiceStyle::secondary));
    page.note = "consent.revocable";
    return page;
}

ViewModel choose_account()
{
    ViewModel page{.step = "choose_account",
                   .title = "accounts.title",
                   .lead = {"accounts.lead_application", {{"application", "Acme Shop"}}}};
    page.application = {.name = "Acme Shop"};
    auto const account = [](std::string name, std::string address) {
        return Item{
            .title = Text::plain(std::move(name)),
            .details = {Text::plain(address)},
            .icon = "person",
            .choices = {{.name = "session", .value = address, .label = "action.continue"},
                        {.name = "sign_out", .value = address, .label = "action.sign_out", .style = ChoiceStyle::link}},
            .whole_row = true};
    };
    page.items.push_back(account("Ada Lovelace", "ada@example.com"));
    page.items.push_back(account("Grace Hopper", "grace.brewster.murray.hopper@navy.example.com"));
    page.items.push_back({.title = "accounts.another",
                          .icon = "add",
                          .choices = {{.name = "session", .value = "new", .label = "accounts.another"}},
                          .whole_row = true});
    return page;
}

ViewModel confirm_sign_out()
{
    ViewModel page{.step = "sign_out", .title = "signout.title", .lead = {"signout.lead", {{"tenant", "Acme"}}}};
    page.account = "ada@example.com";
    page.choices.push_back(primary("action.sign_out"));
    page.choices.push_back(action("stay", "action.stay_signed_in", ChoiceStyle::secondary));
    return page;
}

ViewModel setup()
{
    ViewModel page{.step = "setup", .title = "setup.title", .lead = "setup.lead"};
    page.fields.push_back(
        {.name = "name", .label = "field.name", .required = true, .autofocus = true, .autocomplete = "name"});
    page.fields.push_back(email_field());
    page.fields.push_back(new_password_field());
    page.choices.push_back(primary("setup.create"));
    return page;
}

ViewModel mailbox(bool empty)
{
    ViewModel page{
        .step = "mailbox", .title = "dev.mail_title", .lead = "dev.mail_lead", .items_empty = "dev.mail_empty"};
    if (empty)
        return page;
    for (auto const* subject : {"Your code for Acme", "Your Acme password was changed"})
        page.items.push_back({.title = Text::plain(subject),
                              .details = {{"dev.mail_to", {{"to", "ada@example.com"}}},
                                          relative_time(kNow - std::chrono::minutes(3), kNow)},
                              .icon = "mail",
                              .href = "/dev/mail/2"});
    return page;
}

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
    ViewModel password{.step = "password",
                       .title = "portal.password",
                       .lead = {"portal.password_lead", {{"when", kNow - std::chrono::hours(24 * 90)}}},
                       .action = "/account/password"};
    password.fields.push_back(password_field("current", "field.current_password", "current-password"));
    auto chosen = new_password_field();
    chosen.label = "field.new_password";
    password.fields.push_back(chosen);
    password.fields.push_back(
        {.name = "end_others", .kind = FieldKind::checkbox, .label = "field.end_others", .checked = true});
    password.choices.push_back(primary("portal.password_change"));
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
    return portal("security", {apps});
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
    list.items.push_back(session("Safari · iPhone", last_active(kNow - std::chrono::hours(3), kNow), "203.0.113.7"));
    list.items.push_back(session("Chrome · Windows", last_active(kNow - std::chrono::hours(24 * 12), kNow),
                                 "2001:db8:85a3:8d3:1319:8a2e:370:7348"));
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

ViewModel with_wrong_password()
{
    auto page = sign_in();
    page.field("identifier")->value = "ada@example.com";
    page.fail("password", "error.wrong_credentials");
    return page;
}

ViewModel register_with_errors()
{
    auto page = register_account();
    page.field("email")->value = "ada@example";
    page.fail("email", "error.email_invalid");
    page.fail("password", {"error.password_too_short", {{"minimum", 15}}});
    return page;
}

ViewModel throttled()
{
    auto page = with_wrong_password();
    page.field("password")->error = {};
    page.fail("", {"error.too_many_attempts", {{"minutes", 1}}});
    return page;
}

ViewModel new_code_sent()
{
    auto page = verify_email();
    page.messages.push_back({MessageKind::success, "verify.resent"});
    return page;
}

ViewModel dead_setup_link(Fault fault, std::string next)
{
    auto page = fault_page(fault, {}, std::move(next));
    page.messages.push_back({MessageKind::info, "setup.new_link"});
    return page;
}

constexpr char const* kRequest = "01938b6e-5e1a-7c3f-9d2b-6a4f0c1e8b57";

std::vector<Fixture> fault_fixtures()
{
    return {
        {"error-internal", fault_page(Fault::internal, kRequest, "/signin")},
        {"error-not-found", fault_page(Fault::not_found, {}, "/")},
        {"error-application", fault_page(Fault::unknown_application, kRequest)},
        {"error-redirect", fault_page(Fault::redirect, kRequest)},
        {"error-link-expired", dead_setup_link(Fault::link_expired, {})},
        {"error-link-used", dead_setup_link(Fault::link_used, "/signin")},
        {"error-journey-expired", fault_page(Fault::journey_expired, {}, "/signin")},
        {"error-journey-elsewhere", fault_page(Fault::journey_elsewhere, {}, "/signin")},
        {"error-cookies", fault_page(Fault::cookies, {}, "/signin")},
        {"error-cross-site", fault_page(Fault::cross_site, kRequest, "/signin")},
        {"error-busy", fault_page(Fault::busy, {}, "/signin")},
        {"error-forbidden", fault_page(Fault::forbidden, kRequest, "/account")},
        {"error-tenant-disabled", fault_page(Fault::tenant_disabled, {})},
        {"error-wrong-host", wrong_host_page("login.example.net", "https://id.example.com", "server.issuer", kRequest)},
    };
}

} // namespace

std::vector<Fixture> page_fixtures()
{
    std::vector<Fixture> fixtures{
        {"sign-in", sign_in()},
        {"sign-in-error", with_wrong_password()},
        {"sign-in-throttled", throttled()},
        {"register", register_account()},
        {"register-errors", register_with_errors()},
        {"verify-email", verify_email()},
        {"verify-email-resent", new_code_sent()},
        {"forgot-password", forgot_password()},
        {"reset-password", reset_password()},
        {"password-set", notice_page("done", "recover.done_title", "recover.done_lead",
                                     {.label = "action.sign_in", .href = "/signin", .style = ChoiceStyle::primary})},
        {"consent", consent()},
        {"choose-account", choose_account()},
        {"sign-out", confirm_sign_out()},
        {"signed-out", notice_page("signed_out", "signout.done_title", "signout.done_lead",
                                   {.label = "action.sign_in", .href = "/signin", .style = ChoiceStyle::secondary})},
        {"start", start_page("Acme", true)},
        {"setup", setup()},
        {"setup-done", notice_page("setup_done", "setup.done_title", "setup.done_lead",
                                   {.label = "action.sign_in", .href = "/account", .style = ChoiceStyle::primary})},
        {"account-profile", profile()},
        {"account-security", security()},
        {"account-security-empty", security_empty()},
        {"account-authenticator-new", new_authenticator(false)},
        {"account-authenticator-wrong", new_authenticator(true)},
        {"account-authenticator", one_authenticator()},
        {"account-recovery-codes", new_recovery_codes()},
        {"account-email-code", confirm_new_email()},
        {"account-sessions", sessions()},
        {"account-applications", applications(false)},
        {"account-applications-empty", applications(true)},
        {"mailbox", mailbox(false)},
        {"mailbox-empty", mailbox(true)},
        {"mail", MailPage{.from = "Acme <no-reply@acme.example>",
                          .to = "ada@example.com",
                          .subject = "Your code for Acme",
                          .date = "2026-11-23T16:00:00Z",
                          .text = "Confirm your email address\n\n    482913\n",
                          .html_address = "/dev/mail/2/html",
                          .list_address = "/dev/mail"}},
    };
    auto steps = step_fixtures();
    std::ranges::move(steps, std::back_inserter(fixtures));
    auto faults = fault_fixtures();
    std::ranges::move(faults, std::back_inserter(fixtures));
    return fixtures;
}

PageContext fixture_context(Locale const& locale)
{
    return {.locale = &locale,
            .theme = {.name = "Acme"},
            .form_action = "/signin",
            .hidden = {{"journey", "q1w2e3r4"}, {"csrf", "t5z6u7i8"}},
            .language_link = "/signin",
            .development = true};
}

std::string render(Pages const& pages, Fixture const& fixture, PageContext const& context)
{
    return std::visit([&](auto const& page) { return pages.render(page, context); }, fixture.page);
}

} // namespace gatehouse::view
