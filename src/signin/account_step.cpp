// The account chooser: which of the accounts that are signed in to this browser, another one, or one less.
#include "session/cookie.hpp"
#include "signin/steps.hpp"

#include <algorithm>

namespace gatehouse::signin {

namespace {

struct ChoiceWork final : journey::Work {
    bool another = false;
    std::optional<SessionId> session;
    std::optional<SessionId> sign_out;
};

class ChooseAccount final : public journey::StepHandler {
public:
    explicit ChooseAccount(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx& tx, journey::Turn const& turn, http::Fields const&) const override
    {
        view::ViewModel model{.title = "accounts.title", .lead = "accounts.lead"};
        for (auto const& session : turn.sessions) {
            TRY(auto const user, services_.users.get(tx, turn.context.tenant->id, session.user));
            TRY(auto const email, services_.users.primary_email(tx, turn.context.tenant->id, session.user));
            auto const* name = user.profile.if_contains("name");
            view::Item item{.icon = "person", .whole_row = true};
            if (name && name->is_string())
                item.title = view::Text::plain(std::string(name->get_string()));
            if (email && item.title.empty())
                item.title = view::Text::plain(email->value);
            else if (email)
                item.details.push_back(view::Text::plain(email->value));
            item.choices.push_back({.name = "session",
                                    .value = session.id.to_string(),
                                    .label = "action.continue",
                                    .style = view::ChoiceStyle::primary});
            item.choices.push_back({.name = "sign_out",
                                    .value = session.id.to_string(),
                                    .label = "action.sign_out",
                                    .style = view::ChoiceStyle::link});
            model.items.push_back(std::move(item));
        }
        model.choices.push_back(
            {.name = "action", .value = "another", .label = "accounts.another", .style = view::ChoiceStyle::secondary});
        return model;
    }

    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx&, journey::Turn const&,
                                                   http::Fields const& input) const override
    {
        auto work = std::make_unique<ChoiceWork>();
        work->another = input.get("action") == "another";
        if (auto const id = SessionId::parse(input.get("session")))
            work->session = *id;
        if (auto const id = SessionId::parse(input.get("sign_out")))
            work->sign_out = *id;
        if (!work->another && !work->session && !work->sign_out)
            return refuse(ErrorKind::invalid, "choice_required", "Choose an account.");
        return work;
    }

    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const& prepared,
                                      journey::Computed const&) const override
    {
        auto const& work = static_cast<ChoiceWork const&>(prepared);
        journey::Outcome outcome{.journey = turn.journey};
        auto& facts = outcome.journey.facts;
        if (work.another) {
            facts.account_settled = true;
            return outcome;
        }
        auto const wanted = work.sign_out ? *work.sign_out : *work.session;
        auto const chosen = std::ranges::find(turn.sessions, wanted, &session::Session::id);
        if (chosen == turn.sessions.end()) // only sessions of this very browser
            return refuse(ErrorKind::gone, "session_expired", "That session has ended. Choose again.");
        if (work.sign_out) {
            TRY_DO(session::end(tx, services_.vault, turn.context.tenant->id, chosen->user, chosen->id,
                                session::EndReason::sign_out, origin_of(turn), turn.context.now));
            auto const rest = session::without(session::read_cookie(turn.context, turn.request), chosen->id);
            outcome.cookies.push_back(session::make_cookie(turn.context, rest));
            return outcome;
        }
        facts.account_settled = true;
        facts.session = chosen->id;
        facts.user = chosen->user;
        facts.security_epoch = chosen->security_epoch;
        facts.session_methods = chosen->authentication.methods;
        facts.session_at = chosen->authentication.time;
        return outcome;
    }

private:
    Services const& services_;
};

} // namespace

std::unique_ptr<journey::StepHandler> make_choose_account_step(Services const& services)
{
    return std::make_unique<ChooseAccount>(services);
}

} // namespace gatehouse::signin
