// "Sign in faster next time": after a sign-in by password, on a device that can make a passkey. It may be put off, and
// is then not asked again for a while.
#include "base/json.hpp"
#include "credentials/passkey_creation.hpp"
#include "journey/page.hpp"
#include "messages/outbox.hpp"
#include "session/session.hpp"
#include "signin/factors.hpp"
#include "signin/steps.hpp"

namespace gatehouse::signin {

namespace {

constexpr std::size_t kLargestAnswer = 64 * 1024; // with a chain of certificates

struct OfferWork final : journey::Work {
    bool later = false;
    std::optional<credentials::webauthn::Registered> registered;
};

class OfferPasskey final : public journey::StepHandler {
public:
    explicit OfferPasskey(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx& tx, journey::Turn const& turn, http::Fields const&) const override
    {
        auto const& [context, request, journey, situation, sessions] = turn;
        auto const tenant = context.tenant->id;
        auto const user = *journey.facts.user;
        TRY(auto const email, services_.users.primary_email(tx, tenant, user));
        auto const name = email ? email->value : journey.facts.identifier;
        TRY(auto const had, credentials::Passkeys(services_.vault, services_.users).load(tx, tenant, user));
        TRY(auto asked, credentials::ask_for_creation(services_.vault, place_of(turn), user, name, name, had));
        view::ViewModel model{.title = "passkey.offer_title", .lead = "passkey.offer_lead"};
        model.account = journey.facts.identifier;
        model.fields.push_back(
            {.name = "passkey_challenge", .kind = view::FieldKind::hidden, .value = std::move(asked.challenge)});
        model.fields.push_back({.name = "unasked", .kind = view::FieldKind::hidden});
        model.passkey = {.options = std::move(asked.options),
                         .ceremony = view::PasskeyCeremony::create,
                         .unasked = true,
                         .label = "passkey.offer_create",
                         .style = view::ChoiceStyle::primary,
                         .without = "passkey.needs_script"};
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
        auto const response = parse_json_object_strict(input.get("passkey"), {.size = kLargestAnswer, .depth = 8});
        if (!response)
            return refuse(ErrorKind::invalid, "passkey_malformed", "This is not what a browser sends for a passkey.")
                .at("passkey")
                .because(response.error().code);
        auto registered = credentials::read_creation(services_.vault, place_of(turn),
                                                     {.response = *response,
                                                      .challenge = input.get("passkey_challenge"),
                                                      .conditional = input.get("unasked") == "1",
                                                      .metadata = services_.authenticator_metadata.current()});
        if (!registered)
            return std::unexpected(at_field(std::move(registered).error(), "passkey"));
        work->registered = std::move(*registered);
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
        if (!work.registered)
            return outcome;
        TRY(auto const key, services_.vault.open_person_key(tx, tenant, user));
        auto const made =
            credentials::Passkeys(services_.vault, services_.users)
                .enrol(tx, key, *work.registered, "", session::describe_user_agent(request.header("User-Agent")),
                       origin_of(turn), context.now);
        if (!made)
            return std::unexpected(at_field(made.error(), "passkey"));
        TRY(auto const email, services_.users.primary_email(tx, tenant, user));
        if (email) {
            TRY_DO(send(services_, tx, turn,
                        {.kind = messages::Kind::credential_added,
                         .to = email->value,
                         .user = user,
                         .arguments = {{"kind", "passkey"}, {"when", context.now}}}));
            outcome.sent_mail = true;
        }
        // Making a passkey proves it: the session counts as one that was opened with it, too.
        if (work.registered->user_verified)
            outcome.journey.facts.prove(user, journey.facts.security_epoch, credentials::Method::passkey, context.now);
        TRY_DO(add_recovery_codes(services_, tx, turn, outcome));
        return outcome;
    }

private:
    static credentials::CreationPlace place_of(journey::Turn const& turn)
    {
        return {.tenant = *turn.context.tenant, .binding = turn.journey.id.bytes(), .now = turn.context.now};
    }

    Services const& services_;
};

} // namespace

std::unique_ptr<journey::StepHandler> make_offer_passkey_step(Services const& services)
{
    return std::make_unique<OfferPasskey>(services);
}

} // namespace gatehouse::signin
