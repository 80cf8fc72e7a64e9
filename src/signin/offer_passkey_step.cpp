// "Sign in faster next time": after a sign-in by password, on a device that can make a passkey. It may be put off, and
// is then not asked again for a while.
#include "signin/new_passkey.hpp"

namespace gatehouse::signin {

namespace {

struct OfferWork final : journey::Work {
    bool later = false;
    std::optional<credentials::webauthn::Registered> registered;
};

class OfferPasskey final : public journey::StepHandler {
public:
    explicit OfferPasskey(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx& tx, journey::Turn const& turn, http::Fields const&) const override
    {
        view::ViewModel model{.title = "passkey.offer_title", .lead = "passkey.offer_lead"};
        model.account = turn.journey.facts.identifier;
        TRY_DO(ask_for_new_passkey(services_, tx, turn, "passkey.offer_create", model));
        model.fields.push_back({.name = "unasked", .kind = view::FieldKind::hidden});
        model.passkey.unasked = true;
        model.choices.push_back({.name = "action",
                                 .value = "later",
                                 .label = "passkey.offer_later",
                                 .style = view::ChoiceStyle::secondary,
                                 .skips_checks = true});
        return model;
    }

    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx&, journey::Turn const& turn,
                                                   http::Fields const& input) const override
    {
        auto work = std::make_unique<OfferWork>();
        work->later = input.get("passkey").empty();
        if (work->later)
            return work;
        TRY(work->registered, read_new_passkey(services_, turn, input));
        return work;
    }

    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const& prepared,
                                      journey::Computed const&) const override
    {
        auto const& work = static_cast<OfferWork const&>(prepared);
        auto const& [context, request, journey, situation, sessions] = turn;
        auto const tenant = context.tenant->id;
        auto const user = *journey.facts.user;
        TRY_DO(services_.users.require_active(tx, tenant, user, journey.facts.security_epoch));
        TRY_DO(credentials::note_passkey_offer(tx, tenant, user, context.now));
        journey::Outcome outcome{.journey = journey};
        outcome.journey.facts.passkey_offered = true;
        if (work.registered)
            TRY_DO(keep_new_passkey(services_, tx, turn, *work.registered, outcome));
        return outcome;
    }

private:
    Services const& services_;
};

} // namespace

std::unique_ptr<journey::StepHandler> make_offer_passkey_step(Services const& services)
{
    return std::make_unique<OfferPasskey>(services);
}

} // namespace gatehouse::signin
