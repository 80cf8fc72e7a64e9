// What stands beside the first factor: the code of an authenticator app, a printed recovery code; setting up an app
// where two factors are demanded; and the page that says that nothing is strong enough.
#include "credentials/authenticators.hpp"
#include "credentials/recovery_codes.hpp"
#include "events/types.hpp"
#include "signin/factors.hpp"

namespace gatehouse::signin {

namespace {

using credentials::Method;

struct CodeWork : journey::Work {
    std::string code;
    risk::Reservation reservation;
};

Result<void> read_code(Services const& services, storage::Tx& tx, journey::Turn const& turn, http::Fields const& input,
                       std::string_view message, CodeWork& into)
{
    TRY(into.code, required(input, "code", "code_required", message));
    auto const device = risk::read_device(turn.context, turn.request, services.vault);
    TRY(auto slots, risk::factor_slots(services.vault, turn.context, device, *turn.journey.facts.user));
    TRY(into.reservation, risk::reserve(tx, turn.context.tenant->id, std::move(slots), turn.context.now));
    return {};
}

// A wrong code leaves its trace.
Refusal refuse_code(Services const& services, storage::Tx& tx, journey::Turn const& turn, Error error, Method method)
{
    auto const recorded = events::append(tx, services.vault,
                                         {.type = &events::kCodeFailed,
                                          .tenant = turn.context.tenant->id,
                                          .user = turn.journey.facts.user,
                                          .origin = origin_of(turn),
                                          .data = {{"purpose", to_string(method)}, {"reason", error.code}},
                                          .personal = attempt_of(turn, turn.journey.facts.identifier)},
                                         turn.context.now);
    if (!recorded)
        return Refusal(recorded.error());
    error.keep_writes = KeepWrites::Yes;
    return Refusal(at_field(std::move(error), "code"));
}

Result<journey::Outcome> proven(storage::Tx& tx, journey::Turn const& turn, CodeWork const& work, Method method)
{
    TRY_DO(risk::succeed(tx, turn.context.tenant->id, work.reservation));
    journey::Outcome outcome{.journey = turn.journey};
    auto& facts = outcome.journey.facts;
    facts.prove(*facts.user, facts.security_epoch, method, turn.context.now);
    return outcome;
}

class Totp final : public journey::StepHandler {
public:
    explicit Totp(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx&, journey::Turn const& turn, http::Fields const&) const override
    {
        view::ViewModel model{.title = "factor.title", .lead = "factor.totp_lead"};
        model.account = turn.journey.facts.identifier;
        model.fields.push_back(code_field());
        model.choices.push_back({.label = "action.verify", .style = view::ChoiceStyle::primary});
        add_other_ways(model, turn, Method::totp);
        return model;
    }
    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx& tx, journey::Turn const& turn,
                                                   http::Fields const& input) const override
    {
        auto work = std::make_unique<CodeWork>();
        TRY_DO(read_code(services_, tx, turn, input, "Enter the code that your app shows.", *work));
        return work;
    }
    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const& prepared,
                                      journey::Computed const&) const override
    {
        auto const& work = static_cast<CodeWork const&>(prepared);
        auto const& [context, request, journey, situation, sessions] = turn;
        auto used = services_.authenticators.use(tx, context.tenant->id, *journey.facts.user, work.code, context.now);
        if (!used)
            return refuse_code(services_, tx, turn, std::move(used).error(), Method::totp);
        return proven(tx, turn, work, Method::totp);
    }

private:
    Services const& services_;
};

class RecoveryCode final : public journey::StepHandler {
public:
    explicit RecoveryCode(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx&, journey::Turn const& turn, http::Fields const&) const override
    {
        view::ViewModel model{.title = "factor.title", .lead = "factor.recovery_lead"};
        model.account = turn.journey.facts.identifier;
        model.fields.push_back({.name = "code",
                                .kind = view::FieldKind::username, // text without capitals or corrections
                                .label = "field.recovery_code",
                                .required = true,
                                .autofocus = true,
                                .autocomplete = "off",
                                .max_length = 32});
        model.choices.push_back({.label = "action.verify", .style = view::ChoiceStyle::primary});
        add_other_ways(model, turn, Method::recovery_code);
        return model;
    }
    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx& tx, journey::Turn const& turn,
                                                   http::Fields const& input) const override
    {
        auto work = std::make_unique<CodeWork>();
        TRY_DO(read_code(services_, tx, turn, input, "Enter a recovery code.", *work));
        return work;
    }
    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const& prepared,
                                      journey::Computed const&) const override
    {
        auto const& work = static_cast<CodeWork const&>(prepared);
        auto const& [context, request, journey, situation, sessions] = turn;
        auto left =
            services_.recovery_codes.redeem(tx, context.tenant->id, *journey.facts.user, work.code, context.now);
        if (!left) {
            auto error = std::move(left).error();
            if (error.code == "code_wrong") {
                error.code = "recovery_code_wrong";
                error.message = "This recovery code is not right, or was used before.";
            }
            return refuse_code(services_, tx, turn, std::move(error), Method::recovery_code);
        }
        return proven(tx, turn, work, Method::recovery_code);
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
            TRY(pending, services_.authenticators.begin(context.tenant->id, user, journey.id.bytes(), {}, context.now));
        }
        view::ViewModel model{.title = "factor.enrol_title", .lead = "factor.enrol_lead"};
        model.account = journey.facts.identifier;
        model.fields.push_back(
            {.name = "enrolment", .kind = view::FieldKind::hidden, .value = std::move(pending->sealed)});
        model.fields.push_back({.name = "secret",
                                .kind = view::FieldKind::text,
                                .label = "field.totp_secret",
                                .value = credentials::totp_secret_text(pending->secret),
                                .read_only = true,
                                .autocomplete = "off"});
        model.fields.push_back(code_field());
        auto uri =
            credentials::totp_uri(pending->secret, pending->form, context.tenant->name, journey.facts.identifier);
        model.extra["otpauth_uri"] = uri;
        model.qr_code = {.content = std::move(uri), .description = "portal.authenticator_qr_code"};
        model.choices.push_back({.label = "action.verify", .style = view::ChoiceStyle::primary});
        return model;
    }
    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx& tx, journey::Turn const& turn,
                                                   http::Fields const& input) const override
    {
        auto work = std::make_unique<Enrolment>();
        TRY_DO(read_code(services_, tx, turn, input, "Enter the code that your app shows.", *work));
        work->sealed = input.get("enrolment");
        return work;
    }
    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const& prepared,
                                      journey::Computed const&) const override
    {
        auto const& work = static_cast<Enrolment const&>(prepared);
        auto const& [context, request, journey, situation, sessions] = turn;
        auto made = services_.authenticators.confirm(tx, context.tenant->id, *journey.facts.user, journey.id.bytes(),
                                                     work.sealed, work.code, {}, origin_of(turn), context.now);
        if (!made)
            return refuse_code(services_, tx, turn, std::move(made).error(), Method::totp);
        return proven(tx, turn, work, Method::totp);
    }

private:
    struct Enrolment final : CodeWork {
        std::string sealed;
    };

    Services const& services_;
};

class TooWeak final : public journey::StepHandler {
public:
    Result<view::ViewModel> show(storage::Tx&, journey::Turn const& turn, http::Fields const&) const override
    {
        view::ViewModel model{.title = "factor.too_weak_title", .lead = "factor.too_weak_lead"};
        model.account = turn.journey.facts.identifier;
        model.choices.push_back({.label = "action.cancel", .style = view::ChoiceStyle::primary});
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
std::unique_ptr<journey::StepHandler> make_recovery_code_step(Services const& services)
{
    return std::make_unique<RecoveryCode>(services);
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
