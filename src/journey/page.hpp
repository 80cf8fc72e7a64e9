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
};

http::Response page(view::Pages const& pages, Context const& context, http::Request const& request,
                    view::ViewModel const& model, PageOptions const& options);
http::Response page(view::Pages const& pages, Context const& context, http::Request const& request,
                    view::Portal const& portal, PageOptions const& options);
// The language that `page` would take.
view::Locale const& locale_of(view::Pages const& pages, Context const& context, http::Request const& request,
                              PageOptions const& options);

} // namespace gatehouse::journey
