#include "signin/texted_code.hpp"

#include "events/types.hpp"
#include "messages/outbox.hpp"
#include "phone/phone_number.hpp"
#include "signin/factors.hpp"
#include "signin/link_token.hpp"
#include "signin/magic_link.hpp"

namespace gatehouse::signin {

namespace {

using messages::Channel;

struct TextWork final : journey::Work {
    std::string action; // "", "call", "resend", "change"
    Entered entered;
    Typed typed;
    http::Fields input;
    risk::Reservation reservation;
    bool sends() const { return action == "call" || action == "resend"; }
    Channel channel() const { return action == "call" ? Channel::voice : Channel::sms; }
};

// The addressee, if there is anybody to send to.
struct Addressee {
    std::optional<identity::FoundUser> found;
    std::string phone;
    bool exists() const { return found && found->user.enabled && !phone.empty(); }
};
Result<Addressee> find_addressee(Services const& services, storage::Tx& tx, TenantId tenant, Typed const& typed)
{
    Addressee addressee;
    TRY(addressee.found, find_typed(services, tx, tenant, typed));
    if (!addressee.found) { // one statement either way
        TRY_DO(services.users.state(tx, tenant, UserId{}));
        return addressee;
    }
    auto const& found = *addressee.found;
    TRY(auto const phone, services.users.primary_phone(tx, tenant, found.user.id, &found.key));
    if (phone)
        addressee.phone = phone->value;
    return addressee;
}

// Costs and rules that a stranger is not told of: they would say that there is an account, and in which country.
bool is_unspoken(Error const& error)
{
    return error.code == "text_budget_spent" || error.code == "text_country_refused" ||
           error.code == "text_number_unsuitable" || error.code == "phone_invalid";
}

Result<credentials::ChallengeId> send_text(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                                           Typed const& typed, TextedCode const& text, Channel channel)
{
    auto const& context = turn.context;
    auto const tenant = context.tenant->id;
    TRY(auto const addressee, find_addressee(services, tx, tenant, typed));
    auto const exists = addressee.exists();
    auto const user = exists ? std::optional(addressee.found->user.id) : std::nullopt;
    auto const* key = exists ? &addressee.found->key : nullptr;
    auto const with_link = text.with_link && channel == Channel::sms;
    boost::json::object payload{{"phone", addressee.phone}};
    if (with_link)
        TRY_DO(add_origin_of_link(services, turn, typed, payload));
    TRY(auto const challenge, services.challenges.create(tx, tenant,
                                                         {.purpose = text.purpose,
                                                          .user = user,
                                                          .payload = std::move(payload),
                                                          .lifetime = kCodeLifetime,
                                                          .with_link = with_link,
                                                          .short_link = true},
                                                         context.now, key));
    view::Arguments arguments{{"code", challenge.code.expose_text()}, {"minutes", kCodeLifetime.count()}};
    if (with_link)
        arguments.push_back({"link", sign_in_link(services, turn, challenge, LinkIn::text)});
    auto const sent = send(services, tx, turn,
                           {.kind = text.with_link && !with_link ? messages::Kind::sign_in_code : text.kind,
                            .to = addressee.phone,
                            .user = user,
                            .arguments = std::move(arguments),
                            .deliver = exists ? Deliver::Yes : Deliver::No,
                            .channel = channel});
    if (!sent && (known_person(turn) || !is_unspoken(sent.error())))
        return std::unexpected(sent.error());
    TRY_DO(events::append(tx, services.vault,
                          {.type = text.requested,
                           .tenant = tenant,
                           .user = user,
                           .origin = origin_of(turn),
                           .data = {{"purpose", text.purpose}},
                           .personal = attempt_of(turn, typed.text)},
                          context.now, key));
    return challenge.id;
}

// A link must be of the text that this journey waits for: that of another one proves nothing here.
Result<credentials::OpenedChallenge> open_challenge(Services const& services, storage::Tx& tx,
                                                    journey::Turn const& turn, Entered const& entered,
                                                    TextedCode const& text)
{
    auto const& [tenant, now] = std::pair(turn.context.tenant->id, turn.context.now);
    credentials::ChallengeId const sent{*turn.journey.facts.challenge};
    if (entered.link.empty())
        return services.challenges.redeem(tx, tenant, sent, text.purpose, entered.code, now);
    auto const token = read_link_token(entered.link);
    if (!token || token->challenge != sent)
        return refuse(ErrorKind::gone, "code_expired", "This link has expired or was used already. Ask for a new one.");
    return services.challenges.redeem_link(tx, tenant, sent, text.purpose, token->secret, now);
}

} // namespace

Result<std::string> current_phone(Services const& services, storage::Tx& tx, journey::Turn const& turn, UserId user)
{
    TRY(auto const phone, services.users.primary_phone(tx, turn.context.tenant->id, user));
    return phone ? phone->value : std::string();
}

Result<Typed> read_phone_of(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                            std::string_view entered, TextedCode const& text)
{
    auto const& tenant = *turn.context.tenant;
    auto const user = known_person(turn);
    if (!user)
        return read_entered(services, tenant, entered, text.numbers);
    TRY(auto const phone, current_phone(services, tx, turn, *user));
    TRY(auto stored, identity::normalize_stored(identity::IdentifierKind::phone, phone));
    TRY(auto digest, services.users.identifier_digest(tenant.id, stored));
    return Typed{.text = phone, .identifier = std::move(stored), .digest = std::move(digest)};
}

Result<journey::Outcome> send_text_and_wait(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                                            Typed const& typed, TextedCode const& text, Channel channel)
{
    journey::Outcome outcome{.journey = turn.journey, .sent_mail = true};
    auto& facts = outcome.journey.facts;
    facts.resent = facts.challenge.has_value();
    if (facts.challenge)
        TRY_DO(services.challenges.cancel(tx, turn.context.tenant->id, {*facts.challenge}));
    TRY(auto const challenge, send_text(services, tx, turn, typed, text, channel));
    facts.challenge = challenge.value;
    if (!known_person(turn))
        facts.identifier = typed.text;
    return outcome;
}

// Whose primary number the code went to, and still is: a number may be given to somebody else, and a code that was on
// its way when the account changed proves nothing.
Result<PhoneHolder> redeem_text(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                                Entered const& entered, TextedCode const& text)
{
    auto opened = open_challenge(services, tx, turn, entered, text);
    std::optional<identity::UserState> user;
    std::string phone;
    if (opened && opened->user) {
        TRY(user, services.users.state(tx, turn.context.tenant->id, *opened->user));
    }
    if (user) {
        TRY(phone, current_phone(services, tx, turn, user->id));
    }
    if (opened && (!user || !user->enabled || phone.empty() || opened->payload.at("phone").as_string() != phone))
        opened = refuse(ErrorKind::invalid, "code_wrong", "This code is not right.");
    if (!opened)
        return refuse_code(services, tx, turn, std::move(opened).error(), text.purpose);
    return PhoneHolder{.user = *user, .phone = std::move(phone)};
}

void add_call_choice(Services const& services, view::ViewModel& model, bool skips_checks)
{
    if (services.outbox.carries(Channel::voice))
        model.choices.push_back({.name = "action",
                                 .value = "call",
                                 .label = "action.call_me",
                                 .style = view::ChoiceStyle::secondary,
                                 .skips_checks = skips_checks});
}

Result<std::unique_ptr<journey::Work>> TextSendStep::prepare(storage::Tx& tx, journey::Turn const& turn,
                                                             http::Fields const& input) const
{
    auto work = std::make_unique<TextWork>();
    work->action = input.get("action");
    work->input = input;
    std::string entered;
    if (!known_person(turn)) {
        TRY(entered, required(input, "identifier", "identifier_required", "Enter your address or username."));
    }
    TRY(work->typed, read_phone_of(services_, tx, turn, entered, text_of(turn)));
    TRY_DO(reserve_mail(services_, tx, turn, work->typed));
    return work;
}

Result<journey::Outcome> TextSendStep::complete(storage::Tx& tx, journey::Turn const& turn,
                                                journey::Work const& prepared, journey::Computed const&) const
{
    auto const& work = static_cast<TextWork const&>(prepared);
    TRY(auto outcome, send_text_and_wait(services_, tx, turn, work.typed, text_of(turn), work.channel()));
    sent(turn, work.input, outcome);
    return outcome;
}

Result<view::ViewModel> TextCodeStep::show(storage::Tx& tx, journey::Turn const& turn,
                                           http::Fields const& entered) const
{
    auto const with_link = text_of(turn).with_link;
    view::ViewModel model{
        .title = "textcode.enter_title",
        .lead = {with_link ? "textlink.sent" : "textcode.sent", {{"minutes", kCodeLifetime.count()}}}};
    auto const user = known_person(turn);
    if (user) {
        TRY(auto const phone, current_phone(services_, tx, turn, *user));
        model.lead = {with_link ? "factor.textlink_lead" : "factor.text_lead",
                      {{"phone", phone::masked(phone)}, {"minutes", kCodeLifetime.count()}}};
    }
    model.fields.push_back(code_field());
    add_resend_choices(model, turn.journey.facts, entered);
    auto change = std::move(model.choices.back());
    model.choices.pop_back();
    if (with_link)
        model.choices.back().label = "action.resend_text";
    add_call_choice(services_, model, true);
    if (!user) {
        change.label = "action.change_account";
        model.choices.push_back(std::move(change));
    }
    add_ways(model, turn);
    return model;
}

Result<std::unique_ptr<journey::Work>> TextCodeStep::prepare(storage::Tx& tx, journey::Turn const& turn,
                                                             http::Fields const& input) const
{
    auto work = std::make_unique<TextWork>();
    work->action = input.get("action");
    if (work->action == "change")
        return work;
    TRY(work->typed, read_phone_of(services_, tx, turn, turn.journey.facts.identifier, text_of(turn)));
    if (work->sends()) {
        TRY_DO(reserve_mail(services_, tx, turn, work->typed));
        return work;
    }
    if (text_of(turn).with_link)
        work->entered.link = input.get("link");
    auto const by_link = !work->entered.link.empty();
    if (!by_link) {
        TRY(auto const code, required(input, "code", "code_required", "Enter the code from the message."));
        work->entered.code = clean_code(code);
    }
    TRY(auto taken, slots(tx, turn, work->typed));
    if (by_link) // for the address alone, as in mailed_code.cpp
        taken.resize(1);
    TRY(work->reservation, risk::reserve(tx, turn.context.tenant->id, std::move(taken), turn.context.now));
    return work;
}

Result<journey::Outcome> TextCodeStep::complete(storage::Tx& tx, journey::Turn const& turn,
                                                journey::Work const& prepared, journey::Computed const&) const
{
    auto const& work = static_cast<TextWork const&>(prepared);
    if (work.sends())
        return send_text_and_wait(services_, tx, turn, work.typed, text_of(turn), work.channel());
    if (work.action == "change") {
        journey::Outcome outcome{.journey = turn.journey};
        outcome.journey.facts.challenge.reset();
        return outcome;
    }
    TRY(auto outcome, believe(tx, turn, work.entered));
    TRY_DO(risk::succeed(tx, turn.context.tenant->id, work.reservation));
    return outcome;
}

} // namespace gatehouse::signin
