#include "view/mail_model.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace gatehouse::view {

namespace {

namespace json = boost::json;

// Mail programs fetch from afar: a path of this site needs its origin, and only https is shown.
std::string image_address(std::string const& logo, std::string_view origin)
{
    auto address = logo.starts_with('/') && !origin.empty() ? std::string(origin) + logo : logo;
    return address.starts_with("https://") ? address : std::string();
}

void add_colours(json::object& out, Palette const& palette, std::string_view prefix)
{
    std::pair<std::string_view, std::string const&> const colours[] = {
        {"accent", palette.accent},    {"on_accent", palette.on_accent},
        {"accent_text", palette.link}, {"background", palette.background},
        {"surface", palette.surface},  {"raised", palette.raised},
        {"text", palette.text},        {"soft", palette.soft},
        {"line", palette.line}};
    for (auto const& [name, colour] : colours)
        out[fmt::format("{}{}", prefix, name)] = colour;
}

} // namespace

json::object mail_json(MailWords const& words, Look const& look, std::string_view origin, Locale const& locale)
{
    auto const logo = image_address(look.logo, origin);
    auto const dark_logo = image_address(look.dark_logo, origin);
    json::object out{{"lang", locale.tag()},
                     {"dir", locale.direction()},
                     {"subject", words.subject},
                     // What a list of mails shows beside the subject: the code at once, where there is one.
                     {"preview", words.code.empty() ? words.intro : words.code + " · " + words.intro},
                     {"sender_name", words.sender},
                     {"heading", words.heading},
                     {"intro", words.intro},
                     {"code", words.code},
                     {"link", words.link},
                     {"button", words.link.empty() ? std::string() : words.button},
                     {"outro", words.outro},
                     {"footer", words.footer},
                     {"logo", logo},
                     {"dark_logo", dark_logo == logo ? std::string() : dark_logo},
                     {"font", look.font},
                     {"radius", look.radius},
                     {"card_radius", look.radius * 8 / 5}};
    add_colours(out, look.light, "");
    add_colours(out, look.dark, "dark_");
    return out;
}

std::vector<MailFixture> mail_fixtures()
{
    MailWords const code{.sender = "Acme",
                         .subject = "Your code for Acme",
                         .heading = "Confirm your email address",
                         .intro = "Enter this code where you were asked for it.",
                         .code = "482913",
                         .link = "",
                         .button = "",
                         .outro = "The code is good for 15 minutes. If you did not ask for it, ignore this mail.",
                         .footer = "Sent by Acme."};
    auto link = code;
    link.code = "";
    link.subject = link.heading = "Set a new password";
    link.intro = "Follow the link to choose one.";
    link.link = "https://id.example.com/recover?token=q1w2e3r4";
    link.button = "Set new password";
    auto both = link;
    both.code = "482913";
    auto notice = code;
    notice.code = "";
    notice.subject = notice.heading = "Your password was changed";
    return {{"mail-code", code}, {"mail-link", link}, {"mail-code-and-link", both}, {"mail-notice", notice}};
}

} // namespace gatehouse::view
