#include "view/fixture_parts.hpp"

#include "view/standard_pages.hpp"

namespace gatehouse::view {
namespace {

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

ViewModel register_by_phone()
{
    auto page = register_account();
    *page.field("email") = {.name = "phone",
                            .kind = FieldKind::phone,
                            .label = "field.phone",
                            .hint = "field.phone_hint",
                            .required = true,
                            .autocomplete = "tel",
                            .max_length = 40};
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
        {"register-phone", register_by_phone()},
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
    for (auto more : {account_fixtures(), data_fixtures(), step_fixtures(), fault_fixtures()})
        std::ranges::move(more, std::back_inserter(fixtures));
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
