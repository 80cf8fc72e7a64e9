// How the portal's endpoints read a request and answer it.
#pragma once

#include "account/portal.hpp"

namespace gatehouse::account {

// What a page says besides what the database has.
struct Notes {
    std::string panel = {}; // of the error, and of what was entered
    std::optional<Error> error = {};
    http::Fields const* entered = nullptr; // filled in again, except for secrets
    std::string saved = {};                // key of the message that a change worked
};
http::Response portal_page(Services const& services, Context const& context, http::Request const& request,
                           Visitor const& visitor, view::Portal portal, Notes const& notes);
// A page of the portal with this panel alone; `active` is where in its navigation.
http::Response panel_page(Services const& services, Context const& context, http::Request const& request,
                          Visitor const& visitor, view::ViewModel panel, Notes const& notes = {},
                          char const* active = "security");

struct Page {
    Tab tab = Tab::profile;
    std::string challenge = {};
    Notes notes = {};
};
// The page of a tab as the database has it.
Task<Result<http::Response>> render(Services const& services, Context const& context, http::Request const& request,
                                    Visitor const& visitor, Page page);
// A refusal on the page that it belongs to; what is nobody's to put right stays an error.
Task<Result<http::Response>> refused(Services const& services, Context const& context, http::Request const& request,
                                     Visitor const& visitor, Page page, Error error);
// After a change: a GET that may be reloaded. `done` names what is said there; "": nothing.
http::Response back(Context const& context, Tab tab, std::string_view done);
// What a page says of the change that led to it; nothing for words that are not ours.
std::string message_of(std::string_view done);

// The browser holds the session by its new secret from now on.
void set_session(http::Response& response, Context const& context, http::Request const& request,
                 session::Opened opened);

// A journey that leads to `path` ("/account/security?x=y").
Task<Result<http::Response>> sign_in(Services const& services, Context const& context, http::Request const& request,
                                     std::string path);
// Sensitive changes ask who is there (OWASP ASVS 5.0 7.5.1): whether that was answered in the last five minutes, and
// not by the browser's trust.
bool is_recent(Visitor const& visitor, TimePoint now);
// A journey in which the visitor, and nobody else, proves it again; leads to `path`.
Task<Result<http::Response>> confirm_identity(Services const& services, Context const& context,
                                              http::Request const& request, Visitor const& visitor, std::string path);

// The visitor of a form, and what was entered. `answer` is set when the request goes no further.
struct Submission {
    std::optional<Visitor> visitor;
    http::Fields input;
    std::optional<http::Response> answer;
};
// `tab` is shown to who has no session (after signing in), and with a token that is not of this session.
Task<Result<Submission>> check_submission(Services const& services, Context const& context,
                                          http::Request const& request, Tab tab, http::Fields input);
// The same of a form without files.
Task<Result<Submission>> read_submission(Services const& services, Context const& context, http::Request const& request,
                                         Tab tab);

} // namespace gatehouse::account
