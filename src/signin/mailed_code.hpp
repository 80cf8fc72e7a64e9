// A code, or a code and a link, sent to the person behind an identifier; and what its bearer has shown: that they read
// the mailbox. For nobody the same is done to no effect.
#pragma once

#include "signin/steps.hpp"

namespace gatehouse::signin {

struct MailedCode {
    std::string_view purpose; // "recovery", "sign_in": a code serves no other
    messages::Kind mail;
    events::EventType const* requested; // what the log says
    std::string_view link = {};         // a path that the mail leads to; "": none
    bool with_link = false;             // beside the code stands a link that signs in (magic_link.hpp)
};

// Looks the person up and sends the code. A person who is known is named by any of their identifiers.
Result<credentials::ChallengeId> send_code(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                                           Typed const& typed, MailedCode const& kind);

// The same once more in place of the code of `facts.challenge`, which no longer works.
Result<journey::Outcome> resend_code(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                                     Typed const& typed, MailedCode const& kind);
// Takes the slots of a mail to who was typed.
Result<risk::Reservation> reserve_mail(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                                       Typed const& typed);
// To whom a code goes, filled in with what is known.
view::Field identifier_field(journey::Turn const& turn, http::Fields const& entered);

// Whose primary address the code of `facts.challenge` went to, and still is. Errors at "code", after an event, with
// writes kept: "code_wrong", "code_used_up", "code_expired".
struct Entered {
    std::string code;
    std::string link = {}; // instead of the code: what the link carries (link_token.hpp)
};
struct MailboxReader {
    identity::UserState user;
    std::string email;
};
Result<MailboxReader> redeem_code(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                                  Entered const& entered, MailedCode const& kind);

// The throttle's target for what was typed.
Result<risk::Target> target_of(Services const& services, storage::Tx& tx, TenantId tenant, Typed const& typed);

// The page that asks for the code of a mail which went to `facts.identifier`: enter it, ask for another one, or go back
// to say where it goes.
class MailedCodeStep : public journey::StepHandler {
public:
    explicit MailedCodeStep(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx& tx, journey::Turn const& turn,
                                 http::Fields const& entered) const override;
    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx& tx, journey::Turn const& turn,
                                                   http::Fields const& input) const override;
    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const& work,
                                      journey::Computed const& computed) const override;

protected:
    // The locale key of the sentence that says where the code went; arguments: email, minutes.
    virtual std::string_view lead() const = 0;
    // Whether the link of the mail will do in place of its code.
    virtual bool takes_links() const { return false; }
    // What an attempt at the code is counted by.
    virtual Result<std::vector<risk::Slot>> slots(storage::Tx& tx, journey::Turn const& turn, Typed const& typed) const;
    virtual Result<journey::Outcome> resend(storage::Tx& tx, journey::Turn const& turn, Typed const& typed) const = 0;
    // "Call me instead", of a page that offers it.
    virtual Result<journey::Outcome> call(storage::Tx& tx, journey::Turn const& turn, Typed const& typed) const
    {
        return resend(tx, turn, typed);
    }
    // What the right code proves. Errors: those of a wrong one, recorded.
    virtual Result<journey::Outcome> believe(storage::Tx& tx, journey::Turn const& turn,
                                             Entered const& entered) const = 0;

    Services const& services_;
};

} // namespace gatehouse::signin
