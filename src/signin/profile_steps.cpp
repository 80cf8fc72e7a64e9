// Between signing in and the application: texts that must be accepted, and what else the tenant would like to know.
#include "identity/profile_schema.hpp"
#include "journey/agreement_fields.hpp"
#include "journey/attribute_fields.hpp"
#include "journey/page.hpp"
#include "journey/prompts.hpp"
#include "risk/throttle.hpp"
#include "signin/steps.hpp"
#include "view/pages.hpp"

namespace gatehouse::signin {

namespace {

view::Locale const& locale_of(Services const& services, journey::Turn const& turn)
{
    return journey::locale_of(services.pages, turn.context, turn.request, {.ui_locales = turn.journey.ui_locales});
}

struct AgreementsWork final : journey::Work {
    bool declined = false;
    std::vector<identity::Accepted> accepted;
};

class AgreementsStep final : public journey::StepHandler {
public:
    explicit AgreementsStep(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx& tx, journey::Turn const& turn, http::Fields const& entered) const override
    {
        TRY(auto const missing, missing_of(tx, turn));
        view::ViewModel model{.title = "agreements.title",
                              .lead = {"agreements.lead", {{"tenant", turn.context.tenant->name}}}};
        journey::add_agreements(model, missing, {}, entered.empty() ? nullptr : &entered, locale_of(services_, turn));
        model.choices.push_back({.label = "action.accept", .style = view::ChoiceStyle::primary});
        model.choices.push_back({.name = "action",
                                 .value = "decline",
                                 .label = "action.decline",
                                 .style = view::ChoiceStyle::secondary,
                                 .skips_checks = true});
        return model;
    }

    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx& tx, journey::Turn const& turn,
                                                   http::Fields const& input) const override
    {
        auto work = std::make_unique<AgreementsWork>();
        work->declined = input.get("action") == "decline";
        if (work->declined)
            return work;
        TRY(auto const missing, missing_of(tx, turn));
        TRY(work->accepted, journey::read_agreements(missing, input));
        return work;
    }

    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const& prepared,
                                      journey::Computed const&) const override
    {
        auto const& work = static_cast<AgreementsWork const&>(prepared);
        auto const& context = turn.context;
        journey::Outcome outcome{.journey = turn.journey};
        if (work.declined) {
            outcome.journey.facts.cancelled = true;
            return outcome;
        }
        TRY_DO(identity::accept(tx, services_.vault, context.tenant->id, *turn.journey.facts.user, work.accepted,
                                {.locale = locale_of(services_, turn).tag(),
                                 .place = risk::address_key(context.client_address),
                                 .origin = origin_of(turn),
                                 .now = context.now}));
        return outcome;
    }

private:
    Result<identity::Agreements> missing_of(storage::Tx& tx, journey::Turn const& turn) const
    {
        auto const& tenant = *turn.context.tenant;
        return identity::missing_agreements(tx, tenant.id, *turn.journey.facts.user, *tenant.agreements);
    }

    Services const& services_;
};

struct ProfileWork final : journey::Work {
    std::string skipped; // the prompt's name
    boost::json::object profile;
};

class ProfileStep final : public journey::StepHandler {
public:
    explicit ProfileStep(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx& tx, journey::Turn const& turn, http::Fields const& entered) const override
    {
        auto const& schema = *turn.context.tenant->profile;
        auto const& locale = locale_of(services_, turn);
        TRY(auto const found, find(tx, turn));
        auto title = identity::words_for(found.due.prompt->title, locale.tag());
        auto lead = identity::words_for(found.due.prompt->lead, locale.tag());
        view::ViewModel model{
            .title = title.empty() ? view::Text("profile_step.title") : view::Text::plain(std::move(title)),
            .lead = lead.empty() ? view::Text("profile_step.lead") : view::Text::plain(std::move(lead))};
        for (auto const& asked : found.due.fields)
            std::ranges::move(journey::fields_of(*schema.find(asked.attribute),
                                                 {.entered = entered.empty() ? nullptr : &entered,
                                                  .required = asked.required},
                                                 locale, services_.pages.locales(), turn.context.now),
                              std::back_inserter(model.fields));
        model.choices.push_back({.label = "action.continue", .style = view::ChoiceStyle::primary});
        if (found.due.skippable)
            model.choices.push_back({.name = "action",
                                     .value = "skip",
                                     .label = "action.skip",
                                     .style = view::ChoiceStyle::secondary,
                                     .skips_checks = true});
        return model;
    }

    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx& tx, journey::Turn const& turn,
                                                   http::Fields const& input) const override
    {
        TRY(auto const found, find(tx, turn));
        auto work = std::make_unique<ProfileWork>();
        if (found.due.skippable && input.get("action") == "skip") {
            work->skipped = found.due.prompt->name;
            return work;
        }
        TRY(work->profile, journey::read_fields(*turn.context.tenant->profile, found.due.fields, input,
                                                found.user.profile, turn.context.now));
        // Sent with nothing filled in, it counts as skipped: it is not asked again at once.
        if (work->profile == found.user.profile)
            work->skipped = found.due.prompt->name;
        return work;
    }

    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const& prepared,
                                      journey::Computed const&) const override
    {
        auto const& work = static_cast<ProfileWork const&>(prepared);
        auto const& context = turn.context;
        auto const user = *turn.journey.facts.user;
        if (!work.skipped.empty()) {
            TRY_DO(identity::note_skipped(tx, context.tenant->id, user, work.skipped, context.now));
        } else {
            TRY_DO(services_.users.update_profile(tx, context.tenant->id, user, work.profile, std::nullopt,
                                                  origin_of(turn), context.now));
        }
        journey::Outcome outcome{.journey = turn.journey};
        outcome.journey.facts.profile_asked = true;
        return outcome;
    }

private:
    struct Found {
        identity::User user;
        identity::DuePrompt due;
    };
    Result<Found> find(storage::Tx& tx, journey::Turn const& turn) const
    {
        TRY(auto user, services_.users.get(tx, turn.context.tenant->id, *turn.journey.facts.user));
        TRY(auto due, journey::find_due_prompt(tx, turn.context, services_.registry, turn.journey, user.profile));
        if (!due) // filled in meanwhile, in another tab
            return refuse(ErrorKind::conflict, "journey_moved", "There is nothing more to fill in.");
        return Found{std::move(user), *std::move(due)};
    }

    Services const& services_;
};

} // namespace

std::unique_ptr<journey::StepHandler> make_agreements_step(Services const& services)
{
    return std::make_unique<AgreementsStep>(services);
}
std::unique_ptr<journey::StepHandler> make_profile_step(Services const& services)
{
    return std::make_unique<ProfileStep>(services);
}

} // namespace gatehouse::signin
