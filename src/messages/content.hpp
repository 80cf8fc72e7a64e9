// The words of a message: of a mail subject, plain text and HTML, from the locale's texts "mail.*" and the templates
// mail/message.*; of a text or call one text, from "sms.*" and "voice.*".
#pragma once

#include "messages/outbox.hpp"
#include "view/pages.hpp"

namespace gatehouse::messages {

// Word of what happened to an account, which its owner must hear; no code or link that somebody asked for.
bool is_notice(Kind kind);

struct Content {
    std::string subject;
    std::string text;
    std::string html;
};

// Refuses what could not be delivered as meant: "invalid_address" (to), "invalid_message" (a control character in a
// name or argument, a link that is not http or https).
Result<void> check_message(Outgoing const& message);

// How a tenant's mails look when they are sent.
struct Dress {
    std::shared_ptr<view::Look const> look;           // null: the built-in one
    std::string origin;                               // "https://id.example.com", in front of a logo's path; "": none
    std::shared_ptr<view::Templates const> templates; // null: the built-in ones
    std::shared_ptr<view::Locale const> words = {};   // of the tenant (wordings.hpp); null: the built-in ones
};

// Errors: "invalid_template".
Result<Content> compose(view::Pages const& pages, Outgoing const& message, Dress const& dress = {});

// What a text says. One with a code ends in the line by which a phone fills it in on our pages only: "@host #123456"
// (the WICG's origin-bound one-time codes).
std::string compose_text(view::Pages const& pages, Outgoing const& message, view::Locale const* words = nullptr);
// What a call says: its words with the code digit by digit, twice, and the language it is said in.
struct Spoken {
    std::string text;
    std::string language; // "de-DE": speech services name a region too
};
Spoken compose_call(view::Pages const& pages, Outgoing const& message, view::Locale const* words = nullptr);

} // namespace gatehouse::messages
