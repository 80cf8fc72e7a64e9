// Pages as responses: language, theme, headers and nonce put together, for every room that answers people.
#pragma once

#include "http/message.hpp"
#include "identity/context.hpp"
#include "view/view_model.hpp"

#include <string>
#include <utility>
#include <vector>

namespace gatehouse::view {
class Locale;
class Pages;
struct Portal;
struct PageContext;
} // namespace gatehouse::view

namespace gatehouse::applications {
struct Application;
}

namespace gatehouse::journey {

struct PageOptions {
    int status = 200;
    std::string form_action = {};                                 // below the base path
    std::vector<std::pair<std::string, std::string>> hidden = {}; // of every form
    std::vector<std::string> form_targets = {};                   // origins that a form may end at
    std::string ui_locales = {};
    std::string account_locale = {};
    std::string language_link = {};
    bool development = false;
    applications::Application const* application = nullptr; // whose look the page has; null: the tenant's
};

http::Response page(view::Pages const& pages, Context const& context, http::Request const& request,
                    view::ViewModel const& model, PageOptions const& options);
http::Response page(view::Pages const& pages, Context const& context, http::Request const& request,
                    view::Portal const& portal, PageOptions const& options);
// A file of plain text that a browser saves: what is shown only once.
http::Response download(http::Request const& request, std::string_view name, std::string text);
// The language that `page` would take.
view::Locale const& locale_of(view::Pages const& pages, Context const& context, http::Request const& request,
                              PageOptions const& options);

// Whether an error is something that the person can put right on the page that it is shown on.
bool is_for_the_person(Error const& error);
// The status of a page that is shown again with an error: 422; 429 and 503 where that is what it says.
int page_status(Error const& error);

} // namespace gatehouse::journey
