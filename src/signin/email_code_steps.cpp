// A code by mail, or a link with a code beside it, as the first factor or beside a password.
#include "events/types.hpp"
#include "messages/outbox.hpp"
#include "signin/factors.hpp"
#include "signin/magic_link.hpp"

#include <algorithm>

namespace gatehouse::signin {

namespace {

using credentials::Method;

constexpr MailedCode kCode{
    .purpose = kSignInPurpose, .mail = messages::Kind::sign_in_code, .requested = &events::kSignInCodeRequested};
constexpr MailedCode kLink{.purpose = kSignInPurpose,
                           .mail = messages::Kind::sign_in_link,
                           .requested = &events::kSignInCodeRequested,
                           .with_link = true};

// What the mail proves, by its link or by its code: who reads it has shown one thing, however it was done.
Method method_of(journey::Turn const& turn)
{
    auto const ways = journey::ways_on(turn.journey, turn.policy(), turn.situation, turn.context.now);
    return std::ranges::find(ways, Method::magic_link) != ways.end() ? Method::magic_link : Method::email_code;
}

MailedCode const& mail_of(Services const& services, journey::Turn const& turn)
{
    return method_of(turn) == Method::magic_link && has_links(services, turn) ? kLink : kCode;
}

struct SendWork final : journey::Work {
    Typed typed;
};

// To whom the code goes: to the person who is known by another factor, else to who has the identifier.
Result<std::string> addressee(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                              std::string_view entered)
{
    if (auto const user = known_person(turn))
        return current_email(services, tx, turn.context.tenant->id, *user);
    return std::string(entered);
}

Result<Typed> read_addressee(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                             std::string_view entered)
{
    TRY(auto const text, addressee(services, tx, turn, entered));
    return read_entered(services, *turn.context.tenant, text);
}

class EmailSend final : public journey::StepHandler {
public:
    explicit EmailSend(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx& tx, journey::Turn const& turn, http::Fields const& entered) const override
    {
        auto const links = mail_of(services_, turn).with_link;
        view::ViewModel model{.title = links ? "emaillink.title" : "emailcode.title",
                              .lead = links ? "emaillink.lead" : "emailcode.lead"};
        if (auto const user = known_person(turn)) {
            TRY(auto const email, current_email(services_, tx, turn.context.tenant->id, *user));
            model.title = "factor.title";
            model.lead = {links ? "factor.link_send_lead" : "factor.email_send_lead", {{"email", email}}};
        } else {
            model.fields.push_back(identifier_field(turn, entered));
        }
        model.choices.push_back(
            {.label = links ? "action.send_mail" : "action.send_code", .style = view::ChoiceStyle::primary});
        add_other_ways(model, turn, method_of(turn));
        return model;
    }

    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx& tx, journey::Turn const& turn,
                                                   http::Fields const& input) const override
    {
        auto work = std::make_unique<SendWork>();
        std::string entered;
        if (!known_person(turn)) {
            TRY(entered, required(input, "identifier", "identifier_required", "Enter your address or username."));
        }
        TRY(work->typed, read_addressee(services_, tx, turn, entered));
        TRY_DO(reserve_mail(services_, tx, turn, work->typed));
        return work;
    }

    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const& prepared,
                                      journey::Computed const&) const override
    {
        auto const& work = static_cast<SendWork const&>(prepared);
        TRY(auto const challenge, send_code(services_, tx, turn, work.typed, mail_of(services_, turn)));
        journey::Outcome outcome{.journey = turn.journey, .sent_mail = true};
        auto& facts = outcome.journey.facts;
        facts.challenge = challenge.value;
        facts.resent = false;
        facts.identifier = work.typed.text;
        return outcome;
    }

private:
    Services const& services_;
};

// The page waits for a mail that carries more than a code.
void say_mail(view::ViewModel& model)
{
    model.lead.key = "factor.link_lead";
    for (auto& choice : model.choices)
        if (choice.value == "resend")
            choice.label = "action.resend_mail";
}

class EmailCode final : public MailedCodeStep {
public:
    using MailedCodeStep::MailedCodeStep;

    Result<view::ViewModel> show(storage::Tx& tx, journey::Turn const& turn, http::Fields const& entered) const override
    {
        TRY(auto model, MailedCodeStep::show(tx, turn, entered));
        if (mail_of(services_, turn).with_link)
            say_mail(model);
        if (known_person(turn)) // they have one address, and cannot choose another
            model.choices.pop_back();
        add_other_ways(model, turn, method_of(turn));
        return model;
    }

protected:
    std::string_view lead() const override { return "factor.email_lead"; }
    bool takes_links() const override { return true; }

    Result<std::vector<risk::Slot>> slots(storage::Tx& tx, journey::Turn const& turn, Typed const& typed) const override
    {
        auto const user = known_person(turn);
        if (!user)
            return MailedCodeStep::slots(tx, turn, typed);
        auto const device = risk::read_device(turn.context, turn.request, services_.vault);
        return risk::factor_slots(services_.vault, turn.context, device, *user);
    }

    Result<journey::Outcome> resend(storage::Tx& tx, journey::Turn const& turn, Typed const& typed) const override
    {
        return resend_code(services_, tx, turn, typed, mail_of(services_, turn));
    }

    Result<journey::Outcome> believe(storage::Tx& tx, journey::Turn const& turn, Entered const& entered) const override
    {
        TRY(auto const reader, redeem_code(services_, tx, turn, entered, kCode));
        journey::Outcome outcome{.journey = turn.journey};
        auto& facts = outcome.journey.facts;
        facts.challenge.reset();
        facts.prove(reader.user.id, reader.user.security_epoch, method_of(turn), turn.context.now);
        return outcome;
    }
};

} // namespace

std::unique_ptr<journey::StepHandler> make_email_send_step(Services const& services)
{
    return std::make_unique<EmailSend>(services);
}
std::unique_ptr<journey::StepHandler> make_email_code_step(Services const& services)
{
    return std::make_unique<EmailCode>(services);
}

} // namespace gatehouse::signin
