// What the templates of mails (mail/message.html, mail/message.txt) are expanded with.
#pragma once

#include "view/locale.hpp"
#include "view/theme.hpp"

#include <boost/json/object.hpp>
#include <string>
#include <vector>

namespace gatehouse::view {

struct MailWords {
    std::string sender; // the tenant's name
    std::string subject, heading, intro;
    std::string code;         // "" none
    std::string link, button; // "" none
    std::string outro, footer;
};

// `origin` stands before the path of a logo of this site ("https://id.example.com"); without one, no such logo is
// shown.
boost::json::object mail_json(MailWords const& words, Look const& look, std::string_view origin, Locale const& locale);

// One of each sort of mail, with made-up words.
struct MailFixture {
    std::string name;
    MailWords words;
};
std::vector<MailFixture> mail_fixtures();

} // namespace gatehouse::view
