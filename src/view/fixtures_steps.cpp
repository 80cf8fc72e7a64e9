// Examples of the steps of a sign-in after its first page.
#include "view/fixture_parts.hpp"

namespace gatehouse::view {
namespace {

constexpr char const* kAda = "ada@example.com";
constexpr char const* kSecret = "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ";

Field app_code()
{
    return {.name = "code",
            .kind = FieldKind::code,
            .label = "field.authenticator_code",
            .hint = "field.app_code_hint",
            .required = true,
            .autofocus = true,
            .autocomplete = "one-time-code",
            .max_length = 16};
}
Field trust()
{
    return {.name = "trust_device", .kind = FieldKind::checkbox, .label = {"factor.trust_device", {{"days", 30}}}};
}
Choice use(char const* method)
{
    return {.name = "use",
            .value = method,
            .label = Text(std::string("factor.use.") + method),
            .style = ChoiceStyle::link,
            .skips_checks = true};
}
ViewModel email_send()
{
    ViewModel page{.step = "email_send", .title = "emaillink.title", .lead = "emaillink.lead"};
    page.fields.push_back({.name = "identifier",
                           .kind = FieldKind::username,
                           .label = "field.identifier",
                           .value = kAda,
                           .required = true,
                           .autofocus = true,
                           .autocomplete = "username",
                           .max_length = 320});
    page.choices = {{.label = "action.send_mail"}, use("password"), use("passkey")};
    return page;
}

ViewModel email_code()
{
    ViewModel page{.step = "email_code",
                   .title = "verify.title",
                   .lead = {"factor.link_lead", {{"email", kAda}, {"minutes", 10}}}};
    auto code = app_code();
    code.label = "field.code";
    code.hint = "field.code_hint";
    page.fields.push_back(code);
    page.choices = {{.label = "action.verify"},
                    action("resend", "action.resend_mail", ChoiceStyle::secondary),
                    action("change", "action.change_email", ChoiceStyle::link),
                    use("password")};
    return page;
}

ViewModel totp(bool wrong)
{
    ViewModel page{.step = "totp", .title = "factor.title", .lead = "factor.totp_lead"};
    page.application = {.name = "Acme Shop"};
    page.account = kAda;
    page.fields = {app_code(), trust()};
    page.choices = {{.label = "action.verify"}, use("passkey"), use("recovery_code")};
    if (wrong)
        page.fail("code", "error.authenticator_code_wrong");
    return page;
}

ViewModel recovery_code()
{
    ViewModel page{.step = "recovery_code", .title = "factor.title", .lead = "factor.recovery_lead"};
    page.account = kAda;
    page.fields = {{.name = "code",
                    .kind = FieldKind::username,
                    .label = "field.recovery_code",
                    .required = true,
                    .autofocus = true,
                    .autocomplete = "off",
                    .max_length = 32},
                   trust()};
    page.choices = {{.label = "action.verify"}, use("totp")};
    return page;
}

ViewModel enrol_totp()
{
    ViewModel page{.step = "enrol_totp", .title = "factor.enrol_title", .lead = "factor.enrol_lead"};
    page.account = kAda;
    page.qr_code = {.content = "otpauth://totp/Acme:ada%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer="
                               "Acme&algorithm=SHA1&digits=6&period=30",
                    .description = "portal.authenticator_qr_code"};
    page.keepsake = {.label = "portal.authenticator_key", .lines = {kSecret}};
    page.fields.push_back(app_code());
    page.choices = {{.label = "action.verify"}};
    return page;
}

Choice set_up(std::string const& method)
{
    return {.name = "use",
            .value = method,
            .label = Text("factor.set_up." + method),
            .style = ChoiceStyle::link,
            .skips_checks = true};
}

ViewModel text_link()
{
    ViewModel page{.step = "text_code",
                   .title = "textcode.enter_title",
                   .lead = {"factor.textlink_lead", {{"phone", "+49 ... 789"}, {"minutes", 10}}}};
    page.fields.push_back({.name = "code",
                           .kind = FieldKind::code,
                           .label = "field.code",
                           .hint = "field.code_hint",
                           .required = true,
                           .autofocus = true,
                           .autocomplete = "one-time-code",
                           .max_length = 16});
    page.choices = {{.label = "action.verify"},
                    action("resend", "action.resend_text", ChoiceStyle::secondary),
                    action("call", "action.call_me", ChoiceStyle::secondary),
                    use("totp")};
    return page;
}

ViewModel recover_text()
{
    ViewModel page{.step = "recover_text", .title = "recover.title", .lead = "recover.text_lead"};
    page.fields.push_back({.name = "identifier",
                           .kind = FieldKind::username,
                           .label = "field.identifier_or_phone",
                           .required = true,
                           .autofocus = true,
                           .autocomplete = "username",
                           .max_length = 320});
    page.choices = {{.label = "action.send_text"},
                    action("call", "action.call_me", ChoiceStyle::secondary),
                    use("email_code"),
                    use("recovery_code")};
    page.links.push_back({.label = "action.back_to_sign_in", .href = "/signin"});
    return page;
}

ViewModel enrol_passkey()
{
    ViewModel page{.step = "enrol_passkey", .title = "factor.enrol_title", .lead = "factor.enrol_passkey_lead"};
    page.account = kAda;
    page.passkey = {.options = {{"challenge", "dGVzdA"}},
                    .ceremony = PasskeyCeremony::create,
                    .label = "portal.passkey_create",
                    .style = ChoiceStyle::primary,
                    .without = "passkey.needs_script"};
    page.choices = {set_up("totp"), set_up("sms_code")};
    return page;
}

ViewModel enrol_phone()
{
    ViewModel page{.step = "enrol_phone", .title = "factor.enrol_title", .lead = "factor.enrol_phone_lead"};
    page.account = kAda;
    page.fields.push_back({.name = "phone",
                           .kind = FieldKind::phone,
                           .label = "field.phone",
                           .hint = "field.phone_hint",
                           .required = true,
                           .autofocus = true,
                           .autocomplete = "tel",
                           .max_length = 40});
    page.choices = {{.label = "action.send_text"}, set_up("totp"), set_up("passkey")};
    return page;
}

ViewModel keep_recovery_codes()
{
    ViewModel page{
        .step = "keep_recovery_codes", .title = "portal.recovery_codes_yours", .lead = "factor.recovery_codes_keep"};
    page.account = kAda;
    page.keepsake = {.label = "portal.recovery_codes_once",
                     .lines = {"k7qf2-9xw4m", "h3n8p-2vcd6", "w5jrt-8qk2z", "b9mx4-7hfs3", "t2gvn-6ypc8", "d4kw7-3zrq5",
                               "n8fh2-5tmx9", "q6ycb-4jwg7", "z3pv9-8ndk2", "r7xt5-2hbm4"}};
    page.choices = {{.label = "portal.recovery_codes_kept"},
                    {.name = "action",
                     .value = "download",
                     .label = "action.download",
                     .style = ChoiceStyle::secondary,
                     .downloads = true}};
    return page;
}

ViewModel few_recovery_codes()
{
    ViewModel page{.step = "few_recovery_codes",
                   .title = {"portal.recovery_codes_left", {{"left", 2}}},
                   .lead = "factor.recovery_codes_few"};
    page.account = kAda;
    page.choices = {action("renew", "portal.recovery_codes_renew", ChoiceStyle::primary),
                    {.label = "action.later", .style = ChoiceStyle::link}};
    return page;
}

ViewModel too_weak()
{
    ViewModel page{.step = "too_weak", .title = "factor.too_weak_title", .lead = "factor.too_weak_lead"};
    page.application = {.name = "Acme Shop"};
    page.account = kAda;
    page.choices = {{.label = "action.cancel", .style = ChoiceStyle::secondary}};
    page.links.push_back({.label = "factor.to_account", .href = "/account/security"});
    return page;
}

ViewModel passkey()
{
    ViewModel page{.step = "passkey", .title = "passkey.title", .lead = "passkey.lead"};
    page.account = kAda;
    page.passkey = {.options = {{"challenge", "dGVzdA"}, {"rpId", "id.example.com"}},
                    .label = "passkey.use",
                    .style = ChoiceStyle::primary,
                    .without = "passkey.needs_script"};
    page.fields.push_back(trust());
    page.choices = {use("totp"), use("recovery_code")};
    return page;
}

ViewModel link_confirm()
{
    ViewModel page{
        .step = "link_confirm", .title = "signin.title", .lead = {"link.confirm_lead", {{"tenant", "Acme"}}}};
    page.application = {.name = "Acme Shop"};
    page.account = kAda;
    page.choices = {{.label = "action.sign_in"}};
    return page;
}

ViewModel link_elsewhere()
{
    ViewModel page{.step = "link_elsewhere", .title = "link.elsewhere_title", .lead = "link.elsewhere_lead"};
    page.keepsake = {.label = "field.code", .lines = {"482 913"}};
    page.items_title = "link.asked_from";
    page.items.push_back({.title = Text::plain("Firefox · Linux"),
                          .details = {{"portal.session_from", {{"address", "203.0.113.7"}}}},
                          .icon = "device"});
    page.note = "link.not_you";
    return page;
}

} // namespace

std::vector<Fixture> step_fixtures()
{
    return {{"step-email-send", email_send()},
            {"step-email-code", email_code()},
            {"step-totp", totp(false)},
            {"step-totp-wrong", totp(true)},
            {"step-recovery-code", recovery_code()},
            {"step-enrol-totp", enrol_totp()},
            {"step-text-link", text_link()},
            {"step-recover-text", recover_text()},
            {"step-enrol-passkey", enrol_passkey()},
            {"step-enrol-phone", enrol_phone()},
            {"step-keep-recovery-codes", keep_recovery_codes()},
            {"step-few-recovery-codes", few_recovery_codes()},
            {"step-too-weak", too_weak()},
            {"step-passkey", passkey()},
            {"step-link-confirm", link_confirm()},
            {"step-link-elsewhere", link_elsewhere()}};
}

} // namespace gatehouse::view
