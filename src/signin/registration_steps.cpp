// Registration. Nothing of it is kept but a draft and a challenge, until the code from the mail or text is entered;
// then the account is made in one transaction. An address or number that has an account already leads to the same
// pages, and to another message.
#include "crypto/random.hpp"
#include "events/types.hpp"
#include "identity/profile_schema.hpp"
#include "journey/page.hpp"
#include "messages/outbox.hpp"
#include "risk/throttle.hpp"
#include "signin/mailed_code.hpp"
#include "signin/registration_form.hpp"
#include "signin/texted_code.hpp"
#include "view/pages.hpp"

#include <boost/json.hpp>

namespace gatehouse::signin {

namespace {

namespace json = boost::json;
constexpr std::string_view kPurpose = "registration";

struct DetailsWork final : journey::Work {
    risk::Reservation reservation;
    bool back = false;
    bool last = false;
    std::size_t page = 0;
    RegistrationDraft draft;
};

std::string text_of(json::object const& payload, std::string_view name)
{
    auto const* value = payload.if_contains(name);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool is_taken(json::object const& payload)
{
    auto const* taken = payload.if_contains("taken");
    return taken && taken->is_bool() && taken->get_bool();
}

bool is_phone(std::string_view address)
{
    return !address.contains('@');
}

// The code for a new address; word of the account that exists for an old one. By a call, a number that has one is told
// by text all the same.
Result<void> send_code(Services const& services, storage::Tx& tx, journey::Turn const& turn, std::string const& address,
                       bool taken, Secret const& code, messages::Channel by = messages::Channel::sms)
{
    auto const phone = is_phone(address);
    if (taken)
        return send(services, tx, turn,
                    {.kind = messages::Kind::account_exists,
                     .to = address,
                     .arguments = {{"link", turn.context.tenant->issuer + "/signin"}},
                     .channel = phone ? messages::Channel::sms : messages::Channel::mail});
    return send(services, tx, turn,
                {.kind = phone ? messages::Kind::verify_phone : messages::Kind::verify_email,
                 .to = address,
                 .arguments = {{"code", code.expose_text()}, {"minutes", kCodeLifetime.count()}},
                 .channel = phone ? by : messages::Channel::mail});
}

// What a password must not be made of.
std::vector<std::string> words_of(RegistrationDraft const& draft, identity::Tenant const& tenant)
{
    std::vector<std::string> words{draft.address, tenant.name};
    for (auto const& [name, value] : draft.profile)
        if (value.is_string())
            words.emplace_back(value.get_string());
    return words;
}

class RegisterDetails final : public journey::StepHandler {
public:
    explicit RegisterDetails(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx& tx, journey::Turn const& turn, http::Fields const& entered) const override
    {
        auto form = RegistrationForm::load(services_, tx, turn);
        if (!form)
            return without_form(std::move(form).error());
        form->turn_to(entered);
        return form->show(entered);
    }

    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx& tx, journey::Turn const& turn,
                                                   http::Fields const& input) const override
    {
        auto const& tenant = *turn.context.tenant;
        TRY(auto form, RegistrationForm::load(services_, tx, turn));
        form.turn_to(input);
        auto work = std::make_unique<DetailsWork>();
        work->page = form.page();
        work->last = form.is_last();
        work->back = input.get("action") == "back" && !form.is_first();
        if (work->back) {
            work->draft = form.draft();
            return work;
        }
        TRY(work->draft, form.read(input));
        if (form.is_first() && (work->draft.phc.empty() || !input.get("password").empty())) {
            TRY(work->password, read_new_password(input, "password", tenant, words_of(work->draft, tenant)));
            work->chosen.emplace();
        }
        // Where a mail is sent, and where a hash is made.
        if (work->last || work->password) {
            TRY(auto const addressee, read_typed(services_, tenant.id, work->draft.address));
            TRY(work->reservation, reserve_mail(services_, tx, turn, addressee));
        }
        return work;
    }

    // The password is known from a breach, or the pool was busy: no mail was sent.
    Result<void> abandon(storage::Tx& tx, journey::Turn const& turn, journey::Work const& prepared) const override
    {
        return risk::give_back(tx, turn.context.tenant->id, static_cast<DetailsWork const&>(prepared).reservation);
    }

    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const& prepared,
                                      journey::Computed const& computed) const override
    {
        auto const& work = static_cast<DetailsWork const&>(prepared);
        auto const& context = turn.context;
        journey::Outcome outcome{.journey = turn.journey};
        auto& facts = outcome.journey.facts;
        if (work.back) {
            facts.page = static_cast<int>(work.page) - 1;
            return outcome;
        }
        auto draft = work.draft;
        if (!computed.phc.empty())
            draft.phc = computed.phc;
        if (!facts.draft)
            facts.draft = Uuid::generate(context.now);
        facts.identifier = draft.address;
        facts.page = work.last ? 0 : static_cast<int>(work.page) + 1;
        draft.reached = std::max(draft.reached, static_cast<std::int64_t>(facts.page));
        TRY_DO(save_draft(tx, services_.vault, context.tenant->id, *facts.draft, draft, turn.journey.expires_at,
                          context.now));
        if (!work.last)
            return outcome;
        return ask_for_code(tx, turn, draft, std::move(outcome));
    }

private:
    // Where nobody can register, as with an invitation that is void, a page says so, without a form.
    static Result<view::ViewModel> without_form(Error error)
    {
        if (error.code != "invitation_void" && error.code != "texts_unavailable")
            return std::unexpected(std::move(error));
        view::ViewModel model{.title = "register.title"};
        model.messages.push_back({.kind = view::MessageKind::error, .text = view::Text::of(error)});
        model.links.push_back(
            {.label = "action.back_to_sign_in", .href = "/signin", .style = view::ChoiceStyle::primary});
        return model;
    }

    Result<journey::Outcome> ask_for_code(storage::Tx& tx, journey::Turn const& turn, RegistrationDraft const& draft,
                                          journey::Outcome outcome) const
    {
        auto const& context = turn.context;
        TRY(auto const address, address_of_registration(draft.address));
        TRY(auto const owner, services_.users.find_by_identifier(tx, context.tenant->id, address));
        auto const& locale =
            journey::locale_of(services_.pages, context, turn.request, {.ui_locales = turn.journey.ui_locales});
        TRY(auto const challenge, services_.challenges.create(tx, context.tenant->id,
                                                              {.purpose = kPurpose,
                                                               .payload = {{"address", address.value},
                                                                           {"profile", draft.profile},
                                                                           {"locale", locale.tag()},
                                                                           {"accepted", to_json(draft.accepted)},
                                                                           {"password", draft.phc},
                                                                           {"taken", owner.has_value()}},
                                                               .lifetime = kCodeLifetime},
                                                              context.now));
        TRY_DO(send_code(services_, tx, turn, address.value, owner.has_value(), challenge.code));
        TRY_DO(events::append(tx, services_.vault,
                              {.type = &events::kRegistrationStarted,
                               .tenant = context.tenant->id,
                               .origin = origin_of(turn),
                               .data = {{"purpose", kPurpose}},
                               .personal = attempt_of(turn, address.value)},
                              context.now));
        auto& facts = outcome.journey.facts;
        facts.challenge = challenge.id.value;
        facts.resent = false;
        facts.mailbox = false;
        outcome.sent_mail = true;
        return outcome;
    }

    Services const& services_;
};

class RegisterCode final : public MailedCodeStep {
public:
    using MailedCodeStep::MailedCodeStep;

    Result<view::ViewModel> show(storage::Tx& tx, journey::Turn const& turn, http::Fields const& entered) const override
    {
        TRY(auto model, MailedCodeStep::show(tx, turn, entered));
        auto const& address = turn.journey.facts.identifier;
        if (!is_phone(address))
            return model;
        model.title = "textcode.enter_title";
        model.lead = {"identifiers.code_lead", {{"value", address}, {"minutes", kCodeLifetime.count()}}};
        auto change = std::move(model.choices.back());
        model.choices.pop_back();
        add_call_choice(services_, model, true);
        change.label = "action.change_phone";
        model.choices.push_back(std::move(change));
        return model;
    }

protected:
    std::string_view lead() const override { return "verify.lead"; }

    Result<journey::Outcome> resend(storage::Tx& tx, journey::Turn const& turn, Typed const&) const override
    {
        return send_again(tx, turn, messages::Channel::sms);
    }
    Result<journey::Outcome> call(storage::Tx& tx, journey::Turn const& turn, Typed const&) const override
    {
        auto const carried = services_.outbox.carries(messages::Channel::voice);
        return send_again(tx, turn, carried ? messages::Channel::voice : messages::Channel::sms);
    }
    Result<journey::Outcome> send_again(storage::Tx& tx, journey::Turn const& turn, messages::Channel by) const
    {
        auto const& context = turn.context;
        credentials::ChallengeId const id{*turn.journey.facts.challenge};
        journey::Outcome outcome{.journey = turn.journey};
        auto opened = services_.challenges.peek(tx, context.tenant->id, id, kPurpose, context.now);
        if (!opened) {
            if (opened.error().kind != ErrorKind::gone)
                return std::unexpected(std::move(opened).error());
            outcome.journey.facts.challenge.reset(); // once more from the form, which is filled in
            return outcome;
        }
        TRY(auto const issued, services_.challenges.renew(tx, context.tenant->id, id, kPurpose, context.now,
                                                          credentials::CodeForm::digits, kCodeLifetime));
        TRY_DO(send_code(services_, tx, turn, text_of(opened->payload, "address"), is_taken(opened->payload),
                         issued.code, by));
        outcome.journey.facts.resent = true;
        outcome.sent_mail = true;
        return outcome;
    }

    Result<journey::Outcome> believe(storage::Tx& tx, journey::Turn const& turn, Entered const& entered) const override
    {
        auto const& context = turn.context;
        credentials::ChallengeId const id{*turn.journey.facts.challenge};
        auto opened = services_.challenges.redeem(tx, context.tenant->id, id, kPurpose, entered.code, context.now);
        if (opened && is_taken(opened->payload)) // a code that nobody was sent was guessed
            opened = refuse(ErrorKind::invalid, "code_wrong", "This code is not right.");
        if (!opened)
            return refuse_code(services_, tx, turn, std::move(opened).error(), kPurpose);
        TRY(auto const created, create(tx, turn, opened->payload));
        journey::Outcome outcome{.journey = turn.journey};
        auto& facts = outcome.journey.facts;
        facts.prove(created.user.id, created.user.security_epoch, credentials::Method::password, context.now);
        facts.challenge.reset();
        if (is_phone(text_of(opened->payload, "address")))
            facts.recovered_by = {credentials::Method::sms_code};
        else
            facts.mailbox = true;
        return outcome;
    }

private:
    // What was filled in, on top of what an invitation brings; people cannot change what they may not edit.
    static json::object profile_of(identity::ProfileSchema const& schema, json::object const& payload,
                                   std::optional<identity::Invitation> const& invitation)
    {
        auto profile = invitation ? invitation->profile : json::object();
        if (auto const* entered = payload.if_contains("profile"); entered && entered->is_object())
            for (auto const& [name, value] : entered->get_object())
                profile[name] = value;
        if (!profile.contains("locale") && schema.find("locale"))
            profile["locale"] = text_of(payload, "locale");
        return profile;
    }

    // Those that still count: what has a newer text by now is asked for on the way in.
    static std::vector<identity::Accepted> accepted_of_payload(identity::Agreements const& wanted,
                                                               json::object const& payload)
    {
        auto accepted = accepted_of(payload, "accepted");
        std::erase_if(accepted, [&](identity::Accepted const& one) {
            auto const found = std::ranges::find(wanted, one.document, &identity::Agreement::name);
            return found == wanted.end() || one.version < found->least_version;
        });
        return accepted;
    }

    Result<identity::CreatedUser> create(storage::Tx& tx, journey::Turn const& turn, json::object const& payload) const
    {
        auto const& [context, facts] = std::tie(turn.context, turn.journey.facts);
        auto const& tenant = *context.tenant;
        identity::Invitations const invitations(services_.vault);
        std::optional<identity::Invitation> invitation;
        TRY(auto address, address_of_registration(text_of(payload, "address")));
        if (!facts.invitation.empty()) {
            auto opened = invitations.open(tx, tenant.id, facts.invitation, context.now);
            if (!opened)
                return std::unexpected(at_field(std::move(opened).error(), "code"));
            invitation = *std::move(opened);
            auto const invited = identity::normalize_email(invitation->email);
            if (invitation->bound && (!invited || invited->folded != address.folded))
                return refuse(ErrorKind::invalid, "invitation_bound",
                              "This invitation is for another address. Use the one that it was sent to.")
                    .at("code");
        }
        auto created = services_.users.create(tx, tenant.id,
                                              {.profile = profile_of(*tenant.profile, payload, invitation),
                                               .identifiers = {{.identifier = std::move(address), .verified = true}}},
                                              origin_of(turn), context.now);
        if (!created) // somebody else was first with this address, or it is in quarantine
            return std::unexpected(at_field(std::move(created).error(), "code"));
        if (invitation)
            TRY_DO(invitations.redeem(tx, tenant.id, invitation->id, created->user.id, origin_of(turn), context.now));
        TRY_DO(services_.passwords.enrol(tx, created->key, text_of(payload, "password"), origin_of(turn), context.now));
        TRY_DO(identity::accept(tx, services_.vault, tenant.id, created->user.id,
                                accepted_of_payload(*tenant.agreements, payload),
                                {.locale = text_of(payload, "locale"),
                                 .place = risk::address_key(context.client_address),
                                 .origin = origin_of(turn),
                                 .now = context.now},
                                &created->key));
        if (facts.draft)
            TRY_DO(drop_draft(tx, tenant.id, *facts.draft));
        TRY_DO(events::append(tx, services_.vault,
                              {.type = &events::kRegistrationCompleted,
                               .tenant = tenant.id,
                               .user = created->user.id,
                               .origin = origin_of(turn),
                               .data = {{"methods", "pwd"}, {"acr", ""}}},
                              context.now, &created->key));
        return created;
    }
};

class RegistrationClosed final : public journey::StepHandler {
public:
    Result<view::ViewModel> show(storage::Tx&, journey::Turn const&, http::Fields const&) const override
    {
        view::ViewModel model{.title = "register.title"};
        model.messages.push_back({.kind = view::MessageKind::info, .text = "error.registration_closed"});
        model.links.push_back(
            {.label = "action.back_to_sign_in", .href = "/signin", .style = view::ChoiceStyle::primary});
        return model;
    }
    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx&, journey::Turn const&,
                                                   http::Fields const&) const override
    {
        return refuse(ErrorKind::forbidden, "registration_closed", "New accounts cannot be created here.");
    }
    Result<journey::Outcome> complete(storage::Tx&, journey::Turn const& turn, journey::Work const&,
                                      journey::Computed const&) const override
    {
        return journey::Outcome{.journey = turn.journey};
    }
};

} // namespace

std::unique_ptr<journey::StepHandler> make_register_details_step(Services const& services)
{
    return std::make_unique<RegisterDetails>(services);
}
std::unique_ptr<journey::StepHandler> make_register_code_step(Services const& services)
{
    return std::make_unique<RegisterCode>(services);
}
std::unique_ptr<journey::StepHandler> make_registration_closed_step(Services const&)
{
    return std::make_unique<RegistrationClosed>();
}

} // namespace gatehouse::signin
