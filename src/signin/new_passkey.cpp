#include "signin/new_passkey.hpp"

#include "base/json.hpp"
#include "messages/outbox.hpp"
#include "session/session.hpp"
#include "signin/factors.hpp"

namespace gatehouse::signin {

namespace {

constexpr std::size_t kLargestAnswer = 64 * 1024; // with a chain of certificates

credentials::CreationPlace place_of(journey::Turn const& turn)
{
    return {.tenant = *turn.context.tenant, .binding = turn.journey.id.bytes(), .now = turn.context.now};
}

} // namespace

Result<void> ask_for_new_passkey(Services const& services, storage::Tx& tx, journey::Turn const& turn, view::Text label,
                                 view::ViewModel& model)
{
    auto const tenant = turn.context.tenant->id;
    auto const user = *turn.journey.facts.user;
    TRY(auto const name, shown_identifier(services, tx, tenant, user));
    TRY(auto const had, credentials::Passkeys(services.vault, services.users).load(tx, tenant, user));
    TRY(auto asked, credentials::ask_for_creation(services.vault, place_of(turn), user, name, name, had));
    model.fields.push_back(
        {.name = "passkey_challenge", .kind = view::FieldKind::hidden, .value = std::move(asked.challenge)});
    model.passkey = {.options = std::move(asked.options),
                     .ceremony = view::PasskeyCeremony::create,
                     .label = std::move(label),
                     .style = view::ChoiceStyle::primary,
                     .without = "passkey.needs_script"};
    return {};
}

Result<credentials::webauthn::Registered> read_new_passkey(Services const& services, journey::Turn const& turn,
                                                           http::Fields const& input)
{
    auto const response = parse_json_object_strict(input.get("passkey"), {.size = kLargestAnswer, .depth = 8});
    if (!response)
        return refuse(ErrorKind::invalid, "passkey_malformed", "This is not what a browser sends for a passkey.")
            .at("passkey")
            .because(response.error().code);
    auto registered = credentials::read_creation(services.vault, place_of(turn),
                                                 {.response = *response,
                                                  .challenge = input.get("passkey_challenge"),
                                                  .conditional = input.get("unasked") == "1",
                                                  .metadata = services.authenticator_metadata.current()});
    if (!registered)
        return std::unexpected(at_field(std::move(registered).error(), "passkey"));
    return registered;
}

Result<void> keep_new_passkey(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                              credentials::webauthn::Registered const& registered, journey::Outcome& outcome)
{
    auto const& [context, request, journey, situation, sessions] = turn;
    auto const user = *journey.facts.user;
    TRY(auto const key, services.vault.open_person_key(tx, context.tenant->id, user));
    auto const made = credentials::Passkeys(services.vault, services.users)
                          .enrol(tx, key, registered, "", session::describe_user_agent(request.header("User-Agent")),
                                 origin_of(turn), context.now);
    if (!made)
        return std::unexpected(at_field(made.error(), "passkey"));
    TRY_DO(notify(services, tx, turn, messages::Kind::credential_added, {{"kind", "passkey"}, {"when", context.now}}));
    outcome.sent_mail = true;
    if (registered.user_verified)
        outcome.journey.facts.prove(user, journey.facts.security_epoch, credentials::Method::passkey, context.now);
    return add_recovery_codes(services, tx, turn, outcome);
}

} // namespace gatehouse::signin
