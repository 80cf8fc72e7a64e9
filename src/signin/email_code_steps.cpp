// A code by mail, as the first factor or beside a password.
#include "events/types.hpp"
#include "messages/outbox.hpp"
#include "signin/factors.hpp"
#include "signin/mailed_code.hpp"

namespace gatehouse::signin {

namespace {

constexpr MailedCode kCode{
    .purpose = "sign_in", .mail = messages::Kind::sign_in_code, .requested = &events::kSignInCodeRequested};

struct SendWork final : journey::Work {
    Typed typed;
};
struct CodeWork final : journey::Work {
    std::string action;
    std::string code;
    Typed typed; // with "resend"
    risk::Reservation reservation;
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
    return read_typed(services, turn.context.tenant->id, text);
}

class EmailSend final : public journey::StepHandler {
public:
    explicit EmailSend(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx& tx, journey::Turn const& turn, http::Fields const& entered) const override
    {
        view::ViewModel model{.title = "emailcode.title", .lead = "emailcode.lead"};
        if (auto const user = known_person(turn)) {
            TRY(auto const email, current_email(services_, tx, turn.context.tenant->id, *user));
            model.title = "factor.title";
            model.lead = {"factor.email_send_lead", {{"email", email}}};
        } else {
            model.fields.push_back(identifier_field(turn.journey, entered));
        }
        model.choices.push_back({.label = "action.send_code", .style = view::ChoiceStyle::primary});
        add_other_ways(model, turn, credentials::Method::email_code);
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
        TRY(auto const challenge, send_code(services_, tx, turn, work.typed, kCode));
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

class EmailCode final : public journey::StepHandler {
public:
    explicit EmailCode(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx&, journey::Turn const& turn, http::Fields const& entered) const override
    {
        view::ViewModel model{.title = "verify.title",
                              .lead = {"factor.email_lead",
                                       {{"email", turn.journey.facts.identifier}, {"minutes", kCodeLifetime.count()}}}};
        model.fields.push_back(code_field());
        add_resend_choices(model, turn.journey.facts, entered);
        if (known_person(turn)) // they have one address, and cannot choose another
            model.choices.pop_back();
        add_other_ways(model, turn, credentials::Method::email_code);
        return model;
    }

    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx& tx, journey::Turn const& turn,
                                                   http::Fields const& input) const override
    {
        auto const tenant = turn.context.tenant->id;
        auto work = std::make_unique<CodeWork>();
        work->action = input.get("action");
        if (work->action == "change")
            return work;
        TRY(work->typed, read_typed(services_, tenant, turn.journey.facts.identifier));
        if (work->action == "resend") {
            TRY_DO(reserve_mail(services_, tx, turn, work->typed));
            return work;
        }
        TRY(auto const code, required(input, "code", "code_required", "Enter the code from the mail."));
        work->code = clean_code(code);
        auto const device = risk::read_device(turn.context, turn.request, services_.vault);
        if (auto const user = known_person(turn)) {
            TRY(auto slots, risk::factor_slots(services_.vault, turn.context, device, *user));
            TRY(work->reservation, risk::reserve(tx, tenant, std::move(slots), turn.context.now));
        } else {
            TRY(auto const target, target_of(services_, tx, tenant, work->typed));
            TRY(auto slots, risk::code_slots(services_.vault, turn.context, device, target));
            TRY(work->reservation, risk::reserve(tx, tenant, std::move(slots), turn.context.now));
        }
        return work;
    }

    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const& prepared,
                                      journey::Computed const&) const override
    {
        auto const& work = static_cast<CodeWork const&>(prepared);
        auto const tenant = turn.context.tenant->id;
        journey::Outcome outcome{.journey = turn.journey};
        auto& facts = outcome.journey.facts;
        if (work.action == "change") {
            facts.challenge.reset();
            return outcome;
        }
        if (work.action == "resend")
            return resend_code(services_, tx, turn, work.typed, kCode);
        TRY(auto const reader, redeem_code(services_, tx, turn, work.code, kCode));
        TRY_DO(risk::succeed(tx, tenant, work.reservation));
        facts.challenge.reset();
        facts.prove(reader.user.id, reader.user.security_epoch, credentials::Method::email_code, turn.context.now);
        return outcome;
    }

private:
    Services const& services_;
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
