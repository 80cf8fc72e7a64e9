// A new password: at the end of a recovery, and in place of one that must not, or should not, be used any longer. Every
// other session ends, and every address of the person is told.
#include "credentials/recovery_holds.hpp"
#include "events/types.hpp"
#include "messages/outbox.hpp"
#include "signin/factors.hpp"
#include "signin/mailed_code.hpp"
#include "signin/recovery_hold.hpp"
#include "signin/texted_code.hpp"

namespace gatehouse::signin {

namespace {

constexpr std::string_view kRecovery = "recovery"; // the purpose of its codes

view::Field username_field(std::string const& identifier)
{
    return {.name = "username",
            .kind = view::FieldKind::username,
            .label = identifier.starts_with('+') ? "field.phone" : "field.identifier",
            .value = identifier,
            .read_only = true,
            .autocomplete = "username"};
}

Result<Secret> read_password(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                             http::Fields const& input)
{
    TRY(auto words, personal_words(services, tx, turn.context.tenant->id, *turn.journey.facts.user));
    words.push_back(turn.context.tenant->name);
    return read_new_password(input, "password", *turn.context.tenant, words);
}

// The password is another one, what was signed in with the old one ends, and the journey goes on with the new epoch:
// what it has proven was proven before the change that it made itself.
Result<void> replace_password(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                              credentials::NewPassword const& wanted, journey::Outcome& outcome)
{
    auto const& context = turn.context;
    auto const tenant = context.tenant->id;
    auto const user = *turn.journey.facts.user;
    TRY(auto const change, services.passwords.set(tx, tenant, user, wanted, origin_of(turn), context.now));
    TRY_DO(session::end_all(tx, services.vault, tenant, user, std::nullopt, session::EndReason::credential_changed,
                            origin_of(turn), context.now));
    for (auto const purpose : {kRecovery, kTextRecoveryPurpose})
        TRY_DO(services.challenges.cancel_of_user(tx, tenant, user, purpose));
    TRY_DO(credentials::end_holds(tx, tenant, user));
    TRY_DO(forget_failures(services, tx, tenant, user));
    TRY_DO(tell_everywhere(services, tx, turn, user, messages::Kind::password_changed, {{"when", context.now}}));
    outcome.sent_mail = true;
    auto& facts = outcome.journey.facts;
    facts.security_epoch = change.security_epoch;
    facts.prove(user, change.security_epoch, credentials::Method::password, context.now);
    return {};
}

class NewPassword final : public journey::StepHandler {
public:
    explicit NewPassword(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx&, journey::Turn const& turn, http::Fields const&) const override
    {
        view::ViewModel model{.title = "recover.reset_title"};
        model.account = turn.journey.facts.identifier;
        model.fields.push_back(username_field(turn.journey.facts.identifier));
        auto password = new_password_field(*turn.context.tenant);
        password.autofocus = true;
        model.fields.push_back(std::move(password));
        model.choices.push_back({.label = "action.set_password", .style = view::ChoiceStyle::primary});
        return model;
    }

    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx& tx, journey::Turn const& turn,
                                                   http::Fields const& input) const override
    {
        auto work = std::make_unique<journey::Work>();
        TRY(work->password, read_password(services_, tx, turn, input));
        TRY(work->chosen, earlier_passwords(services_, tx, *turn.context.tenant, *turn.journey.facts.user));
        return work;
    }

    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const&,
                                      journey::Computed const& computed) const override
    {
        auto const& context = turn.context;
        auto const tenant = context.tenant->id;
        auto const& facts = turn.journey.facts;
        auto const user = *facts.user;
        // Of two who hold a code for this account, the first to set a password raises the epoch; the other one stops
        // here.
        TRY_DO(services_.users.require_active(tx, tenant, user, facts.security_epoch));
        if (facts.mailbox) {
            TRY(auto const email, current_email(services_, tx, tenant, user));
            if (email.empty() || email != facts.identifier)
                return start_over(turn.journey); // the address has changed: its mailbox proves nothing any more
        }
        if (facts.recovered_by.has(credentials::Method::sms_code)) {
            TRY(auto const phone, current_phone(services_, tx, turn, user));
            if (phone.empty() || phone != facts.identifier)
                return start_over(turn.journey); // the number is another one by now
        }
        TRY(auto const waited, may_set_password(tx, turn));
        if (!waited)
            return start_over(turn.journey); // stopped while the form was open
        journey::Outcome outcome{.journey = turn.journey};
        TRY_DO(replace_password(services_, tx, turn,
                                {.phc = computed.phc, .history = context.tenant->settings.password.history}, outcome));
        TRY_DO(events::append(tx, services_.vault,
                              {.type = &events::kRecoveryCompleted,
                               .tenant = tenant,
                               .user = user,
                               .origin = origin_of(turn),
                               .data = {{"methods", "pwd"}, {"acr", ""}}},
                              context.now));
        return outcome;
    }

private:
    static journey::Outcome start_over(journey::Journey const& journey)
    {
        journey::Outcome outcome{.journey = journey};
        auto& facts = outcome.journey.facts;
        facts.challenge.reset();
        facts.mailbox = false;
        facts.recovered_by = {};
        facts.hold.reset();
        facts.proven = {};
        facts.user.reset();
        return outcome;
    }

    Services const& services_;
};

struct ChangeWork final : journey::Work {
    bool skips = false;
    std::int64_t version = 0;
};

// The person is fully known by now: nothing less than the sign-in itself leads here.
class ChangePassword final : public journey::StepHandler {
public:
    explicit ChangePassword(Services const& services) : services_(services) {}

    Result<view::ViewModel> show(storage::Tx& tx, journey::Turn const& turn, http::Fields const&) const override
    {
        auto const& context = turn.context;
        TRY(auto const enrolment, credentials::enrolment(tx, context.tenant->id, *turn.journey.facts.user));
        auto const reason = journey::change_reason(*context.tenant, enrolment, context.now);
        view::ViewModel model{
            .title = "change_password.title",
            .lead = {"change_password.lead", {{"reason", std::string(credentials::to_string(reason))}}}};
        TRY(auto const identifier, shown_identifier(services_, tx, context.tenant->id, *turn.journey.facts.user));
        model.account = identifier;
        model.fields.push_back(username_field(identifier));
        auto password = new_password_field(*context.tenant);
        password.autofocus = true;
        model.fields.push_back(std::move(password));
        model.choices.push_back({.label = "action.set_password", .style = view::ChoiceStyle::primary});
        if (may_be_skipped(turn))
            model.choices.push_back({.name = "action",
                                     .value = "skip",
                                     .label = "change_password.skip",
                                     .style = view::ChoiceStyle::secondary,
                                     .skips_checks = true});
        return model;
    }

    Result<std::unique_ptr<journey::Work>> prepare(storage::Tx& tx, journey::Turn const& turn,
                                                   http::Fields const& input) const override
    {
        auto const tenant = turn.context.tenant->id;
        auto const user = *turn.journey.facts.user;
        auto work = std::make_unique<ChangeWork>();
        if (input.get("action") == "skip" && may_be_skipped(turn)) {
            work->skips = true;
            return work;
        }
        TRY(work->password, read_password(services_, tx, turn, input));
        TRY(auto stored, services_.passwords.load(tx, tenant, user));
        if (!stored)
            return refuse(ErrorKind::conflict, "credential_changed", "Your account has changed. Please sign in again.");
        work->version = stored->version;
        TRY(work->chosen, earlier_passwords(services_, tx, *turn.context.tenant, user, std::move(stored->phc)));
        return work;
    }

    Result<journey::Outcome> complete(storage::Tx& tx, journey::Turn const& turn, journey::Work const& prepared,
                                      journey::Computed const& computed) const override
    {
        auto const& work = static_cast<ChangeWork const&>(prepared);
        auto const& context = turn.context;
        auto const& facts = turn.journey.facts;
        journey::Outcome outcome{.journey = turn.journey};
        if (work.skips) {
            outcome.journey.facts.password_kept = true;
            return outcome;
        }
        TRY_DO(services_.users.require_active(tx, context.tenant->id, *facts.user, facts.security_epoch));
        TRY_DO(replace_password(services_, tx, turn,
                                {.phc = computed.phc,
                                 .expected_version = work.version,
                                 .history = context.tenant->settings.password.history},
                                outcome));
        return outcome;
    }

private:
    static bool may_be_skipped(journey::Turn const& turn)
    {
        return turn.situation.password_change == journey::PasswordChange::offered;
    }

    Services const& services_;
};

} // namespace

std::unique_ptr<journey::StepHandler> make_new_password_step(Services const& services)
{
    return std::make_unique<NewPassword>(services);
}
std::unique_ptr<journey::StepHandler> make_change_password_step(Services const& services)
{
    return std::make_unique<ChangePassword>(services);
}

} // namespace gatehouse::signin
