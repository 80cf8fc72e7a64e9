#include "signin/mailed_code.hpp"

#include "events/types.hpp"
#include "messages/outbox.hpp"
#include "signin/link_token.hpp"
#include "signin/magic_link.hpp"

namespace gatehouse::signin {

namespace {

// To whom the mail that is never sent is addressed (RFC 2606).
constexpr std::string_view kNobody = "nobody@example.invalid";

struct CodeWork final : journey::Work {
    std::string action; // "", "resend", "call", "change"
    Entered entered;
    Typed typed;
    risk::Reservation reservation;
};

// The link must be of the mail that this journey waits for: that of another one proves nothing here.
Result<credentials::OpenedChallenge> open_challenge(Services const& services, storage::Tx& tx,
                                                    journey::Turn const& turn, Entered const& entered,
                                                    MailedCode const& kind)
{
    auto const& [tenant, now] = std::pair(turn.context.tenant->id, turn.context.now);
    credentials::ChallengeId const sent{*turn.journey.facts.challenge};
    if (entered.link.empty())
        return services.challenges.redeem(tx, tenant, sent, kind.purpose, entered.code, now);
    auto const token = read_link_token(entered.link);
    if (!token || token->challenge != sent)
        return refuse(ErrorKind::gone, "code_expired", "This link has expired or was used already. Ask for a new one.");
    return services.challenges.redeem_link(tx, tenant, sent, kind.purpose, token->secret, now);
}

} // namespace

Result<risk::Target> target_of(Services const& services, storage::Tx& tx, TenantId tenant, Typed const& typed)
{
    TRY(auto const found, find_typed(services, tx, tenant, typed));
    return risk::Target{typed.digest, found ? std::optional(found->user.id) : std::nullopt};
}

Result<credentials::ChallengeId> send_code(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                                           Typed const& typed, MailedCode const& kind)
{
    auto const& context = turn.context;
    auto const tenant = context.tenant->id;
    TRY(auto const found, find_typed(services, tx, tenant, typed));
    std::optional<identity::Identifier> email;
    if (found) {
        TRY(email, services.users.primary_email(tx, tenant, found->user.id, &found->key));
    } else { // one statement either way
        TRY_DO(services.users.state(tx, tenant, UserId{}));
    }
    auto const somebody = found && found->user.enabled && email;
    auto const user = somebody ? std::optional(found->user.id) : std::nullopt;
    boost::json::object payload{{"email", somebody ? email->value : std::string(kNobody)}};
    if (kind.with_link)
        TRY_DO(add_origin_of_link(services, turn, typed, payload));
    TRY(auto const challenge, services.challenges.create(tx, tenant,
                                                         {.purpose = kind.purpose,
                                                          .user = user,
                                                          .payload = std::move(payload),
                                                          .lifetime = kCodeLifetime,
                                                          .with_link = kind.with_link},
                                                         context.now, somebody ? &found->key : nullptr));
    view::Arguments arguments{{"code", challenge.code.expose_text()}, {"minutes", kCodeLifetime.count()}};
    if (!kind.link.empty())
        arguments.push_back({"link", context.tenant->issuer + std::string(kind.link)});
    if (kind.with_link)
        arguments.push_back({"link", sign_in_link(services, turn, challenge)});
    TRY_DO(send(services, tx, turn,
                {.kind = kind.mail,
                 .to = somebody ? email->value : std::string(kNobody),
                 .user = user,
                 .arguments = std::move(arguments),
                 .deliver = somebody ? Deliver::Yes : Deliver::No}));
    TRY_DO(events::append(tx, services.vault,
                          {.type = kind.requested,
                           .tenant = tenant,
                           .user = user,
                           .origin = origin_of(turn),
                           .data = {{"purpose", kind.purpose}},
                           .personal = attempt_of(turn, typed.text)},
                          context.now, somebody ? &found->key : nullptr));
    return challenge.id;
}

Result<journey::Outcome> resend_code(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                                     Typed const& typed, MailedCode const& kind)
{
    journey::Outcome outcome{.journey = turn.journey, .sent_mail = true};
    auto& facts = outcome.journey.facts;
    TRY_DO(services.challenges.cancel(tx, turn.context.tenant->id, {*facts.challenge}));
    TRY(auto const challenge, send_code(services, tx, turn, typed, kind));
    facts.challenge = challenge.value;
    facts.resent = true;
    return outcome;
}

Result<risk::Reservation> reserve_mail(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                                       Typed const& typed)
{
    auto const tenant = turn.context.tenant->id;
    TRY(auto const target, target_of(services, tx, tenant, typed));
    auto const device = risk::read_device(turn.context, turn.request, services.vault);
    TRY(auto slots, risk::mail_slots(services.vault, turn.context, device, target));
    return risk::reserve(tx, tenant, std::move(slots), turn.context.now);
}

view::Field identifier_field(journey::Turn const& turn, http::Fields const& entered)
{
    auto const& journey = turn.journey;
    std::string identifier(entered.get("identifier"));
    if (identifier.empty())
        identifier = journey.facts.identifier.empty() ? journey.login_hint : journey.facts.identifier;
    return {.name = "identifier",
            .kind = view::FieldKind::username,
            .label = identifier_label(*turn.context.tenant),
            .value = identifier,
            .required = true,
            .autofocus = true,
            .autocomplete = "username",
            .max_length = 320};
}

Result<MailboxReader> redeem_code(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                                  Entered const& entered, MailedCode const& kind)
{
    auto const tenant = turn.context.tenant->id;
    auto opened = open_challenge(services, tx, turn, entered, kind);
    std::optional<identity::UserState> user;
    if (opened && opened->user) {
        TRY(user, services.users.state(tx, tenant, *opened->user));
    }
    std::string email;
    if (user) {
        TRY(email, current_email(services, tx, tenant, user->id));
    }
    // A code that nobody was sent, whose owner was disabled since, or that went to an address they have left.
    if (opened && (!user || !user->enabled || email.empty() || opened->payload.at("email").as_string() != email))
        opened = refuse(ErrorKind::invalid, "code_wrong", "This code is not right.");
    if (!opened)
        return refuse_code(services, tx, turn, std::move(opened).error(), kind.purpose);
    return MailboxReader{.user = *user, .email = std::move(email)};
}

Result<view::ViewModel> MailedCodeStep::show(storage::Tx&, journey::Turn const& turn, http::Fields const& entered) const
{
    auto const& facts = turn.journey.facts;
    view::ViewModel model{
        .title = "verify.title",
        .lead = view::Text(std::string(lead()), {{"email", facts.identifier}, {"minutes", kCodeLifetime.count()}})};
    model.fields.push_back(code_field());
    add_resend_choices(model, facts, entered);
    return model;
}

Result<std::unique_ptr<journey::Work>> MailedCodeStep::prepare(storage::Tx& tx, journey::Turn const& turn,
                                                               http::Fields const& input) const
{
    auto const tenant = turn.context.tenant->id;
    auto work = std::make_unique<CodeWork>();
    work->action = input.get("action");
    if (work->action == "change")
        return work;
    TRY(work->typed, read_entered(services_, *turn.context.tenant, turn.journey.facts.identifier));
    if (work->action == "resend" || work->action == "call") {
        TRY_DO(reserve_mail(services_, tx, turn, work->typed));
        return work;
    }
    if (takes_links())
        work->entered.link = input.get("link");
    auto const by_link = !work->entered.link.empty();
    if (!by_link) {
        TRY(auto const code, required(input, "code", "code_required", "Enter the code from the mail."));
        work->entered.code = clean_code(code);
    }
    TRY(auto taken, slots(tx, turn, work->typed));
    // Nobody guesses a link: it is counted for the address alone, so that whoever uses up the guesses at codes keeps no
    // owner from it.
    if (by_link)
        taken.resize(1);
    TRY(work->reservation, risk::reserve(tx, tenant, std::move(taken), turn.context.now));
    return work;
}

Result<std::vector<risk::Slot>> MailedCodeStep::slots(storage::Tx& tx, journey::Turn const& turn,
                                                      Typed const& typed) const
{
    TRY(auto const target, target_of(services_, tx, turn.context.tenant->id, typed));
    auto const device = risk::read_device(turn.context, turn.request, services_.vault);
    return risk::code_slots(services_.vault, turn.context, device, target);
}

Result<journey::Outcome> MailedCodeStep::complete(storage::Tx& tx, journey::Turn const& turn,
                                                  journey::Work const& prepared, journey::Computed const&) const
{
    auto const& work = static_cast<CodeWork const&>(prepared);
    if (work.action == "change") {
        journey::Outcome outcome{.journey = turn.journey};
        outcome.journey.facts.challenge.reset();
        return outcome;
    }
    if (work.action == "resend")
        return resend(tx, turn, work.typed);
    if (work.action == "call")
        return call(tx, turn, work.typed);
    TRY(auto outcome, believe(tx, turn, work.entered));
    TRY_DO(risk::succeed(tx, turn.context.tenant->id, work.reservation));
    return outcome;
}

} // namespace gatehouse::signin
