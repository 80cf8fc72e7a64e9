#include "signin/passkey_prompt.hpp"

#include "base/json.hpp"
#include "credentials/passkeys.hpp"
#include "crypto/random.hpp"
#include "events/types.hpp"
#include "signin/factors.hpp"

namespace gatehouse::signin {

namespace webauthn = credentials::webauthn;
using credentials::Method;

namespace {

constexpr std::string_view kPurpose = "passkey_challenge";
constexpr std::size_t kChallengeSize = 32; // WebAuthn level 3 section 13.4.3: at least 16
constexpr std::size_t kLargestAnswer = 16 * 1024;

credentials::Passkeys passkeys_of(Services const& services)
{
    return {services.vault, services.users};
}

// Possession alone adds something to a password, and to nothing else; the policy may ask for more than that.
bool must_verify_user(journey::Turn const& turn)
{
    auto const& policy = turn.policy();
    auto const counts = journey::what_counts(turn.journey, turn.situation, turn.context.now);
    auto with_key = counts;
    with_key.add(Method::security_key);
    return policy.user_verification == identity::UserVerification::required ||
           policy.level_of(counts) == credentials::Level::none || policy.level_of(with_key) <= policy.level_of(counts);
}

// Who alone may answer; anybody when nobody is known yet.
std::optional<UserId> who_may_answer(journey::Turn const& turn)
{
    auto const known = known_person(turn);
    return known ? known : turn.journey.requirements.user;
}

Result<journey::Outcome> refuse_passkey(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                                        std::optional<UserId> user, Error error)
{
    TRY_DO(events::append(tx, services.vault,
                          {.type = &events::kSignInFailed,
                           .tenant = turn.context.tenant->id,
                           .user = user,
                           .origin = origin_of(turn),
                           .data = {{"reason", error.code}},
                           .personal = attempt_of(turn, turn.journey.facts.identifier)},
                          turn.context.now));
    error.keep_writes = KeepWrites::Yes;
    return std::unexpected(at_field(std::move(error), "passkey"));
}

} // namespace

Result<void> ask_for_passkey(Services const& services, storage::Tx& tx, journey::Turn const& turn, PasskeyPlace place,
                             view::ViewModel& model)
{
    auto const& [context, request, journey, situation, sessions] = turn;
    auto const party = credentials::relying_party(*context.tenant);
    if (!party)
        return {};
    auto const challenge = crypto::random_bytes(kChallengeSize);
    TRY(auto sealed, vault::seal(services.vault,
                                 {.tenant = context.tenant->id,
                                  .purpose = kPurpose,
                                  .binding = journey.id.bytes(),
                                  .expires_at = journey.expires_at},
                                 challenge, context.now));
    webauthn::AssertionRequest wanted{.party = *party, .challenge = challenge};
    wanted.verification =
        must_verify_user(turn) ? webauthn::UserVerification::required : webauthn::UserVerification::preferred;
    // Only of a person who has proven something: the list tells that there is an account, and which keys it has.
    if (auto const known = known_person(turn)) {
        TRY(auto const passkeys, passkeys_of(services).load(tx, context.tenant->id, *known));
        for (auto const& passkey : passkeys)
            wanted.allow.push_back(credentials::descriptor_of(passkey));
    }
    model.fields.push_back({.name = "passkey_challenge", .kind = view::FieldKind::hidden, .value = std::move(sealed)});
    model.passkey.options = webauthn::request_options(wanted);
    if (place == PasskeyPlace::alone) {
        model.passkey.label = "passkey.use";
        model.passkey.style = view::ChoiceStyle::primary;
        model.passkey.without = "passkey.needs_script";
    } else {
        model.passkey.label = "passkey.sign_in";
        model.passkey.autofills = wanted.allow.empty();
    }
    return {};
}

bool has_passkey(http::Fields const& input)
{
    return !input.get("passkey").empty();
}

Result<std::unique_ptr<journey::Work>> read_passkey(Services const& services, journey::Turn const& turn,
                                                    http::Fields const& input)
{
    if (!has_passkey(input))
        return refuse(ErrorKind::invalid, "passkey_required", "Use your passkey to go on.").at("passkey");
    auto work = std::make_unique<PasskeyWork>();
    auto response = parse_json_object_strict(input.get("passkey"), {.size = kLargestAnswer, .depth = 8});
    if (!response)
        return refuse(ErrorKind::invalid, "passkey_malformed", "This is not what a browser sends for a passkey.")
            .at("passkey")
            .because(response.error().code);
    auto challenge = vault::open(services.vault,
                                 {.tenant = turn.context.tenant->id,
                                  .purpose = kPurpose,
                                  .binding = turn.journey.id.bytes(),
                                  .now = turn.context.now},
                                 input.get("passkey_challenge"));
    if (!challenge)
        return refuse(ErrorKind::gone, "passkey_expired", "This took too long. Please use your passkey again.")
            .at("passkey")
            .because(challenge.error().code);
    work->response = std::move(*response);
    work->challenge = std::move(*challenge);
    return work;
}

Result<journey::Outcome> believe_passkey(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                                         PasskeyWork const& work)
{
    auto const& [context, request, journey, situation, sessions] = turn;
    auto const tenant = context.tenant->id;
    auto const party = credentials::relying_party(*context.tenant);
    auto presented = webauthn::presented(work.response);
    if (!party || !presented)
        return refuse_passkey(services, tx, turn, std::nullopt,
                              presented ? fault("a passkey where there can be none").error() : presented.error());
    TRY(auto const found, passkeys_of(services).find(tx, tenant, *presented));
    if (!found)
        return refuse_passkey(
            services, tx, turn, std::nullopt,
            {.kind = ErrorKind::unauthenticated,
             .code = "passkey_unknown",
             .message = "This passkey is not known here. It may have been removed from the account."});
    auto const expected_user = who_may_answer(turn);
    if (expected_user && *expected_user != found->user)
        return refuse_passkey(services, tx, turn, found->user,
                              {.kind = ErrorKind::unauthenticated,
                               .code = "passkey_other_account",
                               .message = "This passkey belongs to another account."});
    auto const& passkey = found->passkey;
    auto const proven = webauthn::verify_assertion(
        {.party = *party, .challenge = work.challenge, .user_verification = must_verify_user(turn), .now = context.now},
        {.public_key = passkey.public_key, .counter = passkey.counter, .backup_eligible = passkey.backup_eligible},
        work.response);
    if (!proven)
        return refuse_passkey(services, tx, turn, found->user, proven.error());
    TRY(auto const user, services.users.require_active(tx, tenant, found->user));
    auto used = passkeys_of(services).confirm_use(tx, tenant, user.id, passkey, *proven, origin_of(turn), context.now);
    if (!used)
        return refuse_passkey(services, tx, turn, user.id, std::move(used).error());
    journey::Outcome outcome{.journey = journey};
    outcome.journey.facts.prove(user.id, user.security_epoch, credentials::method_of(passkey, *proven), context.now);
    return outcome;
}

} // namespace gatehouse::signin
