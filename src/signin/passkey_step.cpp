// A passkey or security key, on a page of its own: beside a password, for a change that asks for it, or because the
// person would rather use it.
#include "signin/factors.hpp"
#include "signin/passkey_prompt.hpp"
#include "signin/recovery_hold.hpp"

namespace gatehouse::signin {

namespace {

class PasskeyStep final : public journey::StepHandler {
public:
    explicit PasskeyStep(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx& tx, journey::Turn const& turn, http::Fields const&) const override
    {
        view::ViewModel model{.title = "passkey.title", .lead = "passkey.lead"};
        model.account = turn.journey.facts.identifier;
        TRY_DO(ask_for_passkey(services_, tx, turn, PasskeyPlace::alone, model));
        add_other_ways(model, turn, credentials::Method::passkey);
        return model;
    }
    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx&, journey::Turn const& turn,
                                                   http::Fields const& input) const override
    {
        TRY(auto work, read_passkey(services_, turn, input));
        static_cast<PasskeyWork&>(*work).ticket = ticket_of(turn, input);
        return work;
    }
    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const& prepared,
                                      journey::Computed const&) const override
    {
        auto const& work = static_cast<PasskeyWork const&>(prepared);
        TRY(auto outcome, believe_passkey(services_, tx, turn, work));
        if (turn.journey.purpose != journey::Purpose::recovery || turn.journey.facts.user)
            return outcome;
        // It lets a new password be set, and, as it verified its user, it stands beside that.
        auto& facts = outcome.journey.facts;
        facts.recovered_by = {credentials::Method::passkey};
        TRY(facts.identifier, shown_identifier(services_, tx, turn.context.tenant->id, *facts.user));
        read_ticket(services_, turn, work.ticket, outcome);
        TRY_DO(hold_reset(services_, tx, turn, outcome));
        return outcome;
    }

private:
    Services const& services_;
};

} // namespace

std::unique_ptr<journey::StepHandler> make_passkey_step(Services const& services)
{
    return std::make_unique<PasskeyStep>(services);
}

} // namespace gatehouse::signin
