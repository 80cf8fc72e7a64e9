// A second factor that is set up in the middle of a sign-in, because two are demanded and the person has one: a passkey
// or security key, or a phone number. (An authenticator app: second_factor_steps.cpp.) Like on the account's pages,
// nothing is stored before it was proven, and the person is told.
#include "credentials/passkey_creation.hpp"
#include "messages/outbox.hpp"
#include "messages/text_budget.hpp"
#include "phone/phone_number.hpp"
#include "signin/factors.hpp"
#include "signin/new_passkey.hpp"
#include "signin/texted_code.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace gatehouse::signin {

namespace {

using credentials::Method;
using messages::Channel;

constexpr std::string_view kPurpose = "phone_set_up";

struct NewPasskeyWork final : journey::Work {
    bool later = false;
    std::optional<credentials::webauthn::Registered> registered;
};

class EnrolPasskey final : public journey::StepHandler {
public:
    explicit EnrolPasskey(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx& tx, journey::Turn const& turn, http::Fields const&) const override
    {
        view::ViewModel model{.title = "factor.enrol_title", .lead = "factor.enrol_passkey_lead"};
        model.account = turn.journey.facts.identifier;
        TRY_DO(ask_for_new_passkey(services_, tx, turn, "portal.passkey_create", model));
        add_set_up_ways(model, turn, journey::Step::enrol_passkey);
        return model;
    }

    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx&, journey::Turn const& turn,
                                                   http::Fields const& input) const override
    {
        auto work = std::make_unique<NewPasskeyWork>();
        work->later = puts_off_set_up(turn, input);
        if (work->later)
            return work;
        if (input.get("passkey").empty())
            return refuse(ErrorKind::invalid, "passkey_required", "Use your passkey to go on.").at("passkey");
        TRY(auto registered, read_new_passkey(services_, turn, input));
        // One that does not check who uses it is a security key: where that is no second factor, or nobody may set one
        // up, it is not kept.
        auto const method = registered.user_verified ? Method::passkey : Method::security_key;
        auto const& policy = turn.policy();
        auto counts = journey::what_counts(turn.journey, turn.situation, turn.context.now);
        auto const before = policy.level_of(counts);
        counts.add(method);
        if (!policy.enrol.has(method) || policy.level_of(counts) <= before)
            return refuse(ErrorKind::invalid, "passkey_not_suitable",
                          "This one cannot be used here. Use a passkey that checks that it is you, or another way.")
                .at("passkey");
        work->registered = std::move(registered);
        return work;
    }

    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const& prepared,
                                      journey::Computed const&) const override
    {
        auto const& work = static_cast<NewPasskeyWork const&>(prepared);
        auto const& [context, request, journey, situation, sessions] = turn;
        if (work.later)
            return put_off_set_up(turn);
        auto const user = *journey.facts.user;
        TRY_DO(services_.users.require_active(tx, context.tenant->id, user, journey.facts.security_epoch));
        journey::Outcome outcome{.journey = journey};
        TRY_DO(keep_new_passkey(services_, tx, turn, *work.registered, outcome));
        if (!work.registered->user_verified)
            outcome.journey.facts.prove(user, journey.facts.security_epoch, Method::security_key, context.now);
        outcome.journey.facts.passkey_offered = true;
        return outcome;
    }

private:
    Services const& services_;
};

struct PhoneWork final : FactorWork {
    std::string action; // "", "resend", "call", "change"
    std::string phone;  // E.164
    bool later = false;
    bool sends() const { return action == "call" || action == "resend"; }
    Channel channel() const { return action == "call" ? Channel::voice : Channel::sms; }
};

std::string phone_of(credentials::OpenedChallenge const& challenge)
{
    return std::string(challenge.payload.at("phone").as_string());
}

// The number whose code is awaited. Error: "code_expired".
Result<std::string> pending_phone(Services const& services, storage::Tx& tx, journey::Turn const& turn)
{
    TRY(auto const opened, services.challenges.peek(tx, turn.context.tenant->id, {*turn.journey.facts.challenge},
                                                    kPurpose, turn.context.now));
    if (opened.user != turn.journey.facts.user)
        return refuse(ErrorKind::gone, "code_expired", "This code has expired. Ask for a new one.");
    return phone_of(opened);
}

Result<void> reserve_text(Services const& services, storage::Tx& tx, journey::Turn const& turn, std::string_view phone)
{
    TRY(auto const typed, read_typed(services, turn.context.tenant->id, phone));
    TRY_DO(reserve_mail(services, tx, turn, typed));
    return {};
}

// Nobody is told that the number is somebody's: the text is just not sent, and counts all the same.
Result<journey::Outcome> send_to(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                                 PhoneWork const& work)
{
    auto const& context = turn.context;
    auto const tenant = context.tenant->id;
    auto const user = *turn.journey.facts.user;
    TRY(auto const phone, identity::normalize_stored(identity::IdentifierKind::phone, work.phone));
    TRY(auto const owner, services.users.find_by_identifier(tx, tenant, phone));
    if (owner && owner->user.id == user)
        return refuse(ErrorKind::conflict, "identifier_exists", "The account has this already.").at("phone");
    journey::Outcome outcome{.journey = turn.journey, .sent_mail = true};
    auto& facts = outcome.journey.facts;
    facts.resent = facts.challenge.has_value();
    if (facts.challenge)
        TRY_DO(services.challenges.cancel(tx, tenant, {*facts.challenge}));
    TRY(auto const challenge,
        services.challenges.create(
            tx, tenant,
            {.purpose = kPurpose, .user = user, .payload = {{"phone", phone.value}}, .lifetime = kCodeLifetime},
            context.now));
    if (owner) {
        auto const& limits = context.tenant->settings.texts;
        TRY(auto const number, messages::check_number(limits, phone.value));
        TRY_DO(messages::take_budget(tx, services.vault, tenant, limits, number, context.now));
    }
    TRY_DO(send(services, tx, turn,
                {.kind = messages::Kind::verify_phone,
                 .to = phone.value,
                 .user = user,
                 .arguments = {{"code", challenge.code.expose_text()}, {"minutes", kCodeLifetime.count()}},
                 .deliver = owner ? Deliver::No : Deliver::Yes,
                 .channel = work.channel()}));
    facts.challenge = challenge.id.value;
    return outcome;
}

class EnrolPhone final : public journey::StepHandler {
public:
    explicit EnrolPhone(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx&, journey::Turn const& turn, http::Fields const& entered) const override
    {
        view::ViewModel model{.title = "factor.enrol_title", .lead = "factor.enrol_phone_lead"};
        model.account = turn.journey.facts.identifier;
        model.fields.push_back({.name = "phone",
                                .kind = view::FieldKind::phone,
                                .label = "field.phone",
                                .hint = turn.context.tenant->settings.identifiers.country.empty()
                                            ? view::Text("field.phone_hint")
                                            : view::Text(),
                                .value = std::string(entered.get("phone")),
                                .required = true,
                                .autofocus = true,
                                .autocomplete = "tel",
                                .max_length = 40});
        model.choices.push_back({.label = "action.send_text", .style = view::ChoiceStyle::primary});
        add_call_choice(services_, model, false);
        add_set_up_ways(model, turn, journey::Step::enrol_phone);
        return model;
    }

    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx& tx, journey::Turn const& turn,
                                                   http::Fields const& input) const override
    {
        auto const& settings = turn.context.tenant->settings;
        auto work = std::make_unique<PhoneWork>();
        work->action = input.get("action");
        work->later = puts_off_set_up(turn, input);
        if (work->later)
            return work;
        TRY(auto const typed, required(input, "phone", "phone_required", "Enter your phone number."));
        auto phone = identity::normalize_phone(typed, settings.identifiers.country);
        if (!phone)
            return std::unexpected(at_field(std::move(phone).error(), "phone"));
        if (auto const suits = messages::check_number(settings.texts, phone->value); !suits)
            return std::unexpected(at_field(suits.error(), "phone"));
        work->phone = phone->value;
        TRY_DO(reserve_text(services_, tx, turn, work->phone));
        return work;
    }

    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const& prepared,
                                      journey::Computed const&) const override
    {
        auto const& work = static_cast<PhoneWork const&>(prepared);
        return work.later ? put_off_set_up(turn) : send_to(services_, tx, turn, work);
    }

private:
    Services const& services_;
};

class EnrolPhoneCode final : public journey::StepHandler {
public:
    explicit EnrolPhoneCode(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx& tx, journey::Turn const& turn, http::Fields const& entered) const override
    {
        view::ViewModel model{.title = "textcode.enter_title"};
        model.account = turn.journey.facts.identifier;
        if (auto const phone = pending_phone(services_, tx, turn))
            model.lead = {"identifiers.code_lead", {{"value", *phone}, {"minutes", kCodeLifetime.count()}}};
        model.fields.push_back(code_field());
        add_resend_choices(model, turn.journey.facts, entered);
        auto change = std::move(model.choices.back());
        model.choices.pop_back();
        add_call_choice(services_, model, true);
        change.label = "action.change_phone";
        model.choices.push_back(std::move(change));
        add_set_up_ways(model, turn, journey::Step::enrol_phone);
        return model;
    }

    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx& tx, journey::Turn const& turn,
                                                   http::Fields const& input) const override
    {
        auto work = std::make_unique<PhoneWork>();
        work->action = input.get("action");
        work->later = puts_off_set_up(turn, input);
        if (work->later || work->action == "change")
            return work;
        if (work->sends()) {
            auto phone = pending_phone(services_, tx, turn);
            if (!phone && phone.error().kind == ErrorKind::gone) {
                work->action = "change"; // the number has to be entered once more
                return work;
            }
            TRY(work->phone, std::move(phone));
            TRY_DO(reserve_text(services_, tx, turn, work->phone));
            return work;
        }
        TRY_DO(read_factor(services_, tx, turn, input, "Enter the code from the message.", *work));
        work->code = clean_code(work->code);
        return work;
    }

    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const& prepared,
                                      journey::Computed const&) const override
    {
        auto const& work = static_cast<PhoneWork const&>(prepared);
        if (work.later)
            return put_off_set_up(turn);
        if (work.sends())
            return send_to(services_, tx, turn, work);
        if (work.action == "change") {
            journey::Outcome outcome{.journey = turn.journey};
            outcome.journey.facts.challenge.reset();
            return outcome;
        }
        return keep(tx, turn, work);
    }

private:
    Result<journey::Outcome> keep(storage::Tx& tx, journey::Turn const& turn, PhoneWork const& work) const
    {
        auto const& context = turn.context;
        auto const& facts = turn.journey.facts;
        auto const tenant = context.tenant->id;
        auto const user = *facts.user;
        auto opened = services_.challenges.redeem(tx, tenant, {*facts.challenge}, kPurpose, work.code, context.now);
        if (opened && opened->user != user)
            opened = refuse(ErrorKind::invalid, "code_wrong", "This code is not right.");
        if (!opened)
            return refuse_code(services_, tx, turn, std::move(opened).error(), kPurpose, user);
        TRY_DO(services_.users.require_active(tx, tenant, user, facts.security_epoch));
        TRY(auto const phone, identity::normalize_stored(identity::IdentifierKind::phone, phone_of(*opened)));
        // Who was reached before hears of it; the number itself has just been heard from.
        TRY_DO(tell_everywhere(services_, tx, turn, user, messages::Kind::identifier_changed,
                               {{"what", "added"}, {"kind", "phone"}, {"value", phone::masked(phone.value)}}));
        TRY_DO(add(tx, turn, phone));
        auto const method = journey::method_set_up_at(journey::Step::enrol_phone, turn.journey, turn.policy(),
                                                      turn.situation, context.now);
        TRY(auto outcome, prove_factor(tx, turn, work, method.value_or(Method::sms_code)));
        outcome.journey.facts.challenge.reset();
        TRY_DO(add_recovery_codes(services_, tx, turn, outcome));
        outcome.sent_mail = true;
        return outcome;
    }

    // One that was there without proof becomes the proven one.
    Result<void> add(storage::Tx& tx, journey::Turn const& turn, identity::NormalizedIdentifier const& phone) const
    {
        auto const& context = turn.context;
        auto const tenant = context.tenant->id;
        auto const user = *turn.journey.facts.user;
        TRY(auto const owned, services_.users.identifiers(tx, tenant, user));
        auto done = Result<identity::Identifier>();
        auto const unproven = std::ranges::find_if(owned, [&](identity::Identifier const& one) {
            return one.kind == phone.kind && one.value == phone.value && !one.verified_at;
        });
        if (unproven != owned.end())
            done = services_.users.mark_verified(tx, tenant, user, unproven->id, origin_of(turn), context.now);
        else
            done = services_.users.add_identifier(tx, tenant, user, {.identifier = phone, .verified = true},
                                                  origin_of(turn), context.now);
        if (!done)
            return std::unexpected(at_field(std::move(done).error(), "code"));
        return {};
    }

    Services const& services_;
};

} // namespace

std::unique_ptr<journey::StepHandler> make_enrol_passkey_step(Services const& services)
{
    return std::make_unique<EnrolPasskey>(services);
}
std::unique_ptr<journey::StepHandler> make_enrol_phone_step(Services const& services)
{
    return std::make_unique<EnrolPhone>(services);
}
std::unique_ptr<journey::StepHandler> make_enrol_phone_code_step(Services const& services)
{
    return std::make_unique<EnrolPhoneCode>(services);
}

} // namespace gatehouse::signin
