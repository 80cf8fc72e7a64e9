// Links of sign-in mails and texts. A message carries a link and a code, which redeem the same challenge, once.
//
// Following a link proves nothing yet: programs that look for malware follow the links of a mail before its reader
// does, and an attacker may have asked for the mail. So a GET only shows a page. In the browser that asked, its button
// signs in there. In any other browser nobody is signed in, neither there nor where the link was asked for: the page
// shows the code, to be typed by the person into the page that asked, and says where that was. What a phished person
// could give away is what a code by mail gives away, never more.
#pragma once

#include "signin/mailed_code.hpp"

namespace gatehouse::signin {

inline constexpr std::string_view kSignInPurpose = "sign_in"; // of the challenges

// Whether messages of this journey can carry a link: an app that draws the sign-in itself needs one of its own to be
// opened by (Application::sign_in_link_uri).
bool has_links(Services const& services, journey::Turn const& turn);
// What the link needs to go on with the journey, and says of where it was asked for.
Result<void> add_origin_of_link(Services const& services, journey::Turn const& turn, Typed const& typed,
                                boost::json::object& payload);
// What carries the link: texts are short, and so is what they lead to ("/s/{token}").
enum class LinkIn : std::uint8_t { mail, text };
std::string sign_in_link(Services const& services, journey::Turn const& turn,
                         credentials::IssuedChallenge const& challenge, LinkIn carrier = LinkIn::mail);

// GET and POST /signin/link; GET /s/{token}.
Task<Result<http::Response>> show_link(Services const& services, Context const& context, http::Request const& request);
Task<Result<http::Response>> follow_link(Services const& services, Context const& context,
                                         http::Request const& request);

} // namespace gatehouse::signin
