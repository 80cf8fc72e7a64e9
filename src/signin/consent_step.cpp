// Consent: an application that is not the tenant's own asks what it may do. Remembered in grants; taken back on the
// account page.
#include "applications/registry.hpp"
#include "identity/attributes.hpp"
#include "journey/attribute_fields.hpp"
#include "journey/page.hpp"
#include "signin/steps.hpp"
#include "tokens/grants.hpp"

#include <array>

namespace gatehouse::signin {

namespace {

struct ConsentWork final : journey::Work {
    bool allowed = false;
};

constexpr std::array<std::string_view, 6> kPlainScopes{"openid", "profile", "email",
                                                       "phone",  "address", "offline_access"};

// What a scope means, in words: our own for those of OpenID Connect, the API's for its permissions
// ("<audience>#<permission>"), the name itself where nobody has said more.
view::Text words_of(std::string const& scope, applications::Catalogue const* catalogue,
                    identity::ProfileSchema const& schema, view::Locale const& locale)
{
    for (auto const& plain : kPlainScopes)
        if (scope == plain)
            return view::Text("consent.scope." + scope);
    auto const hash = scope.rfind('#');
    auto const* api = catalogue && hash != std::string::npos ? catalogue->find_api(scope.substr(0, hash)) : nullptr;
    if (api) {
        for (auto const& permission : api->permissions)
            if (permission.name == scope.substr(hash + 1) && !permission.description.empty())
                return view::Text::plain(permission.description + " (" + api->name + ")");
        return view::Text::plain(scope.substr(hash + 1) + " (" + api->name + ")");
    }
    // A scope of the tenant's own shows what attributes name it.
    std::string shown;
    for (auto const& attribute : schema.attributes)
        if (std::ranges::find(attribute.scopes, scope) != attribute.scopes.end())
            shown += (shown.empty() ? "" : ", ") + locale.text(journey::label_of(attribute, locale));
    if (!shown.empty())
        return view::Text("consent.scope.attributes", {{"attributes", shown}});
    return view::Text::plain(scope);
}

class ConsentStep final : public journey::StepHandler {
public:
    explicit ConsentStep(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx& tx, journey::Turn const& turn, http::Fields const&) const override
    {
        auto const& journey = turn.journey;
        auto const catalogue = services_.registry.cached(turn.context.tenant->id);
        auto const* client = catalogue && journey.application ? catalogue->find(*journey.application) : nullptr;
        std::string const name = client ? client->application.name : "";
        view::ViewModel model{.title = {"consent.title", {{"application", name}}},
                              .items_title = {"consent.lead", {{"application", name}}},
                              .note = "consent.revocable"};
        TRY(auto const email, services_.users.primary_email(tx, turn.context.tenant->id, *journey.facts.user));
        if (email)
            model.account = email->value;
        if (!journey.requirements.user)
            model.account_change = "action.not_you";
        auto const& locale =
            journey::locale_of(services_.pages, turn.context, turn.request, {.ui_locales = journey.ui_locales});
        for (auto const& scope : journey.requirements.consent_scopes)
            model.items.push_back(
                {.title = words_of(scope, catalogue.get(), *turn.context.tenant->profile, locale), .icon = "check"});
        model.choices.push_back(
            {.name = "action", .value = "allow", .label = "action.allow", .style = view::ChoiceStyle::primary});
        model.choices.push_back({.name = "action",
                                 .value = "deny",
                                 .label = "action.deny",
                                 .style = view::ChoiceStyle::secondary,
                                 .skips_checks = true});
        return model;
    }

    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx&, journey::Turn const&,
                                                   http::Fields const& input) const override
    {
        auto work = std::make_unique<ConsentWork>();
        auto const action = input.get("action");
        if (action != "allow" && action != "deny")
            return refuse(ErrorKind::invalid, "choice_required", "Choose whether to allow this.");
        work->allowed = action == "allow";
        return work;
    }

    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const& prepared,
                                      journey::Computed const&) const override
    {
        journey::Outcome outcome{.journey = turn.journey};
        auto& facts = outcome.journey.facts;
        if (!static_cast<ConsentWork const&>(prepared).allowed) {
            facts.cancelled = true;
            return outcome;
        }
        auto const tenant = turn.context.tenant->id;
        TRY_DO(services_.users.require_active(tx, tenant, *facts.user, facts.security_epoch));
        TRY_DO(tokens::give_grant(tx, services_.vault, tenant, *facts.user, *turn.journey.application,
                                  turn.journey.requirements.consent_scopes, origin_of(turn), turn.context.now));
        facts.consented = true;
        return outcome;
    }

private:
    Services const& services_;
};

} // namespace

std::unique_ptr<journey::StepHandler> make_consent_step(Services const& services)
{
    return std::make_unique<ConsentStep>(services);
}

} // namespace gatehouse::signin
