// Registration. Nothing of it is kept but a challenge, until the code from the mail is entered; then the account is
// made in one transaction. An address that has an account already leads to the same pages, and to another mail.
#include "events/types.hpp"
#include "http/url.hpp"
#include "journey/page.hpp"
#include "messages/outbox.hpp"
#include "signin/mailed_code.hpp"

namespace gatehouse::signin {

namespace {

namespace json = boost::json;
constexpr std::string_view kPurpose = "registration";
constexpr std::size_t kLongestName = 200;

struct DetailsWork final : journey::Work {
    risk::Reservation reservation;
    identity::NormalizedIdentifier email;
    std::string name;
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

// The code for a new address; word of the account that exists for an old one.
Result<void> send_code(Services const& services, storage::Tx& tx, journey::Turn const& turn, std::string const& email,
                       bool taken, Secret const& code)
{
    if (taken)
        return send(services, tx, turn,
                    {.kind = messages::Kind::account_exists,
                     .to = email,
                     .arguments = {{"link", turn.context.tenant->issuer + "/signin"}}});
    return send(services, tx, turn,
                {.kind = messages::Kind::verify_email,
                 .to = email,
                 .arguments = {{"code", code.expose_text()}, {"minutes", kCodeLifetime.count()}}});
}

class RegisterDetails final : public journey::StepHandler {
public:
    explicit RegisterDetails(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx&, journey::Turn const& turn, http::Fields const& entered) const override
    {
        auto const& tenant = *turn.context.tenant;
        auto const& journey = turn.journey;
        auto email = std::string(entered.get("email"));
        if (email.empty())
            email = journey.facts.identifier.empty() ? journey.login_hint : journey.facts.identifier;
        view::ViewModel model{.title = "register.title", .lead = {"register.lead", {{"tenant", tenant.name}}}};
        model.fields.push_back({.name = "name",
                                .label = "field.name",
                                .hint = "field.name_hint",
                                .value = std::string(entered.get("name")),
                                .required = true,
                                .autofocus = true,
                                .autocomplete = "name",
                                .max_length = kLongestName});
        model.fields.push_back({.name = "email",
                                .kind = view::FieldKind::email,
                                .label = "field.email",
                                .value = email,
                                .required = true,
                                .autocomplete = "username",
                                .max_length = 320});
        auto password = new_password_field(tenant);
        password.label = "field.password";
        model.fields.push_back(std::move(password));
        model.choices.push_back({.label = "action.create_account", .style = view::ChoiceStyle::primary});
        model.links.push_back({.label = "register.sign_in", .href = "/signin", .lead = "register.have_account"});
        return model;
    }

    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx& tx, journey::Turn const& turn,
                                                   http::Fields const& input) const override
    {
        auto const& tenant = *turn.context.tenant;
        auto work = std::make_unique<DetailsWork>();
        TRY(work->name, required(input, "name", "required", "Enter your name."));
        if (work->name.size() > kLongestName * 4 || !http::is_valid_utf8(work->name))
            return refuse(ErrorKind::invalid, "invalid_name", "Enter a name of 1 to 200 characters.").at("name");
        TRY(auto const typed, required(input, "email", "email_required", "Enter your email address."));
        auto email = identity::normalize_email(typed);
        if (!email)
            return std::unexpected(at_field(std::move(email).error(), "email"));
        work->email = std::move(*email);
        TRY(work->password, read_new_password(input, "password", tenant, {work->email.value, work->name, tenant.name}));
        TRY(auto const addressee, read_typed(services_, tenant.id, work->email.value));
        TRY(work->reservation, reserve_mail(services_, tx, turn, addressee));
        work->chosen.emplace();
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
        TRY(auto const owner, services_.users.find_by_identifier(tx, context.tenant->id, work.email));
        auto const& locale =
            journey::locale_of(services_.pages, context, turn.request, {.ui_locales = turn.journey.ui_locales});
        TRY(auto const challenge, services_.challenges.create(tx, context.tenant->id,
                                                              {.purpose = kPurpose,
                                                               .payload = {{"email", work.email.value},
                                                                           {"name", work.name},
                                                                           {"locale", locale.tag()},
                                                                           {"password", computed.phc},
                                                                           {"taken", owner.has_value()}},
                                                               .lifetime = kCodeLifetime},
                                                              context.now));
        TRY_DO(send_code(services_, tx, turn, work.email.value, owner.has_value(), challenge.code));
        TRY_DO(events::append(tx, services_.vault,
                              {.type = &events::kRegistrationStarted,
                               .tenant = context.tenant->id,
                               .origin = origin_of(turn),
                               .data = {{"purpose", kPurpose}},
                               .personal = attempt_of(turn, work.email.value)},
                              context.now));
        journey::Outcome outcome{.journey = turn.journey, .sent_mail = true};
        auto& facts = outcome.journey.facts;
        facts.challenge = challenge.id.value;
        facts.resent = false;
        facts.mailbox = false;
        facts.identifier = work.email.value;
        return outcome;
    }

private:
    Services const& services_;
};

class RegisterCode final : public MailedCodeStep {
public:
    using MailedCodeStep::MailedCodeStep;

protected:
    std::string_view lead() const override { return "verify.lead"; }

    Result<journey::Outcome> resend(storage::Tx& tx, journey::Turn const& turn, Typed const&) const override
    {
        auto const& context = turn.context;
        credentials::ChallengeId const id{*turn.journey.facts.challenge};
        journey::Outcome outcome{.journey = turn.journey};
        auto opened = services_.challenges.peek(tx, context.tenant->id, id, kPurpose, context.now);
        if (!opened) {
            if (opened.error().kind != ErrorKind::gone)
                return std::unexpected(std::move(opened).error());
            outcome.journey.facts.challenge.reset(); // what was entered is gone with it: once more from the form
            return outcome;
        }
        TRY(auto const issued, services_.challenges.renew(tx, context.tenant->id, id, kPurpose, context.now,
                                                          credentials::CodeForm::digits, kCodeLifetime));
        TRY_DO(
            send_code(services_, tx, turn, text_of(opened->payload, "email"), is_taken(opened->payload), issued.code));
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
        facts.mailbox = true;
        return outcome;
    }

private:
    Result<identity::CreatedUser> create(storage::Tx& tx, journey::Turn const& turn, json::object const& payload) const
    {
        auto const& context = turn.context;
        TRY(auto email, identity::normalize_email(text_of(payload, "email")));
        auto created = services_.users.create(
            tx, context.tenant->id,
            {.profile = {{"name", text_of(payload, "name")}, {"locale", text_of(payload, "locale")}},
             .identifiers = {{.identifier = std::move(email), .verified = true}}},
            origin_of(turn), context.now);
        if (!created) // somebody else was first with this address, or it is in quarantine
            return std::unexpected(at_field(std::move(created).error(), "code"));
        TRY_DO(services_.passwords.enrol(tx, created->key, text_of(payload, "password"), origin_of(turn), context.now));
        TRY_DO(events::append(tx, services_.vault,
                              {.type = &events::kRegistrationCompleted,
                               .tenant = context.tenant->id,
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
