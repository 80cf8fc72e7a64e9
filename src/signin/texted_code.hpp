// A code, or a code and a link, sent to the phone of the person behind an identifier, by text message or call; and what
// its bearer has shown: that they hold the phone. For nobody the same is done to no effect, and a stranger is never
// told which number an account has, nor that its texts are used up.
#pragma once

#include "signin/mailed_code.hpp"

namespace gatehouse::signin {

inline constexpr std::string_view kTextSignInPurpose = "sign_in_text";
inline constexpr std::string_view kTextRecoveryPurpose = "recovery_text";

struct TextedCode {
    std::string_view purpose; // a code serves no other
    messages::Kind kind;
    events::EventType const* requested;     // what the log says
    bool with_link = false;                 // beside the code stands a link that signs in; calls carry the code alone
    Numbers numbers = Numbers::as_settings; // whether the person may be named by a number
};

// The verified primary number; "" without.
Result<std::string> current_phone(Services const& services, storage::Tx& tx, journey::Turn const& turn, UserId user);
// To whom a text goes: to the person who is known by another factor, else to who has the identifier.
Result<Typed> read_phone_of(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                            std::string_view entered, TextedCode const& text);

// Looks the person up and sends the code, in place of an earlier one of this journey.
Result<journey::Outcome> send_text_and_wait(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                                            Typed const& typed, TextedCode const& text, messages::Channel channel);

// Whose primary number the code of `facts.challenge` went to, and still is. Errors at "code", after an event, with
// writes kept: "code_wrong", "code_used_up", "code_expired".
struct PhoneHolder {
    identity::UserState user;
    std::string phone;
};
Result<PhoneHolder> redeem_text(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                                Entered const& entered, TextedCode const& text);

// "Call me instead", where a provider carries calls.
void add_call_choice(Services const& services, view::ViewModel& model, bool skips_checks);

// Asks to whom a text goes; of a person who is known it is a button.
class TextSendStep : public journey::StepHandler {
public:
    explicit TextSendStep(Services const& services) : services_(services) {}

    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx& tx, journey::Turn const& turn,
                                                   http::Fields const& input) const override;
    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const& work,
                                      journey::Computed const& computed) const override;

protected:
    virtual TextedCode const& text_of(journey::Turn const& turn) const = 0;
    // The text is on its way: what else that means for the journey.
    virtual void sent(journey::Turn const&, http::Fields const&, journey::Outcome&) const {}

    Services const& services_;
};

// The page that waits for the code.
class TextCodeStep : public journey::StepHandler {
public:
    explicit TextCodeStep(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx& tx, journey::Turn const& turn,
                                 http::Fields const& entered) const override;
    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx& tx, journey::Turn const& turn,
                                                   http::Fields const& input) const override;
    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const& work,
                                      journey::Computed const& computed) const override;

protected:
    virtual TextedCode const& text_of(journey::Turn const& turn) const = 0;
    virtual Result<std::vector<risk::Slot>> slots(storage::Tx& tx, journey::Turn const& turn,
                                                  Typed const& typed) const = 0;
    // What the right code proves.
    virtual Result<journey::Outcome> believe(storage::Tx& tx, journey::Turn const& turn,
                                             Entered const& entered) const = 0;
    // Buttons that lead elsewhere.
    virtual void add_ways(view::ViewModel& model, journey::Turn const& turn) const = 0;

    Services const& services_;
};

} // namespace gatehouse::signin
