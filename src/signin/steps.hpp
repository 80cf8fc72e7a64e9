// What the steps of this room share.
#pragma once

#include "risk/attempts.hpp"
#include "signin/signin.hpp"

#include <memory>

namespace gatehouse::messages {
enum class Kind : std::uint8_t;
enum class Channel : std::uint8_t;
} // namespace gatehouse::messages

namespace gatehouse::signin {

std::unique_ptr<journey::StepHandler> make_password_step(Services const& services);
std::unique_ptr<journey::StepHandler> make_email_send_step(Services const& services);
std::unique_ptr<journey::StepHandler> make_email_code_step(Services const& services);
std::unique_ptr<journey::StepHandler> make_text_send_step(Services const& services);
std::unique_ptr<journey::StepHandler> make_text_code_step(Services const& services);
std::unique_ptr<journey::StepHandler> make_totp_step(Services const& services);
std::unique_ptr<journey::StepHandler> make_passkey_step(Services const& services);
std::unique_ptr<journey::StepHandler> make_push_send_step(Services const& services);
std::unique_ptr<journey::StepHandler> make_push_wait_step(Services const& services);
std::unique_ptr<journey::StepHandler> make_offer_passkey_step(Services const& services);
std::unique_ptr<journey::StepHandler> make_recovery_code_step(Services const& services);
std::unique_ptr<journey::StepHandler> make_keep_recovery_codes_step(Services const& services);
std::unique_ptr<journey::StepHandler> make_few_recovery_codes_step(Services const& services);
std::unique_ptr<journey::StepHandler> make_enrol_totp_step(Services const& services);
std::unique_ptr<journey::StepHandler> make_enrol_passkey_step(Services const& services);
std::unique_ptr<journey::StepHandler> make_enrol_phone_step(Services const& services);
std::unique_ptr<journey::StepHandler> make_enrol_phone_code_step(Services const& services);
std::unique_ptr<journey::StepHandler> make_too_weak_step(Services const& services);
std::unique_ptr<journey::StepHandler> make_register_details_step(Services const& services);
std::unique_ptr<journey::StepHandler> make_register_code_step(Services const& services);
std::unique_ptr<journey::StepHandler> make_registration_closed_step(Services const& services);
std::unique_ptr<journey::StepHandler> make_recover_identifier_step(Services const& services);
std::unique_ptr<journey::StepHandler> make_recover_code_step(Services const& services);
std::unique_ptr<journey::StepHandler> make_recover_text_step(Services const& services);
std::unique_ptr<journey::StepHandler> make_recover_text_code_step(Services const& services);
std::unique_ptr<journey::StepHandler> make_recover_by_code_step(Services const& services);
std::unique_ptr<journey::StepHandler> make_recovery_wait_step(Services const& services);
std::unique_ptr<journey::StepHandler> make_new_password_step(Services const& services);
std::unique_ptr<journey::StepHandler> make_change_password_step(Services const& services);
std::unique_ptr<journey::StepHandler> make_keep_account_step();
std::unique_ptr<journey::StepHandler> make_agreements_step(Services const& services);
std::unique_ptr<journey::StepHandler> make_profile_step(Services const& services);
std::unique_ptr<journey::StepHandler> make_consent_step(Services const& services);
std::unique_ptr<journey::StepHandler> make_choose_account_step(Services const& services);

// The trimmed value of a field that must be there. Error `code` at the field.
Result<std::string> required(http::Fields const& input, std::string_view field, std::string_view code,
                             std::string_view message);
// The error with the field of the page that it belongs to.
Error at_field(Error error, std::string_view field);

events::Origin origin_of(journey::Turn const& turn);
// {"identifier", "address", "user_agent"} of an event: sealed.
boost::json::object attempt_of(journey::Turn const& turn, std::string_view identifier);
// What was typed, normalized, with the digest by which the throttle knows it; whatever it is that was typed.
struct Typed {
    std::string text;
    std::optional<identity::NormalizedIdentifier> identifier; // none: nobody can have this
    Bytes digest;
};
Result<Typed> read_typed(Services const& services, TenantId tenant, std::string_view text);
// Whether a phone number may be typed into a sign-in field: where the tenant says so (settings.identifiers.phone),
// where a sign-in may begin with a text, and where people register with one.
bool takes_phones(identity::TenantSettings const& settings);
// What a stranger typed into a sign-in field. Where numbers are taken, they may be written without the country's code.
enum class Numbers : std::uint8_t { as_settings, taken };
Result<Typed> read_entered(Services const& services, identity::Tenant const& tenant, std::string_view text,
                           Numbers numbers = Numbers::as_settings);
// What such a field is called.
view::Text identifier_label(identity::Tenant const& tenant);
Result<std::optional<identity::FoundUser>> find_typed(Services const& services, storage::Tx& tx, TenantId tenant,
                                                      Typed const& typed);

// A code as people type it: spaces and hyphens do not matter.
std::string clean_code(std::string_view typed);
inline constexpr std::chrono::minutes kCodeLifetime{10};

// Puts a mail into the outbox. `deliver` false: the same work and the same rows, but the message is over before it is
// ever sent; so that nobody can tell by the time whether there was anybody to write to.
enum class Deliver : bool { No, Yes };
struct Letter {
    messages::Kind kind;
    std::string to;
    std::optional<UserId> user = {};
    view::Arguments arguments = {};
    Deliver deliver = Deliver::Yes;
    std::optional<messages::Channel> channel = {}; // mail
};
Result<void> send(Services const& services, storage::Tx& tx, journey::Turn const& turn, Letter letter);

// Word of what happened to the account of `facts.user`, to their primary address, or to their phone without one.
Result<void> notify(Services const& services, storage::Tx& tx, journey::Turn const& turn, messages::Kind kind,
                    view::Arguments arguments);
// The primary address of a person; "" without a verified one.
Result<std::string> current_email(Services const& services, storage::Tx& tx, TenantId tenant, UserId user);

// A code that was refused leaves its trace, the event "code.failed", and stands beside the field "code". `user`: whose
// it is, where that is known.
Refusal refuse_code(Services const& services, storage::Tx& tx, journey::Turn const& turn, Error error,
                    std::string_view purpose, std::optional<UserId> user = {});

// The same to every address and number of the person that is verified, where the kind has words for it: word of what
// touches the whole account.
Result<void> tell_everywhere(Services const& services, storage::Tx& tx, journey::Turn const& turn, UserId user,
                             messages::Kind kind, view::Arguments const& arguments);

// Field and choice builders that several pages share.
view::Field code_field();
// For the code of an authenticator app.
view::Field app_code_field();
view::Field new_password_field(identity::Tenant const& tenant);
// The buttons of a page that asks for a code from the mail, and what it says after a new one was sent.
void add_resend_choices(view::ViewModel& model, journey::Facts const& facts, http::Fields const& entered);

// A new password, normalized and checked against the policy. Errors are at `field`.
Result<Secret> read_new_password(http::Fields const& input, std::string_view field, identity::Tenant const& tenant,
                                 std::vector<std::string> const& personal);
// What a new password of this person is compared with.
Result<credentials::EarlierPasswords> earlier_passwords(Services const& services, storage::Tx& tx,
                                                        identity::Tenant const& tenant, UserId user,
                                                        std::string current = {});
// Whoever has set a new password starts with a clean slate, under every name that the account has.
Result<void> forget_failures(Services const& services, storage::Tx& tx, TenantId tenant, UserId user);
// By which of their identifiers a person is named: the primary address, else a username.
Result<std::string> shown_identifier(Services const& services, storage::Tx& tx, TenantId tenant, UserId user);
// Names and addresses of a person, which a password must not be made of.
Result<std::vector<std::string>> personal_words(Services const& services, storage::Tx& tx, TenantId tenant,
                                                UserId user);

} // namespace gatehouse::signin
