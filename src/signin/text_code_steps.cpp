// A code by text message, or said in a call, or a texted link with a code beside it: as the first factor or beside
// another one.
#include "events/types.hpp"
#include "messages/outbox.hpp"
#include "phone/phone_number.hpp"
#include "signin/factors.hpp"
#include "signin/magic_link.hpp"
#include "signin/texted_code.hpp"

#include <algorithm>

namespace gatehouse::signin {

namespace {

using credentials::Method;

constexpr TextedCode kCode{
    .purpose = kTextSignInPurpose, .kind = messages::Kind::sign_in_code, .requested = &events::kSignInCodeRequested};
constexpr TextedCode kLink{.purpose = kTextSignInPurpose,
                           .kind = messages::Kind::sign_in_link,
                           .requested = &events::kSignInCodeRequested,
                           .with_link = true};

// What the text proves, by its link or by its code: who holds the phone has shown one thing, however it was done.
Method method_of(journey::Turn const& turn)
{
    auto const ways = journey::ways_on(turn.journey, turn.policy(), turn.situation, turn.context.now);
    return std::ranges::find(ways, Method::sms_link) != ways.end() ? Method::sms_link : Method::sms_code;
}

TextedCode const& text_to_send(Services const& services, journey::Turn const& turn)
{
    return method_of(turn) == Method::sms_link && has_links(services, turn) ? kLink : kCode;
}

class TextSend final : public TextSendStep {
public:
    using TextSendStep::TextSendStep;

    Result<view::ViewModel> show(storage::Tx& tx, journey::Turn const& turn, http::Fields const& entered) const override
    {
        auto const links = text_of(turn).with_link;
        view::ViewModel model{.title = "textcode.title", .lead = links ? "textlink.lead" : "textcode.lead"};
        if (auto const user = known_person(turn)) {
            TRY(auto const phone, current_phone(services_, tx, turn, *user));
            model.title = "factor.title";
            model.lead = {links ? "factor.textlink_send_lead" : "factor.text_send_lead",
                          {{"phone", phone::masked(phone)}}};
        } else {
            model.fields.push_back(identifier_field(turn, entered));
            model.fields.back().label = "field.identifier_or_phone";
        }
        model.choices.push_back(
            {.label = links ? "action.send_text_link" : "action.send_text", .style = view::ChoiceStyle::primary});
        add_call_choice(services_, model, false);
        add_other_ways(model, turn, method_of(turn));
        return model;
    }

protected:
    TextedCode const& text_of(journey::Turn const& turn) const override { return text_to_send(services_, turn); }
};

class TextCode final : public TextCodeStep {
public:
    using TextCodeStep::TextCodeStep;

protected:
    TextedCode const& text_of(journey::Turn const& turn) const override { return text_to_send(services_, turn); }

    void add_ways(view::ViewModel& model, journey::Turn const& turn) const override
    {
        add_other_ways(model, turn, method_of(turn));
    }

    Result<std::vector<risk::Slot>> slots(storage::Tx& tx, journey::Turn const& turn, Typed const& typed) const override
    {
        auto const device = risk::read_device(turn.context, turn.request, services_.vault);
        if (auto const user = known_person(turn))
            return risk::factor_slots(services_.vault, turn.context, device, *user);
        TRY(auto const target, target_of(services_, tx, turn.context.tenant->id, typed));
        return risk::code_slots(services_.vault, turn.context, device, target);
    }

    Result<journey::Outcome> believe(storage::Tx& tx, journey::Turn const& turn, Entered const& entered) const override
    {
        TRY(auto const holder, redeem_text(services_, tx, turn, entered, kCode));
        journey::Outcome outcome{.journey = turn.journey};
        auto& facts = outcome.journey.facts;
        facts.challenge.reset();
        facts.prove(holder.user.id, holder.user.security_epoch, method_of(turn), turn.context.now);
        return outcome;
    }
};

} // namespace

std::unique_ptr<journey::StepHandler> make_text_send_step(Services const& services)
{
    return std::make_unique<TextSend>(services);
}
std::unique_ptr<journey::StepHandler> make_text_code_step(Services const& services)
{
    return std::make_unique<TextCode>(services);
}

} // namespace gatehouse::signin
