// Recovery codes in a journey: one is used, those that were made on the way are shown, and when few are left new ones
// may be made.
#include "credentials/recovery_codes.hpp"
#include "messages/outbox.hpp"
#include "signin/factors.hpp"

namespace gatehouse::signin {

namespace {

using credentials::Method;

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
        auto work = std::make_unique<FactorWork>();
        TRY_DO(read_factor(services_, tx, turn, input, "Enter a recovery code.", *work));
        return work;
    }
    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const& prepared,
                                      journey::Computed const&) const override
    {
        auto const& work = static_cast<FactorWork const&>(prepared);
        auto const& [context, request, journey, situation, sessions] = turn;
        auto const user = *journey.facts.user;
        auto left = services_.recovery_codes.redeem(tx, context.tenant->id, user, work.code, context.now);
        if (!left)
            return refuse_code(services_, tx, turn, std::move(left).error(), to_string(Method::recovery_code), user);
        TRY_DO(
            notify(services_, tx, turn, messages::Kind::recovery_code_used, {{"left", *left}, {"when", context.now}}));
        TRY(auto outcome, prove_factor(tx, turn, work, Method::recovery_code));
        if (*left <= credentials::kFewRecoveryCodes)
            outcome.journey.facts.recovery_codes_left = *left;
        outcome.sent_mail = true;
        return outcome;
    }

private:
    Services const& services_;
};

bool may_renew(journey::Turn const& turn)
{
    return turn.policy().enrol.has(credentials::Method::recovery_code);
}

struct ActionWork final : journey::Work {
    std::string action;
};

class KeepRecoveryCodes final : public journey::StepHandler {
public:
    Result<view::ViewModel> show(storage::Tx&, journey::Turn const& turn, http::Fields const&) const override
    {
        view::ViewModel model{.title = "portal.recovery_codes_yours", .lead = "factor.recovery_codes_keep"};
        model.account = turn.journey.facts.identifier;
        model.keepsake = {.label = "portal.recovery_codes_once", .lines = turn.journey.facts.new_recovery_codes};
        model.choices.push_back({.label = "portal.recovery_codes_kept", .style = view::ChoiceStyle::primary});
        model.choices.push_back({.name = "action",
                                 .value = "download",
                                 .label = "action.download",
                                 .style = view::ChoiceStyle::secondary,
                                 .downloads = true});
        return model;
    }
    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx&, journey::Turn const&,
                                                   http::Fields const& input) const override
    {
        auto work = std::make_unique<ActionWork>();
        work->action = input.get("action");
        return work;
    }
    Result<journey::Outcome> complete(storage::Tx&, journey::Turn const& turn, journey::Work const& prepared,
                                      journey::Computed const&) const override
    {
        journey::Outcome outcome{.journey = turn.journey};
        auto& facts = outcome.journey.facts;
        if (static_cast<ActionWork const&>(prepared).action == "download")
            outcome.download = {.name = std::string(credentials::kRecoveryCodesFile),
                                .text = credentials::recovery_codes_text(turn.context.tenant->name, facts.identifier,
                                                                         facts.new_recovery_codes)};
        else
            facts.new_recovery_codes.clear();
        return outcome;
    }
};

class FewRecoveryCodes final : public journey::StepHandler {
public:
    explicit FewRecoveryCodes(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx&, journey::Turn const& turn, http::Fields const&) const override
    {
        auto const& facts = turn.journey.facts;
        view::ViewModel model{.title = {"portal.recovery_codes_left", {{"left", *facts.recovery_codes_left}}},
                              .lead = "factor.recovery_codes_few"};
        model.account = facts.identifier;
        if (may_renew(turn))
            model.choices.push_back({.name = "action",
                                     .value = "renew",
                                     .label = "portal.recovery_codes_renew",
                                     .style = view::ChoiceStyle::primary});
        model.choices.push_back({.label = "action.later", .style = view::ChoiceStyle::link});
        return model;
    }
    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx&, journey::Turn const&,
                                                   http::Fields const& input) const override
    {
        auto work = std::make_unique<ActionWork>();
        work->action = input.get("action");
        return work;
    }
    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const& prepared,
                                      journey::Computed const&) const override
    {
        auto const& context = turn.context;
        journey::Outcome outcome{.journey = turn.journey};
        auto& facts = outcome.journey.facts;
        facts.recovery_codes_left.reset();
        if (static_cast<ActionWork const&>(prepared).action != "renew" || !may_renew(turn))
            return outcome;
        TRY(facts.new_recovery_codes,
            services_.recovery_codes.generate(tx, context.tenant->id, *facts.user, origin_of(turn), context.now));
        TRY_DO(notify(services_, tx, turn, messages::Kind::recovery_codes_made, {{"when", context.now}}));
        outcome.sent_mail = true;
        return outcome;
    }

private:
    Services const& services_;
};

} // namespace

std::unique_ptr<journey::StepHandler> make_recovery_code_step(Services const& services)
{
    return std::make_unique<RecoveryCode>(services);
}
std::unique_ptr<journey::StepHandler> make_keep_recovery_codes_step(Services const&)
{
    return std::make_unique<KeepRecoveryCodes>();
}
std::unique_ptr<journey::StepHandler> make_few_recovery_codes_step(Services const& services)
{
    return std::make_unique<FewRecoveryCodes>(services);
}

} // namespace gatehouse::signin
