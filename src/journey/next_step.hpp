// Which step comes next: the one place where sign-in policy is decided, for every pathway and both faces. A pure
// function of values, walked through all its paths by next_step_test.cpp.
//
// A further method or factor is a bit in Methods, a Step that proves it, and a line in missing_factor().
#pragma once

#include "journey/journey.hpp"

namespace gatehouse::journey {

enum class Step : std::uint8_t {
    choose_account,     // several sessions, or asked to choose
    password,           // identifier and password
    register_details,   // address, name, password
    register_code,      // the code from the mail
    recover_identifier, // whose password was lost
    recover_code,       // the code from the mail
    new_password,
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

// The rules of the tenant (settings.sign_in).
struct Policy {
    bool registration_open = true;

    static Policy of(identity::Tenant const& tenant);
};

// What the database says now about the person and the browser of this journey.
struct Situation {
    int live_sessions = 0;        // of this browser, that may be chosen
    bool user_active = true;      // facts.user exists, is active, with the epoch of the facts
    bool session_alive = true;    // facts.session is still live
    bool consent_missing = false; // something of requirements.consent_scopes was never granted
};

Step next_step(Journey const& journey, Policy const& policy, Situation const& situation, TimePoint now);

// Whether the facts amount to an authenticated person, by the requirements of the journey.
bool is_authenticated(Journey const& journey, Situation const& situation, TimePoint now);

} // namespace gatehouse::journey
