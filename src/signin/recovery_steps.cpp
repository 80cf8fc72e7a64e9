// Recovery: a code by mail, then a new password. Every other session ends, and the person is told by mail.
#include "events/types.hpp"
#include "messages/outbox.hpp"
#include "signin/mailed_code.hpp"

namespace gatehouse::signin {

namespace {

struct IdentifierWork final : journey::Work {
    Typed typed;
};
struct NewPasswordWork final : journey::Work {};

constexpr MailedCode kCode{.purpose = "recovery",
                           .mail = messages::Kind::reset_password,
                           .requested = &events::kRecoveryRequested,
                           .link = "/recover"};

class RecoverIdentifier final : public journey::StepHandler {
public:
    explicit RecoverIdentifier(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx&, journey::Turn const& turn, http::Fields const& entered) const override
    {
        view::ViewModel model{.title = "recover.title", .lead = "recover.lead"};
        model.fields.push_back(identifier_field(turn.journey, entered));
        model.choices.push_back({.label = "action.send_code", .style = view::ChoiceStyle::primary});
        model.links.push_back({.label = "action.back_to_sign_in", .href = "/signin"});
        return model;
    }

    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx& tx, journey::Turn const& turn,
                                                   http::Fields const& input) const override
    {
        auto const tenant = turn.context.tenant->id;
        auto work = std::make_unique<IdentifierWork>();
        TRY(auto const text, required(input, "identifier", "identifier_required", "Enter your address or username."));
        TRY(work->typed, read_typed(services_, tenant, text));
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
        facts.identifier = work.typed.text;
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

    Result<std::vector<risk::Slot>> slots(storage::Tx& tx, journey::Turn const& turn, Typed const& typed) const override
    {
        TRY(auto const target, target_of(services_, tx, turn.context.tenant->id, typed));
        auto const device = risk::read_device(turn.context, turn.request, services_.vault);
        return risk::recovery_slots(services_.vault, turn.context, device, target);
    }

    Result<journey::Outcome> resend(storage::Tx& tx, journey::Turn const& turn, Typed const& typed) const override
    {
        return resend_code(services_, tx, turn, typed, kCode);
    }

    Result<journey::Outcome> believe(storage::Tx& tx, journey::Turn const& turn, Entered const& entered) const override
    {
        TRY(auto reader, redeem_code(services_, tx, turn, entered, kCode));
        journey::Outcome outcome{.journey = turn.journey};
        auto& facts = outcome.journey.facts;
        facts.mailbox = true;
        facts.user = reader.user.id;
        facts.security_epoch = reader.user.security_epoch;
        facts.identifier = std::move(reader.email); // the mailbox that was proven
        return outcome;
    }
};

class NewPassword final : public journey::StepHandler {
public:
    explicit NewPassword(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx&, journey::Turn const& turn, http::Fields const&) const override
    {
        view::ViewModel model{.title = "recover.reset_title"};
        model.account = turn.journey.facts.identifier;
        model.fields.push_back({.name = "username",
                                .kind = view::FieldKind::username,
                                .label = "field.identifier",
                                .value = turn.journey.facts.identifier,
                                .read_only = true,
                                .autocomplete = "username"});
        auto password = new_password_field(*turn.context.tenant);
        password.autofocus = true;
        model.fields.push_back(std::move(password));
        model.choices.push_back({.label = "action.set_password", .style = view::ChoiceStyle::primary});
        return model;
    }

    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx& tx, journey::Turn const& turn,
                                                   http::Fields const& input) const override
    {
        auto work = std::make_unique<NewPasswordWork>();
        TRY(auto words, personal_words(services_, tx, turn.context.tenant->id, *turn.journey.facts.user));
        words.push_back(turn.context.tenant->name);
        TRY(work->password, read_new_password(input, "password", *turn.context.tenant, words));
        return work;
    }

    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const&,
                                      journey::Computed const& computed) const override
    {
        auto const& context = turn.context;
        auto const tenant = context.tenant->id;
        auto const user = *turn.journey.facts.user;
        auto const origin = origin_of(turn);
        // Of two who hold a code for this account, the first to set a password raises the epoch; the other one stops
        // here.
        TRY_DO(services_.users.require_active(tx, tenant, user, turn.journey.facts.security_epoch));
        TRY(auto const email, current_email(services_, tx, tenant, user));
        if (email.empty() || email != turn.journey.facts.identifier)
            return start_over(turn.journey); // the address has changed: its mailbox proves nothing any more
        TRY(auto const change,
            services_.passwords.set(tx, tenant, user, computed.phc, std::nullopt, origin, context.now));
        TRY_DO(session::end_all(tx, services_.vault, tenant, user, std::nullopt, session::EndReason::credential_changed,
                                origin, context.now));
        TRY_DO(services_.challenges.cancel_of_user(tx, tenant, user, kCode.purpose));
        TRY_DO(forget_failures(tx, tenant, user));
        TRY_DO(events::append(tx, services_.vault,
                              {.type = &events::kRecoveryCompleted,
                               .tenant = tenant,
                               .user = user,
                               .origin = origin,
                               .data = {{"methods", "pwd"}, {"acr", ""}}},
                              context.now));
        TRY_DO(send(services_, tx, turn,
                    {.kind = messages::Kind::password_changed,
                     .to = email,
                     .user = user,
                     .arguments = {{"when", context.now}}}));
        journey::Outcome outcome{.journey = turn.journey, .sent_mail = true};
        auto& facts = outcome.journey.facts;
        facts.prove(user, change.security_epoch, credentials::Method::password, context.now);
        return outcome;
    }

private:
    static journey::Outcome start_over(journey::Journey const& journey)
    {
        journey::Outcome outcome{.journey = journey};
        auto& facts = outcome.journey.facts;
        facts.challenge.reset();
        facts.mailbox = false;
        facts.user.reset();
        return outcome;
    }

    // Whoever reads the mailbox starts with a clean slate, under every name that the account has.
    Result<void> forget_failures(storage::Tx& tx, TenantId tenant, UserId user) const
    {
        TRY(auto const identifiers, services_.users.identifiers(tx, tenant, user));
        for (auto const& identifier : identifiers) {
            TRY(auto const typed, read_typed(services_, tenant, identifier.value));
            TRY(auto const counts, risk::password_counts(services_.vault, tenant, {typed.digest, user}));
            for (auto const& slot : counts)
                TRY_DO(risk::forget(tx, tenant, slot));
        }
        return {};
    }

    Services const& services_;
};

} // namespace

std::unique_ptr<journey::StepHandler> make_recover_identifier_step(Services const& services)
{
    return std::make_unique<RecoverIdentifier>(services);
}
std::unique_ptr<journey::StepHandler> make_recover_code_step(Services const& services)
{
    return std::make_unique<RecoverCode>(services);
}
std::unique_ptr<journey::StepHandler> make_new_password_step(Services const& services)
{
    return std::make_unique<NewPassword>(services);
}

} // namespace gatehouse::signin
