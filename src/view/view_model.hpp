// What a step shows, as a value without any markup: the one contract between those who decide (journey, signin,
// account) and those who show (hosted pages, native apps through JSON).
//
// Whoever makes a ViewModel says *what* is on the page, never how it looks:
//
//   ViewModel page{.step = "password", .title = "signin.title"};
//   page.application = {.name = client.name};
//   page.fields.push_back({.name = "identifier", .kind = FieldKind::email, .label = "field.email", .required = true,
//                          .autocomplete = "username", .value = form.identifier});
//   page.fields.push_back({.name = "password", .kind = FieldKind::password, .label = "field.password",
//                          .required = true, .autocomplete = "current-password"});
//   page.choices.push_back({.label = "action.sign_in", .style = ChoiceStyle::primary});
//   page.links.push_back({.label = "signin.forgot_password", .href = "/recover"});
//   page.fail("password", Text::of(error));          // beside the field, and the focus goes there
//
// A page is one form. What a browser or app sends back: each field's name and value, the chosen choice's name and
// value, and the hidden fields of the page (journey handle, csrf) that PageContext carries.
#pragma once

#include "view/locale.hpp"

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace gatehouse::view {

enum class MessageKind : std::uint8_t { error, info, success };

// A sentence about the whole page. What concerns one field stands in Field::error instead.
struct Message {
    MessageKind kind = MessageKind::info;
    Text text;
};

enum class FieldKind : std::uint8_t {
    text,
    email,
    username, // text without capitals or corrections
    password, // with a button that shows it; `autocomplete` tells current-password from new-password
    code,     // digits from a mail: numeric keyboard, one-time-code
    hidden,   // a value that this step needs back
    checkbox, // sends `value` (or "on") when ticked
    select,   // one of `options`
    choices,  // any of `options`, each sent under the field's name
    number,
    date,      // "2001-12-24"
    phone,
    url,
    long_text, // several lines
};

struct Option {
    std::string value;
    Text label;
};

enum class ChoiceStyle : std::uint8_t { primary, secondary, link, danger };

// Navigation by GET.
struct Link {
    Text label;
    std::string href; // relative to the tenant's base path when it begins with "/"; else http(s)
    Text lead = {};   // words before it: "New here?"
    ChoiceStyle style = ChoiceStyle::link;
};

struct Field {
    std::string name;
    FieldKind kind = FieldKind::text;
    Text label;
    Text hint;            // stands below the field: what is expected
    Link link = {};       // to what it speaks of; opens beside the page, so that nothing entered is lost
    std::string value;    // prefilled; never filled in again for passwords and codes
    bool checked = false; // checkbox
    bool required = false;
    bool read_only = false;   // shown, sent, not changed (the address in a password reset, for password managers)
    bool autofocus = false;   // at most one; a page with an error focuses its first faulty field instead
    std::string autocomplete; // HTML autofill token: "username", "current-password", "new-password",
                              // "one-time-code", "email", "name", "off"
    int min_length = 0;       // in characters; 0: none. Only a hint: the server decides
    int max_length = 0;
    std::string minimum = {}; // number, date; hints like the lengths
    std::string maximum = {};
    std::string step = {};                 // number: "1", "any"
    std::vector<Option> options = {};      // select, choices
    std::vector<std::string> values = {};  // choices: the ticked ones
    Text error = {};                  // what is wrong and what to do
};

// A button that submits the form. With a name, its value tells which one was pressed.
struct Choice {
    std::string name;  // "" for the one that means "go on"; usually "action"
    std::string value; // "resend", "deny", a session's id
    Text label;
    ChoiceStyle style = ChoiceStyle::primary;
    bool skips_checks = false; // the browser does not ask for required fields (resend, cancel, deny)
    bool downloads = false;    // the answer is a file: the page stays, and the button may be pressed again
};

// One row of a list: an account to choose, a permission that is asked for, a session, an application, a mail.
struct Item {
    Text title;
    std::vector<Text> details = {}; // one line each
    Text badge = {};                // "This device"
    std::string icon = {};          // "person" and "application" (initials of the title), "profile", "device", "check",
                                    // "mail", "code", "add", or none
    std::string href = {};          // the whole row is a link
    std::vector<Choice> choices = {}; // buttons of the row; with `whole_row` the first one is the row itself
    bool whole_row = false;
    std::string anchor = {}; // the row's id, for links to it ("#name"); letters, digits and underscores
};

struct ApplicationFace {
    std::string name;
    std::string logo; // https or same-site path; anything else is not shown
};

// A text for the camera of a phone, shown as a QR code (ISO/IEC 18004).
struct QrCode {
    std::string content; // empty: none
    Text description;    // for those who do not see it
};

// Texts to write down or copy, in a face that tells letters apart: a secret key, recovery codes.
struct Keepsake {
    Text label;
    std::vector<std::string> lines; // none: nothing is shown
};

// A passkey that the browser is asked for, by the page's script. Its answer (the credential's JSON) is sent as the
// field "passkey", with the other fields of the form. Where scripts or passkeys are missing, nothing of it is shown.
enum class PasskeyCeremony : std::uint8_t {
    get,
    create,
    signal, // nothing is asked: the browser hears which passkeys are still good, and hides the others
};
struct PasskeyPrompt {
    // PublicKeyCredentialRequestOptionsJSON, PublicKeyCredentialCreationOptionsJSON, AllAcceptedCredentialsOptions;
    // empty: no prompt.
    boost::json::object options = {};
    PasskeyCeremony ceremony = PasskeyCeremony::get;
    bool unasked = false;   // "create" is tried at once where the browser needs nobody for it (conditional creation)
    bool autofills = false; // also offered among the entries of the field whose autocomplete ends in "webauthn"
    Text label = {};        // of the button
    ChoiceStyle style = ChoiceStyle::secondary; // primary stands above the other buttons
    Text without = {};                          // said where there is no script
};

struct ViewModel {
    std::string step; // stable name: "password", "register", "verify_email", "consent" ...; a CSS hook too
    Text title;
    Text lead = {}; // one or two sentences under the title
    std::vector<Text> paragraphs = {}; // a text to read
    std::vector<Message> messages = {};
    ApplicationFace application = {}; // for whom the person signs in; empty name: none
    std::string account = {};         // the identifier under way, shown as a chip ("ada@example.com")
    Text account_change = {};         // "Not you?": a submit button beside the chip sends action=change_account
    QrCode qr_code = {};
    Keepsake keepsake = {};
    std::vector<Field> fields = {};
    PasskeyPrompt passkey = {}; // apps find its options in "extra", as "passkey"
    Text items_title = {};
    std::vector<Item> items = {};
    Text items_empty = {}; // said when there are none
    std::vector<Choice> choices = {};
    std::vector<Link> links = {};
    Text note = {};                 // a quiet sentence under the buttons
    std::string reference = {};     // error pages: the request id, shown with "quote this number"
    std::string waiting = {};       // below the base path: where the script hears that the form can be sent
    bool push_app = false;          // the page of a device that approves sign-ins (web/pages/assets/push.js)
    std::string action = {};        // where the form goes: a path below the tenant's base path; "": PageContext decides
    boost::json::object extra = {}; // for native apps only; pages do not show it

    Field* field(std::string_view name); // or null
    // Puts the error beside the named field, or above the form when there is no such field (or name is "").
    void fail(std::string_view field, Text error);
    bool has_errors() const;
};

// The JSON face: {"step", "title": {"id", "arguments", "text"}, "messages", "fields", "items", "choices", ...}. Stable
// ids for apps with words of their own, and `text` in the given language for the others. Absent things are left out.
boost::json::object to_json(ViewModel const& model, Locale const& locale);

std::string_view to_string(MessageKind kind);
std::string_view to_string(FieldKind kind);
std::string_view to_string(ChoiceStyle style);
std::string_view to_string(PasskeyCeremony ceremony);

} // namespace gatehouse::view
