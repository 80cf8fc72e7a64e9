// One example of every page that Gatehouse shows: for previews of themes, checks of templates, tests and screenshots.
#pragma once

#include "view/pages.hpp"

namespace gatehouse::view {

struct Fixture {
    std::string name; // of the screenshot: "sign-in", "sign-in-error"
    std::variant<ViewModel, Portal, MailPage> page;
};
std::vector<Fixture> page_fixtures();
// As a development server would show it.
PageContext fixture_context(Locale const& locale);
std::string render(Pages const& pages, Fixture const& fixture, PageContext const& context);

} // namespace gatehouse::view
