// The words of a mail: subject, plain text and HTML, from the locale's texts and the templates mail/message.*.
#pragma once

#include "messages/outbox.hpp"
#include "view/pages.hpp"

namespace gatehouse::messages {

struct Content {
    std::string subject;
    std::string text;
    std::string html;
};

// Refuses what could not be delivered as meant: "invalid_address" (to), "invalid_message" (a control character in a
// name or argument, a link that is not http or https).
Result<void> check_message(Outgoing const& message);

// Errors: "invalid_template".
Result<Content> compose(view::Pages const& pages, Outgoing const& message);

} // namespace gatehouse::messages
