// Which step comes next: the one place where sign-in policy is decided, for every pathway and both faces. A pure
// function of values, walked through all its paths by next_step_test.cpp.
//
// A further method is a row of identity/method.hpp, a Step that proves it, and a line in step_for(); one that can be
// set up on the way also has a line in kSetUp.
#pragma once

#include "credentials/enrolled.hpp"
#include "journey/journey.hpp"

#include <memory>

namespace gatehouse::journey {

enum class Step : std::uint8_t {
    choose_account,      // several sessions, or asked to choose
    password,            // identifier and password; of a person who is known, the password alone
    email_send,          // to whom a code is sent; of a person who is known, a button
    email_code,          // the code from the mail
    text_send,           // to whose phone a code is sent; of a person who is known, a button
    text_code,           // the code from the text message or call
    totp,                // the code of an authenticator app
    recovery_code,       // one of the printed ones
    passkey,             // a passkey or security key
    push_send,           // a button that asks the person's devices
    push_wait,           // shows the number that the device is told
    enrol_totp,          // two factors are demanded, and the person has only one
    enrol_passkey,       // the same by a passkey or security key
    enrol_phone,         // the same by a phone number: which one
    enrol_phone_code,    // the code that was texted to it
    too_weak,            // says that nothing the person has is strong enough for what the application asks
    keep_recovery_codes, // shows those that were made on the way, once
    offer_passkey,       // a person who came in by a password may make one; they may put it off
    few_recovery_codes,  // one was used, and few are left: new ones may be made
    register_details,    // address, name, password
    register_code,       // the code from the mail
    recover_identifier,  // whose password was lost
    recover_code,        // the code from the mail
    recover_text,        // whose password was lost: a code goes to their phone
    recover_text_code,   // the code from the text message or call
    recover_by_code,     // identifier and one of the printed codes
    recovery_wait,       // the reset is proven, and waits
    new_password,
    change_password, // the password that was just proven must not, or should not, be used any longer
    keep_account,    // it is to be deleted soon: signing in keeps it, or the person leaves it so
    agreements,      // texts that must be accepted, for they are new
    profile,         // more about the person
    consent,
    registration_closed, // says so, and leads to sign-in
    finish,              // nothing is missing: the session is made, the continuation called
    cancel,              // the person declined: the continuation is told
};
std::string_view to_string(Step step);
inline bool is_terminal(Step step)
{
    return step == Step::finish || step == Step::cancel;
}

// The rules that hold for one application of a tenant, or for the tenant's own pages (settings.registration,
// settings.signin, the application's "signin").
struct Policy {
    bool registration_open = true;
    std::vector<credentials::Method> first{credentials::Method::password}; // what a sign-in may begin with
    std::vector<credentials::Method> second;                               // what may stand beside it
    // What the tenant's own list says: an application with a shorter one does not forget that a person has more.
    credentials::Methods tenant_second;
    identity::SecondFactor second_factor = identity::SecondFactor::if_enrolled;
    Duration grace{};           // for which setting up a second factor may be put off
    credentials::Methods enrol; // what people may set up
    Duration trusted_device{};  // for which a trusted browser stands for the second factor; zero: never
    identity::UserVerification user_verification = identity::UserVerification::preferred;

    credentials::Methods recovery{credentials::Method::email_code}; // what lets a new password be set
    bool recovery_waits = false;

    // `application`: null for the tenant's own pages.
    static Policy of(identity::Tenant const& tenant, identity::ApplicationSignIn const* application = nullptr);

    credentials::Methods allowed() const;
    // What the methods amount to here: a method of `first`, alone or with one of `second`. Others count for nothing.
    credentials::Level level_of(credentials::Methods proven) const;
    // Whether people without a second factor may put off setting one up, for a time.
    bool gives_grace() const { return second_factor == identity::SecondFactor::required && grace > Duration::zero(); }
};

// Whether the password that was proven is to be changed before anything else.
enum class PasswordChange : std::uint8_t { none, offered, required };

// What the database says now about the person and the browser of this journey.
struct Situation {
    int live_sessions = 0;                                 // of this browser, that may be chosen
    bool user_active = true;                               // facts.user exists, is active, with the epoch of the facts
    bool session_alive = true;                             // facts.session is still live
    std::optional<TimePoint> deletion_due;                 // facts.user is erased then, unless they sign in
    bool consent_missing = false;                          // something of requirements.consent_scopes was never granted
    PasswordChange password_change = PasswordChange::none; // of facts.user
    bool hold_over = false;               // the reset of facts.hold has waited long enough, and nobody stopped it
    bool reset_cautious = false;          // a change of facts.user was taken back lately: a reset waits
    bool agreements_missing = false;      // a required text was not accepted in a version that counts
    bool profile_missing = false;         // the tenant asks for more about facts.user now
    credentials::Methods usable;          // what facts.user has enrolled, email_code and sms_code with a verified
                                          // address and phone number
    bool offer_passkey = false;           // nobody has asked them for a while whether they want one
    std::optional<TimePoint> grace_began; // the first sign-in under the demand for a second factor
    bool trusted_device = false;          // facts.user trusts the browser, for as long as the policy lets them
    std::shared_ptr<Policy const> policy; // the one that holds for this journey: Turn::policy()
};

// Why the password of an enrolment is to be changed, its age included.
credentials::ChangeReason change_reason(identity::Tenant const& tenant, credentials::Enrolment const& enrolment,
                                        TimePoint now);
PasswordChange password_change(identity::Tenant const& tenant, credentials::Enrolment const& enrolment, TimePoint now);

Step next_step(Journey const& journey, Policy const& policy, Situation const& situation, TimePoint now);

// What has been proven in this journey, and in the session that it was begun with, if that still counts.
credentials::Methods what_counts(Journey const& journey, Situation const& situation, TimePoint now);

// How strongly somebody must be known for a session of theirs to be used without a question.
credentials::Level level_for_session(Requirements const& requirements, Policy const& policy);

// Whether the step asks for a second factor that a trusted browser could stand for next time.
bool offers_trust(Step step, Journey const& journey, Policy const& policy, Situation const& situation, TimePoint now);

// Whether the facts amount to an authenticated person, by the requirements of the journey and the policy.
bool is_authenticated(Journey const& journey, Policy const& policy, Situation const& situation, TimePoint now);

// Whether a recovery rests on what its person has had all along and nobody else reads: no mailbox, no telephone.
bool is_proven_by_own(Facts const& facts);
// Whether the person has set up a second factor that the policy knows.
bool has_second_factor(Policy const& policy, Situation const& situation);
// Whether they have none and may still put it off.
bool may_put_off(Policy const& policy, Situation const& situation, TimePoint now);
// What is set up at this step; nothing at others.
std::optional<credentials::Method> method_set_up_at(Step step, Journey const& journey, Policy const& policy,
                                                    Situation const& situation, TimePoint now);
// What the person could set up now that leads to what is asked for, and is theirs to set up: one of each step. They
// choose; an app works in every browser, and comes first.
std::vector<credentials::Method> ways_to_set_up(Journey const& journey, Policy const& policy,
                                                Situation const& situation, TimePoint now);

// What the person could prove next that leads to what is asked for, in the policy's order; the dispatcher takes the
// first unless they want another. Empty: nothing that they have does.
std::vector<credentials::Method> ways_on(Journey const& journey, Policy const& policy, Situation const& situation,
                                         TimePoint now);

} // namespace gatehouse::journey
