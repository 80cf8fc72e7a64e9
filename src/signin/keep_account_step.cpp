// "Your account is about to be deleted": signing in would keep it, and nobody keeps or loses an account unaware.
#include "messages/outbox.hpp"
#include "signin/steps.hpp"

namespace gatehouse::signin {

namespace {

struct KeepWork final : journey::Work {
    bool leave = false;
};

class KeepAccount final : public journey::StepHandler {
public:
    Result<view::ViewModel> show(storage::Tx&, journey::Turn const& turn, http::Fields const&) const override
    {
        view::ViewModel model{.title = "keep_account.title",
                              .lead = {"keep_account.lead", {{"until", *turn.situation.deletion_due}}},
                              .note = "keep_account.note"};
        model.account = turn.journey.facts.identifier;
        model.choices.push_back(
            {.name = "action", .value = "keep", .label = "keep_account.keep", .style = view::ChoiceStyle::primary});
        model.choices.push_back(
            {.name = "action", .value = "leave", .label = "keep_account.leave", .style = view::ChoiceStyle::link});
        return model;
    }
    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx&, journey::Turn const&,
                                                   http::Fields const& input) const override
    {
        auto work = std::make_unique<KeepWork>();
        auto const action = input.get("action");
        if (action != "keep" && action != "leave")
            return refuse(ErrorKind::invalid, "choice_required", "Say whether you want to keep the account.");
        work->leave = action == "leave";
        return work;
    }
    // The wish itself is taken back where the session is made: whoever turns away here has kept nothing.
    Result<journey::Outcome> complete(storage::Tx&, journey::Turn const& turn, journey::Work const& prepared,
                                      journey::Computed const&) const override
    {
        journey::Outcome outcome{.journey = turn.journey};
        if (static_cast<KeepWork const&>(prepared).leave)
            outcome.journey.facts.cancelled = true;
        else
            outcome.journey.facts.account_kept = true;
        return outcome;
    }
};

} // namespace

std::unique_ptr<journey::StepHandler> make_keep_account_step()
{
    return std::make_unique<KeepAccount>();
}

} // namespace gatehouse::signin
