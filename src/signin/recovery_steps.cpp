// The proofs of a recovery: a code by mail, by text or call, or one of the printed codes; a passkey is the step of its
// own name. None of them counts again as the second factor that policy asks for after the new password
// (new_password_steps.cpp).
#include "events/types.hpp"
#include "messages/outbox.hpp"
#include "signin/factors.hpp"
#include "signin/mailed_code.hpp"
#include "signin/recovery_hold.hpp"
#include "signin/texted_code.hpp"

namespace gatehouse::signin {

namespace {

struct IdentifierWork final : journey::Work {
    Typed typed;
    std::string ticket;
};

constexpr MailedCode kCode{.purpose = "recovery",
                           .mail = messages::Kind::reset_password,
                           .requested = &events::kRecoveryRequested,
                           .link = "/recover"};

class RecoverIdentifier final : public journey::StepHandler {
public:
    explicit RecoverIdentifier(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx&, journey::Turn const& turn, http::Fields const& entered) const override
    {
        auto const policy = turn.policy();
        auto const by_mail = policy.recovery.has(credentials::Method::email_code);
        view::ViewModel model{.title = "recover.title", .lead = by_mail ? "recover.lead" : "recover.lead_other"};
        model.fields.push_back(identifier_field(turn, entered));
        if (by_mail)
            model.choices.push_back({.label = "action.send_code", .style = view::ChoiceStyle::primary});
        add_recovery_ways(model, policy, credentials::Method::email_code);
        model.links.push_back({.label = "action.back_to_sign_in", .href = "/signin"});
        return model;
    }

    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx& tx, journey::Turn const& turn,
                                                   http::Fields const& input) const override
    {
        auto work = std::make_unique<IdentifierWork>();
        if (!turn.context.tenant->settings.recovery.email)
            return refuse(ErrorKind::invalid, "recovery_not_by_mail",
                          "Passwords are not reset by mail here. Choose one of the other ways.");
        work->ticket = ticket_of(turn, input);
        TRY(auto const text, required(input, "identifier", "identifier_required", "Enter your address or username."));
        TRY(work->typed, read_entered(services_, *turn.context.tenant, text));
        TRY_DO(reserve_mail(services_, tx, turn, work->typed));
        return work;
    }

    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const& prepared,
                                      journey::Computed const&) const override
    {
        auto const& work = static_cast<IdentifierWork const&>(prepared);
        TRY(auto const challenge, send_code(services_, tx, turn, work.typed, kCode));
        journey::Outcome outcome{.journey = turn.journey, .sent_mail = true};
        auto& facts = outcome.journey.facts;
        facts.challenge = challenge.value;
        facts.resent = false;
        facts.mailbox = false;
        facts.user.reset();
        facts.session.reset();
        facts.recovered_by = {};
        facts.identifier = work.typed.text;
        read_ticket(services_, turn, work.ticket, outcome);
        return outcome;
    }

private:
    Services const& services_;
};

class RecoverCode final : public MailedCodeStep {
public:
    using MailedCodeStep::MailedCodeStep;

protected:
    std::string_view lead() const override { return "recover.reset_lead"; }

    Result<journey::Outcome> resend(storage::Tx& tx, journey::Turn const& turn, Typed const& typed) const override
    {
        return resend_code(services_, tx, turn, typed, kCode);
    }

    Result<journey::Outcome> believe(storage::Tx& tx, journey::Turn const& turn, Entered const& entered) const override
    {
        TRY(auto reader, redeem_code(services_, tx, turn, entered, kCode));
        journey::Outcome outcome{.journey = turn.journey};
        auto& facts = outcome.journey.facts;
        facts.challenge.reset();
        facts.mailbox = true;
        facts.user = reader.user.id;
        facts.security_epoch = reader.user.security_epoch;
        facts.identifier = std::move(reader.email); // the mailbox that was proven
        TRY_DO(hold_reset(services_, tx, turn, outcome));
        return outcome;
    }
};

constexpr TextedCode kText{.purpose = kTextRecoveryPurpose,
                           .kind = messages::Kind::reset_password,
                           .requested = &events::kRecoveryRequested,
                           .numbers = Numbers::taken};

class RecoverText final : public TextSendStep {
public:
    using TextSendStep::TextSendStep;

    Result<view::ViewModel> show(storage::Tx&, journey::Turn const& turn, http::Fields const& entered) const override
    {
        view::ViewModel model{.title = "recover.title", .lead = "recover.text_lead"};
        model.fields.push_back(identifier_field(turn, entered));
        model.fields.back().label = "field.identifier_or_phone";
        model.choices.push_back({.label = "action.send_text", .style = view::ChoiceStyle::primary});
        add_call_choice(services_, model, false);
        add_recovery_ways(model, turn.policy(), credentials::Method::sms_code);
        model.links.push_back({.label = "action.back_to_sign_in", .href = "/signin"});
        return model;
    }

protected:
    TextedCode const& text_of(journey::Turn const&) const override { return kText; }

    void sent(journey::Turn const& turn, http::Fields const& input, journey::Outcome& outcome) const override
    {
        auto& facts = outcome.journey.facts;
        facts.resent = false;
        facts.mailbox = false;
        facts.user.reset();
        facts.session.reset();
        facts.recovered_by = {};
        read_ticket(services_, turn, ticket_of(turn, input), outcome);
    }
};

class RecoverTextCode final : public TextCodeStep {
public:
    using TextCodeStep::TextCodeStep;

protected:
    TextedCode const& text_of(journey::Turn const&) const override { return kText; }

    void add_ways(view::ViewModel& model, journey::Turn const& turn) const override
    {
        add_recovery_ways(model, turn.policy(), credentials::Method::sms_code);
    }

    Result<std::vector<risk::Slot>> slots(storage::Tx& tx, journey::Turn const& turn, Typed const& typed) const override
    {
        TRY(auto const target, target_of(services_, tx, turn.context.tenant->id, typed));
        auto const device = risk::read_device(turn.context, turn.request, services_.vault);
        return risk::code_slots(services_.vault, turn.context, device, target);
    }

    Result<journey::Outcome> believe(storage::Tx& tx, journey::Turn const& turn, Entered const& entered) const override
    {
        TRY(auto holder, redeem_text(services_, tx, turn, entered, kText));
        journey::Outcome outcome{.journey = turn.journey};
        auto& facts = outcome.journey.facts;
        facts.challenge.reset();
        facts.recovered_by = {credentials::Method::sms_code};
        facts.user = holder.user.id;
        facts.security_epoch = holder.user.security_epoch;
        facts.identifier = std::move(holder.phone); // the phone that was proven
        TRY_DO(hold_reset(services_, tx, turn, outcome));
        return outcome;
    }
};

struct PrintedCodeWork final : journey::Work {
    Typed typed;
    std::string code;
    std::string ticket;
    risk::Reservation reservation;
};

// Identifier and code on one page. Nobody hears whether the account exists, or has codes.
class RecoverByCode final : public journey::StepHandler {
public:
    explicit RecoverByCode(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx&, journey::Turn const& turn, http::Fields const& entered) const override
    {
        view::ViewModel model{.title = "recover.title", .lead = "recover.by_code_lead"};
        auto identifier = identifier_field(turn, entered);
        identifier.autofocus = identifier.value.empty();
        model.fields.push_back(std::move(identifier));
        model.fields.push_back({.name = "code",
                                .kind = view::FieldKind::username, // text without capitals or corrections
                                .label = "field.recovery_code",
                                .required = true,
                                .autofocus = !model.fields.front().value.empty(),
                                .autocomplete = "off",
                                .max_length = 32});
        model.choices.push_back({.label = "action.verify", .style = view::ChoiceStyle::primary});
        add_recovery_ways(model, turn.policy(), credentials::Method::recovery_code);
        model.links.push_back({.label = "action.back_to_sign_in", .href = "/signin"});
        return model;
    }

    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx& tx, journey::Turn const& turn,
                                                   http::Fields const& input) const override
    {
        auto const tenant = turn.context.tenant->id;
        auto work = std::make_unique<PrintedCodeWork>();
        work->ticket = ticket_of(turn, input);
        TRY(auto const text, required(input, "identifier", "identifier_required", "Enter your address or username."));
        TRY(work->code, required(input, "code", "code_required", "Enter a recovery code."));
        TRY(work->typed, read_typed(services_, tenant, text));
        TRY(auto const target, target_of(services_, tx, tenant, work->typed));
        auto const device = risk::read_device(turn.context, turn.request, services_.vault);
        TRY(auto slots, risk::printed_code_slots(services_.vault, turn.context, device, target));
        TRY(work->reservation, risk::reserve(tx, tenant, std::move(slots), turn.context.now));
        return work;
    }

    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const& prepared,
                                      journey::Computed const&) const override
    {
        auto const& work = static_cast<PrintedCodeWork const&>(prepared);
        auto const& context = turn.context;
        auto const tenant = context.tenant->id;
        TRY(auto const found, find_typed(services_, tx, tenant, work.typed));
        auto const user = found && found->user.enabled ? found->user.id : UserId{};
        // For nobody the same statement finds nothing.
        auto const left = services_.recovery_codes.redeem(tx, tenant, user, work.code, context.now);
        if (!left) {
            if (left.error().code != "recovery_code_wrong")
                return std::unexpected(left.error());
            TRY_DO(events::append(tx, services_.vault,
                                  {.type = &events::kCodeFailed,
                                   .tenant = tenant,
                                   .origin = origin_of(turn),
                                   .data = {{"purpose", kCode.purpose}, {"reason", left.error().code}},
                                   .personal = attempt_of(turn, work.typed.text)},
                                  context.now));
            auto error = left.error();
            error.keep_writes = KeepWrites::Yes;
            return std::unexpected(at_field(std::move(error), "code"));
        }
        TRY_DO(risk::succeed(tx, tenant, work.reservation));
        TRY_DO(tell_everywhere(services_, tx, turn, user, messages::Kind::recovery_code_used,
                               {{"left", *left}, {"when", context.now}}));
        journey::Outcome outcome{.journey = turn.journey, .sent_mail = true};
        auto& facts = outcome.journey.facts;
        facts.recovered_by = {credentials::Method::recovery_code};
        facts.challenge.reset();
        facts.session.reset();
        facts.user = user;
        facts.security_epoch = found->user.security_epoch;
        facts.identifier = work.typed.text;
        read_ticket(services_, turn, work.ticket, outcome);
        TRY_DO(hold_reset(services_, tx, turn, outcome));
        return outcome;
    }

private:
    Services const& services_;
};

} // namespace

std::unique_ptr<journey::StepHandler> make_recover_identifier_step(Services const& services)
{
    return std::make_unique<RecoverIdentifier>(services);
}
std::unique_ptr<journey::StepHandler> make_recover_by_code_step(Services const& services)
{
    return std::make_unique<RecoverByCode>(services);
}
std::unique_ptr<journey::StepHandler> make_recover_text_step(Services const& services)
{
    return std::make_unique<RecoverText>(services);
}
std::unique_ptr<journey::StepHandler> make_recover_text_code_step(Services const& services)
{
    return std::make_unique<RecoverTextCode>(services);
}
std::unique_ptr<journey::StepHandler> make_recover_code_step(Services const& services)
{
    return std::make_unique<RecoverCode>(services);
}

} // namespace gatehouse::signin
