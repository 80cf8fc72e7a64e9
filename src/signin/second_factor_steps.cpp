// What stands beside the first factor: the code of an authenticator app; setting one up where two factors are demanded;
// and the page that says that nothing is strong enough.
#include "credentials/authenticators.hpp"
#include "messages/outbox.hpp"
#include "signin/factors.hpp"

namespace gatehouse::signin {

namespace {

using credentials::Method;

class Totp final : public journey::StepHandler {
public:
    explicit Totp(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx&, journey::Turn const& turn, http::Fields const&) const override
    {
        view::ViewModel model{.title = "factor.title", .lead = "factor.totp_lead"};
        model.account = turn.journey.facts.identifier;
        model.fields.push_back(app_code_field());
        model.choices.push_back({.label = "action.verify", .style = view::ChoiceStyle::primary});
        add_other_ways(model, turn, Method::totp);
        return model;
    }
    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx& tx, journey::Turn const& turn,
                                                   http::Fields const& input) const override
    {
        auto work = std::make_unique<FactorWork>();
        TRY_DO(read_factor(services_, tx, turn, input, "Enter the code that your app shows.", *work));
        return work;
    }
    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const& prepared,
                                      journey::Computed const&) const override
    {
        auto const& work = static_cast<FactorWork const&>(prepared);
        auto const& [context, request, journey, situation, sessions] = turn;
        auto used = services_.authenticators.use(tx, context.tenant->id, *journey.facts.user, work.code, context.now);
        if (!used)
            return refuse_code(services_, tx, turn, std::move(used).error(), to_string(Method::totp),
                               journey.facts.user);
        return prove_factor(tx, turn, work, Method::totp);
    }

private:
    Services const& services_;
};

// The secret travels sealed, in a hidden field; nothing is stored before its first code came.
class EnrolTotp final : public journey::StepHandler {
public:
    explicit EnrolTotp(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx&, journey::Turn const& turn, http::Fields const& entered) const override
    {
        auto const& [context, request, journey, situation, sessions] = turn;
        auto const user = *journey.facts.user;
        auto pending = services_.authenticators.reopen(context.tenant->id, user, journey.id.bytes(),
                                                       entered.get("enrolment"), context.now);
        if (!pending) { // the first time, or too late: a new one
            TRY(pending, services_.authenticators.begin(context.tenant->id, user, journey.id.bytes(),
                                                        credentials::totp_form_of(*context.tenant), context.now));
        }
        view::ViewModel model{.title = "factor.enrol_title", .lead = "factor.enrol_lead"};
        model.account = journey.facts.identifier;
        model.fields.push_back(
            {.name = "enrolment", .kind = view::FieldKind::hidden, .value = std::move(pending->sealed)});
        model.keepsake = {.label = "portal.authenticator_key",
                          .lines = {credentials::totp_secret_text(pending->secret)}};
        model.fields.push_back(app_code_field());
        auto uri =
            credentials::totp_uri(pending->secret, pending->form, context.tenant->name, journey.facts.identifier);
        model.extra["otpauth_uri"] = uri;
        model.qr_code = {.content = std::move(uri), .description = "portal.authenticator_qr_code"};
        model.choices.push_back({.label = "action.verify", .style = view::ChoiceStyle::primary});
        add_set_up_ways(model, turn, journey::Step::enrol_totp);
        return model;
    }
    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx& tx, journey::Turn const& turn,
                                                   http::Fields const& input) const override
    {
        auto work = std::make_unique<Enrolment>();
        work->later = puts_off_set_up(turn, input);
        if (work->later)
            return work;
        TRY_DO(read_factor(services_, tx, turn, input, "Enter the code that your app shows.", *work));
        work->sealed = input.get("enrolment");
        return work;
    }
    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const& prepared,
                                      journey::Computed const&) const override
    {
        auto const& work = static_cast<Enrolment const&>(prepared);
        auto const& [context, request, journey, situation, sessions] = turn;
        if (work.later)
            return put_off_set_up(turn);
        auto made = services_.authenticators.confirm(tx, context.tenant->id, *journey.facts.user, journey.id.bytes(),
                                                     work.sealed, work.code, {}, origin_of(turn), context.now);
        if (!made)
            return refuse_code(services_, tx, turn, std::move(made).error(), to_string(Method::totp),
                               journey.facts.user);
        TRY_DO(
            notify(services_, tx, turn, messages::Kind::credential_added, {{"kind", "totp"}, {"when", context.now}}));
        TRY(auto outcome, prove_factor(tx, turn, work, Method::totp));
        TRY_DO(add_recovery_codes(services_, tx, turn, outcome));
        outcome.sent_mail = true;
        return outcome;
    }

private:
    struct Enrolment final : FactorWork {
        std::string sealed;
        bool later = false;
    };

    Services const& services_;
};

class TooWeak final : public journey::StepHandler {
public:
    Result<view::ViewModel> show(storage::Tx&, journey::Turn const& turn, http::Fields const&) const override
    {
        view::ViewModel model{.title = "factor.too_weak_title", .lead = "factor.too_weak_lead"};
        model.account = turn.journey.facts.identifier;
        model.choices.push_back({.label = "action.cancel", .style = view::ChoiceStyle::secondary});
        model.links.push_back({.label = "factor.to_account", .href = "/account/security"});
        return model;
    }
    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx&, journey::Turn const&,
                                                   http::Fields const&) const override
    {
        return std::make_unique<journey::Work>();
    }
    Result<journey::Outcome> complete(storage::Tx&, journey::Turn const& turn, journey::Work const&,
                                      journey::Computed const&) const override
    {
        journey::Outcome outcome{.journey = turn.journey};
        outcome.journey.facts.cancelled = true;
        return outcome;
    }
};

} // namespace

std::unique_ptr<journey::StepHandler> make_totp_step(Services const& services)
{
    return std::make_unique<Totp>(services);
}
std::unique_ptr<journey::StepHandler> make_enrol_totp_step(Services const& services)
{
    return std::make_unique<EnrolTotp>(services);
}
std::unique_ptr<journey::StepHandler> make_too_weak_step(Services const&)
{
    return std::make_unique<TooWeak>();
}

} // namespace gatehouse::signin
