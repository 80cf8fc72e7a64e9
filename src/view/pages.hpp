// view: from values to HTML. Templates (web/pages/templates) that escape by context, one stylesheet, small scripts,
// and the languages. Everything is embedded in the binary.
//
// In:  a ViewModel (what is shown) and a PageContext (for whom, in which language, where the form goes).
// Out: HTML that works without script and without anything from another site. To be sent with http::add_page_headers,
// and as form targets the origin of the redirect URI that a submission may end at.
// Knows nothing of identity. All of it may be used by many threads at once.
//
//   auto pages = *view::Pages::create({});                              // once, at start
//   auto html = pages->render(model, {.locale = &locale, .theme = theme, .base_path = context.base_path,
//                                     .form_action = "/signin", .hidden = {{"journey", handle}, {"csrf", token}}});
#pragma once

#include "view/locale.hpp"
#include "view/theme.hpp"
#include "view/view_model.hpp"

#include <boost/json/object.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::view {

class Templates;

// Whose page it is, and how it looks.
struct PageTheme {
    std::string name;                 // the tenant's, beside or instead of the logo
    std::shared_ptr<Look const> look; // null: the built-in one
    std::string stylesheet;           // address of the look's properties below base_path; "": the built-in ones do
};

struct PageContext {
    Locale const* locale = nullptr; // required
    PageTheme theme;
    std::string base_path;   // in front of the page's links and form actions: "" or "/t/acme"
    std::string form_action; // path below base_path; ViewModel::action wins
    std::vector<std::pair<std::string, std::string>> hidden; // of every form on the page: journey handle, csrf
    std::string language_link; // GET address of this same page to which "ui_locales=de" is added; "": no switch
    Templates const* templates = nullptr; // a tenant's own (Pages::with_templates); null: the built-in ones
    bool development = false;             // a quiet mark that this is not production, with a link to the mailbox
};

// The account portal: a navigation, and several forms on one page.
// The picture that somebody shows of themselves: paths below the base path; empty: initials stand in its place.
struct Picture {
    std::string small = {};
    std::string large = {};
    bool editable = false; // with the forms to change and remove it, POST to /account/picture and .../remove
    Text error = {};       // why the one that was chosen is not taken
};
struct Portal {
    std::string active;                      // "profile", "security", "sessions", "applications"
    std::string account_name;                // who is signed in
    std::string account_detail;              // their address
    std::string sign_out = "/oauth2/logout"; // where the sign-out button leads
    Text title;
    std::vector<Message> messages = {};
    Picture picture = {};
    std::vector<ViewModel> panels = {}; // each its own form
};

// A captured mail of the development mailbox.
struct MailPage {
    std::string from, to, subject, date;
    std::string text;
    std::string html_address; // shown in a sandboxed frame; "": none
    std::string list_address;
};

class Pages {
public:
    struct Options {
        std::optional<std::string> folder; // development: read web/pages from here instead of the binary
        // Gives the address of a static file, usually http::Assets::url; none: "/assets/<name>".
        std::function<std::string(std::string_view name)> asset_url;
        bool strict = false; // tests: a marker without a value throws std::logic_error
    };
    // Errors: "invalid_template" and "invalid_locale", with the file and line in detail.
    static Result<std::unique_ptr<Pages>> create(Options options);
    virtual ~Pages() = default;

    virtual std::string render(ViewModel const& model, PageContext const& context) const = 0;
    virtual std::string render(Portal const& portal, PageContext const& context) const = 0;
    virtual std::string render(MailPage const& mail, PageContext const& context) const = 0;
    // Any template by name ("mail/verify_email.html"), with a JSON model: members are values, true shows a section,
    // an object opens one, an array repeats it.
    virtual Result<std::string> render_template(std::string_view name, boost::json::object const& model,
                                                Locale const& locale, Templates const* templates = nullptr) const = 0;

    // The built-in source of a template, to begin from; null when there is none of that name.
    virtual std::string const* source_of(std::string_view name) const = 0;
    // The built-in templates with these in place of theirs, after every example of a page and mail was rendered with
    // them (view/template_check.hpp says what they may contain). Error: "invalid_template", with the place: the pointer
    // "{pointer}/{name}" and, where one line is at fault, the argument "line".
    virtual Result<std::shared_ptr<Templates const>> with_templates(std::map<std::string, std::string> const& own,
                                                                    std::string const& pointer) const = 0;

    virtual Locales const& locales() const = 0;
    virtual Looks const& looks() const = 0;
};

} // namespace gatehouse::view
