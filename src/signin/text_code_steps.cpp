// A code by text message, or said in a call: as the first factor or beside another one. For nobody the same is done to
// no effect, and a stranger is never told which number an account has, nor that its texts are used up.
#include "events/types.hpp"
#include "messages/outbox.hpp"
#include "phone/phone_number.hpp"
#include "signin/factors.hpp"
#include "signin/mailed_code.hpp"

namespace gatehouse::signin {

namespace {

using messages::Channel;

constexpr std::string_view kPurpose = "sign_in_text";

struct TextWork final : journey::Work {
    std::string action; // "", "call", "resend", "change"
    std::string code;
    Typed typed;
    risk::Reservation reservation;
    bool sends() const { return action == "call" || action == "resend"; }
    Channel channel() const { return action == "call" ? Channel::voice : Channel::sms; }
};

Result<std::string> current_phone(Services const& services, storage::Tx& tx, journey::Turn const& turn, UserId user)
{
    TRY(auto const phone, services.users.primary_phone(tx, turn.context.tenant->id, user));
    return phone ? phone->value : std::string();
}

// To whom the code goes: to the person who is known by another factor, else to who has the identifier.
Result<Typed> read_addressee(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                             std::string_view entered)
{
    auto const& tenant = *turn.context.tenant;
    auto const user = known_person(turn);
    if (!user)
        return read_entered(services, tenant, entered);
    TRY(auto const phone, current_phone(services, tx, turn, *user));
    TRY(auto stored, identity::normalize_stored(identity::IdentifierKind::phone, phone));
    TRY(auto digest, services.users.identifier_digest(tenant.id, stored));
    return Typed{.text = phone, .identifier = std::move(stored), .digest = std::move(digest)};
}

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
                                           Typed const& typed, Channel channel)
{
    auto const& context = turn.context;
    auto const tenant = context.tenant->id;
    TRY(auto const addressee, find_addressee(services, tx, tenant, typed));
    auto const exists = addressee.exists();
    auto const user = exists ? std::optional(addressee.found->user.id) : std::nullopt;
    auto const* key = exists ? &addressee.found->key : nullptr;
    TRY(auto const challenge,
        services.challenges.create(
            tx, tenant,
            {.purpose = kPurpose, .user = user, .payload = {{"phone", addressee.phone}}, .lifetime = kCodeLifetime},
            context.now, key));
    auto sent = send(services, tx, turn,
                     {.kind = messages::Kind::sign_in_code,
                      .to = addressee.phone,
                      .user = user,
                      .arguments = {{"code", challenge.code.expose_text()}, {"minutes", kCodeLifetime.count()}},
                      .deliver = exists ? Deliver::Yes : Deliver::No,
                      .channel = channel});
    if (!sent && (known_person(turn) || !is_unspoken(sent.error())))
        return std::unexpected(std::move(sent).error());
    TRY_DO(events::append(tx, services.vault,
                          {.type = &events::kSignInCodeRequested,
                           .tenant = tenant,
                           .user = user,
                           .origin = origin_of(turn),
                           .data = {{"purpose", kPurpose}},
                           .personal = attempt_of(turn, typed.text)},
                          context.now, key));
    return challenge.id;
}

Result<journey::Outcome> send_and_wait(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                                       TextWork const& work)
{
    journey::Outcome outcome{.journey = turn.journey, .sent_mail = true};
    auto& facts = outcome.journey.facts;
    facts.resent = facts.challenge.has_value();
    if (facts.challenge)
        TRY_DO(services.challenges.cancel(tx, turn.context.tenant->id, {*facts.challenge}));
    TRY(auto const challenge, send_text(services, tx, turn, work.typed, work.channel()));
    facts.challenge = challenge.value;
    if (!known_person(turn))
        facts.identifier = work.typed.text;
    return outcome;
}

void add_call_choice(Services const& services, view::ViewModel& model)
{
    if (services.outbox.carries(Channel::voice))
        model.choices.push_back({.name = "action",
                                 .value = "call",
                                 .label = "action.call_me",
                                 .style = view::ChoiceStyle::secondary,
                                 .skips_checks = false});
}

class TextSend final : public journey::StepHandler {
public:
    explicit TextSend(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx& tx, journey::Turn const& turn, http::Fields const& entered) const override
    {
        view::ViewModel model{.title = "textcode.title", .lead = "textcode.lead"};
        if (auto const user = known_person(turn)) {
            TRY(auto const phone, current_phone(services_, tx, turn, *user));
            model.title = "factor.title";
            model.lead = {"factor.text_send_lead", {{"phone", phone::masked(phone)}}};
        } else {
            model.fields.push_back(identifier_field(turn.journey, entered));
            model.fields.back().label = "field.identifier_or_phone";
        }
        model.choices.push_back({.label = "action.send_text", .style = view::ChoiceStyle::primary});
        add_call_choice(services_, model);
        add_other_ways(model, turn, credentials::Method::sms_code);
        return model;
    }

    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx& tx, journey::Turn const& turn,
                                                   http::Fields const& input) const override
    {
        auto work = std::make_unique<TextWork>();
        work->action = input.get("action");
        std::string entered;
        if (!known_person(turn)) {
            TRY(entered, required(input, "identifier", "identifier_required", "Enter your address or username."));
        }
        TRY(work->typed, read_addressee(services_, tx, turn, entered));
        TRY_DO(reserve_mail(services_, tx, turn, work->typed));
        return work;
    }

    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const& prepared,
                                      journey::Computed const&) const override
    {
        return send_and_wait(services_, tx, turn, static_cast<TextWork const&>(prepared));
    }

private:
    Services const& services_;
};

class TextCode final : public journey::StepHandler {
public:
    explicit TextCode(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx& tx, journey::Turn const& turn, http::Fields const& entered) const override
    {
        auto const& facts = turn.journey.facts;
        view::ViewModel model{.title = "textcode.enter_title",
                              .lead = {"textcode.sent", {{"minutes", kCodeLifetime.count()}}}};
        auto const user = known_person(turn);
        if (user) {
            TRY(auto const phone, current_phone(services_, tx, turn, *user));
            model.lead = {"factor.text_lead", {{"phone", phone::masked(phone)}, {"minutes", kCodeLifetime.count()}}};
        }
        model.fields.push_back(code_field());
        add_resend_choices(model, facts, entered);
        auto change = std::move(model.choices.back());
        model.choices.pop_back();
        add_call_choice(services_, model);
        if (!user) {
            change.label = "action.change_account";
            model.choices.push_back(std::move(change));
        }
        add_other_ways(model, turn, credentials::Method::sms_code);
        return model;
    }

    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx& tx, journey::Turn const& turn,
                                                   http::Fields const& input) const override
    {
        auto work = std::make_unique<TextWork>();
        work->action = input.get("action");
        if (work->action == "change")
            return work;
        TRY(work->typed, read_addressee(services_, tx, turn, turn.journey.facts.identifier));
        if (work->sends()) {
            TRY_DO(reserve_mail(services_, tx, turn, work->typed));
            return work;
        }
        TRY(auto const code, required(input, "code", "code_required", "Enter the code from the mail."));
        work->code = clean_code(code);
        TRY(auto taken, slots(tx, turn, work->typed));
        TRY(work->reservation, risk::reserve(tx, turn.context.tenant->id, std::move(taken), turn.context.now));
        return work;
    }

    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const& prepared,
                                      journey::Computed const&) const override
    {
        auto const& work = static_cast<TextWork const&>(prepared);
        if (work.sends())
            return send_and_wait(services_, tx, turn, work);
        journey::Outcome outcome{.journey = turn.journey};
        auto& facts = outcome.journey.facts;
        facts.challenge.reset();
        if (work.action == "change")
            return outcome;
        TRY(auto const user, redeem(tx, turn, work.code));
        TRY_DO(risk::succeed(tx, turn.context.tenant->id, work.reservation));
        facts.prove(user.id, user.security_epoch, credentials::Method::sms_code, turn.context.now);
        return outcome;
    }

private:
    Result<std::vector<risk::Slot>> slots(storage::Tx& tx, journey::Turn const& turn, Typed const& typed) const
    {
        auto const device = risk::read_device(turn.context, turn.request, services_.vault);
        if (auto const user = known_person(turn))
            return risk::factor_slots(services_.vault, turn.context, device, *user);
        TRY(auto const target, target_of(services_, tx, turn.context.tenant->id, typed));
        return risk::code_slots(services_.vault, turn.context, device, target);
    }

    // Whose primary number the code went to, and still is: a number may be given to somebody else, and a code that was
    // on its way when the account changed proves nothing.
    Result<identity::UserState> redeem(storage::Tx& tx, journey::Turn const& turn, std::string_view code) const
    {
        auto const tenant = turn.context.tenant->id;
        auto opened =
            services_.challenges.redeem(tx, tenant, {*turn.journey.facts.challenge}, kPurpose, code, turn.context.now);
        std::optional<identity::UserState> user;
        std::string phone;
        if (opened && opened->user) {
            TRY(user, services_.users.state(tx, tenant, *opened->user));
        }
        if (user) {
            TRY(phone, current_phone(services_, tx, turn, user->id));
        }
        if (opened && (!user || !user->enabled || phone.empty() || opened->payload.at("phone").as_string() != phone))
            opened = refuse(ErrorKind::invalid, "code_wrong", "This code is not right.");
        if (!opened)
            return refuse_code(services_, tx, turn, std::move(opened).error(), kPurpose);
        return *user;
    }

    Services const& services_;
};

} // namespace

std::unique_ptr<journey::StepHandler> make_text_send_step(Services const& services)
{
    return std::make_unique<TextSend>(services);
}
std::unique_ptr<journey::StepHandler> make_text_code_step(Services const& services)
{
    return std::make_unique<TextCode>(services);
}

} // namespace gatehouse::signin
