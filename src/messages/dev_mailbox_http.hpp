// /dev/mail: the captured mail as pages and as JSON. app/ adds these addresses in development mode only, outside of
// any tenant.
//   GET /dev/mail.json            every mail, newest first
//   GET /dev/mail                 the list
//   GET /dev/mail/{number}        one mail
//   GET /dev/mail/{number}/html   its HTML part alone, for the frame of that page
#pragma once

#include "http/message.hpp"
#include "messages/dev_mailbox.hpp"
#include "view/pages.hpp"

namespace gatehouse::messages {

// Answers the addresses above; nullopt for any other path or method, and for a mail that is not there.
std::optional<http::Response> serve_dev_mailbox(DevMailbox const& mailbox, view::Pages const& pages,
                                                http::Request const& request, TimePoint now);

} // namespace gatehouse::messages
