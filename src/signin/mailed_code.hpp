// A code that is sent to the person behind an identifier, and what its bearer has shown: that they read the mailbox.
// For nobody the same is done to no effect.
#pragma once

#include "signin/steps.hpp"

namespace gatehouse::signin {

struct MailedCode {
    std::string_view purpose; // "recovery", "sign_in": a code serves no other
    messages::Kind mail;
    events::EventType const* requested; // what the log says
    std::string_view link = {};         // a path that the mail leads to; "": none
};

// Looks the person up and sends the code. A person who is known is named by any of their identifiers.
Result<credentials::ChallengeId> send_code(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                                           Typed const& typed, MailedCode const& kind);

// The same once more in place of the code of `facts.challenge`, which no longer works.
Result<journey::Outcome> resend_code(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                                     Typed const& typed, MailedCode const& kind);
// Takes the slots of a mail to who was typed.
Result<void> reserve_mail(Services const& services, storage::Tx& tx, journey::Turn const& turn, Typed const& typed);
// To whom a code goes, filled in with what is known.
view::Field identifier_field(journey::Journey const& journey, http::Fields const& entered);

// Whose primary address the code of `facts.challenge` went to, and still is. Errors at "code", after an event, with
// writes kept: "code_wrong", "code_used_up", "code_expired".
struct MailboxReader {
    identity::UserState user;
    std::string email;
};
Result<MailboxReader> redeem_code(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                                  std::string_view code, MailedCode const& kind);

// The primary address of a person; "" without a verified one.
Result<std::string> current_email(Services const& services, storage::Tx& tx, TenantId tenant, UserId user);

// The throttle's target for what was typed.
Result<risk::Target> target_of(Services const& services, storage::Tx& tx, TenantId tenant, Typed const& typed);

} // namespace gatehouse::signin
