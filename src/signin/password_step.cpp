// Identifier and password on one page; or the password alone, where the person is known and confirms. A passkey may
// stand for both.
#include "credentials/password_policy.hpp"
#include "events/types.hpp"
#include "messages/outbox.hpp"
#include "signin/factors.hpp"
#include "signin/passkey_prompt.hpp"

#include <algorithm>

namespace gatehouse::signin {

namespace {

struct PasswordWork final : journey::Work {
    Typed typed;
    risk::Reservation reservation;
    std::optional<UserId> user; // none: nobody, or nobody who could sign in
    std::optional<vault::PersonKey> key;
    std::int64_t version = 0;
    credentials::ChangeReason change_reason = credentials::ChangeReason::none;
    bool can_have_passkey = false;
};

Error wrong_credentials(bool identifier_was_typed)
{
    return {.kind = ErrorKind::unauthenticated,
            .code = identifier_was_typed ? "wrong_credentials" : "wrong_password",
            .message = "The address or password is not right.",
            .pointer = "password",
            .keep_writes = KeepWrites::Yes};
}

// The person who confirms, by name: whose session was chosen, or who must sign in and has done so in this browser
// before. An id_token_hint alone names nobody: whoever holds an ID token without the scope email would read the address
// off the page.
std::optional<UserId> known_user(Services const& services, journey::Turn const& turn)
{
    if (!turn.journey.facts.proven.empty())
        if (auto const known = known_person(turn))
            return known;
    auto const& [requirements, facts] = std::tie(turn.journey.requirements, turn.journey.facts);
    if (facts.session && facts.user && (!requirements.user || *requirements.user == *facts.user))
        return facts.user;
    if (!requirements.user)
        return std::nullopt;
    auto const device = risk::read_device(turn.context, turn.request, services.vault);
    return device && device->knows(*requirements.user) ? requirements.user : std::nullopt;
}

class PasswordStep final : public journey::StepHandler {
public:
    explicit PasswordStep(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx& tx, journey::Turn const& turn, http::Fields const& entered) const override
    {
        auto const& journey = turn.journey;
        view::ViewModel model{.title = "signin.title"};
        auto const known = known_user(services_, turn);
        std::string identifier(entered.get("identifier"));
        if (known) {
            TRY(identifier, shown_identifier(services_, tx, turn.context.tenant->id, *known));
            model.title = "signin.confirm_title";
            model.lead = "signin.confirm_lead";
            model.account = identifier;
            if (!journey.requirements.user)
                model.account_change = "action.not_you";
        } else {
            if (identifier.empty())
                identifier = journey.facts.identifier.empty() ? journey.login_hint : journey.facts.identifier;
            model.lead = {"signin.lead", {{"tenant", turn.context.tenant->name}}};
        }
        model.fields.push_back({.name = "identifier",
                                .kind = known ? view::FieldKind::hidden : view::FieldKind::username,
                                .label = identifier_label(*turn.context.tenant),
                                .value = identifier,
                                .required = true,
                                .autofocus = identifier.empty(),
                                .autocomplete = "username",
                                .max_length = 320});
        model.fields.push_back({.name = "password",
                                .kind = view::FieldKind::password,
                                .label = "field.password",
                                .required = true,
                                .autofocus = !identifier.empty(),
                                .autocomplete = "current-password"});
        // Filled in by the script of a browser whose device can make passkeys: its owner may be offered one.
        if (turn.context.tenant->settings.passkeys.upgrade_prompt_days > 0)
            model.fields.push_back({.name = "passkey_here", .kind = view::FieldKind::hidden});
        model.choices.push_back({.label = "action.sign_in", .style = view::ChoiceStyle::primary});
        model.links.push_back({.label = "signin.forgot_password", .href = "/recover"});
        auto const ways = journey::ways_on(journey, turn.policy(), turn.situation, turn.context.now);
        if (std::ranges::find(ways, credentials::Method::passkey) != ways.end())
            TRY_DO(ask_for_passkey(services_, tx, turn, PasskeyPlace::beside, model));
        if (model.passkey.autofills)
            model.field("identifier")->autocomplete = "username webauthn";
        add_other_ways(model, turn, credentials::Method::password);
        if (!known && !journey.requirements.user && turn.context.tenant->settings.registration.open)
            model.links.push_back({.label = "signin.create_account", .href = "/register", .lead = "signin.no_account"});
        return model;
    }

    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx& tx, journey::Turn const& turn,
                                                   http::Fields const& input) const override
    {
        if (has_passkey(input))
            return read_passkey(services_, turn, input);
        auto const tenant = turn.context.tenant->id;
        auto work = std::make_unique<PasswordWork>();
        auto const known = known_user(services_, turn);
        std::string identifier;
        if (known) {
            TRY(identifier, shown_identifier(services_, tx, tenant, *known));
        } else {
            TRY(identifier, required(input, "identifier", "identifier_required", "Enter your address or username."));
        }
        if (input.get("password").empty())
            return refuse(ErrorKind::invalid, "password_required", "Enter your password.").at("password");
        auto password = credentials::normalize_password(Secret(input.get("password")));
        if (!password)
            return std::unexpected(at_field(std::move(password).error(), "password"));
        TRY(work->typed, known ? read_typed(services_, tenant, identifier)
                               : read_entered(services_, *turn.context.tenant, identifier));
        TRY(auto found, find_typed(services_, tx, tenant, work->typed));
        auto const expected = known ? known : turn.journey.requirements.user;
        if (found && expected && found->user.id != *expected)
            found.reset();

        auto const device = risk::read_device(turn.context, turn.request, services_.vault);
        risk::Target const target{work->typed.digest, found ? std::optional(found->user.id) : std::nullopt};
        TRY(auto slots, risk::password_slots(services_.vault, turn.context, device, target));
        TRY(work->reservation, risk::reserve(tx, tenant, std::move(slots), turn.context.now));

        // For those who do not exist the same statement finds nothing, and the pool computes the dummy.
        TRY(auto stored,
            services_.passwords.load(tx, tenant, found ? found->user.id : UserId{}, found ? &found->key : nullptr));
        if (found && found->user.enabled && stored) {
            work->user = found->user.id;
            work->version = stored->version;
            work->change_reason = stored->change_reason;
            work->phc = std::move(stored->phc);
        }
        if (found)
            work->key = std::move(found->key);
        work->password = std::move(*password);
        work->verify = true;
        work->can_have_passkey = input.get("passkey_here") == "1";
        return work;
    }

    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const& prepared,
                                      journey::Computed const& computed) const override
    {
        if (auto const* const passkey = dynamic_cast<PasskeyWork const*>(&prepared))
            return believe_passkey(services_, tx, turn, *passkey);
        auto const& work = static_cast<PasswordWork const&>(prepared);
        auto const& [context, request, journey, situation, sessions] = turn;
        auto const tenant = context.tenant->id;
        auto const known = known_user(services_, turn);
        if (!work.user || !computed.matches) {
            TRY_DO(append_failure(tx, turn, work));
            return std::unexpected(wrong_credentials(!known));
        }
        TRY(auto const user, services_.users.require_active(tx, tenant, *work.user));
        TRY_DO(services_.passwords.confirm_use(tx, tenant, user.id, work.version, context.now));
        TRY_DO(risk::succeed(tx, tenant, work.reservation));
        if (!computed.phc.empty())
            TRY_DO(services_.passwords.rehash(tx, *work.key, work.version, computed.phc));
        journey::Outcome outcome{.journey = journey};
        if (computed.breached && work.change_reason == credentials::ChangeReason::none) {
            TRY_DO(tell_of_breach(tx, turn, work));
            outcome.sent_mail = true;
        }
        auto& facts = outcome.journey.facts;
        facts.prove(user.id, user.security_epoch, credentials::Method::password, context.now);
        facts.identifier = work.typed.text;
        facts.can_have_passkey = work.can_have_passkey;
        return outcome;
    }

    Result<void> abandon(storage::Tx& tx, journey::Turn const& turn, journey::Work const& prepared) const override
    {
        return risk::give_back(tx, turn.context.tenant->id, static_cast<PasswordWork const&>(prepared).reservation);
    }

private:
    Result<void> append_failure(storage::Tx& tx, journey::Turn const& turn, PasswordWork const& work) const
    {
        TRY_DO(events::append(tx, services_.vault,
                              {.type = &events::kSignInFailed,
                               .tenant = turn.context.tenant->id,
                               .user = work.key ? std::optional(work.key->user) : std::nullopt,
                               .origin = origin_of(turn),
                               .data = {{"reason", work.user ? "password_wrong" : "no_such_account"}},
                               .personal = attempt_of(turn, work.typed.text)},
                              turn.context.now, work.key ? &*work.key : nullptr));
        return {};
    }

    // The clear text was at hand, and is known from a breach: the person is told, once.
    Result<void> tell_of_breach(storage::Tx& tx, journey::Turn const& turn, PasswordWork const& work) const
    {
        auto const tenant = turn.context.tenant->id;
        TRY(auto const news, services_.passwords.ask_for_change(tx, tenant, *work.user,
                                                                credentials::ChangeReason::breached, work.version));
        if (!news)
            return {};
        TRY_DO(events::append(
            tx, services_.vault,
            {.type = &events::kPasswordBreached, .tenant = tenant, .user = work.user, .origin = origin_of(turn)},
            turn.context.now, &*work.key));
        return tell_everywhere(services_, tx, turn, *work.user, messages::Kind::password_breached,
                               {{"link", turn.context.tenant->issuer + "/account/security"}});
    }

    Services const& services_;
};

} // namespace

std::unique_ptr<journey::StepHandler> make_password_step(Services const& services)
{
    return std::make_unique<PasswordStep>(services);
}

} // namespace gatehouse::signin
